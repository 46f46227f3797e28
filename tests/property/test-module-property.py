# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Modules are found where Python finds them, with every interpreter at hand.

Arguments: module-tool [seed [trees]]. Prints TAP."""

import os
import random
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TREES = 20
PYENV = os.path.expanduser('~/.pyenv/versions/%s/bin/python')
INTERPRETERS = ['/usr/bin/python3', PYENV % '3.6.15', PYENV % '3.13.0']


def check(number, tool, interpreter, seed, n_trees):
    if not os.access(interpreter, os.X_OK):
        print('ok %d - %s # SKIP not installed' % (number, interpreter))
        return
    process = subprocess.Popen(
        [interpreter, os.path.join(HERE, 'module-interpreter.py'), tool, str(seed), str(n_trees)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=dict(os.environ, PYTHONIOENCODING='utf-8', LC_ALL='C.UTF-8'))
    output = process.communicate()[0].decode('utf-8', 'replace')
    for line in output.splitlines():
        print('# ' + line.encode('ascii', 'backslashreplace').decode('ascii'))
    print('%s %d - %s' % ('ok' if process.returncode == 0 else 'not ok', number, interpreter))
    sys.stdout.flush()


def main():
    tool = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 31)
    n_trees = int(sys.argv[3]) if len(sys.argv) > 3 else TREES
    print('1..%d' % len(INTERPRETERS))
    print('# seed %d: to repeat, run this with %s %d %d' % (seed, tool, seed, n_trees))
    sys.stdout.flush()
    for number, interpreter in enumerate(INTERPRETERS, 1):
        check(number, tool, interpreter, seed, n_trees)


if __name__ == '__main__':
    main()
