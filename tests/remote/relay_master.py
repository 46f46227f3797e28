# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""A master with a tree: one direct child, and whatever is reached through it. Plays the master's part of doc/relay-protocol.md."""

import collections
import os
import struct
import sys
import time
import zlib

import master
from master import CALL_FUNCTION, CORE, DEAD, HANG, HEADER, HELLO, INFO, LOAD_MODULE, MAGIC, SHUTDOWN, CallError, Child, Dead, Value, dumps, unpickle

ADD_ROUTE, DEL_ROUTE, RELAY_OPEN, RELAY_CONTROL, EXPECT_ROUTE = 103, 104, 200, 201, 202
MAGIC_PICKLE, MAGIC_RAW = 0x4D4A, 0x4D4B
WINDOW = 65536


def module(name):
    out = os.environ.get("MITOGEN_REMOTE_CORE") or BUILT
    with open(os.path.join(out, name + ".z"), "rb") as f:
        return f.read()


def build():
    import atexit
    import shutil
    import subprocess
    import tempfile
    out = tempfile.mkdtemp(prefix="mitogen-core-")
    atexit.register(shutil.rmtree, out, True)
    subprocess.check_output([sys.executable, os.path.join(master.REMOTE, "build-core.py"), out])
    return out


BUILT = None if os.environ.get("MITOGEN_REMOTE_CORE") else build()
MODULES = {name: module(name) for name in ("parent", "relay")}


class Failed(Exception):
    pass


class Relay(object):
    """One record of a connection, or of a tunnel: what came at its handle E."""

    def __init__(self, tree, via, number=None):
        self.tree = tree
        self.via = via
        self.number = number
        self.handle = tree.new_handle()
        tree.relays[self.handle] = self
        self.events = []
        self.data = {0: bytearray(), 1: bytearray(), 2: bytearray()}
        self.used = 0
        self.end = None  # terminal event
        self.auto_credit = True
        self.credit = 0  # given back to us
        self.order = []

    def open(self, kind, target, name=u"x", stdio=u"pipe,stderr", env=None, rules=(), first=b"", window=WINDOW, limit=30000):
        self.window = window
        self.tree.push_modules(self.via)
        self.send_open((kind, target, self.number, name, stdio, env, list(rules), first, window, limit))
        return self

    def send_open(self, fields):
        self.tree.send(RELAY_OPEN, dumps(fields), self.handle, dst=self.via, magic=MAGIC_PICKLE)

    def control(self, *what):
        self.tree.send(RELAY_CONTROL, dumps(what), self.handle, dst=self.via, magic=MAGIC_PICKLE)

    def input(self, channel, data):
        self.tree.send(RELAY_CONTROL, struct.pack("B", channel) + data, self.handle, dst=self.via, magic=MAGIC_RAW)

    def on_frame(self, frame, magic):
        assert self.end is None, ("after the end", frame)
        if frame.reply_to == DEAD:
            self.end = "dead", frame.data.decode()
            self.events.append(self.end)
            return
        assert frame.src == self.via, frame
        if magic == MAGIC_RAW:
            number = bytearray(frame.data)[0]
            self.data[number] += frame.data[1:]
            self.order.append("data%d" % number)
            self.used += len(frame.data) - 1
            assert self.used <= self.window, "more than the window"
            if self.auto_credit and self.used >= self.window // 2:
                self.give(self.used)
            return
        event = unpickle(frame.data)
        self.events.append(event)
        self.order.append(event[0])
        assert isinstance(event[0], str), event
        if event[0] == "credit":
            self.credit += event[1]
        if event[0] in ("exit", "failed"):
            self.end = event

    def give(self, n):
        self.used -= n
        self.control("credit", n)

    def has(self, name):
        return [e for e in self.events if e[0] == name]

    def wait(self, *names, **kwargs):
        self.tree.until(lambda: any(self.has(name) for name in names) or self.end, kwargs.get("timeout", HANG))
        for name in names:
            if self.has(name):
                return self.has(name)[0]
        raise Failed(self.end, self.data)

    def wait_end(self, timeout=HANG):
        self.tree.until(lambda: self.end, timeout)
        return self.end

    def wait_data(self, channel, text, timeout=HANG):
        self.tree.until(lambda: text in self.data[channel] or self.end, timeout)
        assert text in self.data[channel], (self.end, self.data)


class Node(object):
    """A context below the direct child."""

    def __init__(self, tree, number, via, python, relay):
        self.tree, self.id, self.via, self.python, self.relay = tree, number, via, python, relay
        self.hello = None

    def start(self, function, *args, **kwargs):
        return self.tree.start_in(self.id, function, *args, **kwargs)

    def call(self, function, *args, **kwargs):
        return self.tree.reply(self.start(function, *args, **kwargs))

    def connect(self, python=None, **kwargs):
        return self.tree.grow(self.id, python or self.python, **kwargs)

    @property
    def live(self):
        return self.hello and self.id in self.tree.routes


class Tree(Child):
    """The direct child has id 1."""

    def __init__(self, python=sys.executable, **config):
        self.relays = {}
        self.routes = {}  # id -> hop; here always 1
        self.pending = {}
        self.gone = []
        self.refused = []
        self.nodes = {}
        self.paths = {1: []}  # id -> the hops above it
        self.pushed = collections.defaultdict(set)
        self.next_id = 2
        self.more = False
        self.frames_up = self.frames_down = 0
        config.setdefault("context_id", 1)
        Child.__init__(self, python, **config)

    def send(self, *args, **kwargs):
        self.frames_down += 1
        Child.send(self, *args, **kwargs)

    def parse(self):
        left = len(self.buf)  # no more than that: to answer a flood brings more of it
        while len(self.buf) >= 26 and left > 0:
            head = HEADER.unpack_from(self.buf)
            if len(self.buf) < 26 + head[6]:
                break
            frame = master.Frame(*(head[:6] + (bytes(memoryview(self.buf)[26:26 + head[6]]),)))
            del self.buf[:26 + head[6]]
            left -= 26 + head[6]
            self.frames_up += 1
            if frame.src == 1 or frame.src in self.routes:
                self.on_frame(frame)
            else:
                assert frame.src in self.refused, ("source without a route", frame)
        self.more = left <= 0 and len(self.buf) >= 26

    def fill(self, *args):
        if self.more:
            self.more = False
        else:
            Child.fill(self, *args)

    def on_frame(self, frame):
        number = None
        if frame.handle in (ADD_ROUTE, DEL_ROUTE):
            assert frame.src == 1 and frame.dst == 0, frame
            number = int(frame.data.split(b":")[0])
        if frame.handle == master.FORWARD_LOG:
            name, level, text = frame.data.split(b"\0", 2)
            self.logs.append((name.decode(), int(level), text.decode()))
        elif frame.handle == ADD_ROUTE:
            if number in self.pending and number not in self.routes:
                self.routes[number] = 1
                if number in self.nodes:
                    self.nodes[number].relay.order.append("ADD_ROUTE")
            else:
                self.refused.append(number)
                self.send(DEL_ROUTE, b"%d" % number)
        elif frame.handle == DEL_ROUTE:
            self.routes.pop(number, None)
            self.gone.append(number)
            if number in self.nodes:
                self.nodes[number].relay.order.append("DEL_ROUTE")
        elif frame.handle == HELLO:
            self.hello = unpickle(frame.data) if frame.src == 1 else self.hello
            if frame.src in self.nodes:
                self.nodes[frame.src].hello = unpickle(frame.data)
                self.nodes[frame.src].relay.order.append("HELLO")
            elif frame.src == 1:
                self.frames.append(frame)
        elif frame.handle in self.relays:
            self.relays[frame.handle].on_frame(frame, frame.magic)
        else:
            self.frames.append(frame)

    def until(self, done, timeout=HANG):
        end = time.time() + timeout
        self.parse()
        while not done():
            self.fill(max(0, end - time.time()))
            self.parse()

    # Contexts

    def push_modules(self, via):
        for name in ("parent", "relay"):
            if name not in self.pushed[via]:
                self.pushed[via].add(name)
                self.send(LOAD_MODULE, dumps((u"mitogen." + name, None, u"", MODULES[name], ())), dst=via)

    def allocate(self):
        self.next_id += 1
        return self.next_id - 1

    def stage(self, number, parents, python, config):
        nonce, marker = (os.urandom(8).hex() for _ in range(2))
        settings = {"context_id": number, "parent_ids": parents, "name": "n%d" % number, "marker": marker, "core_len": len(CORE), "debug": False,
                    "profiling": False, "unidirectional": False, "max_message_size": 134217728, "version": (1, 0, 0), "log_level": 20}
        settings.update(config)
        c = zlib.compressobj(9, zlib.DEFLATED, -15)
        tail = c.compress(("main(%r)\n" % settings).encode()) + c.flush()
        text = INFO["first_stage"]
        for key, value in (("@NONCE@", nonce), ("@LENGTH@", len(CORE) + len(tail)), ("@REST@", INFO["rest_length"])):
            text = text.replace(key, str(value))
        a, b = ("MITO0 %s\n" % nonce).encode(), ("MITO1 %s\n" % marker).encode()
        return [python, "-c", text, "mitogen:n%d" % number], [(0, a, "core", tail), (0, b, "adopt", b"")]

    def begin(self, via, python, wrap=None, stdio=u"pipe,stderr", first=(), number=None, env=None, limit=30000, window=WINDOW, expect=True,
              kind=u"process", **config):
        """Everything that is sent for a connection, back to back; first: calls for the new context."""
        number = number or self.allocate()
        parents = [via] + self.paths[via] + [0]
        argv, rules = self.stage(number, parents, python, config)
        if wrap:
            argv, rules = wrap(argv, rules)
        relay = Relay(self, via, number)
        node = self.nodes[number] = Node(self, number, via, python, relay)
        self.pending[number] = via
        self.paths[number] = [via] + self.paths[via]
        if expect:
            for hop in self.paths[via]:
                self.send(EXPECT_ROUTE, dumps((number, via)), dst=hop, magic=MAGIC_PICKLE)
        node.first = []
        frames = b""
        for function, args in first:
            handle = self.new_handle()
            node.first.append(handle)
            data = call_data(function, *args)
            frames += HEADER.pack(MAGIC, number, 0, 0, CALL_FUNCTION, handle, len(data)) + data
        relay.open(kind, argv, u"n%d" % number, stdio, env, rules, frames, window, limit)
        return node

    def finish(self, node, timeout=HANG):
        self.until(lambda: node.live and node.relay.has("adopted") or node.relay.end, timeout)
        if node.relay.end:
            raise Failed(node.relay.end, node.relay.data)
        return node

    def grow(self, via, python=None, **kwargs):
        return self.finish(self.begin(via, python or sys.executable, **kwargs))

    def start_in(self, dst, function, *args, **kwargs):
        handle = self.new_handle() if kwargs.pop("_reply", True) else 0
        self.send(CALL_FUNCTION, call_data(function, *args), handle, dst=dst)
        return handle

    def call_in(self, dst, function, *args):
        return self.reply(self.start_in(dst, function, *args))

    def ping_in(self, dst, timeout=HANG):
        handle = self.new_handle()
        self.send(4242, reply_to=handle, dst=dst)
        try:
            self.reply(handle, timeout)
        except Dead as e:
            assert str(e) == "invalid handle", e
            return
        raise AssertionError("answered")

    def load_module_in(self, dst, name, source):
        self.send(LOAD_MODULE, dumps((name, None, name + ".py", zlib.compress(source.encode()), ())), dst=dst)


def call_data(function, *args):
    name, _, rest = function.partition(":")
    owner, _, last = rest.rpartition(".")
    return dumps((None, name, owner or None, last, args, {}))
