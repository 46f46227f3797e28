#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Tests of how contexts import what the program has. Prints TAP.

Usage: test-importer.py [--python PATH | --python VERSION] [NAME-PART ...]
"""

import os
import signal
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from importer_testing import PROBE, Program, program, text
from master import CallError
from relay_testing import Skip, main, test

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
    with Program(py, bare=True) as t:
        for name in "subprocess platform ctypes.util webbrowser multiprocessing unittest pickle copy locale tempfile xml.dom.minidom json uuid".split():
            t.call("%s:__name__.upper" % name)
        assert t.requested() == [] and t.pushed[1] == set()
        t.load_module("probe", PROBE)
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
        t.program.update(program({"nothing.py": "x = 1", "a/later.py": "", "gone.py": ""}))
        t.program.pop("refused")
        t.tell()
        assert t.run("import nothing, gone\nresult = nothing.x") == 1 and t.requested() == ["nothing", "gone"]
        assert t.run_error("import refused").count("black") == 0 and t.requested() == ["refused"]
        assert t.run("import a.later\nresult = 1") == 1 and t.requested() == ["a.later"]
        if not t.py2:
            assert "refused" in t.run_error("import importlib\nimportlib.invalidate_caches()\nimport refused") and t.requested() == ["refused"]


@test
def names_beside_and_outside(py):
    """On 2.7 `import os` in a package means its own os first: that is known not to be there, if need be by what is loaded."""
    source = "import os, sys\nimport %s\nx = os.getpid()\n"
    with Program(py, {"p/__init__.py": "", "p/m.py": source % "colorsys", "p/n.py": source % "quopri", "p/sys_.py": ""}) as t:
        t.load("p", "p.m", "p.n")
        assert t.run("import p.m\nresult = p.m.x") == t.process.pid and t.requested() == []
        t.tell()
        assert t.run("import p.n\nresult = p.n.x") == t.process.pid and t.requested() == ["p.quopri"] * t.py2


@test
def odd_names(py):
    with Program(py) as t:
        for name in ("x" * 1001, "a\0b", "", "/etc/passwd", "..", ".x", "x.", "a..b", u"gr\xfc\xdfe"):
            said = t.run_error("__import__(name)", name=name)
            assert "Error" in said.split("\n")[0], said
        if not t.py2:
            assert "Error" in t.run_error("__import__('\\ud800')")
            t.program.update(program({u"gr\xfc\xdfe.py": "x = 3"}))
            t.tell()
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
            raise Skip("no such packages")
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
        t.tell("colorsys", "wave", "site_pkg", "nothing.at.all")
        has = "result = [getattr(m, 'mine', 0) for m in (colorsys, wave, site_pkg, site_pkg.x)]"
        assert t.run("import colorsys, wave, site_pkg.x\n" + has) == [1, 0, 1, 1]
        assert t.requested() == ["colorsys", "site_pkg", "site_pkg.x"]
        assert "y" in t.run_error("import site_pkg.y") and t.requested() == []  # that package came from the program
        assert t.run("import calendar\nresult = hasattr(calendar, 'mine')") is False and t.requested() == []
        # what the program lacks is taken from here
        t.tell("bisect2", "site_other")
        with open(d + "/site_other.py", "w") as file:
            file.write("mine = 0\n")
        assert t.run("import site_other\nresult = site_other.mine") == 0 and t.requested() == ["site_other"]
    # before the importer is here
    with Program(py, {"sched.py": "def mine(): return 1"}, bare=True) as t:
        t.tell("sched_", "sched")
        assert t.call("os:getpid") and t.requested() == [] and t.pushed[1] == set()
        assert t.call("sched:mine") == 1 and t.requested() == ["sched"] and t.pushed[1] == {"importer"}
        assert t.error("sched_:x") and t.requested() == ["sched_"]


# Threads and time


THREADS = """
import sys, threading
def run_all(functions):
    got = {}
    def work(i, function):
        try:
            got[i] = function()
        except BaseException:
            got[i] = sys.exc_info()[0].__name__
    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(functions)]
    for thread in threads:
        thread.start()
    return threads, got
"""


@test
def many_threads_one_module(py):
    with Program(py, {"one.py": "import time\ntime.sleep(0.01)\nx = 1\n"}) as t:
        t.program["gone"] = ("gone", None, None, u"no", ())
        for name in ("one", "gone"):
            t.held.add(name)
            call = t.start_run(THREADS + "def get():\n    import %s as m\n    return m.x\nthreads, got = run_all([get] * 8)\ngot['main'] = None\n"
                               "try:\n    got['main'] = get()\nexcept ImportError: got['main'] = 'ImportError'\n"
                               "for thread in threads:\n    thread.join(30)\nresult = sorted(set(str(v) for v in got.values())), len(got)" % name)
            t.until(lambda: t.wanted)
            for _ in range(3):
                t.ping()
            t.send_module(1, name)
            values, count = t.reply(call)
            assert count == 9 and len(values) <= 2 and t.requested() == [name], (values, count, t.wanted)
            assert list(map(text, values)) == ["1"] if name == "one" else all("Error" in text(v) for v in values), values


@test
def threads_do_not_wait_for_each_other(py):
    """While one module is on its way, others come and go."""
    with Program(py, {"m%d.py" % i: "x = %d" % i for i in range(6)}) as t:
        if t.py2:
            raise Skip("one lock for all imports")
        t.held.update(["m0", "m1", "m2"])
        call = t.start_run(THREADS + "threads, got = run_all([lambda i=i: __import__('m%d' % i).x for i in range(3)])\n"
                           "import mitogen.core\n"
                           "while not [1 for n in ('m0', 'm1', 'm2') if n in mitogen.core.importer.waiting]: pass\n"
                           "import m3, colorsys\ngot['main'] = m3.x\nfor thread in threads:\n    thread.join(30)\nresult = sorted(got.values())")
        t.until(lambda: len(t.wanted) == 4)
        for name in ("m2", "m0", "m1"):
            t.send_module(1, name)
        assert t.reply(call) == [0, 1, 2, 3] and sorted(t.requested()) == ["m0", "m1", "m2", "m3"]


@test
def a_thread_imports_between_and_during_calls(py):
    with Program(py, {"m%d.py" % i: "x = %d" % i for i in range(40)}) as t:
        t.run(THREADS + "import sys\ngo = threading.Event()\ngot = []\n"
              "def work():\n    for i in range(40):\n        go.wait()\n        got.append(__import__('m%d' % i).x)\n"
              "thread = threading.Thread(target=work)\nthread.daemon = True\nthread.start()\nsys.kept = go, got, thread")
        t.held.update("m%d" % i for i in range(40))
        t.run("import sys\nsys.kept[0].set()")
        for i in range(40):
            t.until(lambda: len(t.wanted) == i + 1)
            call = None
            if i % 3 == 1 and not t.py2:  # where a call waits for the lock that all imports share
                call = t.start_run("import time\ntime.sleep(0.012)\nresult = 1")
                t.ping()
            elif i % 3 == 2:
                t.ping()
            t.send_module(1, "m%d" % i)
            assert call is None or t.reply(call) == 1
        assert t.run("import sys\nsys.kept[2].join(30)\nresult = sys.kept[1]") == list(range(40))


@test
def no_answer_in_time(py):
    with Program(py, {"slow.py": "x = 1"}) as t:
        t.run("import mitogen.core\nmitogen.core.PATIENCE = 0.05")
        t.held.add("slow")
        for _ in range(2):
            said = t.run_error("import slow")
            assert "ImportError: no answer to the request for module slow" in said or "ModuleNotFoundError: no answer to" in said, said
        assert t.requested() == ["slow", "slow"]
        t.send_module(1, "slow")
        assert t.run("import slow\nresult = slow.x") == 1 and t.requested() == []


@test
def interrupted(py):
    with Program(py, {"slow.py": "x = 1"}) as t:
        t.held.add("slow")
        call = t.start_run("import slow")
        t.until(lambda: t.wanted)
        os.kill(t.process.pid, signal.SIGINT)
        try:
            t.reply(call)
        except CallError as e:
            assert "KeyboardInterrupt" in str(e), e
        else:
            raise AssertionError("not interrupted")
        call = t.start_run("import slow\nresult = slow.x")
        t.ping()
        t.send_module(1, "slow")
        assert t.reply(call) == 1 and t.requested() == ["slow"]


@test
def a_forked_process_asks_nobody(py):
    with Program(py, {"one.py": "x = 1", "two.py": "x = 2"}) as t:
        t.load("one")
        got = t.run("""
import os, mitogen.core
pid = os.fork()
if not pid:
    code = 0
    try:
        import one
        code += one.x
        import two
    except ImportError:
        code += 10
    finally:
        os._exit(code)
result = os.waitpid(pid, 0)[1] >> 8
""")
        assert got == 11 and t.requested() == [] and t.run("import two\nresult = two.x") == 2


@test
def copies_go_on_with_what_was_sent(py):
    """A context made by fork has the modules of the original, and no requests of its threads."""
    with Program(py, {"one.py": "x = 1", "two.py": "x = 2", "pkg/__init__.py": "", "pkg/a.py": "x = 3"}) as t:
        t.load("one", "pkg", "pkg.a")
        t.held.add("two")
        t.run(THREADS + "import sys\nsys.kept = run_all([lambda: __import__('two').x])")
        t.until(lambda: t.wanted)
        if t.py2:
            t.send_module(1, "two")  # one lock for all imports: a copy made now could never import anything
            t.run("import sys\nsys.kept[0][0].join(30)")
        node = t.fork(1)
        assert t.call_in(node.id, "probe:run", "import one, pkg.a\nresult = one.x + pkg.a.x", {}) == 4
        t.send_module(node.id, "two")
        assert t.call_in(node.id, "probe:run", "import two\nresult = two.x", {}) == 2
        t.send_module(1, "two")
        assert t.run("import sys\nsys.kept[0][0].join(30)\nresult = list(sys.kept[1].values())") == [2]


@test
def finders_behind_ours(py):
    """Others may have put theirs behind: nobody is asked for what these find."""
    with Program(py, {"one.py": "x = 1"}) as t:
        t.run("""
import sys, types
class Finder(object):
    def find_spec(self, name, path=None, target=None):
        if name.startswith('virtual'):
            from importlib.machinery import ModuleSpec
            return ModuleSpec(name, self, is_package=True)
    def find_module(self, name, path=None):
        return self if name.startswith('virtual') else None
    def create_module(self, spec): return None
    def exec_module(self, module): module.x = 5
    def load_module(self, name):
        module = sys.modules[name] = types.ModuleType(name)
        module.x, module.__path__ = 5, []
        return module
sys.meta_path.append(Finder())
sys.path.append('/nonexistent/behind')
""")
        assert t.run("import virtual, virtual.moves\nresult = virtual.moves.x") == 5 and t.requested() == []
        assert t.run("import sys, one\nresult = sys.path[-1] == 'master:'") is t.py2 and t.requested() == ["one"]


if __name__ == "__main__":
    main()
