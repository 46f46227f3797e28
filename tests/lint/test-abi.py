#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The library exports what introspection/mitogen.symbols.expected lists, and nothing else.

With --update, write that file: `ninja -C _build update-symbols`.
"""

import argparse
import re
import subprocess
import sys

import lint

EXPECTED = lint.SOURCE / 'introspection' / 'mitogen.symbols.expected'
HEADER = ['# SPDX-FileCopyrightText: 2026 The mitogen-glib authors',
          '# SPDX-License-Identifier: LGPL-2.1-or-later']


def exported(library):
    listing = subprocess.run(['nm', '-D', '--defined-only', '--format=posix', library],
                             stdout=subprocess.PIPE, text=True, check=True)
    return {line.split()[0] for line in listing.stdout.splitlines()}


def declared():
    """Every word of the public headers and the generated ones: enough to find a stray symbol."""
    words = set()
    for path in lint.public_headers() + lint.with_suffix('.h.in', folder=lint.LIBRARY):
        words.update(re.findall(r'\w+', lint.without_comments(lint.read(path))))
    return words


def undeclared(symbols):
    words = declared()
    for symbol in symbols:
        if symbol in words:
            continue
        if not symbol.endswith('_get_type') or symbol[:-len('_get_type')] not in snake_types(words):
            yield symbol


def snake_types(words):
    """MitogenErrorCode as mitogen_error_code, for the types made by glib-mkenums."""
    return {re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', word).lower() for word in words}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('library')
    parser.add_argument('--update', action='store_true', help='write what is expected')
    arguments = parser.parse_args()
    symbols = exported(arguments.library)
    if arguments.update:
        EXPECTED.write_text('\n'.join(HEADER + sorted(symbols)) + '\n', encoding='utf-8')
        return 0

    tap = lint.Tap()
    expected = {line for line in lint.read(EXPECTED).splitlines() if not line.startswith('#')}
    tap.case('no symbol went', expected - symbols)
    tap.case('no symbol came without being expected', symbols - expected)
    tap.case('symbols have our prefix',
             [symbol for symbol in symbols if not symbol.startswith('mitogen_')])
    tap.case('symbols are declared in public headers', undeclared(symbols))
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
