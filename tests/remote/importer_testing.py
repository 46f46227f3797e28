# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""What the tests of the importer share: a program made of a few files, and a context that runs what it is told."""

import zlib

from relay_master import LOAD_MODULE, Tree, dumps
from relay_testing import text

__all__ = ["PROBE", "Program", "program", "text"]

PROBE = '''
def run(source, names=None):
    names = names or {}
    exec(source, names)
    return names.get("result")
'''


def program(files, related=None):
    """LOAD_MODULE tuples of a tree of files; a directory without __init__.py is a namespace package."""
    modules = {}
    related = related or {}
    for path, source in files.items():
        parts = path[:-3].split("/")
        for i in range(1, len(parts)):
            package, child = ".".join(parts[:i]), parts[i]
            if package not in modules:
                is_namespace = "/".join(parts[:i]) + "/__init__.py" not in files
                where = "/prog/" + "/".join(parts[:i])
                modules[package] = [package, [], where if is_namespace else where + "/__init__.py", None, ()]
            if child != "__init__" and child not in modules[package][1]:
                modules[package][1].append(child)
        name = ".".join(parts)
        source = zlib.compress(source if isinstance(source, bytes) else source.encode())
        if parts[-1] == "__init__":
            modules[name[:-9]][3] = source
        else:
            modules[name] = [name, None, "/prog/" + path, source, ()]
    for name in related:
        modules[name][4] = list(related[name])
    return {name: tuple(modules[name]) for name in modules}


class Program(Tree):
    """A context, and the program that it belongs to."""

    def __init__(self, python, files=(), related=None, bare=False, **config):
        Tree.__init__(self, python, **config)
        self.py2 = self.hello["version"].startswith("2")
        self.version = tuple(map(int, self.hello["version"].split(".")))
        self.program = program(dict(files), related)
        if not bare:
            self.load_module("probe", PROBE)

    def run(self, source, **names):
        return self.call("probe:run", source, names)

    def start_run(self, source, **names):
        return self.start("probe:run", source, names)

    def run_error(self, source, **names):
        return self.error("probe:run", source, names)

    def requested(self):
        """The names that were asked for since the last time."""
        wanted, self.wanted[:] = list(self.wanted), []
        return wanted

    def load(self, *names):
        """Send modules that nobody has asked for."""
        for name in names:
            self.send_module(1, name)

    def tell(self, *overrides):
        """Send settings."""
        self.send(LOAD_MODULE, dumps(("", None, None, None, list(overrides))), dst=1)
