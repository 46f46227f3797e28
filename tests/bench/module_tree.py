# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Writes the modules that a program might have of its own: the package bench_app.

Fifty modules in packages, with relative imports, docstrings and comments, of about a hundred
lines each. Importing bench_app imports all of them. The same every time.
"""

import os
import random

PACKAGE = 'bench_app'
PARTS = ('storage', 'network', 'model', 'report', 'plugins')
NAMES = ('base', 'cache', 'config', 'events', 'index', 'parse', 'rules', 'tasks', 'watch')
N_MODULES = 50 + 1      # The package itself holds next to nothing.

WORDS = ('value item record entry buffer window offset limit source target owner state reason filter '
         'token field column handler weight margin').split()
LIBRARY = ('collections', 'functools', 'os', 're', 'time')

TOP = '''\
"""Keeps the inventory of a site: see bench_app.model for what is in it."""

from . import %s


def run():
    """Return how many modules of this package are here, and what they compute together."""
    import sys
    count = sum(1 for name in sys.modules if name.split('.')[0] == __name__)
    return count, sum(part.compute(1) for part in (%s,))
'''

PART = '''\
"""The %s of the inventory.

Each module here can be used by itself; compute() is for those that want all.
"""

%s


def compute(start):
    """Add up what each module makes of a number."""
    return sum(module.compute(start) for module in (%s,))
'''

HEAD = '''\
# Part of the inventory of a site.
#
# The functions here take and return plain values, so that they can be called from anywhere.

"""%s of the %s: what is known of each %s, and how it is found again.

Nothing here keeps a file open. A table that grows too large is cut at its oldest end, since
what was not asked for in a long time is not likely to be asked for again.
"""

%s

#: How much is kept at most.
LIMIT = %d
_pattern = re.compile(r'^(?P<name>[a-z_]+)=(?P<value>.*)$')
'''

CLASS = '''

class %(class)s(object):
    """A %(a)s with its %(b)s.

    %(a)s: a text, or None if it is not known yet
    %(b)s: how often it was seen
    """

    def __init__(self, %(a)s=None, %(b)s=%(n)d):
        self.%(a)s = %(a)s
        self.%(b)s = %(b)s
        self._%(c)s = collections.OrderedDict()

    def update(self, %(c)s):
        """Take over what the %(c)s says, and return what it replaces."""
        # The newest one goes last.
        old = self._%(c)s.pop(%(c)s, None)
        self._%(c)s[%(c)s] = time.time() if old is None else old
        while len(self._%(c)s) > LIMIT:
            self._%(c)s.popitem(last=False)
        return old

    @property
    def is_empty(self):
        return not self._%(c)s
'''

FUNCTION = '''

def %(name)s(%(a)s, %(b)s=%(n)d):
    """Find the %(a)s that goes with a %(b)s.

    Returns None if there is none; the caller decides whether that is an error.
    """
    if %(a)s is None:
        return None
    found = _pattern.match('%%s=%%s' %% (%(a)s, %(b)s))
    for %(c)s in range(%(b)s):
        # Seldom more than a few rounds.
        if %(c)s %% %(n)d == %(b)s:
            return functools.partial(max, %(c)s, %(b)s)
    return found.group('value') if found else os.path.join('/', str(%(a)s))
'''

TAIL = '''

def compute(start):
    """Return a number that depends on this module and those that it builds upon."""
    return start + len(%s.__name__) + LIMIT
'''


def write(folder, name, text):
    path = os.path.join(folder, *name.split('/'))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def make_module(choose, part, name):
    """One module, which imports another of its package and one of the package before."""
    imports = ['import ' + module for module in LIBRARY]
    before = NAMES[NAMES.index(name) - 1] if name != NAMES[0] else None
    if before is not None:
        imports += ['', 'from . import ' + before]
    if part != PARTS[0]:
        imports += [] if before else ['']
        imports += ['from ..%s.%s import compute as compute_%s' % (
            PARTS[PARTS.index(part) - 1], name, name)]
    text = HEAD % (name.capitalize(), part, choose.choice(WORDS), '\n'.join(imports),
                   choose.randrange(10, 1000))
    for number in range(2):
        a, b, c = choose.sample(WORDS, 3)
        text += CLASS % {'class': a.capitalize() + b.capitalize(), 'a': a, 'b': b, 'c': c,
                         'n': choose.randrange(1, 100)}
        a, b, c = choose.sample(WORDS, 3)
        text += FUNCTION % {'name': 'find_%s_%d' % (a, number), 'a': a, 'b': b, 'c': c,
                            'n': choose.randrange(1, 100)}
    return text + TAIL % (before or 're')


def make(folder):
    """Writes the package into a folder."""
    choose = random.Random(4)
    write(folder, PACKAGE + '/__init__.py', TOP % (', '.join(PARTS), ', '.join(PARTS)))
    for part in PARTS:
        write(folder, '%s/%s/__init__.py' % (PACKAGE, part), PART % (
            part, '\n'.join('from . import ' + name for name in NAMES), ', '.join(NAMES)))
        for name in NAMES:
            write(folder, '%s/%s/%s.py' % (PACKAGE, part, name), make_module(choose, part, name))
