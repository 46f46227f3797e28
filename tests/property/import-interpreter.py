# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the whole standard library of this interpreter imports, as the library sees it.

It has to be what the syntax tree says, name for name and in the same order, and hold all that the
scan of the Python library Mitogen finds. Arguments: import-tool, the folder of that library's
master.py. Exits with 1 if there is a difference."""

import ast
import io
import itertools
import os
import re
import subprocess
import sys
import unicodedata
import warnings

STANDARD_LIBRARY = os.path.dirname(os.path.abspath(os.__file__))
FUNCTIONS = tuple(getattr(ast, name) for name in ('FunctionDef', 'AsyncFunctionDef', 'Lambda')
                  if hasattr(ast, name))
LARGEST_REPORT = 20


def find_sources():
    """(path, name, is_package) of every source, however odd its name."""
    for folder, folders, files in os.walk(STANDARD_LIBRARY):
        folders[:] = sorted(name for name in folders
                            if name not in ('__pycache__', 'site-packages', 'dist-packages'))
        for name in sorted(files):
            if not name.endswith('.py'):
                continue
            path = os.path.join(folder, name)
            parts = os.path.relpath(path, STANDARD_LIBRARY)[:-3].split(os.sep)
            is_package = parts[-1] == '__init__' and len(parts) > 1
            yield path, '.'.join(parts[:-1] if is_package else parts), is_package


# ---- What the syntax tree says ----

def to_text(name):
    if isinstance(name, bytes):
        name = name.decode('ascii')
    return unicodedata.normalize('NFKC', name)


class Expected(object):
    def __init__(self, module, is_package):
        self.module = module
        self.package = module if is_package else module.rpartition('.')[0]
        self.absolute = False
        self.names = []
        self.seen = set()

    def add(self, name):
        parts = to_text(name).split('.')
        for count in range(1, len(parts) + 1):
            part = '.'.join(parts[:count])
            if (part not in self.seen and part != self.module and part != '__future__'
                    and parts[0] != 'mitogen'):
                self.seen.add(part)
                self.names.append(part)

    def add_plain(self, name):
        self.add(name)
        if self.package and not self.absolute and name != '__future__':
            self.add('%s.%s' % (self.package, name))

    def base(self, level, name):
        """What a relative import starts from; None: beyond the top."""
        parts = self.package.split('.') if self.package else []
        if level > len(parts):
            return None
        parts = parts[:len(parts) - level + 1]
        return '.'.join(parts + ([name] if name else []))

    def visit(self, node):
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.add_plain(alias.name)
        elif isinstance(node, ast.ImportFrom):
            self.visit_from(node)
        elif not isinstance(node, FUNCTIONS):
            for child in ast.iter_child_nodes(node):
                if isinstance(child, (ast.stmt, ast.excepthandler)) or hasattr(child, 'body'):
                    self.visit(child)

    def visit_from(self, node):
        names = [alias.name for alias in node.names if alias.name != '*']
        if node.level:
            base, add = self.base(node.level, node.module), self.add
            if base is None:
                return
        else:
            base, add = node.module, self.add_plain
        if base == '__future__' and not node.level:
            self.absolute = self.absolute or 'absolute_import' in names
            return
        add(base)
        for name in names:
            add('%s.%s' % (base, name))


# ---- What the Python library finds ----

def load_scan(folder):
    """Its function for this; by itself where the interpreter is too new for the rest of it."""
    sys.path.append(folder)
    try:
        import mitogen.master
        return mitogen.master.scan_code_imports
    except ImportError:
        pass
    with io.open(os.path.join(folder, 'mitogen', 'master.py'), encoding='utf-8') as file:
        source = file.read()
    names = {'dis': __import__('dis'), 'itertools': itertools, 'sys': sys, 'izip': zip}
    start = source.index('LOAD_CONST = dis')
    exec(source[start:source.index('class ', start)], names)
    return names['scan_code_imports']


def found_by_scan(scan, code, expected):
    for level, name, names in scan(code):
        if level > 0:
            bases = [expected.base(level, name)]
        elif level == 0 or not expected.package:
            bases = [name]
        else:
            bases = [name, '%s.%s' % (expected.package, name)]
        for base in bases:
            if base and name != '__future__':
                yield to_text(base)
                for other in names:
                    if other != '*':
                        yield to_text('%s.%s' % (base, other))


# ---- Both ----

def read_library(tool, sources):
    process = subprocess.Popen([tool], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    text = ''.join('%s\t%s\t%d\n' % source for source in sources)
    output = process.communicate(text.encode('utf-8'))[0].decode('utf-8')
    if process.returncode != 0:
        sys.exit('%s: exit status %d' % (tool, process.returncode))
    return [line.split() for line in output.split('\n')[:-1]]


def compare(path, module, is_package, found, scan):
    """Problems, how many names there are, and how many the scan found."""
    with open(path, 'rb') as file:
        source = file.read()
    try:
        tree = compile(source, path, 'exec', ast.PyCF_ONLY_AST, True)
        code = compile(source, path, 'exec', 0, True)
    except (SyntaxError, ValueError, TypeError):
        return None
    expected = Expected(module, is_package)
    expected.visit(tree)
    by_scan = set(name for name in found_by_scan(scan, code, expected)
                  if name != module and name.partition('.')[0] != 'mitogen')
    problems = []
    if found != expected.names:
        problems.append('%s: expected %r, found %r' % (path, expected.names, found))
    if by_scan - set(found):
        problems.append('%s: only the other scan finds %r' % (path, sorted(by_scan - set(found))))
    return problems, len(found), len(by_scan)


def main():
    tool, folder = sys.argv[1:]
    warnings.simplefilter('ignore')
    scan = load_scan(folder)
    sources = list(find_sources())
    results = read_library(tool, sources)
    assert len(results) == len(sources), 'a line for each source'
    n_names = n_by_scan = n_unread = 0
    problems = []
    for source, found in zip(sources, results):
        result = compare(*(source + (found, scan)))
        if result is None:
            n_unread += 1
            continue
        problems += result[0]
        n_names += result[1]
        n_by_scan += result[2]
    for problem in problems[:LARGEST_REPORT]:
        print(re.sub(r'\s+', ' ', problem))
    print('%d sources, %d more that do not compile; %d names, of which the other scan finds %d; '
          '%d problems' % (len(sources) - n_unread, n_unread, n_names, n_by_scan, len(problems)))
    # Both saw something at all.
    return bool(problems) or n_by_scan < 1000


if __name__ == '__main__':
    sys.exit(main())
