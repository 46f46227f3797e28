#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""C files are as clang-format 14 writes them. With --fix, write them so.

Other versions format differently: without clang-format-14 the test is skipped.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

import lint

TOOL = 'clang-format-14'
SHOWN_LINES = 12


def formatted(path):
    done = subprocess.run([TOOL, '--style=file', str(path)], stdout=subprocess.PIPE, check=True)
    return done.stdout


def difference(path, wanted):
    done = subprocess.run(['diff', '-u', '--label', lint.short(path), '--label', 'formatted',
                           str(path), '-'], input=wanted, stdout=subprocess.PIPE, check=False)
    lines = done.stdout.decode('utf-8', 'replace').splitlines()
    return lines[:SHOWN_LINES] + (['...'] if len(lines) > SHOWN_LINES else [])


def check(tap, files):
    wrong = [(path, wanted) for path in files for wanted in [formatted(path)]
             if path.read_bytes() != wanted]
    for path, wanted in wrong:
        for line in difference(path, wanted):
            print('# ' + line)
    tap.case('files are formatted', [lint.short(path) for path, _ in wrong])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--fix', action='store_true', help='write the files')
    parser.add_argument('files', metavar='FILE', nargs='*', type=Path, help='only these')
    arguments = parser.parse_args()
    files = [path.resolve() for path in arguments.files] or lint.with_suffix('.c', '.h')
    if arguments.fix:
        subprocess.run([TOOL, '--style=file', '-i', *(str(path) for path in files)], check=True)
        return 0
    tap = lint.Tap()
    if shutil.which(TOOL):
        check(tap, files)
    else:
        tap.skip('files are formatted', 'no ' + TOOL)
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
