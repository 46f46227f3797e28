#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Tests of data files in packages of the program: pkgutil, importlib.resources. Prints TAP.

Usage: test-resources.py [--python PATH | --python VERSION] [NAME-PART ...]
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from importer_testing import Program, text
from relay_testing import Skip, main, test

FILES = {"pkg/__init__.py": "", "pkg/mod.py": "", "pkg/sub/__init__.py": "", "top.py": "", "ns/inner/__init__.py": "",
         "pkg/space/x.py": ""}
BINARY = bytes(bytearray(range(256))) * 3


def with_data(py, **config):
    t = Program(py, FILES, **config)
    t.resources = {
        ("pkg", "a.txt"): u"gr\xfc\xdfe\n".encode("utf-8"), ("pkg", "b.bin"): BINARY, ("pkg", "empty"): b"", ("pkg", "data/x/deep.txt"): b"deep",
        ("pkg", ""): ["__init__.py", "a.txt", "b.bin", "data/", "empty", "mod.py", "sub/"], ("pkg", "data/"): ["x/"], ("pkg", "data/x/"): ["deep.txt"],
        ("pkg.sub", "s.txt"): b"s", ("pkg.sub", ""): ["__init__.py", "s.txt"], ("ns.inner", "n.txt"): b"n", ("ns.inner", ""): ["__init__.py", "n.txt"],
        ("ns", "inner/n.txt"): b"n", ("ns", ""): ["inner/"], ("ns", "inner/"): ["__init__.py", "n.txt"],
    }
    return t


@test
def pkgutil_data(py):
    with with_data(py) as t:
        code = "import pkgutil\nresult = pkgutil.get_data(package, name)"
        assert t.run(code, package="pkg", name="b.bin") == BINARY
        assert t.run(code, package="pkg", name="data/x/deep.txt") == b"deep" and t.run(code, package="pkg.sub", name="s.txt") == b"s"
        assert t.run(code, package="pkg.mod", name="empty") == b"" and t.run(code, package="ns.inner", name="n.txt") == b"n"
        for package, name in (("pkg", "nothing"), ("pkg", "data"), ("pkg", "data/x/"), ("top", "x"), ("pkg", "../x")):
            said = t.run_error(code, package=package, name=name)
            assert "FileNotFoundError" in said or "IOError" in said or "ValueError" in said, said
        assert t.run("import pkgutil, os\nresult = pkgutil.get_data('json', '__init__.py').count(b'json') > 1") is True
        assert all(name[0] in "pn" for name, _ in t.wanted_resources)


@test
def modules_of_packages(py):
    with with_data(py) as t:
        code = "import pkgutil, pkg\nresult = [[name, ispkg] for _, name, ispkg in pkgutil.%s]"
        for what, names in (("iter_modules(pkg.__path__)", [["mod", False], ["sub", True]]),
                            ("iter_modules(pkg.__path__, 'pkg.')", [["pkg.mod", False], ["pkg.sub", True]]),
                            ("walk_packages(pkg.__path__, 'pkg.')", [["pkg.mod", False], ["pkg.sub", True]])):
            got = t.run(code % what)
            assert [[text(name), is_package] for name, is_package in got] == names, got
        assert t.requested() == ["pkg", "pkg.mod", "pkg.space", "pkg.sub"], t.wanted
        got = t.run("import pkgutil, ns\nresult = [[name, ispkg] for _, name, ispkg in pkgutil.walk_packages(ns.__path__, 'ns.')]")
        assert [[text(name), is_package] for name, is_package in got] == [["ns.inner", True]]
        assert len(t.run("import pkgutil\nresult = [name for _, name, ispkg in pkgutil.iter_modules()]")) > 100


def has(t, version):
    if t.py2 or t.version < version:
        raise Skip("no such interface in this version")


@test
def resources_by_name(py):
    """The interface of 3.7, which 3.13 has again."""
    with with_data(py) as t:
        has(t, (3, 7))
        head = "import warnings\nwarnings.simplefilter('ignore')\nimport pkg, pkg.sub, importlib.resources as r\n"
        assert t.run(head + "result = [r.read_binary('pkg', 'b.bin'), r.read_text(pkg, 'a.txt'), r.open_binary(pkg, 'empty').read(), "
                     "r.open_text('pkg.sub', 's.txt').read(), r.read_text('ns.inner', 'n.txt')]") == [BINARY, u"gr\xfc\xdfe\n", b"", "s", "n"]
        assert t.run(head + "result = [r.is_resource(pkg, n) for n in ('a.txt', 'data', 'nothing', 'mod.py')]") == [True, False, False, True]
        assert t.run(head + "result = sorted(r.contents('pkg'))") == ["__init__.py", "a.txt", "b.bin", "data", "empty", "mod.py", "sub"]
        assert t.run(head + "with r.path(pkg, 'b.bin') as p:\n    result = [p.read_bytes(), p.exists()]\nresult.append(p.exists())") == [BINARY, True, False]
        for code in ("r.read_text(pkg, 'nothing')", "r.open_binary(pkg, 'data')", "r.path(pkg, 'nothing').__enter__()"):
            said = t.run_error(head + code)
            assert "FileNotFoundError" in said or "IsADirectoryError" in said, said
        assert "TypeError" in t.run_error(head + "import top\nr.read_text('top', 'x')") or t.version >= (3, 12)
        kinds = "abc = __import__('importlib.abc', None, None, ['abc']) if sys.version_info < (3, 11) else __import__('importlib.resources.abc', None, None, ['x'])\n"
        assert t.run(head + "import sys\n" + kinds + "result = isinstance(pkg.__loader__.get_resource_reader('pkg'), abc.ResourceReader)") is True


@test
def resources_as_files(py):
    """The interface of 3.9."""
    with with_data(py) as t:
        has(t, (3, 9))
        head = "import pkg, importlib.resources as r\nf = r.files('pkg')\n"
        assert t.run(head + "result = [f.name, f.is_dir(), f.is_file(), (f / 'b.bin').read_bytes(), f.joinpath('a.txt').read_text(encoding='utf-8'), "
                     "(f / 'data' / 'x' / 'deep.txt').read_text(), f.joinpath('data/x/deep.txt').read_text()]") \
            == ["pkg", True, False, BINARY, u"gr\xfc\xdfe\n", "deep", "deep"]
        assert t.run(head + "result = sorted([p.name, p.is_file(), p.is_dir()] for p in f.iterdir())") == [
            ["__init__.py", True, False], ["a.txt", True, False], ["b.bin", True, False], ["data", False, True], ["empty", True, False],
            ["mod.py", True, False], ["sub", False, True]]
        before = len(t.wanted_resources)
        assert t.run(head + "def walk(d):\n    return [n for p in d.iterdir() for n in (walk(p) if p.is_dir() else [p.name])]\n"
                     "result = walk(f / 'data')") == ["deep.txt"]
        assert t.wanted_resources[before:] == [("pkg", "data/"), ("pkg", "data/x/")], t.wanted_resources[before:]
        assert t.run(head + "with r.as_file(f / 'data/x/deep.txt') as p:\n    result = [p.read_text(), p.name.endswith('deep.txt')]") == ["deep", True]
        assert t.run(head + "with (f / 'a.txt').open(encoding='utf-8') as a, (f / 'b.bin').open('rb') as b:\n    result = [a.read(), b.read(3)]") \
            == [u"gr\xfc\xdfe\n", BINARY[:3]]
        assert t.run(head + "result = [(f / 'nothing').exists() if hasattr(f, 'exists') else False, (f / 'nothing').is_file(), (f / 'x/y').is_dir()]") == [False] * 3
        for code in ("(f / 'nothing').read_bytes()", "(f / 'data').read_text()", "list((f / 'a.txt').iterdir())", "(f / 'a.txt').open('w')", "f / '..' / 'x'"):
            said = t.run_error(head + code)
            assert said.split("\n")[0].split(":")[0] in ("builtins.FileNotFoundError", "builtins.IsADirectoryError", "builtins.NotADirectoryError",
                                                         "builtins.ValueError"), said
        assert t.run("import importlib.resources as r\nresult = r.files('json').joinpath('decoder.py').is_file()") is True
        if t.version >= (3, 10):
            assert t.run("import ns, importlib.resources as r\nresult = [(r.files('ns') / 'inner' / 'n.txt').read_text(), "
                         "sorted(p.name for p in r.files('ns').iterdir())]") == ["n", ["inner"]]
        if t.version >= (3, 12):
            assert t.run(head + "with r.as_file(f / 'data') as p:\n    result = [(p / 'x' / 'deep.txt').read_text(), p.is_dir()]") == ["deep", True]
        if t.version >= (3, 13):
            assert t.run(head + "result = r.read_text('pkg', 'data', 'x', 'deep.txt', encoding='utf-8')") == "deep"
        kinds = "abc = __import__('importlib.abc', None, None, ['abc']) if sys.version_info < (3, 11) else __import__('importlib.resources.abc', None, None, ['x'])\n"
        assert t.run(head + "import sys\n" + kinds + "reader = pkg.__loader__.get_resource_reader('pkg')\n"
                     "result = [isinstance(reader, abc.TraversableResources), isinstance(f, abc.Traversable)]") == [True, True]


@test
def no_answer(py):
    with with_data(py) as t:
        t.on_get_resource = lambda frame: t.dead(frame, "refused by policy")
        said = t.run_error("import pkgutil\npkgutil.get_data('pkg', 'a.txt')")
        assert ("IOError" if t.py2 else "OSError") in said and "cannot read a.txt of package pkg: refused by policy" in said, said


if __name__ == "__main__":
    main()
