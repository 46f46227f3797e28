#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Tests of how contexts import what the program has. Prints TAP.

Usage: test-importer.py [--python PATH | --python VERSION] [NAME-PART ...]
"""

import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from importer_testing import Program, program, text
from relay_testing import main, test

TREE = {
    "a/__init__.py": "'''Package a.'''\nfrom . import b\nfrom .c import *\nname = 'a'\n",
    "a/b.py": "from __future__ import absolute_import\nimport os\nfrom .sub import deep\nvalue = 7\ndef f(x):\n    return x * value\n",
    "a/c.py": "__all__ = ['shown', 'd']\nshown = 1\nhidden = 2\ndef d(): return 'd'\n",
    "a/sub/__init__.py": "",
    "a/sub/deep.py": "from ..c import hidden as h\nvalue = 'deep'\n",
    "single.py": "def f(*args): return list(args)\n",
}


@test
def functions_of_modules(py):
    with Program(py, TREE) as t:
        assert t.call("single:f", 1, 2) == [1, 2] and t.requested() == ["single"]
        assert t.call("a.b:f", 6) == 42 and t.requested() == ["a", "a.b", "a.sub", "a.sub.deep", "a.c"], t.wanted
        assert t.run("import a\nresult = [a.name == 'a', a.shown, a.d() == 'd', hasattr(a, 'hidden'), a.sub.deep.h, a.__doc__ == 'Package a.']") \
            == [True, 1, True, False, 2, True]
        assert t.requested() == []


@test
def what_modules_say_of_themselves(py):
    with Program(py, dict(TREE, **{"ns/x/y.py": "z = 1"})) as t:
        facts = t.run("""import a.sub.deep, single, ns.x.y, sys
result = {}
for module in (a, a.b, a.sub, single, ns, ns.x, ns.x.y):
    spec = getattr(module, "__spec__", None)
    result[module.__name__] = [getattr(module, "__file__", None), list(module.__path__) if hasattr(module, "__path__") else None, module.__package__,
        module.__loader__ is sys.modules["mitogen.core"].importer, spec and [spec.name, spec.origin, spec.parent, spec.has_location, spec.cached,
        spec.submodule_search_locations and list(spec.submodule_search_locations)], getattr(module, "__cached__", None), repr(module)]
""")
        p = "master:/prog/"
        for name, file, path, package in (("a", p + "a/__init__.py", [p + "a"], "a"), ("a.b", p + "a/b.py", None, "a"), ("single", p + "single.py", None, ""),
                                          ("a.sub", p + "a/sub/__init__.py", [p + "a/sub"], "a.sub"), ("ns", None, [p + "ns"], "ns"),
                                          ("ns.x", None, [p + "ns/x"], "ns.x"), ("ns.x.y", p + "ns/x/y.py", None, "ns.x")):
            got = [text(v) if not isinstance(v, list) else v for v in facts[name.encode() if t.py2 else name]]
            assert [got[0], got[1] and list(map(text, got[1])), got[2], got[3]] == [file, path, package, True], got
            assert got[5] is None and name in got[6], got
            if not t.py2:
                assert got[4] == [name, file, package, file is not None, None, path], got


@test
def the_librarys_optional_modules(py):
    """Nobody is asked for what Python's own library may have elsewhere, nor for what is missing in packages that are here."""
    with Program(py) as t:
        t.call("os:getpid")
        for name in "subprocess platform ctypes.util webbrowser multiprocessing unittest pickle copy locale tempfile xml.dom.minidom json uuid".split():
            t.call("%s:__name__.upper" % name)
        assert t.requested() == []
        # a name that the library computes may be the program's
        t.program.update(program({"mine.py": "x = 1"}))
        assert t.run("import importlib\nresult = importlib.import_module('mine').x") == 1 and t.requested() == ["mine"]
        error = "exceptions.ImportError" if t.py2 else "builtins.ModuleNotFoundError"
        for name in ("xml.nothing", "os.nothing", "json.decoder.nothing", "msvcrt", "org.python", "winreg"):
            said = t.run_error("import " + name)
            assert said.startswith(error) and name.split(".")[-t.py2] in said, said
        assert t.requested() == []


@test
def what_is_missing(py):
    """Asked for once; the reason is told; not asked for when it is known."""
    with Program(py, dict(TREE, **{"ns/x.py": ""}), {"single": ["!gone"]}) as t:
        error = "exceptions.ImportError" if t.py2 else "builtins.ModuleNotFoundError"
        t.program["refused"] = ("refused", None, None, u"it is on the black\xa0list", ())
        for _ in range(2):
            assert t.run_error("import nothing").startswith(error + ": No module named ")
            said = t.run_error("import refused")
            assert said.startswith(error + ": No module named refused: it is on the black\xa0list\n"), said
        assert t.requested() == ["nothing", "refused"]
        assert t.run_error("import a.nothing\n").startswith(error) and t.requested() == ["a", "a.b", "a.sub", "a.sub.deep", "a.c"]
        assert t.run_error("import single, gone").startswith(error) and t.requested() == ["single"]
        assert "nothing" in t.run_error("from a import nothing") and "nothing" in t.run_error("import a.b.nothing") and "x" in t.run_error("import single.x")
        assert "nothing" in t.run_error("import ns.nothing") and t.requested() == ["ns"]
        # finding is not importing
        if not t.py2:
            assert t.run("import importlib.util as u\nresult = [u.find_spec(n) for n in ('refused', 'single2', 'a.nothing')]") == [None] * 3
            assert t.run("import importlib.util as u\nresult = u.find_spec('single').origin") == "master:/prog/single.py"
        find = "import pkgutil\nresult = [pkgutil.find_loader(n) is None for n in ('refused', 'single3', 'single')]"
        if t.version < (3, 14):
            assert t.run("import warnings\nwarnings.simplefilter('ignore')\n" + find) == [True, True, False]
        t.requested()
        # settings, and invalidate_caches(), begin anew
        t.program.update(program({"nothing.py": "x = 1", "a/nothing.py": "", "gone.py": ""}))
        t.program.pop("refused")
        t.settings()
        assert t.run("import nothing, gone\nresult = nothing.x") == 1 and t.requested() == ["nothing", "gone"]
        assert t.run_error("import refused").count("black") == 0 and t.requested() == ["refused"]
        assert t.run("import a.nothing\nresult = 1") == 1 and t.requested() == ["a.nothing"]
        if not t.py2:
            assert "refused" in t.run_error("import importlib\nimportlib.invalidate_caches()\nimport refused") and t.requested() == ["refused"]


@test
def odd_names(py):
    with Program(py) as t:
        for name in ("x" * 1001, "a\0b", "", "/etc/passwd", "..", ".x", "x.", "a..b", u"gr\xfc\xdfe"):
            said = t.run_error("__import__(name)", name=name)
            assert "Error" in said.split("\n")[0], said
        if not t.py2:
            assert "Error" in t.run_error("__import__('\\ud800')")
            t.program.update(program({u"gr\xfc\xdfe.py": "x = 3"}))
            t.settings()
            assert t.run(u"import gr\xfc\xdfe as g\nresult = g.x") == 3
        assert not [n for n in t.requested() if "\0" in n or len(n) > 1000]
        assert t.run("result = 1") == 1


@test
def sent_ahead(py):
    """What came unasked is used, by whatever order; what is here is not replaced by it."""
    with Program(py, TREE) as t:
        t.load("a.c", "a.sub.deep", "a.sub", "a.b", "a", "single")
        assert t.call("a.b:f", 6) == 42 and t.call("single:f") == [] and t.requested() == []
        # a package of this machine has no modules of the program
        t.program.update(program({"json/__init__.py": "mine = 1", "json/extra.py": "x = 1"}))
        t.load("json", "json.extra")
        assert "extra" in t.run_error("import json.extra") and t.run("import json\nresult = hasattr(json, 'mine')") is False
        assert t.requested() == []


@test
def what_was_asked_for_crosses_with_what_was_sent(py):
    with Program(py, TREE) as t:
        t.held.add("single")
        call = t.start("single:f", 5)
        t.until(lambda: t.wanted)
        t.send_module(1, "single")
        assert t.reply(call) == [5] and t.requested() == ["single"]
        t.send_module(1, "single")
        assert t.call("single:f", 6) == [6] and t.requested() == []


@test
def before_the_importer_is_here(py):
    """Modules that come first wait; the part comes when it is needed."""
    with Program(py, TREE, bare=True) as t:
        t.load("single", "a")
        assert t.call("single:f", 5) == [5] and t.requested() == []
    with Program(py, TREE, bare=True) as t:
        assert t.call("single:f", 5) == [5] and t.requested() == ["single"] and t.pushed[1] == {"importer"}
        t.push(1, "importer")
        assert t.call("a.b:f", 6) == 42


@test
def no_importer_to_be_had(py):
    with Program(py, bare=True) as t:
        t.send_part = lambda frame: t.dead(frame, "no such part")
        said = t.error("single:f")
        assert ("ImportError" if t.py2 else "ImportError: no such part") in said, said
        said = t.error("single:f")
        assert ("ImportError" if t.py2 else "ImportError: no such part") in said, said


@test
def circles_and_failures(py):
    files = {
        "c1.py": "import c2\nx = c2.y + 1\n", "c2.py": "import c1\ny = 1\nassert not hasattr(c1, 'x')\n",
        "bad.py": "x = 1\nraise ValueError('bad luck')\n", "half.py": "import bad\n", "needs.py": "import not_there\n",
        "swap.py": "import sys\nclass Other(object):\n    x = 5\n    __name__ = 'swap'\nsys.modules[__name__] = Other()\n",
        "gone.py": "import sys\ndel sys.modules[__name__]\n",
        "wrong.py": "def f():\n    return 1\n\nx = = 2\n", "later.py": "import bad, single\n", "single.py": "v = 1\n",
    }
    with Program(py, files) as t:
        assert t.run("import c1\nresult = [c1.x, c1.c2.y]") == [2, 1] and t.requested() == ["c1", "c2"]
        for _ in range(2):
            assert "ValueError: bad luck\n" in t.run_error("import half")
            assert t.run("import sys\nresult = ['bad' in sys.modules, 'half' in sys.modules]") == [False, False]
        assert t.requested() == ["half", "bad"]
        said = t.run_error("import needs")
        assert "not_there" in said and '  File "master:/prog/needs.py", line 1, in <module>\n    import not_there\n' in said, said
        assert t.run("import swap\nresult = swap.x") == 5
        assert "gone" in t.run_error("import gone")
        said = t.run_error("import wrong")
        assert "SyntaxError: invalid syntax" in said and "wrong.py, line 4" in said.split("\n")[0], said
        assert t.run("import sys\ntry:\n    import wrong\nexcept SyntaxError:\n    e = sys.exc_info()[1]\nresult = [e.filename, e.lineno, e.text.strip()]") \
            == [b"master:/prog/wrong.py" if t.py2 else "master:/prog/wrong.py", 4, b"x = = 2" if t.py2 else "x = = 2"]
        t.requested()
        assert "bad luck" in t.run_error("import later") and t.run("import single\nresult = single.v") == 1 and t.requested() == ["later", "single"]


@test
def encodings(py):
    files = {
        "latin.py": u"# -*- coding: latin-1 -*-\nx = u'\xe4'\ndef f():\n    raise ValueError(u'\xe4')\n".encode("latin-1"),
        "bom.py": b"\xef\xbb\xbf" + u"# \xe4\nx = u'\xe4'\n".encode("utf-8"), "crlf.py": b"x = [\r\n1,\r\n2]\r\ny = '''a\r\nb'''\r\n",
        "utf8.py": u"# coding: utf-8\nx = u'\xe4'\n".encode("utf-8"), "mac.py": b"x = 1\ry = 2\r",
        "invalid.py": b"x = 1\ny = '\xff'\n", "unknown.py": b"# coding: nothing-known\nx = 1\n", "nul.py": b"x = 1\0\n", "empty.py": b"", "noeol.py": b"x = 1",
    }
    with Program(py, files) as t:
        assert t.run("import latin, bom, utf8\nresult = [latin.x, bom.x, utf8.x]") == [u"\xe4"] * 3
        assert text(t.run("import crlf\nresult = crlf.y")) == "a\nb"
        assert t.run("import mac\nresult = mac.x + mac.y") == 3
        assert t.run("import empty, noeol\nresult = noeol.x") == 1
        for name in ("invalid", "unknown", "nul")[t.py2:]:  # 2.7 takes the bytes as they are
            said = t.run_error("import " + name)
            assert "Error" in said.split("\n")[0], said
        got = t.run("import latin, crlf\nresult = [l.get_source(n) for l, n in ((latin.__loader__, 'latin'), (crlf.__loader__, 'crlf'))]")
        if t.py2:
            assert got[0] == files["latin.py"] and got[1] == files["crlf.py"].replace(b"\r\n", b"\n"), got
        else:
            assert got[0] == files["latin.py"].decode("latin-1") and got[1] == files["crlf.py"].decode().replace("\r\n", "\n"), got
            assert "ImportError" in t.run_error("import latin\nlatin.__loader__.get_source('invalid')")


@test
def reloading(py):
    with Program(py, {"r.py": "n = globals().get('n', 0) + 1\n", "p/__init__.py": "from . import q\n", "p/q.py": "class C(object): pass\n"}) as t:
        reload = "reload = reload\n" if t.py2 else "from importlib import reload\n"
        assert t.run(reload + "import r\nn = reload(r).n\nresult = [n, __import__('sys').modules['r'] is r]") == [2, True]
        assert t.run(reload + "import p.q\nold = p.q.C\nreload(p.q)\nreload(p)\nresult = [old is p.q.C, p.q.__name__]")[0] is False
        assert t.requested() == ["r", "p", "p.q"]


@test
def local_namespaces(py):
    """A package without __init__.py that is here may have more of it in the program."""
    with Program(py, {"space/theirs.py": "x = 'theirs'", "space/both.py": "x = 'theirs'", "space/sub/y.py": "x = 'y'"}) as t, tempfile.TemporaryDirectory() as d:
        os.makedirs(d + "/space")
        for name in ("ours", "both"):
            with open(d + "/space/%s.py" % name, "w") as file:
                file.write("x = 'ours'\n")
        if t.py2:
            return  # knows no such packages
        code = "import sys\nsys.path.insert(0, %r)\nimport space.ours, space.both, space.theirs, space.sub.y\n" % d
        assert t.run(code + "result = [space.ours.x, space.both.x, space.theirs.x, space.sub.y.x]") == ["ours", "ours", "theirs", "y"]
        assert t.requested() == ["space.theirs", "space.sub", "space.sub.y"], t.wanted
        assert "nothing" in t.run_error("import space.nothing") and "nothing" in t.run_error("import space.nothing") and t.requested() == ["space.nothing"]


@test
def overrides(py):
    """The program's version is preferred, but not over what has been imported."""
    files = {"colorsys.py": "mine = 1\n", "wave.py": "mine = 1", "site_pkg/__init__.py": "mine = 1", "site_pkg/x.py": "mine = 1"}
    with Program(py, files) as t, tempfile.TemporaryDirectory() as d:
        os.makedirs(d + "/site_pkg")
        for name in ("__init__", "x", "y"):
            with open(d + "/site_pkg/%s.py" % name, "w") as file:
                file.write("mine = 0\n")
        t.run("import sys, wave\nsys.path.insert(0, %r)" % d)
        t.settings("colorsys", "wave", "site_pkg", "nothing.at.all")
        has = "result = [getattr(m, 'mine', 0) for m in (colorsys, wave, site_pkg, site_pkg.x)]"
        assert t.run("import colorsys, wave, site_pkg.x\n" + has) == [1, 0, 1, 1]
        assert t.requested() == ["colorsys", "site_pkg", "site_pkg.x"]
        assert "y" in t.run_error("import site_pkg.y") and t.requested() == []  # that package came from the program
        assert t.run("import calendar\nresult = hasattr(calendar, 'mine')") is False and t.requested() == []
        # what the program lacks is taken from here
        t.settings("bisect2", "site_other")
        with open(d + "/site_other.py", "w") as file:
            file.write("mine = 0\n")
        assert t.run("import site_other\nresult = site_other.mine") == 0 and t.requested() == ["site_other"]
    # before the importer is here
    with Program(py, {"sched.py": "def mine(): return 1"}, bare=True) as t:
        t.settings("sched_", "sched")
        assert t.call("os:getpid") and t.requested() == [] and t.pushed[1] == set()
        assert t.call("sched:mine") == 1 and t.requested() == ["sched"] and t.pushed[1] == {"importer"}
        assert t.error("sched_:x") and t.requested() == ["sched_"]


if __name__ == "__main__":
    main()
