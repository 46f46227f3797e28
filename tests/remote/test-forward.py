#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Tests of how modules reach contexts through contexts, as the Python child does its part of it. Prints TAP.

Usage: test-forward.py [--quick] [--python PATH | --python VERSION] [NAME-PART ...]

Contexts below the direct child run the other interpreters in turn. doc/module-protocol.md says what goes over the wire.
"""

import collections
import os
import sys
import tempfile
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from master import CALL_FUNCTION, GET_MODULE, HANG, LOAD_MODULE, CallError, Dead, dumps
from relay_master import Tree, call_data
from relay_testing import VERSIONS, main, nothing_left, test

FORWARD_MODULE = 108
HAVE = [v for v in VERSIONS if os.path.exists(v)]

# name -> (children of a package or None, source, names that it imports)
MODULES = {
    "app": (["a", "b", "c", "missing"], "from app.a import A\n", ["app.a"]),
    "app.a": (None, "from app import b\nA = b.B + 1\nWHO = __name__\n", ["app", "app.b", "!nowhere"]),
    "app.b": (None, "B = 1\n", ["app"]),
    "app.c": (None, "from app.a import A\nimport app.big\ndef total():\n    return A + app.big.SIZE\n", ["app", "app.a", "app.big"]),
    "app.big": (None, "DATA = '''%s'''\nSIZE = len(DATA)\n" % "".join("%08x" % (i * 48271 % 0x7FFFFFFF) for i in range(15000)), ["app"]),
    "other": (None, "VALUE = 7\n", []),
    "ns": (["leaf"], None, []),
    "ns.leaf": (None, "LEAF = 'leaf'\n", ["ns"]),
    "probe": (None, """
import sys
import threading

def value(module, name):
    __import__(module)
    return getattr(sys.modules[module], name)

def total():
    import app.c
    return app.c.total()

def error(module):
    try:
        __import__(module)
    except ImportError as e:
        return str(e)
    return None

def has(module):
    return module in sys.modules

def known(module):
    import mitogen.core
    return bool(mitogen.core.importer) and module in mitogen.core.importer.cache

def overrides():
    import mitogen.core
    return [mitogen.core.native(name) for name in mitogen.core.overrides]

def missing():
    import mitogen.core
    return len(mitogen.core.importer.missing)

def states():
    import mitogen.core
    return [dict(getattr(stream, "modules", {})) for stream in mitogen.core.streams]

def post(dst, handle, payloads, reply_to=0, src=None):
    import mitogen.core
    for data in payloads:
        msg = mitogen.core.Message(dst_id=dst, handle=handle, reply_to=reply_to, data=data)
        if src is not None:
            msg.src_id = msg.auth_id = src
        mitogen.core.router.route(msg)

def flood(dst, name, count):
    import mitogen.core
    message = mitogen.core.HEADER.pack(mitogen.core.MAGIC, dst, mitogen.core.me, mitogen.core.me, 100, 0, len(name)) + name
    stream = mitogen.core.parent
    for _ in range(count // 1000):
        stream.write((message * 1000,), 1 << 20)

def swallow(data):
    pass

def ask_while_deaf(parent, fifo):
    # Whoever leads reads nothing until the test opens the second pipe, and asks after it has opened the first.
    import mitogen.core as core
    names = b"nosuch", b"other"

    def frame(dst, handle, data):
        return core.HEADER.pack(core.MAGIC, dst, core.me, core.me, handle, 0, len(data)) + data

    def deaf():
        core.start_importer()
        core.log(20, u"deaf")
        open(fifo + "1").close()
        frames = b"".join([frame(parent, 100, name) for name in names]) + frame(0, 102, b"x\\0" b"20\\0asked")
        core.parent.write((frames,), len(frames))
        open(fifo + "2").close()
    core.router.broker.defer_sync(deaf)
    end = core.now() + 30
    while core.now() < end and not ("nosuch" in core.importer.missing and "other" in core.importer.cache):
        core.pause(0.001)
    return ["nosuch" in core.importer.missing, "other" in core.importer.cache]
""", []),
}


class Serving(Tree):
    """Answers as doc/module-protocol.md says, and counts what crosses the first hop."""

    def __init__(self, python, **config):
        self.asked_for = []  # (who, name)
        self.sent = collections.Counter()
        self.has = collections.defaultdict(dict)  # neighbour -> name -> "ahead" or "asked"
        self.serve_modules = True
        self.kept = []
        Tree.__init__(self, python, **config)
        self.push(1, "importer")

    def on_get_module(self, frame):
        if frame.reply_to:
            return self.send_part(frame)
        name = frame.data.decode()
        assert frame.src == 1, frame  # each context asks its own parent
        self.asked_for.append((frame.src, name))
        if self.serve_modules:
            self.answer_module(name)
        else:
            self.kept.append(name)

    def answer_module(self, name):
        if name not in MODULES:
            return self.send(LOAD_MODULE, dumps((name, None, None, "it is not in the tests", ())))
        if self.has[1].get(name) != "ahead":
            self.provide(name, name in self.has[1])
        self.has[1][name] = "asked"

    def provide(self, name, again=False):
        children, source, related = MODULES[name]
        if name in self.has[1] and not again:
            return
        self.has[1][name] = "ahead"
        if not again:
            for other in related:
                if other[0] != "!":
                    self.provide(other)
        self.sent[name] += 1
        self.send(LOAD_MODULE, dumps((name, children, "/app/" + name, source and zlib.compress(source.encode()), related)))

    def forward(self, number, name):
        """As a call of a function of that module in a context makes the master do."""
        self.provide(name)
        self.send(FORWARD_MODULE, b"%d\0%s" % (number, name.encode()))

    def settle(self, number):
        """What was sent to this context has been dealt with, and so has what it sent."""
        self.ping_in(number)


def grown(t, n, via=1):
    """Contexts below the direct child, of all interpreters in turn."""
    begun = [t.begin(via, HAVE[i % len(HAVE)]) for i in range(n)]
    return [t.finish(node) for node in begun]


def chain(t, n):
    nodes, via = [], 1
    for i in range(n):
        nodes += grown(t, 1, via) if not i else [t.grow(via, HAVE[i % len(HAVE)])]
        via = nodes[-1].id
    return nodes


def call(t, node, function, *args):
    value = t.reply(t.start_in(node if isinstance(node, int) else node.id, "probe:" + function, *args))
    return value.decode() if isinstance(value, bytes) else value


SIZE = 8 * 15000


@test
def related_modules_come_along(py):
    with Serving(py) as t:
        a, b = grown(t, 2)
        t.forward(a.id, "probe")
        assert call(t, a, "total") == 2 + SIZE
        # One request for what nobody had; all that it needs came with it, and the context asked for nothing else.
        assert t.asked_for == [(1, "app.c")] or t.asked_for == [(1, "app"), (1, "app.c")], t.asked_for
        asked = len(t.asked_for)
        assert call(t, b, "total") == 2 + SIZE
        # The direct child had everything but probe, which it was sent for a.
        assert len(t.asked_for) == asked and all(count == 1 for count in t.sent.values()), (t.asked_for, t.sent)
        assert not t.logs, t.logs
        nothing_left_of(t)


def nothing_left_of(t):
    assert t.shutdown() == 0


@test
def twenty_children(py):
    with Serving(py) as t:
        nodes = grown(t, 20)
        handles = [t.start_in(node.id, "probe:total") for node in nodes]
        assert [t.reply(handle) for handle in handles] == [2 + SIZE] * 20
        assert all(count == 1 for count in t.sent.values()) and set(t.sent) == {"probe", "app", "app.a", "app.b", "app.c", "app.big"}, t.sent
        names = [name for _, name in t.asked_for]
        assert len(names) == len(set(names)), names
        # Negative answers are shared as well.
        handles = [t.start_in(node.id, "probe:error", "nosuch") for node in nodes]
        said = {reply.decode() if isinstance(reply, bytes) else reply for reply in map(t.reply, handles)}
        assert all("it is not in the tests" in text for text in said), said
        assert [name for _, name in t.asked_for].count("nosuch") == 1
        nothing_left_of(t)


@test
def three_levels(py):
    with Serving(py) as t:
        nodes = chain(t, 3)
        assert call(t, nodes[-1], "total") == 2 + SIZE
        assert all(count == 1 for count in t.sent.values()), t.sent
        asked = list(t.asked_for)
        for node in nodes[:-1]:
            assert call(t, node, "total") == 2 + SIZE  # out of what passed through
        assert t.asked_for == asked
        assert call(t, nodes[-1], "value", "ns.leaf", "LEAF") in ("leaf", b"leaf")
        nothing_left_of(t)


@test
def forward_module(py):
    with Serving(py) as t:
        nodes = chain(t, 3)
        last = nodes[-1]
        t.forward(last.id, "probe")
        t.forward(last.id, "app.c")
        assert call(t, last, "total") == 2 + SIZE
        assert t.asked_for == [] and all(count == 1 for count in t.sent.values()), (t.asked_for, t.sent)
        for node in nodes[:-1]:
            t.forward(node.id, "probe")
            assert call(t, node, "known", "app.big") is True and call(t, node, "has", "app.big") is False
        # Again: it has been sent already. To nobody: nothing.
        t.forward(last.id, "app.c")
        t.forward(999, "other")
        t.send(FORWARD_MODULE, b"garbage")
        t.send(FORWARD_MODULE, b"%d\0nosuch" % last.id)
        assert call(t, last, "total") == 2 + SIZE
        assert t.asked_for == [(1, "nosuch")] and t.sent["app.c"] == 1
        nothing_left_of(t)


@test
def crossing_requests(py):
    """What is sent ahead while the request for it is on its way is not sent twice."""
    with Serving(py) as t:
        a, = grown(t, 1)
        t.forward(a.id, "probe")
        t.serve_modules = False
        handle = t.start_in(a.id, "probe:value", "other", "VALUE")
        t.until(lambda: t.kept)
        assert t.kept == ["other"]
        t.forward(a.id, "other")  # the master had already sent it when the request came
        assert t.reply(handle) == 7
        t.has[1]["other"] = "asked"
        state, = t.call("probe:states")
        assert {key.decode() if isinstance(key, bytes) else key: v for key, v in state.items()}["other"] == 2
        # One that comes all the same: the context asks by hand, having got it unasked.
        t.serve_modules = True
        t.forward(a.id, "app.b")
        for _ in range(2):
            call(t, a, "post", 1, GET_MODULE, [b"app.b"])
            t.settle(a.id)
        state, = t.call("probe:states")
        assert {key.decode() if isinstance(key, bytes) else key: v for key, v in state.items()}["app.b"] == 2
        nothing_left_of(t)


@test
def settings(py):
    with Serving(py) as t:
        a, b = grown(t, 2)
        c = t.grow(a.id, py)
        every = [1, a.id, b.id, c.id]
        # Before anybody here has imported anything, and after.
        for prefixes in (["early"], ["x.y", "z"]):
            t.send(LOAD_MODULE, dumps(("", None, None, None, prefixes)))
            for number in every:
                t.settle(number)
            for number in every:
                assert [p.decode() if isinstance(p, bytes) else p for p in call(t, number, "overrides")] == prefixes, (number, prefixes)
        # What was missing is asked for again.
        assert "it is not in the tests" in call(t, c, "error", "late")
        assert "it is not in the tests" in call(t, c, "error", "late")
        assert [name for _, name in t.asked_for].count("late") == 1
        MODULES["late"] = None, "LATE = 3\n", []
        try:
            t.send(LOAD_MODULE, dumps(("", None, None, None, [])))
            for number in every:
                t.settle(number)
            assert call(t, c, "value", "late", "LATE") == 3
        finally:
            del MODULES["late"]
        nothing_left_of(t)


@test
def children_that_go(py):
    with Serving(py) as t:
        a, b = grown(t, 2)
        for node in (a, b):
            t.forward(node.id, "probe")
        t.serve_modules = False
        for node in (a, b):
            t.start_in(node.id, "probe:value", "other", "VALUE")
        t.until(lambda: t.kept)
        os.kill(a.hello["pid"], 9)
        t.until(lambda: a.id in t.gone)
        waiting = t.start_in(b.id, "probe:value", "other", "VALUE")
        t.serve_modules = True
        t.answer_module("other")
        assert t.reply(waiting) == 7
        assert t.kept == ["other"]
        # A new one has not been sent anything.
        c, = grown(t, 1)
        assert call(t, c, "value", "other", "VALUE") == 7
        assert t.sent["other"] == 1 and not t.logs, (t.sent, t.logs)
        nothing_left_of(t)


@test
def forked_contexts_forward(py):
    """A copy of a context that has forwarded does so for children of its own."""
    with Serving(py) as t:
        a, = grown(t, 1)
        assert call(t, a, "total") == 2 + SIZE
        copy = t.fork(1)
        below = t.grow(copy.id, py)
        assert call(t, below, "total") == 2 + SIZE
        assert all(count == 1 for count in t.sent.values()), t.sent
        assert call(t, below, "value", "other", "VALUE") == 7
        assert "it is not" in call(t, below, "error", "nosuch")
        nothing_left_of(t)


@test
def hostile_children(py):
    with Serving(py) as t:
        bad, good = grown(t, 2)
        for node in (bad, good):
            t.forward(node.id, "probe")
        # FORWARD_MODULE without authority, also in somebody else's name.
        call(t, bad, "post", 1, FORWARD_MODULE, [b"%d\0other" % good.id, b"%d\0app.c" % bad.id])
        call(t, bad, "post", 1, FORWARD_MODULE, [b"%d\0other" % good.id], 0, 0)
        call(t, bad, "post", good.id, FORWARD_MODULE, [b"%d\0other" % good.id])
        # LOAD_MODULE, too.
        fake = dumps(("other", None, "/x", zlib.compress(b"VALUE = 666\n"), ()))
        for target in (0, 1, good.id):
            call(t, bad, "post", target, LOAD_MODULE, [fake])
        call(t, bad, "post", 1, LOAD_MODULE, [dumps(("", None, None, None, ["evil"]))])
        # Requests in the name of others, to others, and what is no name.
        call(t, bad, "post", 1, GET_MODULE, [b"other"], 0, good.id)
        call(t, bad, "post", good.id, GET_MODULE, [b"other"])
        names = [b"", b"\xff\xfe", b"\xed\xa0\x80", b"a\0b", b"x" * 1001, b"y" * 70000, b"..", b"../../etc/passwd", "caf\u00e9".encode()]
        call(t, bad, "post", 1, GET_MODULE, names)
        t.settle(bad.id)
        t.settle(1)
        t.settle(good.id)
        asked = {name for _, name in t.asked_for}
        assert asked <= {"..", "../../etc/passwd", "caf\u00e9"}, asked
        assert call(t, good, "known", "other") is False
        assert call(t, good, "value", "other", "VALUE") == 7
        assert call(t, good, "overrides") == []
        assert call(t, bad, "value", "other", "VALUE") == 7
        assert len([entry for entry in t.logs if "no name" in entry[2]]) == 1, t.logs
        nothing_left_of(t)


@test
def a_flood_of_requests(py):
    """A child that asks and asks, and does not read: it waits, and nobody else does."""
    with Serving(py) as t:
        bad, good = grown(t, 2)
        for node in (bad, good):
            t.forward(node.id, "probe")
        assert call(t, bad, "total") == 2 + SIZE
        before = memory(t.hello["pid"])
        count = 20000 if "--quick" in sys.argv else 1000000
        for name in (b"app.big", b"nosuch", b"\xff"):
            t.start_in(bad.id, "probe:flood", 1, name, count, _reply=False)
            assert call(t, good, "value", "other", "VALUE") == 7
        t.settle(good.id)
        t.ping()
        t.reply(t.start_in(bad.id, "os:getpid"), HANG * 4)
        grown_by = memory(t.hello["pid"]) - before
        assert grown_by < 64 << 20, grown_by
        assert [name for _, name in t.asked_for].count("nosuch") == 1
        nothing_left_of(t)


@test
def a_slow_link(py):
    """Who has much to read already gets what it asks for all the same, however slow its link."""
    with Serving(py) as t:
        slow, = grown(t, 1)
        t.forward(slow.id, "probe")
        # Its leader does nothing; what it asks for meanwhile comes while megabytes wait for it.
        with tempfile.TemporaryDirectory() as folder:
            fifo = os.path.join(folder, "fifo")
            for number in "12":
                os.mkfifo(fifo + number)
            handle = t.start_in(slow.id, "probe:ask_while_deaf", 1, fifo)
            t.wait_log(lambda entry: entry[2] == "deaf")
            for _ in range(6):
                t.start_in(slow.id, "probe:swallow", b"x" * (1 << 20), _reply=False)
            t.ping()  # the via has them
            open(fifo + "1", "w").close()
            t.wait_log(lambda entry: entry[2] == "asked")
            open(fifo + "2", "w").close()
            assert t.reply(handle) == [True, True]
        nothing_left_of(t)


def memory(pid):
    with open("/proc/%d/statm" % pid) as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@test
def many_missing_names(py):
    """Names that a child makes up do not stay in memory for ever."""
    with Serving(py) as t:
        bad, = grown(t, 1)
        t.forward(bad.id, "probe")
        count = 12000
        for start in range(0, count, 1000):
            call(t, bad, "post", 1, GET_MODULE, [b"n%d" % i for i in range(start, start + 1000)])
        t.until(lambda: len(t.asked_for) >= count)
        t.ping()
        t.provide("probe")
        assert t.call("probe:missing") <= 10000
        nothing_left_of(t)


@test
def pending_without_end(py):
    """A master that does not answer: what a child asks for is bounded, and all is answered in the end."""
    with Serving(py) as t:
        bad, = grown(t, 1)
        t.forward(bad.id, "probe")
        t.serve_modules = False
        count = 30000
        t.start_in(bad.id, "probe:post", 1, GET_MODULE, [b"n%d" % i for i in range(count)], _reply=False)
        t.until(lambda: len(t.asked_for) > 10000)
        t.ping()
        assert len(t.asked_for) < 20000, len(t.asked_for)
        t.serve_modules = True
        for name in t.kept:
            t.answer_module(name)
        t.until(lambda: len(t.asked_for) == count)
        t.settle(bad.id)
        nothing_left_of(t)


@test
def detached_forwarder(py):
    """Who leaves the tree tells its children so, instead of letting them wait."""
    with Serving(py) as t:
        a, = grown(t, 1)
        t.forward(a.id, "probe")
        t.load_module_in(1, "leaving", "import mitogen.core\n"
                         "@mitogen.core.takes_econtext\n"
                         "def leave(i, econtext):\n"
                         "    import probe\n"
                         "    below = econtext.router.context_by_id(i)\n"
                         "    waiting = below.call_async(probe.error, u'never')\n"
                         "    while 'never' not in mitogen.core.importer.waiting:\n"
                         "        mitogen.core.pause(0.001)\n"
                         "    econtext.detach()\n"
                         "    said = [waiting.get(30).unpickle(), below.call(probe.error, u'after'), below.call(probe.value, u'app.b', u'B')]\n"
                         "    with open(%r, 'w') as f:\n"
                         "        f.write(repr(said))\n"
                         "    econtext.broker.shutdown()\n" % (REPORT,))
        t.provide("probe")
        t.provide("app.b")
        t.settle(1)
        t.serve_modules = False
        t.start("leaving:leave", a.id)
        t.drain()
        t.process.wait(HANG)
        with open(REPORT) as f:
            said = f.read()
        os.unlink(REPORT)
        assert said.count("is gone") == 2 and said.endswith(", 1]"), said


REPORT = "/tmp/mitogen-test-forward.%d" % os.getpid()

main()
