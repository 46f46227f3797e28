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
from master import CALL_FUNCTION, CORE, DEAD, GET_MODULE, GET_RESOURCE, HANG, HEADER, HELLO, INFO, LOAD_MODULE, MAGIC, MODULES, SHUTDOWN, CallError, \
    Child, Dead, Value, dumps, unpickle

ADD_ROUTE, DEL_ROUTE, DETACHING, RELAY_OPEN, RELAY_CONTROL, EXPECT_ROUTE, CONNECT_REQUEST = 103, 104, 109, 200, 201, 202, 203
MAGIC_PICKLE, MAGIC_RAW = 0x4D4A, 0x4D4B
WINDOW = 65536


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
        self.tree.push(self.via, "relay", "forward")
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
        self.next_id = 2
        self.python = python
        self.serve_parts = True
        self.detached = []
        self.requests = []  # of code in contexts: (context id, method, options)
        self.asked = []  # (frame, node) to be answered when the node lives, or has failed
        self.on_request = None  # instead of start_request()
        self.on_made = lambda node: None  # before the answer
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
        elif frame.dst != 0 and frame.dst not in self.routes:
            if frame.reply_to and frame.reply_to != DEAD:
                self.dead(frame, "no route to %d, my ID is 0" % frame.dst)
        elif frame.handle == HELLO:
            self.hello = unpickle(frame.data) if frame.src == 1 else self.hello
            if frame.src in self.nodes:
                self.nodes[frame.src].hello = unpickle(frame.data)
                self.nodes[frame.src].relay.order.append("HELLO")
            elif frame.src == 1:
                self.frames.append(frame)
        elif frame.handle == GET_MODULE and self.serve_parts:
            self.on_get_module(frame)
        elif frame.handle == GET_RESOURCE:
            self.on_get_resource(frame)
        elif frame.handle == CONNECT_REQUEST:
            self.answer_request(frame)
        elif frame.handle == DETACHING and frame.dst == 0:
            if frame.src != 1:
                return self.dead(frame, "refused by policy")
            self.detached.append(1)
            self.answer(frame, None)
        elif frame.handle in self.relays:
            self.relays[frame.handle].on_frame(frame, frame.magic)
        else:
            self.frames.append(frame)

        for request in list(self.asked):
            asked, node = request
            if node.live and node.relay.has("adopted"):
                self.asked.remove(request)
                self.on_made(node)
                self.answer(asked, (node.id, u"n%d" % node.id))
            elif node.relay.end:
                self.asked.remove(request)
                self.refuse(asked, u"mitogen.core.StreamError: %r %r" % (node.relay.end, bytes(node.relay.data[2])))

    # Requests of contexts

    def answer(self, frame, value):
        self.send(frame.reply_to, dumps(value), dst=frame.src)

    def refuse(self, frame, said):
        data = said.encode()
        self.send(frame.reply_to, b"\x80\x02cmitogen.core\n_unpickle_call_error\nX" + struct.pack("<L", len(data)) + data + b"\x85R.", dst=frame.src)

    def dead(self, frame, said):
        self.send(frame.reply_to, said.encode(), DEAD, dst=frame.src)

    def send_part(self, frame):
        if frame.data == b"mitogen.detach" and frame.src in self.nodes:
            self.push(self.nodes[frame.src].via, "detach")  # the other side of it
        Child.send_part(self, frame)

    def answer_request(self, frame):
        method, options = unpickle(frame.data)
        self.requests.append((frame.src, method, options))
        if self.on_request:
            return self.on_request(frame, method, options)
        self.start_request(frame, method, options)

    def start_request(self, frame, method, options):
        config = {key: options[key] for key in ("debug", "profiling", "unidirectional", "max_message_size") if key in options}
        if method == "local":
            node = self.begin(frame.src, options.get("python_path") or self.python, **config)
        elif method == "fork":
            node = self.begin_fork(frame.src, options.get("on_fork"), **config)
        else:
            return self.refuse(frame, u"mitogen.core.StreamError: %s is not available" % method)
        self.asked.append((frame, node))

    def until(self, done, timeout=HANG):
        end = time.time() + timeout
        self.parse()
        while not done():
            self.fill(max(0, end - time.time()))
            self.parse()

    # Contexts

    def allocate(self):
        self.next_id += 1
        return self.next_id - 1

    def settings(self, number, parents, config):
        settings = {"context_id": number, "parent_ids": parents, "name": "n%d" % number, "marker": os.urandom(8).hex(), "core_len": len(CORE),
                    "debug": False, "profiling": False, "unidirectional": False, "max_message_size": 134217728, "version": (1, 0, 0), "log_level": 20}
        settings.update(config)
        return settings

    def stage(self, number, parents, python, config):
        nonce = os.urandom(8).hex()
        settings = self.settings(number, parents, config)
        marker = settings["marker"]
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
        self.announce(number, via, expect)
        node.first = []
        frames = b""
        for function, args in first:
            handle = self.new_handle()
            node.first.append(handle)
            data = call_data(function, *args)
            frames += HEADER.pack(MAGIC, number, 0, 0, CALL_FUNCTION, handle, len(data)) + data
        relay.open(kind, argv, u"n%d" % number, stdio, env, rules, frames, window, limit)
        return node

    def announce(self, number, via, expect=True):
        self.pending[number] = via
        self.paths[number] = [via] + self.paths[via]
        if expect:
            for hop in self.paths[via]:
                self.send(EXPECT_ROUTE, dumps((number, via)), dst=hop, magic=MAGIC_PICKLE)

    def begin_fork(self, via, hook=None, limit=30000, stdio=u"pipe,stderr", **config):
        """A context that is a copy of the process of its via."""
        number = self.allocate()
        settings = self.settings(number, [via] + self.paths[via] + [0], config)
        relay = Relay(self, via, number)
        node = self.nodes[number] = Node(self, number, via, self.python, relay)
        self.announce(number, via)
        self.push(via, "fork", *["debug"] * (settings["debug"] or settings["profiling"]))
        rules = [(0, b"MITO1 %s\n" % settings["marker"].encode(), "adopt", b"")]
        return relay.open(u"fork", (settings, hook), u"n%d" % number, stdio, None, rules, limit=limit) and node

    def fork(self, via, hook=None, **kwargs):
        return self.finish(self.begin_fork(via, hook, **kwargs))

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


def call_data(function, *args):
    name, _, rest = function.partition(":")
    owner, _, last = rest.rpartition(".")
    return dumps((None, name, owner or None, last, args, {}))
