# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Compares what the library finds with what the interpreter that runs this finds itself.

Arguments: module-tool seed trees. Searches generated trees, its own installed modules and those of
Debian, as directories and as an archive."""

import hashlib
import os
import pkgutil
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder

DEBIAN = '/usr/lib/python3/dist-packages'
WORDS = ['a', 'b', 'c', 'été', '_x', 'n0']
REPORTED = 10


class Tool:
    """The library's finder."""

    def __init__(self, tool, paths):
        self.process = subprocess.Popen([tool] + paths, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, names):
        text = ''.join(name + '\n' for name in names)
        output = self.process.communicate(text.encode('utf-8'))[0].decode('utf-8')
        assert self.process.returncode == 0, 'the tool failed: %s' % self.process.returncode
        answers = [line.split('\t') for line in output.splitlines()]
        assert len(answers) == len(names), 'answers: %d, not %d: %s' % (
            len(answers), len(names), answers[:2])
        return dict(zip(names, answers))


def checksum(data):
    return hashlib.sha256(data).hexdigest()


# ---- what the interpreter finds, without running anything ----

def locations_of(spec):
    """Of a namespace, without asking for its parent, which was not imported."""
    locations = spec.submodule_search_locations
    return list(getattr(locations, '_path', locations))


def refuse_or(spec, path):
    """What lies in another language, or has no source, cannot be sent."""
    root = path
    for suffix in EXTENSION_SUFFIXES + ['.pyc']:
        if path.endswith(suffix):
            root = path[:-len(suffix)] + '.py'
            break
    try:
        return root, spec.loader.get_data(root)
    except (OSError, AttributeError):
        pass
    if os.path.isfile(root):
        with open(root, 'rb') as f:
            return root, f.read()
    return root, None


def leads_out(path, top):
    """Whether a link leads out of the directory it was found in."""
    top = os.path.realpath(top)
    return os.path.isdir(top) and not (os.path.realpath(path) + '/').startswith(top + '/')


def expect(name, paths, tops):
    """A list as of the tool's answer, and where submodules are."""
    # Only the last word counts; with all of it, the parent would have to be imported.
    spec = PathFinder.find_spec(name.rpartition('.')[2], paths)
    if spec is None:
        return ['error'], None
    origin = spec.origin
    if spec.submodule_search_locations is not None and (
            spec.loader is None or origin in (None, 'namespace')):
        return ['namespace', None, '-'], locations_of(spec)
    path, data = refuse_or(spec, origin)
    if data is None or any(path.startswith(top + '/') and leads_out(path, top) for top in tops):
        return ['error'], None
    kind = 'module' if spec.submodule_search_locations is None else 'package'
    return [kind, path, checksum(data)], spec.submodule_search_locations


def list_children(locations):
    return set(name for _, name, _ in pkgutil.iter_modules(locations))


class Walk:
    """Everything below some paths."""

    def __init__(self, tops):
        self.tops = tops
        self.expected = {}
        self.children = {}
        self.locations = {}

    def visit(self, name, paths, words):
        answer, locations = expect(name, paths, self.tops)
        self.expected[name] = answer
        if locations is None:
            return
        self.locations[name] = locations
        self.children[name] = list_children(locations)
        for word in words(locations) if name.count('.') < 12 else ():
            self.visit(name + '.' + word, locations, words)


def judge(walk, name, answer):
    """What is wrong, or None."""
    expected = walk.expected[name]
    if answer[0] != expected[0]:
        return 'is %s, not %s' % (answer, expected)
    if answer[0] == 'error':
        return None
    if expected[1] is not None and answer[1] != expected[1]:
        return 'lies in %s, not in %s' % (answer[1], expected[1])
    if answer[2] != expected[2]:
        return 'has another source'
    return judge_children(walk, name, set(filter(None, answer[3].split(','))))


def judge_children(walk, name, children):
    sendable = set(word for word in walk.children.get(name, ())
                   if walk.expected.get(name + '.' + word, ['module'])[0] != 'error')
    if sendable - children:
        return 'lacks %s' % sorted(sendable - children)
    for word in children - sendable:
        kind = walk.expected.get(name + '.' + word, ['namespace'])[0]
        if kind != 'namespace' and not os.path.exists(sources_beside(walk, name, word)):
            return 'has %s, which is: %s' % (word, kind)
    return None


def sources_beside(walk, name, word):
    """A package without a source of its own may have submodules that Python would not look at."""
    return next((path for path in (os.path.join(top, word) for top in walk.locations[name])
                 if os.path.isdir(path)), '')


def compare(tool, title, tops, names, words):
    walk = Walk(tops)
    for name in names:
        walk.visit(name, tops, words)
    answers = Tool(tool, tops).ask(sorted(walk.expected))
    wrong = []
    for name, answer in sorted(answers.items()):
        problem = judge(walk, name, answer)
        if problem:
            wrong.append('%s: %s %s' % (title, name, problem))
    kinds = [answer[0] for answer in walk.expected.values()]
    return wrong, dict((kind, kinds.count(kind)) for kind in sorted(set(kinds)))


# ---- generated trees ----

class Generator:
    def __init__(self, rand, top):
        self.rand = rand
        self.top = top

    def write(self, path, text):
        with open(path, 'w') as f:
            f.write('# %s: %s\n' % (path, text))

    def add_module(self, path):
        choice = self.rand.random()
        if choice < 0.65:
            self.write(path + '.py', 'module')
        elif choice < 0.75:
            self.write(path + self.rand.choice(EXTENSION_SUFFIXES), 'extension')
        elif choice < 0.8:
            self.write(path + '.pyc', 'compiled')
        elif choice < 0.85:
            self.write(path, 'a file without a suffix')
        elif choice < 0.9:
            os.mkdir(path + '.py')
        else:
            self.add_link(path + '.py')

    def add_link(self, path):
        inside = [os.path.join(folder, name) for folder, _, names in os.walk(self.top)
                  for name in names if name.endswith('.py')]
        outside = os.path.join(os.path.dirname(self.top), 'outside.py')
        nowhere = os.path.join(self.top, 'nowhere')
        os.symlink(self.rand.choice(inside + [outside, nowhere]), path)

    def fill(self, folder, depth):
        for word in WORDS:
            path = os.path.join(folder, word)
            if self.rand.random() < 0.3:
                self.add_module(path)
            if depth < 3 and self.rand.random() < 0.4 and not os.path.lexists(path):
                os.mkdir(path)
                if self.rand.random() < 0.6:
                    self.write(os.path.join(path, '__init__.py'), 'package')
                self.fill(path, depth + 1)


def pack(folder, path, rand):
    """Entries of directories are needed by Python before 3.13.1; links become what they lead to."""
    with zipfile.ZipFile(path, 'w') as archive:
        for current, folders, names in sorted(os.walk(folder)):
            inside = os.path.relpath(current, folder)
            if inside != '.':
                archive.writestr(zipfile.ZipInfo(inside + '/'), b'')
            for name in names:
                full = os.path.join(current, name)
                # Other interpreters may not take compiled code for what it is.
                if os.path.exists(full) and not name.endswith('.pyc'):
                    archive.write(full, os.path.join(inside, name),
                                  rand.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))
    if rand.random() < 0.3:
        with open(path, 'rb') as f:
            data = f.read()
        with open(path, 'wb') as f:
            f.write(b'#!/usr/bin/env python3\n' + data)
    return path


def generate(rand, base):
    tops = []
    with open(os.path.join(base, 'outside.py'), 'w') as f:
        f.write('secret')
    for number in range(rand.randrange(1, 5)):
        top = os.path.join(base, 'top%d' % number)
        os.mkdir(top)
        Generator(rand, top).fill(top, 0)
        choice = rand.random()
        if choice < 0.3:
            top = pack(top, top + '.zip', rand)
        elif choice < 0.4:
            top = os.path.join(pack(base_of(top), top + '.zip', rand), 'inner')
        elif choice < 0.5:
            os.symlink(top, top + '-link')
            top += '-link'
        tops.append(top)
    return tops


def base_of(top):
    """What has the tree as its folder "inner"."""
    outer = top + '-outer'
    os.mkdir(outer)
    shutil.copytree(top, os.path.join(outer, 'inner'), symlinks=True)
    return outer


def check_generated(tool, rand, n_trees):
    wrong, total = [], {}
    for _ in range(n_trees):
        base = os.path.realpath(tempfile.mkdtemp())
        try:
            tops = generate(rand, base)
            problems, kinds = compare(tool, str(tops), tops, WORDS, lambda locations: WORDS)
            wrong.extend(problems)
            for kind, count in kinds.items():
                total[kind] = total.get(kind, 0) + count
        finally:
            shutil.rmtree(base)
    return wrong, total


# ---- what is installed ----

def installed_words(locations):
    words = list_children(locations)
    for location in locations:
        if os.path.isdir(location):
            words.update(name for name in os.listdir(location)
                         if name.isidentifier() and name != '__pycache__'
                         and os.path.isdir(os.path.join(location, name)))
    return sorted(words)


def check_installed(tool, top):
    names = [name for name in installed_words([top]) if name != 'mitogen']
    return compare(tool, top, [top], names, installed_words)


def check_data(tool, top):
    """All other files of packages."""
    expected = {}
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name.isidentifier() and name != '__pycache__'
                      and not any(other.startswith(name + '.') for other in names)]
        package = os.path.relpath(folder, top).replace('/', '.')
        if package == '.' or package.split('.')[0] == 'mitogen':
            continue
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not leads_out(path, top):
                with open(path, 'rb') as f:
                    expected[package + '\t' + name] = checksum(f.read())
    answers = Tool(tool, [top]).ask(sorted(expected))
    wrong = ['%s: %s' % (question, answer) for question, answer in answers.items()
             if answer != ['data', expected[question]]]
    return wrong, {'data': len(expected)}


def check_packed(tool, rand, top):
    folder = tempfile.mkdtemp()
    try:
        path = pack(top, os.path.join(folder, 'installed.zip'), rand)
        names = [name for name in installed_words([top]) if name != 'mitogen']
        return compare(tool, path, [path], names, lambda locations: sorted(list_children(locations)))
    finally:
        shutil.rmtree(folder)


def main():
    tool, seed, n_trees = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rand = random.Random(seed)
    own = [path for path in sys.path if path.endswith('site-packages') and os.path.isdir(path)]
    results = [('generated', check_generated(tool, rand, n_trees))]
    for top in own + [DEBIAN] * (os.path.isdir(DEBIAN) and not own):
        results.append((top, check_installed(tool, top)))
        results.append((top + ', packed', check_packed(tool, rand, top)))
        results.append((top + ', data', check_data(tool, top)))
    failed = False
    for title, (wrong, kinds) in results:
        print('%s: %s' % (title, ', '.join('%d %s' % (count, kind) for kind, count in kinds.items())))
        for problem in wrong[:REPORTED]:
            print('  wrong: %s' % problem)
        failed = failed or wrong or not kinds
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
