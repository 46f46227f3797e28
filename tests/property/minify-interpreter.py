# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Minifies the standard library of the interpreter that runs this, and has it read the result.

Arguments: minify-tool share seed. Of each `share` files one is taken. Runs on 2.7 and 3.x."""

from __future__ import print_function

import ast
import gc
import os
import random
import subprocess
import sys
import tempfile
import warnings

PY2 = sys.version_info[0] == 2
FOREIGN = ('site-packages', 'dist-packages', '__pycache__')
BLOCKS = tuple(getattr(ast, name)
               for name in ('Module', 'ClassDef', 'FunctionDef', 'AsyncFunctionDef')
               if hasattr(ast, name))
LEAVES = (type(u''), bytes, int)
Constant = ast.Constant if sys.version_info >= (3, 8) else None


class Difference(Exception):
    pass


def list_files():
    found = []
    for folder, folders, names in os.walk(os.path.dirname(os.__file__)):
        folders[:] = sorted(name for name in folders if name not in FOREIGN)
        found += [os.path.join(folder, name) for name in sorted(names) if name.endswith('.py')]
    return found


def parse(source, path):
    return compile(source, path, 'exec', ast.PyCF_ONLY_AST, True)


def is_text(statement):
    if not isinstance(statement, ast.Expr):
        return False
    value = statement.value
    return isinstance(value.value, str) if type(value) is Constant else (
        Constant is None and isinstance(value, ast.Str))


def is_nothing(statement):
    if not isinstance(statement, ast.Expr):
        return False
    value = statement.value
    number = value.value if type(value) is Constant else getattr(value, 'n', None)
    return number == 0


def without_docstring(body):
    start = 0
    while start < len(body) and is_text(body[start]):
        start += 1
    return body[start:]


def compare_bodies(node, wanted, found):
    """The lists to go on with: of statements that are to be the same."""
    wanted = without_docstring(wanted)
    if not wanted and len(found) == 1 and is_nothing(found[0]):
        return [], []
    # Of another block it stays if it is in the same line. In 2.7 b'' is a docstring, too, and
    # cannot be told from one in the tree.
    if PY2 or not isinstance(node, BLOCKS):
        found = without_docstring(found)
    elif not wanted and not isinstance(node, ast.Module):
        raise Difference('line %d: a block was left empty' % node.lineno)
    return wanted, found


def compare(wanted, found):
    """Without recursion, as trees are deep."""
    stack = [(wanted, found)]
    line = 1
    while stack:
        a, b = stack.pop()
        if a.__class__ is not b.__class__:
            raise Difference('line %d: %r became %r' % (line, a, b))
        if a.__class__ is list:
            if len(a) != len(b):
                raise Difference('line %d: %d items became %d' % (line, len(a), len(b)))
            stack.extend(zip(a, b))
        elif isinstance(a, ast.AST):
            line = getattr(a, 'lineno', line)
            compare_nodes(a, b, line, stack)
        elif a != b and not (a != a and b != b):
            raise Difference('line %d: %r became %r' % (line, a, b))


def compare_nodes(a, b, line, stack):
    if getattr(b, 'lineno', line) != line:
        raise Difference('line %d: %r moved to line %d' % (line, a, b.lineno))
    # A definition ends with its block, which may have ended with its docstring.
    if isinstance(a, ast.expr) and getattr(a, 'end_lineno', 0) != getattr(b, 'end_lineno', 0):
        raise Difference('line %d: %r ends elsewhere' % (line, a))
    for field in a._fields:
        value = getattr(a, field, None)
        other = getattr(b, field, None)
        if field in ('body', 'orelse', 'finalbody') and isinstance(value, list):
            stack.append(compare_bodies(a, value, other))
        elif value is not other and (value.__class__ not in LEAVES or value != other):
            stack.append((value, other))


def is_same(wanted, found):
    try:
        compare(parse(wanted, ''), parse(found, ''))
    except Difference:
        return False
    return True


def check_compare():
    """Finds what it is to find."""
    source = b"'a'\ndef f(x):\n  'a'\nclass A:\n  'a'\n  y = '1'"
    good = b"\ndef f(x):\n  0\nclass A:\n\n  y = '1'"
    bad = [good.replace(b'x', b'y'), good.replace(b'0', b'1'), good.replace(b'1', b'2'),
           good.replace(b'\n\n', b'\n'), good + b';y', good.replace(b'y =', b'y ='b'\\\n')]
    assert is_same(source, good)
    for other in bad + ([] if PY2 else [source]):
        assert not is_same(source, other), other


def read_answer(tool):
    line = tool.stdout.readline().decode('utf-8').split(None, 2)
    status, size = line[:2]
    return status, tool.stdout.read(int(size)), line[2].strip() if len(line) > 2 else ''


def is_compiled(source, path):
    try:
        compile(source, path, 'exec', 0, True)
    except SyntaxError:
        return False
    return True


class Counts(object):
    def __init__(self):
        self.checked = self.refused = self.foreign = 0
        self.before = self.after = 0


def check(path, answer, counts):
    """What is wrong with the answer to a file, or None."""
    status, minified, why = answer
    with open(path, 'rb') as stream:
        source = stream.read()
    try:
        tree = parse(source, path)
    except Exception:                                     # Some are there to be wrong.
        counts.refused += 1
        return None
    if status == 'wrong':
        return why
    if status == 'foreign':
        counts.foreign += 1
        return None if minified == source else 'changed though its encoding is not plain'
    counts.checked += 1
    counts.before += len(source)
    counts.after += len(minified)
    if len(minified) > len(source):
        return 'has become larger'
    try:
        compare(tree, parse(minified, path))
    except (Difference, SyntaxError, ValueError) as e:
        return str(e)
    # The trees are the same, so this can only fail for what is not in them.
    if counts.checked % 10 == 0 and is_compiled(source, path) and not is_compiled(minified, path):
        return 'cannot be compiled'
    return None


def main():
    share, seed = int(sys.argv[2]), int(sys.argv[3])
    files = list_files()
    if share > 1:
        files = random.Random(seed).sample(files, len(files) // share)
    counts = Counts()
    problems = 0
    check_compare()
    warnings.simplefilter('ignore')
    gc.disable()
    with tempfile.TemporaryFile() as paths:
        paths.write(''.join(path + '\n' for path in files).encode('utf-8'))
        paths.seek(0)
        tool = subprocess.Popen([sys.argv[1]], stdin=paths, stdout=subprocess.PIPE)
        for path in files:
            problem = check(path, read_answer(tool), counts)
            if problem:
                print('%s: %s' % (path, problem))
                problems += 1
        tool.stdout.close()
    if tool.wait() != 0 or counts.checked == 0:
        problems += 1
    print('%d files checked; %d not for this interpreter, %d in encodings that are left alone' % (
        counts.checked, counts.refused, counts.foreign))
    print('%d bytes became %d' % (counts.before, counts.after))
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
