# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Random values go from Python to the library and back, with every interpreter at hand.

Arguments: pickle-tool [seed [values]]. Prints TAP."""

import os
import random
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOTAL = 104000
PYENV = os.path.expanduser('~/.pyenv/versions/%s/bin/python')
INTERPRETERS = [
    '/usr/bin/python3',
    PYENV % '2.7.18',
    PYENV % '3.6.15',
    PYENV % '3.13.0',
]


def check(number, tool, interpreter, seed, n_values):
    if not os.access(interpreter, os.X_OK):
        print('ok %d - %s # SKIP not installed' % (number, interpreter))
        return
    started = time.time()
    process = subprocess.Popen(
        [interpreter, os.path.join(HERE, 'pickle-interpreter.py'), tool, str(seed), str(n_values)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.communicate()[0].decode('utf-8', 'replace')
    for line in output.splitlines():
        print('# ' + line)
    print('# %.1f s' % (time.time() - started))
    print('%s %d - %s' % ('ok' if process.returncode == 0 else 'not ok', number, interpreter))
    sys.stdout.flush()


def main():
    tool = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 31)
    total = int(sys.argv[3]) if len(sys.argv) > 3 else TOTAL
    present = [path for path in INTERPRETERS if os.access(path, os.X_OK)]
    print('1..%d' % len(INTERPRETERS))
    print('# seed %d: to repeat, run this with %s %d %d' % (seed, tool, seed, total))
    sys.stdout.flush()
    for number, interpreter in enumerate(INTERPRETERS, 1):
        check(number, tool, interpreter, seed + number, -(-total // max(len(present), 1)))


if __name__ == '__main__':
    main()
