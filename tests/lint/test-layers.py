#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Folders of mitogen-glib/ are layers: no file includes a header of a higher one. A folder in a folder is part of its layer."""

import re
import sys
import tempfile
from pathlib import Path

import lint

# Lowest first.
LAYERS = ('helper', 'wire', 'broker', 'router', 'spawn', 'prompt', 'python', 'engine', 'connection', 'service', 'fakessh', 'unix')
# Headers that belong to no layer, and folders that hold generated data.
ROOT_HEADERS = ('mitogen-types.h', 'mitogen-version.h', 'mitogen-version-macros.h',
                'mitogen-enums.h')
DATA_FOLDERS = ('remote',)
UMBRELLA = 'mitogen.h'
INCLUDE = re.compile(r'^\s*#\s*include\s*(?P<open>["<])(?P<name>[^">]+)[">]', re.MULTILINE)


class Tree:
    def __init__(self, root):
        self.root = root
        self.files = {path.relative_to(root): lint.read(path)
                      for path in lint.with_suffix('.c', '.h', folder=root)}
        self.folder_of = {path.name: path.parent for path in self.files if len(path.parts) > 1}

    def problems(self):
        for path, text in self.files.items():
            for match in INCLUDE.finditer(text):
                problem = self.judge(path, match['open'], match['name'])
                if problem:
                    line = text.count('\n', 0, match.start('open')) + 1
                    yield '%s:%d includes %s: %s' % (path, line, match['name'], problem)

    def judge(self, path, opening, name):
        """What is wrong with a file including a name, if anything is."""
        folder = path.parts[0] if len(path.parts) > 1 else None
        if folder == 'tool':
            return None if opening == '<' else 'a tool uses the installed interface only'
        if opening == '<':
            return 'use the path inside the tree' if name.startswith('mitogen-glib/') else None
        if path.name == UMBRELLA or name in ROOT_HEADERS or folder in DATA_FOLDERS:
            return None
        target = self.folder_of.get(Path(name).name)
        return (self.judge_spelling(path, name, target)
                or self.judge_direction(folder, (target or Path(name)).parts[0]))

    def judge_spelling(self, path, name, target):
        named_folder = Path(name).parent.as_posix()
        if name.endswith('-private.h'):
            if target is not None and named_folder != target.as_posix():
                return 'write the folder of a private header'
            if path.suffix == '.h' and not path.name.endswith('-private.h'):
                return 'a public header includes no private one'
        elif path.suffix == '.h' and not path.name.endswith('-private.h') and named_folder != '.':
            return 'a public header is installed flat: leave the folder out'
        return None

    @staticmethod
    def judge_direction(folder, target):
        if target in DATA_FOLDERS:
            return None
        if target not in LAYERS:
            return 'in no layer'
        if folder is not None and LAYERS.index(target) > LAYERS.index(folder):
            return '%s/ is above %s/' % (target, folder)
        return None


def planted(files):
    """The problems found in a tree made of these files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding='utf-8')
        return list(Tree(Path(folder)).problems())


def check_planted(tap, name, files, count):
    found = planted(files)
    tap.case(name, [] if len(found) == count else ['expected %d, found %r' % (count, found)])


def main():
    tap = lint.Tap()
    tree = Tree(lint.LIBRARY)
    folders = {path.parts[0] for path in tree.files if len(path.parts) > 1}
    tap.case('every folder is a layer',
             [folder for folder in folders if folder not in LAYERS + DATA_FOLDERS + ('tool',)])
    tap.case('no upward include', tree.problems())

    headers = {'wire/mitogen-message.h': '', 'router/mitogen-router.h': '',
               'router/mitogen-core-private.h': ''}
    check_planted(tap, 'a downward include is right', dict(headers, **{
        'router/mitogen-router.c': '#include "wire/mitogen-message.h"\n#include <gio/gio.h>\n',
        'router/mitogen-router.h': '#include "mitogen-message.h"\n'}), 0)
    check_planted(tap, 'an upward include is found', dict(headers, **{
        'wire/mitogen-message.c': '#include "router/mitogen-router.h"\n'}), 1)
    check_planted(tap, 'an upward include by basename is found', dict(headers, **{
        'wire/mitogen-message.h': '#include "mitogen-router.h"\n'}), 1)
    check_planted(tap, 'a private header in a public one is found', dict(headers, **{
        'router/mitogen-router.h': '#include "router/mitogen-core-private.h"\n'}), 1)
    check_planted(tap, 'a folder in a layer belongs to it', dict(headers, **{
        'router/kinds/mitogen-kind-private.h': '#include "router/mitogen-core-private.h"\n',
        'router/mitogen-router.c': '#include "router/kinds/mitogen-kind-private.h"\n'}), 0)
    check_planted(tap, 'a folder in a layer is below no other', dict(headers, **{
        'router/kinds/mitogen-kind-private.h': '',
        'wire/mitogen-message.c': '#include "router/kinds/mitogen-kind-private.h"\n'}), 1)
    check_planted(tap, 'an unknown layer is found', dict(headers, **{
        'wire/mitogen-message.c': '#include "elsewhere/mitogen-thing.h"\n'}), 1)
    return tap.done()


if __name__ == '__main__':
    sys.exit(main())
