# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The standard library of one interpreter, minified, is to it what it was before.

Arguments: minify-tool interpreter share [seed]: of each `share` files one is taken, and all of
them if MITOGEN_TEST_ALL is set. Prints TAP."""

import os
import random
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    tool, interpreter, share = sys.argv[1], os.path.expanduser(sys.argv[2]), sys.argv[3]
    seed = sys.argv[4] if len(sys.argv) > 4 else str(random.SystemRandom().randrange(1 << 31))
    if 'MITOGEN_TEST_ALL' in os.environ:
        share = '1'
    print('1..1')
    if not os.access(interpreter, os.X_OK):
        print('ok 1 - %s # SKIP not installed' % interpreter)
        return
    print('# seed %s: to repeat, run this with %s %s %s %s' % (
        seed, tool, interpreter, share, seed))
    sys.stdout.flush()
    done = subprocess.run([interpreter, '-B', os.path.join(HERE, 'minify-interpreter.py'), tool,
                           share, seed], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    for line in done.stdout.decode('utf-8', 'replace').splitlines():
        print('# ' + line)
    print('%s 1 - %s' % ('not ok' if done.returncode else 'ok', interpreter))


if __name__ == '__main__':
    main()
