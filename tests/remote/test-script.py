#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Tests of the program's own script in contexts: __main__, what stands in for what only the program has, and what tracebacks show. Prints TAP.

Usage: test-script.py [--python PATH | --python VERSION] [NAME-PART ...]
"""

import os
import sys
import tempfile
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from importer_testing import Program, program, text
from relay_testing import main, test

SCRIPT = """#!/usr/bin/python3
import gi
gi.require_version('Mitogen', '1.0')
gi.require_version('GLib', '2.0')
from gi.repository import Mitogen, GLib
import mitogen
import helper

COUNT = []

@Mitogen.main
def decorated(x):
    return x + 1

@Mitogen.main()
def decorated_too(x):
    return x + 2

@mitogen.main()
def decorated_by_old(x):
    return x + 3

class Task(object):
    @classmethod
    def run(cls, x):
        COUNT.append(1)
        return [x, cls.__module__, __name__, len(COUNT), helper.value]

def use(name):
    if name == 'GLib':
        return GLib.MainLoop()
    return getattr(Mitogen, name)

def fail():
    x = 1
    raise ValueError(x)

"""


def script(source, path="/prog/script.py"):
    return {"__main__": ("__main__", None, path, zlib.compress(source.encode()), ())}


@test
def functions_of_the_script(py):
    with Program(py, {"helper.py": "value = 5"}) as t:
        t.program.update(script(SCRIPT))
        got = t.call("__main__:Task.run", 4)
        assert [got[0], text(got[1]), text(got[2]), got[3], got[4]] == [4, "__main__", "__main__", 1, 5], got
        assert t.requested() == ["__main__", "helper"]
        assert [t.call("__main__:" + name, 1) for name in ("decorated", "decorated_too", "decorated_by_old")] == [2, 3, 4]
        assert t.run("import __main__, sys\nresult = [sys.modules['__main__'] is __main__, __main__.__name__ == '__main__', callable(__main__.use), "
                     "__main__.__file__ == 'master:/prog/script.py', hasattr(__main__, 'nothing')]") == [True, True, True, True, False]
        assert "AttributeError" in t.error("__main__:nothing") and t.requested() == []
        said = t.error("__main__:fail")
        assert said.endswith('  File "master:/prog/script.py", line 36, in fail\n    raise ValueError(x)\n'), said


@test
def a_script_sent_ahead(py):
    with Program(py, {"helper.py": "value = 5"}) as t:
        t.program.update(script(SCRIPT))
        t.load("helper", "__main__")
        assert t.run("from __main__ import decorated\nresult = decorated(1)") == 2 and t.requested() == []


@test
def no_script(py):
    """The reason reaches the caller, and what only looks at __main__ costs nothing."""
    with Program(py) as t:
        names = t.run("import __main__, sys\nresult = [hasattr(__main__, '__file__'), __main__.__name__ == '__main__', "
                      "sorted(n for n in vars(__main__) if n[:2] != '__'), sys.modules['__main__'] is __main__]")
        assert names == [False, True, [], True] and t.requested() == [], names
        t.program["__main__"] = ("__main__", None, None, u"/prog/script.py: put what it starts below: if __name__ == '__main__':", ())
        said = t.error("__main__:f")
        assert "put what it starts below: if __name__" in said and t.requested() == ["__main__"], said
        assert "put what it starts below" in t.error("__main__:g") and t.requested() == []
        assert t.run("import __main__\nresult = getattr(__main__, 'x', 7)") == 7 and t.requested() == []
        t.program.update(script("def f():\n    return 1\n"))
        t.tell()
        assert t.call("__main__:f") == 1


@test
def a_script_that_fails(py):
    with Program(py) as t:
        t.program.update(script("import sys\nx = 1\nif not hasattr(sys, 'good'):\n    raise ValueError('not yet')\ndef f(): return x\n"))
        for _ in range(2):
            said = t.error("__main__:f")
            assert "ValueError: not yet\n" in said and "line 4, in <module>\n    raise ValueError('not yet')\n" in said, said
            assert t.run("import __main__\nresult = sorted(n for n in vars(__main__) if n[:2] != '__')") == []
        assert t.run("import sys\nsys.good = 1\nresult = __import__('__main__').f()") == 1
        assert t.requested() == ["__main__"]


@test
def threads_want_the_script(py):
    with Program(py) as t:
        t.program.update(script("import time\nn = globals().get('n', 0) + 1\ntime.sleep(0.05)\ndef f(): return n\n"))
        t.held.add("__main__")
        call = t.start_run("""
import threading, __main__
got = []
threads = [threading.Thread(target=lambda: got.append(__main__.f())) for _ in range(4)]
for thread in threads:
    thread.start()
got.append(__main__.f())
for thread in threads:
    thread.join(20)
result = got
""")
        t.until(lambda: t.wanted)
        t.ping()
        t.send_module(1, "__main__")
        assert t.reply(call) == [1] * 5 and t.requested() == ["__main__"]


@test
def processes_of_the_script(py):
    """The file of the script is not here: nobody should try to run it."""
    with Program(py) as t:
        t.program.update(script("import os\nHERE = os.path.dirname(__file__)\ndef f():\n    import multiprocessing\n"
                                "    process = getattr(multiprocessing, 'get_context', lambda kind: multiprocessing)('spawn').Process(target=os.getpid)\n"
                                "    process.start()\n    process.join(25)\n    return [process.exitcode, HERE == 'master:/prog']\n"))
        assert t.call("__main__:f") == [0, True], t.logs


# Stand-ins


def without_gi(t):
    """This machine's own is no good."""
    t.run("import sys\nsys.path[:] = [p for p in sys.path if 'dist-packages' not in p and 'site-packages' not in p]\nsys.modules.pop('gi', None)")


@test
def no_gi_here(py):
    with Program(py, {"helper.py": "value = 5", "more.py": "from gi.repository import Gtk\nimport gi.repository.Gio as Gio\nimport gi\n"
                      "def f():\n    return [Gio.__name__, repr(gi)]\n", "subclass.py": "from gi.repository import Gtk\nclass W(Gtk.Window): pass\n",
                      "version.py": "from gi import version_info\n"}) as t:
        without_gi(t)
        t.program.update(script(SCRIPT))
        assert t.call("__main__:decorated", 1) == 2
        said = t.error("__main__:use", "GLib")
        assert "ImportError: gi.repository.GLib is not installed on this machine" in said and "MainLoop" in said, said
        said = t.error("__main__:use", "Router")
        assert "AttributeError: Mitogen.Router exists in the program only" in said, said
        assert text(t.call("more:f")[0]) == "gi.repository.Gio"
        assert "ImportError: gi.repository.Gtk is not installed" in t.error("subclass:x")
        assert "ImportError" in t.error("version:x")
        assert set(t.requested()) == {"__main__", "helper", "more", "subclass", "version"}
    # for code of this machine it is missing
    with Program(py, {"other.py": ""}) as t, tempfile.TemporaryDirectory() as d:
        without_gi(t)
        with open(d + "/here.py", "w") as file:
            file.write("try:\n    import gi\nexcept ImportError:\n    gi = None\n")
        assert t.run("import sys\nsys.path.insert(0, %r)\nimport other, here\nresult = here.gi is None" % d) is True and t.requested() == ["other"]


FAKE = {
    "__init__": "required = []\ndef require_version(name, version):\n    if name == 'Mitogen': raise ValueError('Namespace Mitogen not available')\n"
                "    required.append(name)\n",
    "repository/__init__": "import sys, types\nclass Finder(object):\n    def find_spec(self, name, path=None, target=None):\n"
                           "        if name.startswith('gi.repository.'):\n            from importlib.machinery import ModuleSpec\n"
                           "            return ModuleSpec(name, self)\n    def find_module(self, name, path=None):\n"
                           "        if name.startswith('gi.repository.'): return self\n    def create_module(self, spec):\n"
                           "        return types.ModuleType(spec.name)\n    def exec_module(self, module):\n        module.MainLoop = lambda: 'real'\n"
                           "    def load_module(self, name):\n        m = sys.modules[name] = types.ModuleType(name)\n        self.exec_module(m)\n"
                           "        return m\nsys.meta_path.append(Finder())\n",
}


@test
def a_gi_that_is_here(py):
    for first in (False, True):
        with Program(py, {"helper.py": "value = 5"}, bare=True) as t, tempfile.TemporaryDirectory() as d:
            os.makedirs(d + "/gi/repository")
            for name in FAKE:
                with open("%s/gi/%s.py" % (d, name), "w") as file:
                    file.write(FAKE[name])
            t.call("sys:path.insert", 0, d)
            if first:
                t.call("gi:require_version", "Gio", "1")
            t.program.update(script(SCRIPT))
            assert t.call("__main__:decorated", 1) == 2
            assert text(t.call("__main__:use", "GLib")) == "real"
            assert "exists in the program only" in t.error("__main__:use", "Router")
            assert list(map(text, t.call("gi:required.__add__", []))) == ["Gio"] * first + ["GLib"]
            assert t.requested() == ["__main__", "helper"]


# Tracebacks


@test
def tracebacks_show_lines(py):
    files = {"deep/__init__.py": "", "deep/x.py": u"# coding: utf-8\ndef f(n):\n    if n:\n        return f(n - 1)  # again\n    raise KeyError('\xe4')  # \xe4\n",
             "deep/y.py": "from .x import f\n\ndef g():\n    return f(2)\n"}
    with Program(py, files) as t:
        said = t.error("deep.y:g")
        expected = '  File "master:/prog/deep/x.py", line 4, in f\n    return f(n - 1)  # again\n'
        assert said.count(expected) == 2 and said.endswith(u'line 5, in f\n    raise KeyError(\'\xe4\')  # \xe4\n') and "in g\n    return f(2)\n" in said, said
        # how imports work is of no interest to whoever reads it
        files = {"imports_bad": "\n\nimport bad\n", "bad": "raise KeyError(1)\n", "imports_missing": "import not_there\n", "imports_wrong": "import wrong\n",
                 "wrong": "x = = 1\n"}
        t.program.update(program(dict((name + ".py", files[name]) for name in files)))
        for name, lines in (("imports_bad", ["imports_bad.py", "bad.py"]), ("imports_missing", ["imports_missing.py"]), ("imports_wrong", ["imports_wrong.py"])):
            said = t.error(name + ":f")
            assert said.count("  File ") == len(lines) and all('/prog/%s", line' % line in said for line in lines), said
        said = text(t.run("import traceback\nfrom deep.y import g\ntry:\n    g()\nexcept KeyError:\n    result = traceback.format_exc()\n"))
        assert said.count('  File "master:/prog/deep/x.py", line 4, in f\n    return f(n - 1)  # again\n') == 2, said
        t.run("import logging\nfrom deep.y import g\ntry:\n    g()\nexcept KeyError:\n    logging.exception('it')\n")
        said = t.wait_log(lambda entry: "it" in entry[2])[2]
        assert "    return f(n - 1)  # again" in said, said


@test
def sources_can_be_read(py):
    files = {"deep/__init__.py": "'''Doc.'''\n", "deep/x.py": "import os\n\n\ndef f(n):\n    # why\n    return n\n\n\nclass C(object):\n    def m(self):\n        pass\n"}
    with Program(py, files) as t:
        t.program.update(script("def main_f():\n    return 1\n"))
        got = t.run("""
import inspect, linecache, __main__
import deep.x as x
result = [inspect.getsource(x), inspect.getsource(x.f), inspect.getsource(x.C.m), inspect.getsource(__main__.main_f), inspect.getsourcefile(x.f),
          linecache.getline(x.__file__, 4, x.__dict__), inspect.getsourcelines(x.f)[1], inspect.getcomments(x.f), inspect.getdoc(__import__('deep'))]
linecache.checkcache()
result.append(inspect.getsource(x.f))
""")
        f = "def f(n):\n    # why\n    return n\n"
        assert [text(v) if isinstance(v, bytes) else v for v in got] == [
            files["deep/x.py"], f, "    def m(self):\n        pass\n", "def main_f():\n    return 1\n", "master:/prog/deep/x.py", "def f(n):\n", 4, None, "Doc.", f], got
        assert t.requested() == ["deep", "deep.x", "__main__"]


@test
def damaged_modules(py):
    """Not a silent end, but an error for whoever wants the module, or in the log."""
    with Program(py) as t:
        good = program({"good.py": "x = 1"})["good"]
        for i, (answer, expected) in enumerate([
                (("d0", None, u"/d0.py", b"no zlib", ()), "source of d0 came damaged"), (("d1", 5, u"/d1.py", good[3], ()), "what came is no module"),
                (("d2", None, 7, good[3], ()), "d2"), (("d3", None, u"/d3.py", u"text", ()), "d3"), (("d4", None, u"/d4.py", good[3], 5), "what came is no module"),
                (("d5", None, u"/d5.py", good[3], (5,)), "what came is no module")]):
            t.program["d%d" % i] = answer
            said = t.run_error("import d%d" % i)
            assert "ImportError" in said or "ModuleNotFoundError" in said, said
            assert expected in said, said
        for data in (b"", b"junk", b"\x80\x02K\x01.", b"\x80\x02(t."):
            t.send(107, data)
            t.wait_log(lambda entry: "failed" in entry[2])
            t.logs[:] = []
        t.program["good"] = good
        assert t.run("import good\nresult = good.x") == 1


if __name__ == "__main__":
    main()
