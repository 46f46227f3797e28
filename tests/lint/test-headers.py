#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Public headers are in mitogen.h and in meson's lists, and each compiles on its own."""

import argparse
import re
import subprocess
import sys

import lint

INCLUDED = re.compile(r'^#include "([^"]+)"$', re.MULTILINE)
ENUM = re.compile(r'^typedef enum', re.MULTILINE)
GENERATED = {'mitogen-version.h', 'mitogen-enums.h'}


def listed_in_meson(variable):
    """The files that the library's meson.build files add to a list."""
    names = []
    for path in lint.LIBRARY.rglob('meson.build'):
        for block in re.findall(variable + r' \+?= files\((.*?)\)', lint.read(path), re.DOTALL):
            names += re.findall(r"'([^']+)'", block)
    return names


def differences(where, found, wanted):
    yield from ('%s is missing from %s' % (name, where) for name in set(wanted) - set(found))
    yield from ('%s is too much in %s' % (name, where) for name in set(found) - set(wanted))
    yield from ('%s is twice in %s' % (name, where) for name in found if found.count(name) > 1)


def compile_alone(compiler, header):
    """The first error of a file that includes just this header, in the tree's own way."""
    done = subprocess.run(
        [*compiler, '-fsyntax-only', '-DMITOGEN_COMPILATION', '-x', 'c', str(header)],
        stderr=subprocess.PIPE, text=True, check=False)
    errors = [line for line in done.stderr.splitlines() if ' error: ' in line]
    return errors[:1] if done.returncode else []


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('compiler', nargs='*', help='a compiler with the flags it needs')
    parser.add_argument('--without', metavar='FOLDER', help='private headers that cannot be compiled')
    arguments = parser.parse_args()
    headers = lint.public_headers()
    names = [path.name for path in headers]
    enums = [path.name for path in headers if ENUM.search(lint.read(path))]
    umbrella = INCLUDED.findall(lint.read(lint.LIBRARY / 'mitogen.h'))

    tap = lint.Tap()
    tap.case('mitogen.h includes every public header',
             differences('mitogen.h', umbrella, GENERATED.union(names)))
    tap.case('meson installs every public header',
             differences('mitogen_headers', listed_in_meson('mitogen_headers'), names))
    tap.case('meson makes types of every public enum',
             differences('mitogen_enum_headers', listed_in_meson('mitogen_enum_headers'), enums))
    if arguments.compiler:
        private = lint.with_suffix('-private.h', folder=lint.LIBRARY)
        tap.case('every header compiles alone',
                 [error for path in headers + private
                  if path.parent.name != arguments.without
                  for error in compile_alone(arguments.compiler, path)])
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
