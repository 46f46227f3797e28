# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the lint tests share: the files of the project, and TAP."""

import os
import re
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent
LIBRARY = SOURCE / 'mitogen-glib'
IGNORED = re.compile(r'^(\.git|_build.*|build.*|__pycache__|subprojects|corpus-.*)$')
COMMENT_OR_STRING = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


class Tap:
    """One TAP case for each rule; the problems found are its diagnosis."""

    def __init__(self):
        self.count = 0
        self.failures = 0

    def case(self, name, problems):
        problems = sorted(problems)
        self.count += 1
        self.failures += bool(problems)
        for problem in problems:
            print('# ' + str(problem))
        print('%s %d %s' % ('not ok' if problems else 'ok', self.count, name))

    def skip(self, name, why):
        self.count += 1
        print('ok %d %s # SKIP %s' % (self.count, name, why))

    def done(self):
        print('1..%d' % self.count)
        return 1 if self.failures else 0


def walk(folder=SOURCE):
    """Every file of the project, build directories and the like left out."""
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not IGNORED.match(name))
        for name in sorted(names):
            path = Path(where, name)
            if not path.is_symlink():
                yield path


def with_suffix(*suffixes, folder=SOURCE):
    return [path for path in walk(folder) if path.name.endswith(suffixes)]


def short(path):
    return str(path.relative_to(SOURCE)) if path.is_relative_to(SOURCE) else str(path)


def read(path):
    return path.read_text(encoding='utf-8')


def without_comments(text):
    """C code with comments and strings blanked, each line where it was."""
    return COMMENT_OR_STRING.sub(lambda match: re.sub(r'[^\n]', ' ', match[0]), text)


def public_headers():
    return [path for path in with_suffix('.h', folder=LIBRARY)
            if not path.name.endswith('-private.h') and path.name != 'mitogen.h']
