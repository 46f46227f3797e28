#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""tests/use-as-subproject builds with the library as its subproject, and runs."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent
PROJECT = SOURCE / 'tests' / 'use-as-subproject'
WRITTEN = ('.git', '_build*', '__pycache__')


def run(name, *argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, text=True, check=False)
    good = done.returncode == 0
    if not good:
        print('\n'.join('# ' + line for line in done.stdout.splitlines()[-40:]))
    print('%s - %s' % ('ok' if good else 'not ok', name))
    return good


def main():
    meson = os.environ.get('MESON', 'meson')
    print('1..3')
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, 'project')
        shutil.copytree(PROJECT, project)
        shutil.copytree(SOURCE, project / 'subprojects' / 'mitogen-glib', symlinks=True,
                        ignore=shutil.ignore_patterns(*WRITTEN))
        build = str(project / '_build')
        good = (run('configures', meson, 'setup', build, str(project), '--buildtype=debug')
                and run('builds', 'ninja', '-C', build)
                and run('runs', meson, 'test', '-C', build, '--no-rebuild', 'version'))
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
