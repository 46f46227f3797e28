# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""What the tests of the library's own modules call in contexts. Works on 2.7 and 3.6 or later."""

from __future__ import absolute_import

import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import time

import mitogen.core
import mitogen.master
import mitogen.minify
import mitogen.parent
import mitogen.select
import mitogen.utils
from mitogen.select import Select


class Text(type(u"")):
    pass


class Raw(bytes):
    pass


class Number(int):
    pass


class Mapping(dict):
    pass


class Row(list):
    pass


def same(a, b):
    """Equal, and of the same types at every depth."""
    if type(a) is not type(b) or a != b:
        return False
    if isinstance(a, dict):
        return all(same(a[key], b[key]) for key in b) and all(type(key) in (int, type(u""), bytes) for key in a)
    return not isinstance(a, (list, tuple)) or all(map(same, a, b))


def raises(kind, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as e:
        return str(e)
    raise AssertionError("%r did not raise %r" % (function, kind))


# mitogen.utils


def cast():
    value = Mapping({Text(u"a"): Row([Number(1), Raw(b"x"), None, True, 1.5]), u"b": (Mapping(),)})
    assert same(mitogen.utils.cast(value), {u"a": [1, b"x", None, True, 1.5], u"b": ({},)})
    loop = Row()
    loop.append(loop)
    made = mitogen.utils.cast(loop)
    assert type(made) is list and made[0] is made
    for kept in (mitogen.core.Blob(b"x"), mitogen.core.Secret(u"y"), mitogen.core.router.myself(), mitogen.core.CallError(u"z")):
        assert mitogen.utils.cast(kept) is kept
    return raises(TypeError, mitogen.utils.cast, [set()])


def disable_site_packages():
    before, kept = list(sys.path), sys.path
    try:
        sys.path[:] = ["/a/site-packages", "/b", "/System/Extras/lib", "/c/site-packages/x"]
        mitogen.utils.disable_site_packages()
        assert sys.path is kept
        return list(sys.path)
    finally:
        sys.path[:] = before


def log_to_file(path, environment, **kwargs):
    """(level of the root logger, level of mitogen.io, what the file has)"""
    kwargs = dict((str(key), kwargs[key]) for key in kwargs)
    before = list(logging.getLogger().handlers)
    os.environ.update(environment)
    try:
        mitogen.utils.log_to_file(path, **kwargs)
        mitogen.utils.log_to_file(path, **kwargs)
        logging.getLogger("a.b").warning(u"caf\xe9")
        logging.getLogger("mitogen.io").debug("details")
        with open(path, "rb") as f:
            said = f.read()
        return logging.getLogger().level, logging.getLogger("mitogen.io").level, said
    finally:
        logging.getLogger().handlers[:] = before
        logging.getLogger().setLevel(20)
        for key in environment:
            del os.environ[key]


def log_to_stderr():
    before = list(logging.getLogger().handlers)
    try:
        mitogen.utils.log_to_file(level="ERROR")
        logging.getLogger("a").error("to stderr")
    finally:
        logging.getLogger().handlers[:] = before
        logging.getLogger().setLevel(20)
    return raises(ValueError, mitogen.utils.log_to_file, None, level="LOUD")


@mitogen.utils.with_router
def decorated(router, a, b=0):
    """Kept."""
    return router is mitogen.core.router, a, b


def routers():
    assert decorated.__name__ == "decorated" and decorated.__doc__ == "Kept."
    return decorated(1, b=2), mitogen.utils.run_with_router(lambda router, x: (router is mitogen.core.router, x), 3)


def facts():
    u = mitogen.utils
    assert u.SIGNAL_BY_NUM[15] == "SIGTERM" and u.SIGNAL_BY_NUM[signal.SIGCHLD] == "SIGCHLD" and u.SC_OPEN_MAX > 0
    assert u.IS_LINUX == sys.platform.startswith("linux") and u.SELINUX_ENABLED in (True, False)
    assert u.get_sys_executable() == sys.executable
    assert u.get_log_level() == logging.getLogger("mitogen").getEffectiveLevel()
    executable, sys.executable = sys.executable, None
    try:
        assert u.get_sys_executable() == u.get_sys_executable() == "/usr/bin/python"
    finally:
        sys.executable = executable
    p = mitogen.parent
    assert p.LINUX_TIOCGPTN == 0x80045430 - (1 << 32) and p.LINUX_TIOCSPTLCK == 0x40045431
    assert p.Context is mitogen.core.Context and p.minimize_source is mitogen.minify.minimize_source
    assert mitogen.master.Select is Select and mitogen.master.Router is mitogen.core.Router


# mitogen.select


def receivers(n):
    return [mitogen.core.Receiver(mitogen.core.router) for _ in range(n)]


def send(receiver, value):
    receiver.to_sender().send(value)


def select_all(n):
    found = receivers(n)
    for i, receiver in enumerate(found):
        send(receiver, i)
    assert sorted(Select.all(found)) == list(range(n))
    assert all(r.notify is None for r in found)
    assert Select.all([]) == []


def select_oneshot():
    a, b = receivers(2)
    send(a, 1)
    send(a, 2)
    send(b, 3)
    select = Select([a, b])
    assert select and not Select()
    seen = [(msg.receiver is a, msg.unpickle()) for msg in select]
    assert sorted(seen) == [(False, 3), (True, 1)], seen
    assert not select and a.get().unpickle() == 2
    assert "no receivers" in raises(mitogen.select.Error, select.get)


def select_repeatedly():
    a, b = receivers(2)
    with Select([a, b], oneshot=False) as select:
        assert select.empty() and "time" in raises(mitogen.core.TimeoutError, select.get, timeout=0.001)
        raises(mitogen.core.TimeoutError, select.get, block=False)
        for i in range(3):
            send(a, i)
        assert [select.get().unpickle() for _ in range(3)] == [0, 1, 2]
        send(b, 3)
        assert select.get_event().source is b
        assert select
    assert a.notify is None and b.notify is None
    raises(mitogen.core.LatchError, select.get)
    send(a, 4)
    assert a.get().unpickle() == 4


def select_errors():
    a, b = receivers(2)
    select = Select([a], oneshot=False)
    assert "has this" in raises(mitogen.select.Error, select.add, a)
    assert "another select" in raises(mitogen.select.Error, Select, [a])
    assert "does not have" in raises(mitogen.select.Error, select.remove, b)
    assert "itself" in raises(mitogen.select.Error, select.add, select)
    outer = Select([select])
    assert "itself" in raises(mitogen.select.Error, select.add, outer)
    assert issubclass(mitogen.select.Error, mitogen.core.Error)


def select_removed():
    """What was there before stays with the receiver, and is not given."""
    a, b = receivers(2)
    select = Select([a, b])
    send(a, 1)
    send(b, 2)
    a_first = select._latch  # both have announced themselves before one is removed
    while a_first.size() < 2:
        time.sleep(0.001)
    select.remove(a)
    assert [msg.unpickle() for msg in select] == [2]
    assert a.get().unpickle() == 1


def select_nested():
    found = receivers(5)
    outer = Select([Select(found[:2]), Select(found[2:3]), Select([Select(found[3:])])])
    for i, receiver in enumerate(found):
        send(receiver, i)
    seen = sorted((found.index(msg.receiver), msg.unpickle()) for msg in outer)
    assert seen == [(i, i) for i in range(5)], seen
    assert not outer


def select_latches():
    latch, receiver = mitogen.core.Latch(), receivers(1)[0]
    latch.put("before")
    select = Select([latch, receiver], oneshot=False)
    event = select.get_event()
    assert event.source is latch and event.data == "before"
    thread = threading.Thread(target=lambda: latch.put("later"))
    thread.start()
    assert select.get() == "later"
    thread.join()
    send(receiver, 1)
    assert select.get().unpickle() == 1
    # One that is closed with something in it is given up, and the others still count.
    latch.put(1)
    latch.close()
    send(receiver, 2)
    assert select.get().unpickle() == 2
    assert len(select._receivers) == 1


def select_dead():
    """A message that says that somebody is gone is one of the messages."""
    a, b = receivers(2)
    a.to_sender().close()
    send(b, 1)
    seen = []
    for msg in Select([a, b]):
        if msg.is_dead:
            seen.append(raises(mitogen.core.ChannelError, msg.unpickle))
        else:
            seen.append(msg.unpickle())
    assert 1 in seen and "closed" in [s for s in seen if s != 1][0], seen


def select_calls(contexts):
    """Calls of several contexts at once."""
    calls = [context.call_async(os.getpid) for context in contexts]
    return sorted(Select.all(calls))


def select_threads(n):
    """Several threads get from one select: each message once."""
    found = receivers(n)
    select = Select(found)
    seen = []

    def get():
        while 1:
            try:
                seen.append(select.get().unpickle())
            except (mitogen.select.Error, mitogen.core.LatchError):
                return
    threads = [threading.Thread(target=get) for _ in range(4)]
    for thread in threads:
        thread.start()
    for i, receiver in enumerate(found):
        send(receiver, i)
    end = time.time() + 30
    while len(seen) < n and time.time() < end:
        time.sleep(0.001)
    select.close()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(n)), seen


# mitogen.master


def child_modules(path):
    return sorted(mitogen.master.get_child_modules(path))


def status_of(pid):
    return os.waitpid(pid, 0)[1]


def create_child():
    pid, sock = mitogen.master.create_child("cat")
    size = 300000
    thread = threading.Thread(target=mitogen.master.write_all, args=(sock.fileno(), b"x" * size, time.time() + 30))
    thread.start()
    got = 0
    for data in mitogen.master.iter_read(sock.fileno(), time.time() + 30):
        got += len(data)
        if got == size:
            break
    thread.join()
    sock.shutdown(socket.SHUT_WR)
    assert "closed" in raises(mitogen.core.StreamError, lambda: list(mitogen.master.iter_read(sock.fileno())))
    assert status_of(pid) == 0
    pid, sock = mitogen.master.create_child(["sh", "-c", "exit 3"])
    assert status_of(pid) == 3 << 8
    raises(OSError, mitogen.master.create_child, "/no/such/program")


def tty_create_child():
    pid, fd = mitogen.master.tty_create_child("sh", "-c", "read x < /dev/tty; echo got $x; tty")
    mitogen.master.write_all(fd, b"hello\n")
    said = b""
    for data in mitogen.master.iter_read(fd, time.time() + 30):
        said += data
        if said.count(b"\n") == 2:
            break
    status = status_of(pid)
    os.close(fd)
    assert status == 0
    return said


def deadlines():
    r, w = os.pipe()
    try:
        assert "time" in raises(mitogen.core.TimeoutError, lambda: next(mitogen.master.iter_read(r, time.time() + 0.01)))
        assert "time" in raises(mitogen.core.TimeoutError, mitogen.master.write_all, w, b"x" * 1000000, time.time() + 0.05)
        os.close(r)
        r = None
        assert "closed" in raises(mitogen.core.StreamError, mitogen.master.write_all, w, b"x")
    finally:
        for fd in (r, w):
            if fd is not None:
                os.close(fd)


def process_monitor():
    monitor = mitogen.master.ProcessMonitor.instance()
    assert monitor is mitogen.master.ProcessMonitor.instance()
    latch = mitogen.core.Latch()
    for i in range(3):
        pid, sock = mitogen.master.create_child("sh", "-c", "read x; exit %d" % i)
        monitor.add(pid, latch.put)
        sock.close()
    seen = sorted(latch.get(30) for _ in range(3))
    pid, sock = mitogen.master.create_child("true")
    os.waitpid(pid, 0)
    monitor.add(pid, latch.put)  # somebody else has waited for it
    assert latch.get(30) is None
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    mitogen.master.ProcessMonitor._instance = None
    return seen


# mitogen.parent


def failing():
    raise ValueError("first")


def pid():
    return os.getpid()


def call_chain(context):
    with mitogen.parent.CallChain(context) as chain:
        assert chain.call(pid) == context.call(os.getpid)
        chain.call_no_reply(failing)
        text = raises(mitogen.core.CallError, chain.call, pid)
        assert "first" in text, text
        chain.reset()
        assert chain.call(pid)
        chain.call_no_reply(failing)
    plain = mitogen.parent.CallChain(context, pipelined=False)
    plain.call_no_reply(failing)
    assert plain.call(pid) and chain.chain_id != mitogen.parent.CallChain(context).chain_id


def core_source():
    import zlib
    partial = mitogen.parent.get_core_source_partial()
    assert partial is mitogen.parent.get_core_source_partial()
    assert partial.s.startswith(b"import os") and b"class Latch" in partial.s
    for tail in (b"main({})\n", b"main({1: 2})\n"):
        assert zlib.decompress(partial.append(tail)) == partial.s + tail


# mitogen.minify


def minimized(source):
    if not isinstance(source, str):
        source = source.encode("utf-8") if str is bytes else source.decode("utf-8")
    made = mitogen.minify.minimize_source(source)
    assert type(made) is str and made.count("\n") == source.count("\n")
    return made


def library(step):
    """Files of the interpreter's own library: every so many-th."""
    root = os.path.dirname(os.__file__)
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if f not in ("site-packages", "dist-packages")]
        found += [os.path.join(folder, name) for name in files if name.endswith(".py")]
    return [mitogen.core.text(name) for name in sorted(found)[::step]]


def minimize_file(path):
    """The same lines, the same syntax without docstrings."""
    import ast
    import io
    import tokenize
    with open(path, "rb") as f:
        source = f.read()
    try:
        if str is not bytes:
            source = source.decode(tokenize.detect_encoding(io.BytesIO(source).readline)[0])
        before = ast.parse(source)
    except (SyntaxError, ValueError, UnicodeDecodeError):
        return
    made = mitogen.minify.minimize_source(source)
    assert made.count("\n") == source.count("\n") and len(made) <= len(source), path
    a, b = without_docstrings(before), without_docstrings(ast.parse(made))
    assert ast.dump(a) == ast.dump(b), path
    assert lines(a) == lines(b), path


def without_docstrings(tree):
    import ast
    for node in ast.walk(tree):
        if type(node).__name__ in ("Module", "FunctionDef", "AsyncFunctionDef", "ClassDef"):
            if ast.get_docstring(node, False) is not None:
                del node.body[0]
            if [type(n).__name__ for n in node.body] == ["Pass"]:
                del node.body[0]
    return tree


def lines(tree):
    import ast
    return [node.lineno for node in ast.walk(tree) if hasattr(node, "lineno") and type(node).__name__ != "Pass"]
