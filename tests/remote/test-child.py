#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Tests of the Python child, on every interpreter found. Prints TAP.

Usage: test-child.py [--quick] [--python PATH] [NAME-PART ...]

--quick takes the oldest, the newest and the system's interpreter, and a short soak. Times are only ever compared with generous limits.
"""

import os
import random
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import master
from master import DEAD, HEADER, MAGIC, CallError, Child, Dead, Eof

VERSIONS = "2.7.18 3.6.15 3.7.16 3.8.18 3.9.18 3.10.13 3.11.7 3.12.1 3.13.0".split()
FUNCTIONS = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "remote_functions.py")).read()
QUICK = "--quick" in sys.argv
TESTS = []


class Skip(Exception):
    pass


def test(function):
    TESTS.append(function)
    return function


class Python(object):
    def __init__(self, path):
        self.path = path
        out = subprocess.check_output([path, "-c", "import sys; print(sys.version_info[:2])"]).decode()
        self.version = eval(out)
        self.py2 = self.version[0] == 2
        self.builtins = "__builtin__" if self.py2 else "builtins"
        self.errors = "exceptions" if self.py2 else "builtins"

    def child(self, **kwargs):
        return Child(self.path, **kwargs)

    def loaded(self, **kwargs):
        child = self.child(**kwargs)
        child.load_module("remote_functions", FUNCTIONS)
        return child


def r(name):
    return "remote_functions:" + name


def text(value):
    """What 2.7 calls str arrives as bytes."""
    return value.decode() if isinstance(value, bytes) else value


def expect_error(child, start, function, *args, **kwargs):
    said = child.error(function, *args, **kwargs)
    assert said.startswith(start), said
    assert len(said) < 10000
    return said


# The handshake


@test
def handshake(py):
    with py.child() as c:
        assert c.hello["pid"] == c.process.pid and c.hello["interpreter"] == py.path, c.hello
        assert tuple(map(int, c.hello["version"].split(".")[:2])) == py.version
        assert c.hello["platform"].startswith("linux") and c.hello["user"] and c.hello["host"] == os.uname()[1]
        assert c.hello["implementation"] == "cpython"
        assert c.call("os:getpid") == c.process.pid
        with open("/proc/%d/cmdline" % c.process.pid) as f:
            assert "mitogen:test@host:1" in f.read()
        assert c.shutdown() == 0
        assert c.stderr() == b"", c.stderr()


@test
def handshake_over_pipes(py):
    with py.child(pipes=True) as c:
        assert c.call("os:getpid") == c.process.pid
        assert c.shutdown() == 0


@test
def handshake_byte_by_byte(py):
    with py.child(slow=0.00002) as c:
        call = master.dumps((None, "os", None, "getpid", (), {}))
        for data in (HEADER.pack(MAGIC, c.id, 0, 0, 101, 1001, len(call)) + call) * 1, :
            for i in range(len(data)):
                os.write(c.fd_out, data[i:i + 1])
                time.sleep(0.0003)
        assert c.reply(1001) == c.process.pid
        assert c.shutdown() == 0


@test
def handshake_pipelined(py):
    """Frames right behind the preamble, in the same write."""
    c = py.child(wait=False)
    with c:
        call = master.dumps((None, "os", None, "getpid", (), {}))
        c.write(c.preamble + HEADER.pack(MAGIC, c.id, 0, 0, 101, 1001, len(call)) + call)
        c.preamble = b""
        c.connect()
        assert c.reply(1001) == c.process.pid
        assert c.shutdown() == 0


@test
def few_descriptors(py):
    def setup():
        resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    with py.loaded(setup=setup) as c:
        assert c.call("os:getpid") == c.process.pid
        assert max(c.call(r("open_fds"))) < 32
        assert c.shutdown() == 0


@test
def closed_stderr(py):
    with py.loaded(setup=lambda: os.close(2)) as c:
        assert c.call("os:getpid") == c.process.pid
        c.call(r("say"), "to stderr\n", "stderr")
        c.wait_log(lambda e: e == ("stderr", 20, "to stderr"))
        assert c.shutdown() == 0


@test
def closed_stdin(py):
    """Nothing can be received: it must end by itself, and say something."""
    c = py.child(wait=False, setup=lambda: os.close(0))
    with c:
        assert c.wait_exit() == 1
        assert c.stderr().startswith(b"mitogen: "), c.stderr()


@test
def eof_during_handshake(py):
    for cut in (0, 1, 100, -1):
        c = py.child(wait=False)
        with c:
            if cut:
                c.write(c.preamble[:cut])
            for fd in (c.fd_in, c.fd_out):
                os.close(fd)
            c.fd_in, c.fd_out = os.open("/dev/null", os.O_RDWR), os.open("/dev/null", os.O_RDWR)
            assert c.process.wait(master.HANG) in (0, 1)


@test
def nonblocking_stdin(py):
    def setup():
        os.set_blocking(0, False)
    with py.child(setup=setup) as c:
        assert c.call("os:getpid") == c.process.pid
        assert c.shutdown() == 0


@test
def hostile_environment(py):
    names = [{"PYTHONSTARTUP": "/nonexistent"}, {"PYTHONDONTWRITEBYTECODE": "1"}, {"PYTHONINSPECT": "1"}, {"PYTHONOPTIMIZE": "2"},
             {"PYTHONWARNINGS": "error"}, {"PYTHONDEVMODE": "1"}, {"PYTHONSAFEPATH": "1"}, {"PYTHONMALLOC": "debug"},
             {"LC_ALL": "C"}, {"LC_ALL": "xx_YY", "LANG": "zz"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
             {"PYTHONUNBUFFERED": "1"}, {"PYTHONIOENCODING": "latin-1"}, {"PYTHONHASHSEED": "0"}]
    for env in names[::3] if QUICK else names:
        with py.loaded(env=env) as c:
            assert c.call("os:getpid") == c.process.pid, env
            c.call(r("say"), "hello\n")
            c.wait_log(lambda e: e == ("stdout", 20, "hello"))
            assert c.shutdown() == 0, env
            assert c.stderr() == b"" or "WARNINGS" in str(env) or "DEVMODE" in str(env), (env, c.stderr())


@test
def empty_environment(py):
    with py.child(argv_prefix=["env", "-i"]) as c:
        assert c.call("os:getpid") > 0
        assert c.shutdown() == 0


@test
def hostile_directory(py):
    with tempfile.TemporaryDirectory() as d:
        for name in ("select", "zlib", "os", "struct", "errno", "time", "site", "_pickle", "fcntl", "pwd"):
            with open(os.path.join(d, name + ".py"), "w") as f:
                f.write("raise SystemExit('%s of the current directory')\n" % name)
        with py.child(cwd=d) as c:
            assert c.call("os:getpid") == c.process.pid
            assert c.call("os:getcwd") is not None
            assert c.shutdown() == 0


@test
def deleted_directory(py):
    d = tempfile.mkdtemp()
    with py.loaded(setup=lambda: (os.chdir(d), os.rmdir(d))) as c:
        assert c.call("os:getpid") == c.process.pid
        expect_error(c, "", "os:getcwd")
        assert c.shutdown() == 0


@test
def garbage_instead_of_the_core(py):
    c = py.child(wait=False)
    with c:
        c.write(os.urandom(len(c.preamble)))
        assert c.wait_exit() == 1
        assert c.stderr().startswith(b"mitogen: ") and c.stderr().count(b"\n") == 1, c.stderr()


@test
def wrong_versions(py):
    for version in ((2, 6, 9), (3, 0, 0), (3, 5, 10)):
        c = py.child(wait=False, stage_prefix="import sys;sys.version_info=%r;" % (version,))
        with c:
            c.write(c.preamble)
            assert c.wait_exit() == 1
            said = c.stderr().decode()
            assert said.startswith("mitogen: needs Python 2.7, or 3.6 or later: ") and said.count("\n") == 1, said


@test
def no_zlib(py):
    c = py.child(wait=False, stage_prefix="import sys;sys.modules['zlib']=None;")
    with c:
        assert c.wait_exit() == 1
        said = c.stderr().decode()
        assert said.startswith("mitogen: ") and "zlib" in said and said.count("\n") == 1, said


@test
def no_descriptors_left(py):
    """It says why it cannot start."""
    c = py.child(wait=False, setup=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (6, 6)))
    with c:
        try:
            c.connect()
        except Eof:
            assert c.wait_exit() == 1
            ours = c.stderr().startswith(b"mitogen: ") and c.stderr().count(b"\n") == 1
            assert ours or b"site.py" in c.stderr(), c.stderr()  # 2.7 itself needs more


@test
def login_shells(py):
    found = 0
    for shell in ("/bin/sh", "/bin/bash", "/bin/dash", "/bin/tcsh", "/bin/csh", "/usr/bin/fish", "/usr/bin/zsh"):
        if os.path.exists(shell):
            found += 1
            with py.child(shell=shell) as c:
                assert c.call("os:getpid") > 0
                assert c.shutdown() == 0
    assert found


@test
def no_threads(py):
    """Without a helper calls work as long as they are short; output that nobody could read is an error and not a hang."""
    if os.geteuid():
        raise Skip("needs root")
    if not py.path.startswith("/usr"):
        raise Skip("the interpreter is not readable by others")

    def setup():
        os.setgid(65534)
        os.setuid(65534)
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    with py.loaded(setup=setup) as c:
        assert c.call("os:getpid") == c.process.pid
        assert c.call(r("thread_count")) == 1
        for i in range(50):
            assert c.call(r("count")) == i + 1
        assert c.call(r("printing"), 10) is None
        c.wait_log(lambda e: e[2] == "line 9")
        c.error(r("flood"), 1000, 1000)
        assert c.call("os:getpid") == c.process.pid
        assert c.shutdown() == 0


@test
def terminal_stays_open(py):
    a, b = os.openpty()
    with py.child(stderr=b) as c:
        os.close(b)
        assert c.call("os:getpid") == c.process.pid
        links = [os.readlink("/proc/%d/fd/%s" % (c.process.pid, fd)) for fd in os.listdir("/proc/%d/fd" % c.process.pid)]
        assert sum("/dev/pts/" in link for link in links) == 1, links
        assert c.shutdown() == 0
    os.close(a)


@test
def surroundings(py):
    with py.loaded() as c:
        assert list(map(text, c.call(r("argv")))) == ["-c"]
        assert not set(map(text, c.call(r("names_in_main")))) & {"b", "m", "p"}
        import stat
        assert c.call(r("stdio_facts")) == [stat.S_IFCHR, stat.S_IFIFO, stat.S_IFIFO]
        assert c.call(r("read_stdin")) in (("", b""), (b"", b""))
        assert len(c.call(r("open_fds"))) <= 10
        assert c.call(r("thread_count")) <= 2
        assert c.shutdown() == 0


# Calls


@test
def call_values(py):
    with py.loaded() as c:
        for value in (None, True, False, 0, -1, 255, 65536, 2**31, -2**63, 2**64 - 1, 2**100, 0.5, -0.0, "", "text", "gr\xfc\xdfe \U0001f600",
                      [], [1, [2, [3]]], (), (1,), (1, 2, 3, 4), {}, {"a": 1, "b": [None]}, {1: 2}, [[], {}, ()]):
            got = c.call(r("echo"), value)
            assert got == value and type(got) is type(value), (value, got)
        for value in (b"", b"x", bytes(range(256)), b"\xff" * 300):
            assert c.call(r("echo"), value) == value
            assert c.call(r("echo"), [value, {"k": value}]) == [value, {"k": value}]
            assert c.call(r("type_name"), value) in ("bytes", b"str")
        assert c.call(r("echo"), a=1, b="x") in ({"a": 1, "b": "x"}, {b"a": 1, b"b": "x"})
        assert c.call(r("Klass.method"), 1) in (("Klass", 1), (b"Klass", 1))
        assert c.call(r("Klass.static"), 1) == 1
        assert c.call(r("Klass.Inner.deep"), 1) == [1]
        assert c.call(py.builtins + ":len", b"abc") == 3
        assert c.call("os.path:join", "a", "b") == "a/b"
        assert c.shutdown() == 0


@test
def call_with_kwargs_object(py):
    """Names that come as bytes, and the original's Kwargs."""
    with py.loaded() as c:
        data = (b"\x80\x02(NU\x10remote_functionsNU\x04echo)cmitogen.core\nKwargs\n}U\x01aK\x01s\x85Rt.")
        c.send(101, data, 1001)
        assert c.reply(1001) in ({"a": 1}, {b"a": 1})
        for magic in (0x4D4A, 0x4D4B):
            c.send(101, data, 1002, magic=magic)
            assert c.reply(1002) in ({"a": 1}, {b"a": 1})


@test
def call_large(py):
    size = 16 << 20
    with py.loaded() as c:
        data = os.urandom(1 << 20) * 16
        assert c.call(py.builtins + ":len", data) == size
        assert c.call(r("echo"), data) == data
        assert c.call(r("big"), size) == b"\xff\0" * (size // 2)
        assert c.call(r("nested_bytes"), size) == [b"\xff\0" * (size // 2), {"x": b"y"}]
        assert c.call("os:getpid") == c.process.pid
        assert c.shutdown() == 0


@test
def call_sizes_around_limits(py):
    with py.loaded() as c:
        for size in [1, 25, 26, 65535 - 100, 65536 - 26, 65536, 65537, 65536 * 2, 262144, 262144 + 26, 300000]:
            for extra in (-50, 0, 1, 50):
                data = b"y" * max(0, size + extra)
                assert c.call(r("echo"), data) == data
        handles = [c.start(r("echo"), b"z" * n) for n in range(0, 200000, 9001)]
        for n, handle in zip(range(0, 200000, 9001), handles):
            assert len(c.reply(handle)) == n


@test
def call_no_reply(py):
    with py.loaded() as c:
        c.start(r("count"), _reply=False)
        c.start(r("fail"), "value", _reply=False)
        assert c.call(r("count")) == 2
        entry = c.wait_log(lambda e: e[0] == "mitogen" and e[1] == 40)
        assert "ValueError: no way" in entry[2], entry


@test
def call_failures(py):
    e = py.errors
    with py.loaded() as c:
        said = expect_error(c, e + ".ValueError: no way\n  File ", r("fail"), "value")
        assert all(line.startswith("  ") for line in said.split("\n")[1:-1]) and said.endswith("\n")
        frame, line = said.rstrip().split("\n")[-2:]
        assert "in fail" in frame and line == '    raise ValueError("no way")', said
        expect_error(c, e + ".SystemExit: 3\n", r("fail"), "exit")
        expect_error(c, e + ".KeyboardInterrupt: \n", r("fail"), "interrupt")
        expect_error(c, e + ".GeneratorExit: \n", r("fail"), "generator")
        expect_error(c, "remote_functions.Strange: (no text", r("fail"), "strange")
        expect_error(c, e + ".ValueError: gr\xfc\xdfe\n", r("fail"), "unicode")
        expect_error(c, e + ".ValueError: ", r("fail"), "bytes")
        expect_error(c, e + ".ValueError: one\ntwo\n  File", r("fail"), "multi")
        said = expect_error(c, e + ".ValueError: begin xxxx", r("fail"), "long")
        assert "in fail\n" in said
        said = expect_error(c, e + (".RuntimeError: max" if py.py2 else ".RecursionError: max"), r("fail"), "recursion")
        assert " more frames)\n" in said and said.split("\n")[-3].endswith("in fail")
        expect_error(c, "mitogen.core.CallError: inner\n", r("fail"), "callerror")
        said = expect_error(c, e + ".KeyError: 'deep down'\n  (", r("fall"), 500)
        assert said.endswith('in innermost_function\n    raise KeyError("deep down")\n')
        expect_error(c, e + (".ImportError" if py.py2 else ".ModuleNotFoundError"), "no_such_module:x")
        expect_error(c, e + (".ImportError" if py.py2 else ".ModuleNotFoundError"), r("import_missing"))
        expect_error(c, e + ".AttributeError", "os:no_such_function")
        expect_error(c, e + ".AttributeError", "os:NoClass.f")
        expect_error(c, e + ".TypeError", "os:getpid", 1)
        expect_error(c, e + (".AttributeError" if py.py2 else ".TypeError"), "os:environ")
        c.send(101, b"no pickle", 1001)
        try:
            c.reply(1001)
        except CallError:
            pass
        c.send(101, master.dumps((1, 2)), 1001)
        try:
            c.reply(1001)
        except CallError as said:
            assert "ValueError" in str(said)
        assert c.call("os:getpid") == c.process.pid
        assert c.shutdown() == 0


@test
def call_odd_results(py):
    with py.loaded() as c:
        for kind, hint in (("lambda", "list, tuple or dict"), ("lock", ""), ("object", ""), ("set", "set cannot be sent to another context: send a list"),
                           ("complex", "send a tuple"), ("datetime", "datetime.datetime cannot be sent to another context: send its text"),
                           ("decimal", "send its text"), ("exception", "raise it"), ("nested", "send a list"), ("module", ""), ("class", ""),
                           ("generator", "send a list"), ("deep", None)):
            said = c.error(r("odd_value"), kind)
            assert hint is None or said.startswith(py.errors + ".TypeError: a value of type ") and hint in said, said
        for kind, wanted in (("ordered", {"a": 1}), ("defaultdict", {"a": 1}), ("namedtuple", (1, 2)), ("text", "t"), ("number", 7),
                             ("list", [1, []]), ("bytearray", b"ab"), ("memoryview", b"ab"), ("bigint", 1 << 100), ("blob", b"b"),
                             ("kwargs", {"a": 1}), ("true", True), ("text list", ["a", "b", "c"]), ("float", 0.25), ("shared", [[1]] * 3),
                             ("surrogate", "\udc80")):
            got = c.call(r("odd_value"), kind)
            if py.py2 and kind == "kwargs":
                got = {text(k): v for k, v in got.items()}
            assert got == wanted and type(got) is type(wanted), (kind, got)
        assert c.call(r("odd_value"), "secret") == ("Secret", ("s",))
        assert len(c.call(r("odd_value"), "stat")) == 3 and len(c.call(r("odd_value"), "statresult")) >= 10
        assert list(map(text, c.call(r("odd_value"), "uname"))) == list(os.uname())
        loop = c.call(r("odd_value"), "loop")
        assert loop[0] is loop
        try:
            c.call(r("odd_value"), "callerror")
        except CallError as e:
            assert str(e) == "said"
        assert c.call("os:getpid") == c.process.pid
        assert c.shutdown() == 0


@test
def call_chains(py):
    with py.loaded() as c:
        a = [c.start(r("count"), _chain="x"), c.start(r("fail"), "value", _chain="x"), c.start(r("count"), _chain="x"),
             c.start(r("count"), _chain="y"), c.start(r("count"))]
        assert c.reply(a[0]) == 1
        texts = []
        for handle in a[1:3]:
            try:
                c.reply(handle)
            except CallError as e:
                texts.append(str(e))
        assert len(texts) == 2 and texts[0] == texts[1] and "no way" in texts[0]
        assert c.reply(a[3]) == 2 and c.reply(a[4]) == 3
        c.start("mitogen.core:Dispatcher.forget_chain", "x", _reply=False)
        assert c.call(r("count"), _chain="x") == 4
        # What was never run does not end a chain.
        c.error("no_such_module:f", _chain="z")
        assert c.call(r("count"), _chain="z") == 5
        c.start(r("fail"), "value", _chain="w", _reply=False)
        c.error(r("count"), _chain="w")


@test
def deep_recursion_with_output(py):
    """The recursion limit strikes anywhere, also in what sends log records."""
    with py.loaded() as c:
        for _ in range(3):
            said = c.error(r("recurse_and_log"), 0)
            assert ".RecursionError" in said or ".RuntimeError" in said, said
        assert c.call("os:getpid") == c.process.pid
        assert c.shutdown() == 0


@test
def signals_of_user_code(py):
    """A handler that raises strikes anywhere, also in what sends log records: frames stay whole."""
    if py.py2:
        raise Skip("2.7 may run a handler after the call: then the context ends")
    with py.loaded() as c:
        assert c.call(r("alarm_while_logging"), 100) > 50
        assert c.call("os:getpid") == c.process.pid
        assert c.shutdown() == 0
        assert set(e[2] for e in c.logs if e[0] == "busy") == {"record"}


@test
def first_call_forks(py):
    """While the helper is still loading."""
    for _ in range(5 if QUICK else 20):
        with py.loaded() as c:
            assert c.call("os:getpid") == c.process.pid
            assert c.call(r("fork_after"), random.random() * 0.008) == 0
            assert c.shutdown() == 0


@test
def call_order(py):
    with py.loaded() as c:
        handles = [c.start(r("count")) for _ in range(500)]
        assert [c.reply(h) for h in handles] == list(range(1, 501))
        order = [f.handle for f in c.frames]
        assert not order


@test
def econtext(py):
    with py.loaded(parent_ids=[7, 0], context_id=9) as c:
        assert c.call(r("econtext_facts")) == (False, 9, 7, [7, 0], 0, 7, 134217728)
        assert c.call(r("error_names")) == [True] * 5
        got = c.call(r("from_import"))
        assert got[:2] == [101, 999] and list(map(text, got[2:])) == ["Blob", "Channel", "Secret"]
        assert c.call(r("defer_facts")) == (7, [1, 2])


# Waiting inside calls, threads


@test
def nested_wait(py):
    with py.loaded() as c:
        call = c.start(r("wait_for_message"), 2000)
        later = c.start("os:getpid")
        assert c.reply(5000) == "ready"
        c.ping()
        c.send(2000, master.dumps(["for", b"you"]))
        assert c.reply(call) == ["for", b"you"]
        assert c.reply(later) == c.process.pid
        said = c.error(r("wait_for_message"), 2001, timeout=0.05)
        assert said.startswith("mitogen.core.TimeoutError"), said
        c.next_frame(lambda f: f.handle == 5000)
        call = c.start(r("wait_for_message"), 2002)
        c.reply(5000)
        c.send(2002, b"because", reply_to=DEAD)
        try:
            c.reply(call)
            assert 0
        except CallError as e:
            assert str(e).startswith("mitogen.core.ChannelError: because\n")
        call = c.start(r("wait_for_message"), 2003)
        c.reply(5000)
        assert c.shutdown() == 0


def serve(c, call, service):
    """Answer what comes to handle `service` until the reply to `call` is there."""
    while 1:
        frame = c.next_frame(lambda f: f.handle in (service, call))
        if frame.handle == call:
            c.frames.append(frame)
            return c.reply(call)
        c.send(frame.reply_to, frame.data)


@test
def ask_master(py):
    with py.loaded() as c:
        for value in (1, [b"x"], "t"):
            assert serve(c, c.start(r("ask_master"), 3000, value), 3000) == value
        assert serve(c, c.start(r("ask_from_threads"), 3000, 4), 3000) == (20, True)


@test
def background_thread(py):
    with py.loaded() as c:
        c.call(r("start_background"), 2500)
        for i in range(20):
            handle = c.new_handle()
            c.send(2500, master.dumps(i), reply_to=handle)
            assert c.reply(handle) == i
            if i % 5 == 0:
                assert c.call(r("nap"), 0.01) == 0.01
        assert c.call(r("stop_background")) is False


@test
def latches(py):
    with py.loaded() as c:
        assert c.call(r("latch_between_threads"), 200) == sum(range(200)) * 2
        assert c.call(r("latch_timeout"), False) == [True, True]
        assert c.call(r("latch_timeout"), True) == [True, True]


@test
def contexts_and_senders(py):
    with py.loaded() as c:
        name, args = c.call(r("make_context"), "n" * 200)
        assert name == "_unpickle_context" and args[0] == 77 and len(args[1]) == 99
        data = b"\x80\x02(NX\x10\0\0\0remote_functionsNX\r\0\0\0context_factscmitogen.core\n_unpickle_context\nK\x05X\x96\0\0\0" + b"n" * 150 + b"\x86R\x85}t."
        c.send(101, data, 1001)
        assert c.reply(1001) == (5, "n" * 150, True)
        name, args = c.call(r("make_sender"))
        assert name == "_unpickle_sender" and args[0] == c.id
        c.send(args[1], master.dumps({"a": b"b"}))
        assert c.call(r("receive_next"), 20) == {"a": b"b"}
        data = b"\x80\x02(NX\x10\0\0\0remote_functionsNX\r\0\0\0put_to_sendercmitogen.core\n_unpickle_sender\nK\0M\xf0\x03\x86R](K\x01K\x02e\x86}t."
        c.send(101, data, 1002)
        assert c.reply(1002) is None
        assert c.reply(1008) == 1 and c.reply(1008) == 2
        try:
            c.reply(1008)
            assert 0
        except Dead as e:
            assert str(e) == "Sender was explicitly closed"


@test
def call_between_contexts(py):
    with py.loaded() as c:
        call = c.start(r("call_sibling"), 8)
        frame = c.next_frame(lambda f: f.dst == 8)
        assert frame[1:5] == (8, c.id, c.id, 101), frame
        value = master.unpickle(frame.data)
        assert value[:4] in ((None, "posix", None, "getpid"),) and value[4] == () and value[5] == ("Kwargs", ({},)), value
        c.send(frame.reply_to, master.dumps(42), src=8, auth=8)
        assert c.reply(call) == 42
        c.call(r("call_self"))
        call = c.start(r("call_sibling"), 8)
        frame = c.next_frame(lambda f: f.dst == 8)
        c.send(frame.reply_to, master.dumps(1), src=9, auth=9)  # not from the respondent
        c.send(frame.reply_to, b"gone", src=0, auth=0, reply_to=DEAD)
        try:
            c.reply(call)
            assert 0
        except CallError as e:
            assert "ChannelError: gone" in str(e)


@test
def respondent_lost(py):
    with py.loaded() as c:
        call = c.start(r("wait_respondent"), 8)
        assert c.reply(5000) == "ready"
        c.send(104, b"8")
        try:
            c.reply(call)
            assert 0
        except CallError as e:
            assert "the respondent Context has disconnected" in str(e)


# Processes of user code


@test
def forks(py):
    with py.loaded() as c:
        assert c.call(r("fork_and"), "exit") == 7 << 8
        assert c.call(r("fork_and"), "sys.exit") == 7 << 8
        assert c.call(r("fork_and"), "raise") == 1 << 8
        assert c.call(r("fork_and"), "return") == 0
        assert c.call(r("fork_and"), "print") == 0
        c.wait_log(lambda e: e == ("stdout", 20, "from the fork"))
        assert c.call(r("fork_and"), "wait") == 0
        c.wait_log(lambda e: e[0] == "stdout" and "forked" in e[2])
        assert c.call(r("fork_and"), "log") == 0
        c.wait_log(lambda e: e == ("stderr", 20, "from the fork"))
        for _ in range(20):
            assert c.call(r("fork_and"), "return") == 0
        assert not c.frames, c.frames
        assert c.shutdown() == 0
        assert not c.frames, c.frames


@test
def fork_outlives(py):
    if py.version < (3, 7):
        raise Skip("needs os.register_at_fork")
    with py.loaded() as c:
        pid = c.call(r("fork_and_linger"), 60)
        assert c.shutdown() == 0  # and the stream ends, though the forked process lives
        os.kill(pid, signal.SIGKILL)


@test
def subprocesses(py):
    with py.loaded() as c:
        assert c.call(r("run_command"), "cat") == (b"", 0)
        assert c.call(r("run_command"), "sh", "-c", "echo hi; exit 3") == (b"hi\n", 3)
        assert c.call(r("run_loud_command"), "echo loud; echo louder >&2; ls -l /proc/self/fd | grep -c socket; exit 4") == 4
        c.wait_log(lambda e: e == ("stdout", 20, "loud"))
        c.wait_log(lambda e: e == ("stderr", 20, "louder"))
        c.wait_log(lambda e: e == ("stdout", 20, "0"))  # our descriptors are not inherited


@test
def interrupts(py):
    with py.loaded() as c:
        expect_error(c, py.errors + ".KeyboardInterrupt", r("kill_self"), int(signal.SIGINT))
        for _ in range(20):
            os.kill(c.process.pid, signal.SIGINT)
            c.ping()
        assert c.call("os:getpid") == c.process.pid
        for _ in range(10):
            call = c.start(r("wait_for_message"), 2000)
            c.reply(5000)
            os.kill(c.process.pid, signal.SIGINT)
            try:
                c.reply(call)
                assert 0
            except CallError as e:
                assert "KeyboardInterrupt" in str(e)
        assert text(c.call(r("alarm_raises"), 0.05)) == "alarm"
        for _ in range(3):
            assert text(c.call(r("alarm_in_wait"), 0.02)) == "alarm"
            c.ping()
        assert c.call("os:getpid") == c.process.pid
        assert c.shutdown() == 0


@test
def stop_and_continue(py):
    with py.loaded() as c:
        handles = [c.start(r("nap"), 0.002) for _ in range(20)]
        for _ in range(5):
            c.process.send_signal(signal.SIGSTOP)
            c.process.send_signal(signal.SIGCONT)
            time.sleep(0.003)
        for h in handles:
            c.reply(h)
        c.process.send_signal(signal.SIGSTOP)
        handle = c.start("os:getpid")
        c.process.send_signal(signal.SIGCONT)
        assert c.reply(handle) == c.process.pid


# Output


@test
def output(py):
    with py.loaded() as c:
        c.call(r("say"), "one\ntwo\n")
        c.call(r("say"), "err\n", "stderr")
        c.call(r("printing"), 1000)
        c.call(r("say"), b"\xff bad\n", raw=True)
        c.wait_log(lambda e: e == ("stderr", 20, "err"))
        c.wait_log(lambda e: e == ("stdout", 20, "\ufffd bad"))
        lines = [e[2] for e in c.logs if e[0] == "stdout"]
        assert lines == ["one", "two"] + ["line %d" % i for i in range(1000)] + ["\ufffd bad"], lines[:5]
        c.call(r("long_line"), 100000)
        c.call(r("say"), "end\n")
        c.wait_log(lambda e: e[2] == "end")
        pieces = [e[2] for e in c.logs if "\xe4" in e[2]]
        assert "".join(pieces) == "\xe4" * 100000 and max(len(p.encode()) for p in pieces) <= 65536
        if not py.py2:
            c.call(r("say"), "\u2603 \udc80\n")
            c.wait_log(lambda e: e[2].startswith("\u2603"))
        c.call(r("say"), "no newline at the end")
        assert c.shutdown() == 0
        assert c.logs[-1] == ("stdout", 20, "no newline at the end"), c.logs[-1]


@test
def output_drained_at_shutdown(py):
    with py.loaded() as c:
        handle = c.start(r("printing"), 3000)
        c.reply(handle)
        assert c.shutdown() == 0
        assert [e[2] for e in c.logs] == ["line %d" % i for i in range(3000)]


@test
def output_without_a_reader(py):
    """Far more output than the pipes hold, while the master does not read: the child's queue stays small, nothing is lost."""
    with py.loaded() as c:
        handle = c.start(r("flood"), 4000, 4000)
        time.sleep(0.5)
        with open("/proc/%d/status" % c.process.pid) as f:
            rss = [int(line.split()[1]) for line in f if line.startswith("VmRSS")][0]
        assert rss < 40000, rss
        assert c.reply(handle) == 4000
        while len(c.logs) < 4000:
            c.fill()
            c.parse()
        assert set(e[2] for e in c.logs) == {"x" * 4000}


@test
def messages_without_a_reader(py):
    with py.loaded() as c:
        handle = c.start(r("flood_messages"), 2000, 5000)
        time.sleep(0.3)
        assert c.reply(handle) == 2000
        got = [f for f in c.frames if f.handle == 6000]
        assert len(got) == 2000 and set(f.data for f in got) == {b"x" * 5000}


@test
def logging(py):
    with py.loaded() as c:
        assert c.call(r("has_module"), "logging") is False
        c.call(r("log"), 30, "careful")
        c.wait_log(lambda e: e == ("some.logger", 30, "careful"))
        c.call(r("log"), 10, "not at this level")
        c.call(r("log"), 40, "gr\xfc\xdfe\nsecond\0line")
        c.wait_log(lambda e: e == ("some.logger", 40, "gr\xfc\xdfe\nsecond\0line"))
        c.call(r("log"), 50, "io", "mitogen.io")
        c.call(r("log"), 50, "last")
        c.wait_log(lambda e: e[2] == "last")
        assert len(c.logs) == 3, c.logs


@test
def debug_file(py):
    with py.loaded(debug=True) as c:
        path = "/tmp/mitogen.%d.log" % c.process.pid
        c.call(r("log"), 10, "debug record")
        c.wait_log(lambda e: e == ("some.logger", 10, "debug record"))
        c.error(r("fail"), "value")
        assert c.shutdown() == 0
        with open(path) as f:
            said = f.read()
        assert os.stat(path).st_mode & 0o77 == 0
        os.unlink(path)
        assert " context (3," in said and " call (0, 10" in said and "debug record" in said, said[:500]


@test
def debug_file_is_a_link(py):
    """Somebody else put a link there."""
    with tempfile.NamedTemporaryFile() as f:
        c = py.child(wait=False, debug=True)
        path = "/tmp/mitogen.%d.log" % c.process.pid
        with c:
            os.symlink(f.name, path)
            try:
                c.connect()
                assert c.call("os:getpid") == c.process.pid
                c.wait_log(lambda e: e[1] == 40)
                assert c.shutdown() == 0
                assert f.read() == b""
            finally:
                os.unlink(path)


@test
def profiling(py):
    with py.loaded(profiling=True) as c:
        c.call(r("spin"), 0.05)
        assert c.shutdown() == 0
        path = "/tmp/mitogen.stats.%d.main.log" % c.process.pid
        said = subprocess.check_output([py.path, "-m", "pstats", path], input=b"stats\n")
        assert b"(spin)" in said, said
        for name in os.listdir("/tmp"):
            if name.startswith("mitogen.stats.%d." % c.process.pid):
                os.unlink("/tmp/" + name)


# The end


@test
def shutdown_idle(py):
    for prepare in (lambda c: None, lambda c: c.call("os:getpid"), lambda c: c.ping()):
        with py.child() as c:
            prepare(c)
            assert c.shutdown() == 0


@test
def shutdown_during_calls(py):
    for function, argument in (("nap", 100), ("spin", 100), ("wait_for_message", 2000), ("flood", None)):
        with py.loaded() as c:
            c.start(r(function), *([argument] if argument else [1000000, 100]))
            if function == "wait_for_message":
                c.reply(5000)
            time.sleep(0.05)
            begin = time.time()
            assert c.shutdown() == 0, function
            assert time.time() - begin < 10


@test
def eof(py):
    for function in (None, "nap", "spin"):
        with py.loaded() as c:
            if function:
                c.start(r(function), 100)
                time.sleep(0.05)
            c.close_stream()
            assert c.process.wait(master.HANG) == 0, function


@test
def shutdown_by_itself(py):
    with py.loaded() as c:
        c.start(r("shut_down"))
        assert c.wait_exit() == 0
    with py.child() as c:
        c.send(101, b"", reply_to=DEAD)
        assert c.wait_exit() == 0


@test
def shutdown_without_authority(py):
    with py.child() as c:
        c.send(106, src=8, auth=8, reply_to=1001)
        frame = c.next_frame(lambda f: f.handle == 1001)
        assert (frame.dst, frame.reply_to, frame.data) == (8, DEAD, b"refused by policy"), frame
        c.send(106, src=0, auth=8)
        c.ping()
        assert c.shutdown() == 0


# Bad input


@test
def unknown_handles(py):
    with py.child() as c:
        c.ping()
        for handle in (0, 1, 110, 999, 1000, 2**32 - 1):
            c.send(handle, b"x", reply_to=1234)
            try:
                c.reply(1234)
                assert 0
            except Dead as e:
                assert str(e) == "invalid handle"
        c.send(4242)
        c.send(4242, reply_to=DEAD)
        c.send(1, dst=99, reply_to=1235)
        try:
            c.reply(1235)
        except Dead as e:
            assert str(e) == "no route to 99, my ID is %d" % c.id
        c.ping()


@test
def forged_authority(py):
    call = master.dumps((None, "os", None, "_exit", (9,), {}))
    with py.child() as c:
        for src, auth in ((8, 8), (0, 8), (8, 2**32 - 1)):
            c.send(101, call, 1001, src=src, auth=auth)
            frame = c.next_frame(lambda f: f.handle == 1001)
            assert frame.reply_to == DEAD and frame.data == b"refused by policy" and frame.dst == src, frame
        # What is not from a parent is never unpickled without limits, even where it is welcome.
        evil = b"\x80\x02cos\n_exit\nK\x09\x85R."
        c.send(107, evil, 1002, src=8, auth=8)
        assert c.next_frame(lambda f: f.handle == 1002).data == b"refused by policy"
        assert c.call("os:getpid") == c.process.pid
    with py.loaded() as c:
        c.call(r("start_background"), 2500)
        c.send(2500, evil, src=8, auth=8)  # the thread dies of it
        c.wait_log(lambda e: "StreamError" in e[2])
        assert c.call("os:getpid") == c.process.pid


@test
def restricted_unpickler(py):
    for data in (b"\x80\x02cos\n_exit\nK\x09\x85R.", b"\x80\x02cmitogen.core\nos._exit\nK\x09\x85R.", b"cposix\nsystem\n(S'kill $PPID'\ntR.",
                 b"\x80\x02cmitogen.core\nrun\n.", b"\x80\x02c__builtin__\neval\nX\x01\0\0\x001\x85R.", b"\x80\x02K", b"", b"\xff" * 50,
                 b"\x80\x02cmitogen.core\n_unpickle_sender\nK\x01K\0\x86R.", b"\x80\x02cmitogen.core\n_unpickle_context\nJ\xff\xff\xff\xffN\x86R."):
        with py.loaded() as c:
            call = c.start(r("wait_for_message"), 2000)
            c.reply(5000)
            c.send(2000, data)
            try:
                value = c.reply(call)
                assert 0, value
            except CallError as e:
                assert str(e).startswith("mitogen.core.StreamError"), (data, e)
            assert c.call("os:getpid") == c.process.pid


@test
def garbage_on_the_stream(py):
    for data in (b"x" * 26, os.urandom(100000), b"\0" * 100, HEADER.pack(0x4D4C, 3, 0, 0, 101, 0, 0)):
        with py.child() as c:
            c.call("os:getpid")
            try:
                c.write(data)
            except (Eof, OSError):
                pass
            assert c.wait_exit() == 1
            assert any("corrupt stream" in e[2] or "too large" in e[2] for e in c.logs) or c.eof, c.logs
            assert c.stderr() == b""


@test
def random_frames(py):
    """Sound headers, senseless contents: refused or answered, never fatal."""
    rng = random.Random(py.path)
    with py.child() as c:
        for _ in range(300 if QUICK else 1500):
            handle = rng.choice([101, 101, 104, 107, 110, 100, 102, 103, 105, 108, 109, 112, 113, 999, 0, 1000, rng.randrange(2**32)])
            src = rng.choice([0, 0, 5, c.id, rng.randrange(2**32)])
            dst = rng.choice([c.id, c.id, c.id, rng.randrange(2**32)])
            reply = rng.choice([0, 7777, 7777]) if handle == 101 else rng.choice([0, 7777, DEAD])
            start = rng.choice([b"", b"\x80\x02(", b"\x80\x02X", b"5"])
            data = start + bytes(rng.choice(b"()[]{}.NKMJTUXqhc\x85\x86\x88\n0123\0\xff") for _ in range(rng.randrange(30)))
            c.send(handle, data, reply, src, src, dst)
        c.ping()
        assert c.call("os:getpid") == c.process.pid
        assert all(f.handle == 7777 for f in c.frames), c.frames
        assert c.shutdown() == 0


@test
def too_large(py):
    with py.child(max_message_size=100000) as c:
        try:
            c.send(101, b"x" * 100001)
        except (Eof, OSError):
            pass
        assert c.wait_exit() == 1
    with py.loaded(max_message_size=100000) as c:
        try:
            c.call(r("big"), 200000)
            assert 0
        except Dead as e:
            assert str(e) == "message too large (max 100000 bytes)"
        assert len(c.call(r("big"), 99000)) == 99000
        call = c.start(r("ask_master_large"), 3000, 100001)
        try:
            c.reply(call)
            assert 0
        except CallError as e:
            assert "message too large (max 100000 bytes)" in str(e)


@test
def master_closes_one_side(py):
    with py.loaded(pipes=True) as c:
        os.close(c.fd_in)
        c.fd_in = os.open("/dev/null", os.O_RDONLY)
        call = master.dumps((None, "os", None, "getpid", (), {}))
        os.write(c.fd_out, HEADER.pack(MAGIC, c.id, 0, 0, 101, 1001, len(call)) + call)
        assert c.process.wait(master.HANG) == 0


# Latency and soak


@test
def ping_during_calls(py):
    for function in ("nap", "spin"):
        with py.loaded() as c:
            call = c.start(r(function), 0.5)
            times = []
            for _ in range(20):
                begin = time.time()
                c.ping()
                times.append(time.time() - begin)
                time.sleep(0.01)
            value = c.reply(call)
            assert value
            print("# %s, ping: median %.2f ms, worst %.2f ms" % (function, sorted(times)[10] * 1000, max(times) * 1000))
            if not py.py2:  # what user code sets stays, but while the helper is awake
                c.call("sys:setswitchinterval", 0.02)
                end = time.time() + master.HANG
                time.sleep(0.1)
                while abs(c.call("sys:getswitchinterval") - 0.01) <= 0.0095:
                    assert time.time() < end
                    time.sleep(0.1)


@test
def soak(py):
    rng = random.Random(1)
    with py.loaded() as c:
        total = 600 if QUICK else 4000
        waiting = []
        answered = 0
        while answered < total:
            dice = rng.random()
            burst = 1 if dice < 0.7 else rng.randrange(2, 40)
            for _ in range(burst):
                kind = rng.choice(["short"] * 20 + ["nap", "spin", "ask", "threads", "bytes"])
                if kind == "ask":
                    waiting.append((c.start(r("ask_master"), 3000, [answered]), [answered]))
                elif kind == "threads":
                    if rng.random() < 0.9:
                        continue
                    waiting.append((c.start(r("ask_from_threads"), 3000, 2), (10, True)))
                elif kind == "bytes":
                    data = b"d" * rng.choice([0, 100, 70000, 400000])
                    waiting.append((c.start(r("echo"), data), data))
                else:
                    waiting.append((c.start(r("mixed"), kind, rng.random() * 0.012), kind))
            if rng.random() < 0.2:
                c.send(4242, reply_to=1)
                waiting.append((1, None))
                # pings overtake calls
                h, _ = waiting.pop()
                while 1:
                    frame = c.next_frame(lambda f: f.handle in (1, 3000))
                    if frame.handle == 3000:
                        c.send(frame.reply_to, frame.data)
                        continue
                    break
            if len(waiting) > 60 or rng.random() < 0.4:
                while waiting:
                    h, wanted = waiting.pop(0)
                    value = serve(c, h, 3000)
                    assert (text(value) if isinstance(wanted, str) else value) == wanted, (value, wanted)
                    answered += 1
            if rng.random() < 0.05:
                time.sleep(rng.random() * 0.03)
        while waiting:
            h, wanted = waiting.pop(0)
            serve(c, h, 3000)
        assert not c.frames
        assert c.shutdown() == 0
        assert c.stderr() == b"", c.stderr()


def measure_activity(pid):
    times = open("/proc/%d/stat" % pid).read().split()[13:15]
    return times, [line for line in open("/proc/%d/status" % pid) if "voluntary_ctxt" in line]


@test
def idle_costs_nothing(py):
    with py.child() as c:
        for _ in range(10):
            c.call("os:getpid")
        # a busy machine may take long until it is idle, one that stalls may end the pause early
        end = time.time() + master.HANG
        before = None
        while before != measure_activity(c.process.pid):
            assert time.time() < end
            before = measure_activity(c.process.pid)
            time.sleep(0.5)


def interpreters():
    """(path, None) or (path, why not)."""
    args = sys.argv[1:]
    if "--python" in args:
        return [args[args.index("--python") + 1]]
    root = os.path.expanduser("~/.pyenv/versions/")
    versions = [VERSIONS[0], VERSIONS[-1]] if QUICK else VERSIONS
    return ["/usr/bin/python3"] + [root + v + "/bin/python" for v in versions]


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    parts = [a for i, a in enumerate(sys.argv) if i and not a.startswith("--") and sys.argv[i - 1] != "--python"]
    tests = [t for t in TESTS if not parts or any(p in t.__name__ for p in parts)]
    n = failures = 0
    found = interpreters()
    print("1..%d" % (len(found) * len(tests)))
    for path in found:
        py = Python(path) if os.path.exists(path) else None
        for t in tests:
            n += 1
            name = "%s - %s" % (t.__name__.replace("_", " "), path)
            if not py:
                print("ok %d - %s # SKIP no such interpreter" % (n, name))
                continue
            try:
                t(py)
                print("ok %d - %s" % (n, name))
            except Skip as e:
                print("ok %d - %s # SKIP %s" % (n, name, e))
            except Exception:
                failures += 1
                print("not ok %d - %s" % (n, name))
                print("\n".join("# " + line for line in traceback.format_exc().rstrip().split("\n")))
            sys.stdout.flush()
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
