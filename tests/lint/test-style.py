#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The rules of style that need no compiler: CONTRIBUTING.md lists them."""

import re
import statistics
import subprocess
import sys

import lint

LINE_LENGTH = 100
FILE_LENGTH = 1000
FUNCTION_LENGTH = 80
# Longer functions that would not gain by being cut, with the reason.
LONG_FUNCTIONS = {
}
LONG_FUNCTION_NAMES = re.compile(r'_class_init$')

SPDX = ('SPDX-FileCopyrightText: ', 'SPDX-License-Identifier: LGPL-2.1-or-later')
SOURCES = ('.c', '.h', '.h.in', '.in', '.py', '.js', '.vala', '.sh', 'meson.build',
           'meson_options.txt')
TRANSLATED = re.compile(r'(?<!\w)(?:_|N_|C_|NC_|ngettext|g_dngettext) ?\(')
UNFINISHED = re.compile(r'\b(?:TO' r'DO|FIX' r'ME|XX' r'X)(?=[\s:(]|$)')
DEFINITION = re.compile(r'^(?P<name>\w+) \((?!\*)', re.MULTILINE)
# xgettext cannot see what a macro in a text stands for: %zu, or a number as a text of its own.
BROKEN_TEXT = re.compile(r'(?<!\w)(?:_|N_|C_|NC_) \((?:[^()"]|"(?:\\.|[^"\\\n])*")*?G_\w+_FORMAT')
PARAMETER = re.compile(r'g_param_spec_\w+ \(\s*"(?P<name>[\w-]+)"')
SIGNAL = re.compile(r'g_signal_new \(\s*"(?P<name>[\w-]+)"')
DOC_COMMENT = re.compile(
    r'/\*\*\n\s*\* (?P<name>\w+(?:::?[\w-]+)?):(?: \([^\n]*\))?\n(?P<text>.*?)\*/', re.DOTALL)
PROTOTYPE = re.compile(r'^MITOGEN_AVAILABLE_IN_\w+\n(?P<text>[^;{]*?)(?:;|\n\n)', re.MULTILINE)


def scripts():
    folders = (lint.SOURCE / 'bin', lint.SOURCE / '.ci')
    return [path for folder in folders if folder.exists() for path in lint.walk(folder)]


def sources():
    return sorted(set(lint.with_suffix(*SOURCES) + scripts()))


def c_files():
    return lint.with_suffix('.c', '.h')


def lines_matching(paths, test):
    return ['%s:%d' % (lint.short(path), number)
            for path in paths
            for number, line in enumerate(lint.read(path).splitlines(), 1) if test(line)]


def without_licence():
    for path in sources():
        head = '\n'.join(lint.read(path).splitlines()[:6])
        if not all(line in head for line in SPDX):
            yield lint.short(path)


def pages_without_licence():
    return [lint.short(path) for path in lint.with_suffix('.md')
            if not all(line in lint.read(path) for line in SPDX)]


def functions():
    """The functions of each C file: (path, name, lines from brace to brace)."""
    for path in lint.with_suffix('.c'):
        lines = lint.without_comments(lint.read(path)).splitlines()
        start = None
        for number, line in enumerate(lines):
            if line == '{':
                start = number
            elif line.startswith('}') and start is not None:
                name = function_name(lines[:start])
                if name and line == '}':
                    yield path, name, number - start + 1
                start = None


def function_name(lines):
    """The name of the function whose body begins after these lines."""
    for line in reversed(lines):
        match = DEFINITION.match(line)
        if match:
            return match['name']
        if not line.strip() or line.endswith((';', '}', '=')):
            break
    return None


def long_functions(found):
    for path, name, length in found:
        excepted = LONG_FUNCTION_NAMES.search(name) or name in LONG_FUNCTIONS
        if length > FUNCTION_LENGTH and not excepted:
            yield '%s: %s has %d lines' % (lint.short(path), name, length)


def stale_exceptions(found):
    lengths = {name: length for _, name, length in found}
    return [name for name in LONG_FUNCTIONS if lengths.get(name, 0) <= FUNCTION_LENGTH]


def report(found):
    lengths = sorted(length for path, _, length in found if lint.LIBRARY in path.parents)
    if lengths:
        print('# %d functions in the library: median %d lines, 90th percentile %d, longest %d'
              % (len(lengths), statistics.median(lengths), lengths[len(lengths) * 9 // 10],
                 lengths[-1]))


def goto_lines():
    for path in c_files():
        code = lint.without_comments(lint.read(path))
        for number, line in enumerate(code.splitlines(), 1):
            if re.search(r'\bgoto\b', line):
                yield '%s:%d' % (lint.short(path), number)


def documented():
    """Names with a doc comment that says since when there is such a thing."""
    names = set()
    for path in lint.with_suffix('.c', '.h', '.h.in', folder=lint.LIBRARY):
        text = lint.read(path)
        names.update(match['name'] for match in DOC_COMMENT.finditer(text)
                     if 'Since: ' in match['text'])
    return names


def public_names(text):
    """The functions and types that a header declares."""
    for match in PROTOTYPE.finditer(lint.without_comments(text)):
        declared = match['text']
        if declared.startswith('G_DECLARE_'):
            yield re.search(r'\(\s*(\w+)', declared)[1]
        else:
            name = re.search(r'(\w+) \(', declared)
            if name and not name[1].endswith('_get_type'):
                yield name[1]
    for match in re.finditer(r'^(?:typedef enum.*?|typedef struct.*?)\} (\w+);', text,
                             re.MULTILINE | re.DOTALL):
        yield match[1]
    for match in re.finditer(r'^typedef \w+ \**\(\*(\w+)\)', text, re.MULTILINE):
        yield match[1]


def undocumented(known):
    headers = lint.public_headers() + lint.with_suffix('.h.in', folder=lint.LIBRARY)
    for path in headers:
        for name in public_names(lint.read(path)):
            if name not in known:
                yield '%s: %s' % (lint.short(path), name)


def undocumented_members(known):
    """Properties and signals, documented as Type:name and Type::name."""
    members = {re.sub(r'^\w+', '', name) for name in known if ':' in name}
    for path in lint.with_suffix('.c', folder=lint.LIBRARY):
        text = lint.read(path)
        wanted = [':' + match['name'] for match in PARAMETER.finditer(text)]
        wanted += ['::' + match['name'] for match in SIGNAL.finditer(text)]
        for name in wanted:
            if name not in members:
                yield '%s: %s' % (lint.short(path), name)


def translated_files():
    for path in lint.with_suffix('.c', '.py', '.js', '.vala'):
        text = lint.read(path)
        code = lint.without_comments(text) if path.suffix == '.c' else ''
        if TRANSLATED.search(code):
            yield lint.short(path)


def broken_texts():
    for path in lint.with_suffix('.c'):
        text = lint.read(path)
        for match in BROKEN_TEXT.finditer(text):
            yield '%s:%d' % (lint.short(path), text.count('\n', 0, match.start()) + 1)


def potfiles_problems():
    listed = [line for line in lint.read(lint.SOURCE / 'po' / 'POTFILES').splitlines() if line]
    used = set(translated_files())
    yield from ('%s is not in po/POTFILES' % path for path in used - set(listed))
    yield from ('%s has nothing to translate' % path for path in set(listed) - used)
    if listed != sorted(set(listed)):
        yield 'po/POTFILES is not sorted'


def shell_problems():
    done = subprocess.run(
        ['shellcheck', '-x', '--source-path=SCRIPTDIR', '--format=gcc',
         *(str(path) for path in scripts() if path.suffix != '.txt')],
        cwd=lint.SOURCE, stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout.splitlines()


def main():
    tap = lint.Tap()
    found = list(functions())
    known = documented()
    report(found)

    tap.case('sources name their licence', without_licence())
    tap.case('pages name their licence', pages_without_licence())
    tap.case('no tabs', lines_matching(sources(), lambda line: '\t' in line))
    tap.case('no space at the end of a line',
             lines_matching(sources(), lambda line: line != line.rstrip()))
    tap.case('lines of at most %d characters' % LINE_LENGTH,
             lines_matching(c_files(), lambda line: len(line) > LINE_LENGTH))
    tap.case('files of at most %d lines' % FILE_LENGTH,
             [lint.short(path) for path in c_files()
              if len(lint.read(path).splitlines()) > FILE_LENGTH])
    tap.case('functions of at most %d lines' % FUNCTION_LENGTH, long_functions(found))
    tap.case('no exception for a function without need', stale_exceptions(found))
    tap.case('no goto', goto_lines())
    tap.case('headers have #pragma once',
             [lint.short(path) for path in lint.with_suffix('.h', '.h.in')
              if '#pragma once\n' not in lint.read(path)])
    tap.case('nothing left for later', lines_matching(sources(), UNFINISHED.search))
    tap.case('what is public is documented', undocumented(known))
    tap.case('properties and signals are documented', undocumented_members(known))
    tap.case('po/POTFILES lists what is translated', potfiles_problems())
    tap.case('no macro in a text to translate', broken_texts())
    try:
        tap.case('shellcheck', shell_problems())
    except FileNotFoundError:
        tap.skip('shellcheck', 'not installed')
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
