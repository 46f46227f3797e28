# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The scanner of imports reads a whole standard library, and its interpreter says if it is right.

Arguments: import-tool, the version of an interpreter of pyenv or “system”. Prints TAP."""

import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# Where Debian has the Python library.
ORIGINAL = '/usr/lib/python3/dist-packages'


def find_interpreter(version):
    if version == 'system':
        return '/usr/bin/python3'
    return os.path.expanduser('~/.pyenv/versions/%s/bin/python' % version)


def why_skipped(interpreter):
    if not os.access(interpreter, os.X_OK):
        return '%s is not installed' % interpreter
    if not os.path.exists(os.path.join(ORIGINAL, 'mitogen', 'master.py')):
        return 'python3-mitogen is not installed'
    return None


def main():
    tool, version = sys.argv[1:]
    interpreter = find_interpreter(version)
    reason = why_skipped(interpreter)
    print('1..1')
    if reason is not None:
        print('ok 1 - standard library # SKIP ' + reason)
        return
    started = time.time()
    process = subprocess.Popen(
        [interpreter, '-B', os.path.join(HERE, 'import-interpreter.py'), tool, ORIGINAL],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.communicate()[0].decode('utf-8', 'replace')
    for line in output.splitlines():
        print('# ' + line)
    print('# %.1f s' % (time.time() - started))
    print('%s 1 - standard library' % ('ok' if process.returncode == 0 else 'not ok'))


if __name__ == '__main__':
    main()
