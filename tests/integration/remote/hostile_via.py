# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A stand-in for a context through which others are reached (doc/relay-protocol.md), and that lies: no process is started, it plays the
# context behind it, too. Started like hostile_child.py: hostile_via.py MODE [ARGUMENT] -c FIRST_STAGE TITLE
#
# The mode says how it treats RELAY_OPEN; one that is not known here behaves. Calls of functions whose names begin with "go_" make it do more.

import os
import pickle
import struct
import sys
import time

sys.dont_write_bytecode = True

import hostile_child
from hostile_child import ADD_ROUTE, ALLOCATE_ID, CALL_FUNCTION, DEL_ROUTE, FORWARD_LOG, HELLO, IS_DEAD, MAGIC, SHUTDOWN, argument, frame, mode

RELAY_OPEN, RELAY_CONTROL, EXPECT_ROUTE, CONNECT_REQUEST = 200, 201, 202, 203
GET_MODULE, DETACHING = 100, 109
MAGIC_PICKLE, MAGIC_RAW = 0x4D4A, 0x4D4B

relays = {}  # handle -> Relay
alive = {}  # ids that were announced
heard = []  # what was typed: channel and bytes
answered = 0  # where the answer to the present call goes


def say(data):
    try:
        hostile_child.say(data)
    except OSError:
        os._exit(0)


def pickled(value):
    return pickle.dumps(value, 2)


class Relay(object):
    def __init__(self, head, data):
        self.handle = head[5]
        self.fields = pickle.loads(data, encoding="bytes")
        self.kind, self.target, self.id, self.name, self.stdio, self.env, self.rules, self.first, self.window, self.limit = self.fields
        self.markers = [rule[1] for rule in self.rules]

    def event(self, *what):
        self.raw_event(pickled(what))

    def raw_event(self, data, magic=MAGIC_PICKLE, **kwargs):
        say(frame(0, self.handle, 0, data, magic=magic, **kwargs))

    def data(self, channel, data):
        say(frame(0, self.handle, 0, struct.pack("B", channel) + data, magic=MAGIC_RAW))

    def dead(self, **kwargs):
        say(frame(0, self.handle, IS_DEAD, b"dead", **kwargs))

    def markers_pass(self):
        for index, marker in enumerate(self.markers):
            self.data(0, marker)
            self.event("rule", index)

    def add_route(self):
        alive[self.id] = self
        say(frame(0, ADD_ROUTE, 0, ("%d:liar" % self.id).encode()))

    def greet(self, src=None, **more):
        src = self.id if src is None else src
        say(frame(0, HELLO, 0, hostile_child.hello(**more), src=src, auth=src))

    def begin(self):
        self.event("started", 4242)
        self.markers_pass()

    def behave(self):
        self.begin()
        self.add_route()
        self.event("adopted")
        self.greet()

    def close(self, status=0):
        if alive.pop(self.id, None):
            say(frame(0, DEL_ROUTE, 0, b"%d" % self.id))
        self.event("exit", status, 0)


# What is done at RELAY_OPEN. Modes without a function here behave.

PICKLES = [b"", b"\xff" * 50, pickled(()), pickled(5), pickled([]), pickled(u"adopted"), pickled((5,)), pickled((u"",)), pickled((None,)),
           pickled({}), pickled(((u"adopted",),)), b"]" * 9000 + b"a" * 8999 + b".", b"cos\nsystem\n(S'touch /tmp/mitogen-owned'\ntR.",
           b"\x80\x02T\xff\xff\xff\x7fabc.", pickled((u"x" * 1000000,)), pickled((u"adopted",))[:-1], b"\x80\x02X\x01\0\0\0\xff\x85.",
           b"cmitogen.core\n_unpickle_call_error\n(Vno\ntR."]
EXITS = [(), ("x", {}), (None,), (-1, -1), (1 << 70, 0), ("1", "2"), ([], None), (0, 0, 0), (9, 1 << 40), (0xFFFFFFFF, 0)]
FAILURES = [(), (u"a", 5), (2,), (2, u"x" * 1000000), (2, u"no\x1b[31m such\n\0\u202e file"), (-5, b"\xff\xfe"), (1 << 70, u""), (None, None)]


def silent(r):
    pass


def started_only(r):
    r.event("started", 4242)


def no_route(r):
    """Adopted, and greets, though it announced nothing."""
    r.begin()
    r.event("adopted")
    r.greet()


def no_adopted(r):
    r.begin()
    r.add_route()
    r.greet()


def no_hello(r):
    r.begin()
    r.add_route()
    r.event("adopted")


def hello_first(r):
    """Frames of a context that nobody knows yet are dropped."""
    r.greet()
    r.begin()
    r.add_route()
    r.event("adopted")


def backwards(r):
    r.event("adopted")
    r.event("rule", 1)
    r.event("rule", 0)
    r.add_route()
    r.greet()
    r.event("started", 4242)


def twice(r):
    r.behave()
    r.event("started", 1)
    r.markers_pass()
    r.event("adopted")
    r.add_route()
    r.greet(pid=1)


def rules(r):
    for index in (99, -1, 1 << 70, "0", None, 0, 0, 0, 1):
        r.event("rule", index)


def pickles(r):
    r.event("started", 4242)
    r.raw_event(PICKLES[int(argument)])


def exits(r):
    r.begin()
    r.event("exit", *EXITS[int(argument)])


def failures(r):
    r.event("failed", *FAILURES[int(argument)])


def two_ends(r):
    r.event("started", 4242)
    r.event("exit", 7 << 8, 0)
    r.event("failed", 2, u"and failed")
    r.event("exit", 9, 0)
    r.dead()
    r.add_route()
    r.event("adopted")
    r.greet()


def end_then_on(r):
    """The end, and then as if nothing were."""
    r.event("exit", 0, 0)
    r.behave()


def exit_after_adoption(r):
    """It says that the process has ended, but leaves the route."""
    r.behave()
    r.event("exit", 0, 0)
    say(frame(0, FORWARD_LOG, 0, b"stdout\00020\0still here", src=r.id, auth=r.id))


def overdraw(r):
    """More than was granted."""
    r.event("started", 4242)
    r.data(0, b"z\n" * (r.window // 2) + b"z")


def flood_data(r):
    r.event("started", 4242)
    chunk = frame(0, r.handle, 0, b"\0" + b"z" * 16384, magic=MAGIC_RAW) * 50
    for _ in range(100):
        say(chunk)


def flood_events(r):
    r.event("started", 4242)
    chunk = (frame(0, r.handle, 0, pickled(("credit", 1 << 31)), magic=MAGIC_PICKLE) +
             frame(0, r.handle, 0, pickled(("limit",)), magic=MAGIC_PICKLE)) * 1000
    for _ in range(100):
        say(chunk)


def flood_stderr(r):
    """After adoption: lines without end."""
    r.behave()
    for _ in range(2000):
        r.data(2, b"y" * 16384)


def channels(r):
    """It has no terminal beside its pipes, nor five of them."""
    r.event("started", 4242)
    r.data([1, 3, 7, 255][int(argument)], b"odd\n")
    r.behave()


def nothing_said(r):
    r.event("started", 4242)
    say(frame(0, r.handle, 0, b"", magic=MAGIC_RAW))
    for channel in (0, 2):
        r.data(channel, b"")
    r.markers_pass()
    r.add_route()
    r.event("adopted")
    r.greet()


def unknown_events(r):
    """Of a later version."""
    r.event("weather", u"fine")
    r.event("started", 4242, 1)
    r.event("credit", 5)
    r.markers_pass()
    r.add_route()
    r.event("adopted")
    r.greet()


def markers_only(r):
    """Words that look like markers, and prompts that nobody answers."""
    r.event("started", 4242)
    for text in (b"MITO0 0123456789abcdef\n", b"MITO1 0123456789abcdef\n", b"Password: ", b"(yes/no/[fingerprint])? ", b"\x1b]0;title\7\0\r\n"):
        for channel in (0, 2):
            r.data(channel, text)
    r.markers_pass()
    r.add_route()
    r.event("adopted")
    r.greet()


# What looks like a question on the terminal of ssh, sudo and the like. Each stands for a moment: a question is known by nothing following it.

PROMPTS = [b"Password: ", b"[sudo] password for root: ", b"root@127.0.0.1's password: ", b"(root@127.0.0.1) Verification code: ",
           b"Enter passphrase for key '/root/.ssh/id_ed25519': ", b"Are you sure you want to continue connecting (yes/no/[fingerprint])? "]


def prompt(r, *channels):
    for text in PROMPTS:
        for channel in channels:
            r.data(channel, text)
        time.sleep(0.15)
        for channel in channels:
            r.data(channel, b"\r\n")


def finish(r):
    r.markers_pass()
    r.add_route()
    r.event("adopted")
    r.greet()


def prompts_elsewhere(r):
    """Not on the terminal, the channel of which is the argument."""
    r.event("started", 4242)
    prompt(r, *[channel for channel in (0, 1, 2) if str(channel) != argument and not (channel == 1 and not r.stdio.startswith("tty+"))])
    finish(r)


def prompts_late(r):
    """When the first stage has said that it runs, so that whatever had to ask has done so; and when all is over."""
    channels = [channel for channel in (1, 2) if channel == 2 or r.stdio.startswith("tty+")]
    r.event("started", 4242)
    r.data(0, r.markers[0])
    r.event("rule", 0)
    prompt(r, *channels)
    if r.stdio == "tty,stderr" or r.stdio == "tty":
        prompt(r, 0)
    r.data(0, r.markers[1])
    r.event("rule", 1)
    r.add_route()
    r.event("adopted")
    r.greet()
    prompt(r, *channels)


def prompts_again(r):
    """The same question for as long as somebody answers; see typed()."""
    r.event("started", 4242)
    r.data(int(argument), PROMPTS[0])


def prompts_ugly(r):
    r.event("started", 4242)
    r.data(int(argument), b"\x1b]0;title\7\x1b[2J\0\xff\xfe" + u"\u202e\u2028\n\r".encode("utf-8") + b"x" * 30000 + b"\r\n" + b"y" * 150 + b" Password: ")


def typed(r, data):
    heard.append(data.decode("latin-1"))
    if mode == "prompts_again":
        r.data(int(argument), b"\r\n" + PROMPTS[0])
    elif mode == "prompts_ugly":
        finish(r)


def huge_hello(r):
    r.begin()
    r.add_route()
    r.event("adopted")
    r.greet(more=u"x" * 8000000)


def hello_of_via(r):
    r.begin()
    r.add_route()
    r.event("adopted")
    r.greet(src=hostile_child.me)


def hello_of_next(r):
    r.begin()
    r.add_route()
    r.event("adopted")
    r.greet(src=r.id + 1)


def other_name(r):
    """Announces what it was not asked for, and not what it was."""
    r.begin()
    say(frame(0, ADD_ROUTE, 0, b"%d:liar" % (r.id + 1)))
    say(frame(0, ADD_ROUTE, 0, b"0:liar"))
    say(frame(0, ADD_ROUTE, 0, b"%d:liar" % hostile_child.me))
    r.event("adopted")
    r.greet(src=r.id + 1)


def lost_while_connecting(r):
    r.begin()
    r.add_route()
    r.event("adopted")
    say(frame(0, DEL_ROUTE, 0, b"%d" % r.id))
    alive.pop(r.id, None)


def route_flaps(r):
    r.begin()
    for _ in range(1000):
        r.add_route()
        say(frame(0, DEL_ROUTE, 0, b"%d" % r.id))
    r.event("adopted")
    r.greet()


def dead_at_once(r):
    r.dead()


def dies(r):
    r.event("started", 4242)
    os._exit(3)


def garbage(r):
    r.begin()
    say(b"\xff\0garbage\n" * 10)


def later(r):
    """Waits until it is called."""
    r.event("started", 4242)


# What is done when somebody calls.


def go_heard():
    return u"".join(heard)


def go_count():
    return len(relays)


def go_finish(*others):
    for r in list(relays.values()):
        r.markers_pass()
        r.add_route()
        r.event("adopted")
        r.greet()


def go_steal(*others):
    """ADD_ROUTE and DEL_ROUTE of ids that are expected elsewhere, routed elsewhere, or nobody's."""
    for number in list(range(100)) + [4242, 0xFFFFFFFF]:
        if number == hostile_child.me or number in alive:
            continue
        say(frame(0, ADD_ROUTE, 0, b"%d:thief" % number))
        say(frame(0, HELLO, 0, hostile_child.hello(), src=number, auth=number))
        say(frame(0, DEL_ROUTE, 0, b"%d" % number))
        say(frame(0, ADD_ROUTE, 0, b"%d:thief" % number, src=number, auth=number))
        for src in alive:
            say(frame(0, ADD_ROUTE, 0, b"%d:thief" % number, src=src, auth=src))
            say(frame(0, DEL_ROUTE, 0, b"%d" % number, src=src, auth=src))
    for said in (b"", b":", b"x:y", b"-1:a", b"99999999999999999999:a", b"4294967295:a", b"5" * 5000, b"7:" + b"n" * 100000, b"\xff\xfe",
                 b" 5", b"5 "):
        for reply_to in (0, 5, IS_DEAD):
            say(frame(0, ADD_ROUTE, reply_to, said))
            say(frame(0, DEL_ROUTE, reply_to, said))


def go_spray(*others):
    """Events for relays of others, and answers to calls of others: all handles that may be one, but for its own."""
    for src in [hostile_child.me] + list(alive) + [0, 1, 2, 3]:
        for handle in range(1000, 1200):
            if handle in relays or handle == answered:
                continue
            for what in (("started", 1), ("adopted",), ("exit", 9, 0), ("failed", 2, u"sprayed")):
                say(frame(0, handle, 0, pickled(what), src=src, magic=MAGIC_PICKLE))
            say(frame(0, handle, 0, b"\0sprayed", src=src, magic=MAGIC_RAW))
            say(frame(0, handle, IS_DEAD, b"sprayed", src=src))


def go_command(*others):
    """In its own name and in that of the context behind it: what only parents may."""
    call = pickled((None, u"os", None, u"_exit", (9,), {}))
    opened = pickled((u"process", [u"/bin/sh", u"-c", u"touch /tmp/mitogen-owned"], None, u"x", u"pipe", None, [], b"", 65536, 0))
    for src in [hostile_child.me] + list(alive):
        for dst in (0,) + others:
            for handle, data, magic in ((CALL_FUNCTION, call, MAGIC), (SHUTDOWN, b"", MAGIC), (RELAY_OPEN, opened, MAGIC_PICKLE),
                                        (RELAY_CONTROL, pickled(("kill",)), MAGIC_PICKLE), (107, pickled((u"os", None, u"", b"", ())), MAGIC),
                                        (EXPECT_ROUTE, pickled((others[0], src)), MAGIC_PICKLE)):
                say(frame(dst, handle, 9, data, src=src, auth=src, magic=magic))
                say(frame(dst, handle, 0, data, src=src, auth=0, magic=magic))
                say(frame(dst, handle, 0, data, src=0, auth=src, magic=magic))


def blocks(src, count):
    """What is got for so many requests, and how many announcements were refused. Its own last request is answered behind all that."""
    say(frame(0, ALLOCATE_ID, 77, src=src, auth=src) * count + frame(0, ALLOCATE_ID, 78))
    got = []
    refused = 0
    while 1:
        head, data = hostile_child.next_frame()
        if head[4] == 77 and head[5] != IS_DEAD:
            got.append(pickle.loads(data))
        if head[4] == DEL_ROUTE:
            refused += 1
        if head[4] == 78:
            return got, refused


def go_allocate():
    """Returns how many blocks it got."""
    return sum(len(blocks(src, 100)[0]) for _ in range(10) for src in [hostile_child.me] + list(alive))


def announce(granted):
    """How many of these ids were taken."""
    ids = [number for first, end in granted for number in range(first, end)]
    for i in range(0, len(ids), 1000):
        say(b"".join(frame(0, ADD_ROUTE, 0, b"%d:%s" % (number, b"n" * 90)) for number in ids[i:i + 1000]))
    return len(ids) - blocks(hostile_child.me, 0)[1]


def go_multiply():
    """Each id of each block is a context, which asks for blocks of its own. Returns how many contexts and blocks were granted."""
    mine, _ = blocks(hostile_child.me, 70)
    taken = announce(mine[:18])
    granted = len(mine)
    for src in range(mine[0][0], mine[0][0] + 62):
        granted += len(blocks(src, 70)[0])
    return taken, granted


def go_request(child, grandchild):
    """Wants contexts, through itself and others, and what else a context may ask for; and leave for the one behind it to go."""
    options = [5, None, [], {5: 6}, {u"via": child}, {u"via": 0}, {u"via": -1}, {u"via": 1 << 70}, {u"python_path": []}, {u"python_path": [[u"x"]]},
               {u"python_path": u"x" * 100000}, {u"name": u"n" * 1000}, {u"name": u"\n\x1b{pid}"}, {u"name": u""}, {u"connect_timeout": -1},
               {u"connect_timeout": float("nan")}, {u"connect_timeout": float("inf")}, {u"max_message_size": 1 << 70}, {u"max_message_size": -5},
               {u"max_message_size": float("nan")}, {u"on_fork": 5}, {u"unknown": 1}, {u"x" * 100000: 1}, {u"\0\n": 1}, {u"debug": 2}]
    said = PICKLES + [pickled((u"local", value)) for value in options] + [pickled((u"fork", {u"on_fork": value})) for value in (-1, 0, 1 << 70, u"x", None)]
    said += [pickled((method, {})) for method in (u"", u"ssh", u"l\0cal", u"x" * 100000, b"\xff", 5, None)]
    said += [pickled((u"local",)), pickled((u"local", {}, {})), pickled([u"local", {}])]
    for data in said:
        for src in [hostile_child.me] + list(alive):
            for reply_to in (77, 0, IS_DEAD):
                say(frame(0, CONNECT_REQUEST, reply_to, data, src=src, auth=src))
        say(frame(0, GET_MODULE, 0, data))
        say(frame(0, DETACHING, 77, data, src=grandchild, auth=grandchild))
        for src in alive:
            say(frame(0, DETACHING, 77, data, src=src, auth=src))
    for name in (b"mitogen.relay", b"mitogen.parent", b"os", b"", b"\xff", b"x" * 30000):
        say(frame(0, GET_MODULE, 0, name) * 20)
    say(frame(0, CONNECT_REQUEST, 77, pickled((u"local", {}))) * 1000)


def go_unknown(*others):
    for i in range(100):
        say(b"".join(frame(0, 500000 + i * 1000 + j, 0, b"x", src=src, auth=src) for j in range(1000) for src in [hostile_child.me] + list(alive)))


def go_lose(*others):
    """All contexts behind it are gone, without the end of their relays, and then some."""
    for number in list(alive):
        for said in (b"%d", b"%d"):
            say(frame(0, DEL_ROUTE, 0, said % number))
        say(frame(0, ADD_ROUTE, 0, b"%d:again" % number))


def called(name, args):
    if name.startswith("go_"):
        return globals()[name](*args)
    return os.getpid()


def serve():
    global answered
    while 1:
        head, data = hostile_child.next_frame()
        dst, handle, reply_to = head[1], head[4], head[5]
        if dst not in alive and dst != hostile_child.me:
            continue
        if handle == SHUTDOWN and dst == hostile_child.me:
            os._exit(0)
        elif handle == SHUTDOWN:
            alive[dst].close()
        elif handle == RELAY_OPEN:
            r = relays[reply_to] = Relay(head, data)
            globals().get(mode, Relay.behave)(r)
        elif handle == RELAY_CONTROL and reply_to in relays and head[0] == MAGIC_RAW:
            typed(relays[reply_to], data)
        elif handle == RELAY_CONTROL and reply_to in relays and head[0] == MAGIC_PICKLE:
            if pickle.loads(data, encoding="bytes") == ("kill",):
                relays.pop(reply_to).close(9)
        elif handle == CALL_FUNCTION:
            answered = reply_to
            _, _, _, name, args, _ = pickle.loads(data)
            say(frame(0, reply_to, 0, pickled(called(name, args)), src=dst, auth=dst))


if __name__ == "__main__":
    hostile_child.handshake()
    serve()
