# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A stand-in for a child that is not what it seems: it speaks the handshake and the wire, and misbehaves as its first argument says.
# The library starts it as it starts any interpreter: hostile_child.py MODE [ARGUMENT] -c FIRST_STAGE TITLE

import os
import pickle
import re
import select
import signal
import socket
import struct
import sys
import time
import zlib

HEADER = struct.Struct(">H6L")
MAGIC = 0x4D49
IS_DEAD = 999
CALL_FUNCTION, FORWARD_LOG, ADD_ROUTE, DEL_ROUTE, ALLOCATE_ID, SHUTDOWN, HELLO = 101, 102, 103, 104, 105, 106, 204

cut = sys.argv.index("-c")
mode = sys.argv[1]
argument = sys.argv[2] if cut > 2 else ""
stage = sys.argv[cut + 1]
nonce = re.search(r"ITO0 ([0-9a-f]+)", stage).group(1)
length = int(re.search(r"len\(b\)<(\d+)", stage).group(1))
rest = int(re.search(r"decompress\(b\[(\d+):\]", stage).group(1))
me = 0


def say(data):
    while data:
        data = data[os.write(1, data):]


def hear(size):
    data = b""
    while len(data) < size:
        more = os.read(0, size - len(data))
        if not more:
            os._exit(0)
        data += more
    return data


def frame(dst, handle, reply_to, data=b"", src=None, auth=None, magic=MAGIC, size=None):
    src = me if src is None else src
    return HEADER.pack(magic, dst, src, src if auth is None else auth, handle, reply_to, len(data) if size is None else size) + data


def next_frame():
    head = HEADER.unpack(hear(26))
    return head, hear(head[6])


def answer(head, value):
    say(frame(head[2], head[5], 0, pickle.dumps(value, 2)))


def hello(**more):
    info = dict(interpreter=u"hostile", version=u"3.0.0", implementation=u"x", pid=os.getpid(), user=u"u", host=u"h", platform=u"p")
    info.update(more)
    return pickle.dumps(info, 2)


def marker_a():
    return ("MITO0 %s\n" % nonce).encode()


def take_core():
    global me
    data = hear(length)
    text = zlib.decompressobj(-15).decompress(data[rest:])
    me = int(re.findall(rb"'context_id':(\d+)", text)[-1])
    return ("MITO1 %s\n" % re.findall(rb"'marker':'([0-9a-f]+)'", text)[-1].decode()).encode()


def handshake(greet=True):
    say(marker_a())
    say(take_core())
    if greet:
        say(frame(0, HELLO, 0, hello()))


def nap():
    while 1:
        time.sleep(1000)


def stop():
    os.kill(os.getpid(), signal.SIGSTOP)
    nap()


def serve(handler):
    """Answers calls with what handler says; leaves when it is told to."""
    while 1:
        head, data = next_frame()
        if head[4] == SHUTDOWN:
            os._exit(0)
        handler(head, data)


# Modes that end the handshake at some point: the argument says how.

END = {"exit": lambda: os._exit(7), "stop": stop, "kill": lambda: os.kill(os.getpid(), 9), "hang": nap,
       "close": lambda: (os.close(1), os.close(0), nap()), "nowrite": lambda: (socket.fromfd(1, 1, 1).shutdown(1), nap()),
       "noread": lambda: (socket.fromfd(1, 1, 1).shutdown(0), nap()),
       "garbage": lambda: (say(b"\xff\0garbage\n" * 10), nap()), "flood": lambda: [say(b"z" * 65536) for _ in range(1000)]}


def at_start():
    END[argument]()


def in_marker_a():
    say(marker_a()[:9])
    END[argument]()


def after_marker_a():
    say(marker_a())
    END[argument]()


def in_core():
    say(marker_a())
    hear(length // 2)
    END[argument]()


def after_core():
    say(marker_a())
    take_core()
    END[argument]()


def in_marker_b():
    say(marker_a())
    say(take_core()[:12])
    END[argument]()


def after_marker_b():
    handshake(False)
    END[argument]()


def in_hello():
    handshake(False)
    say(frame(0, HELLO, 0, hello())[:40])
    END[argument]()


def after_hello():
    handshake()
    END[argument]()


def in_call():
    handshake()
    next_frame()
    END[argument]()


def in_answer():
    handshake()
    head, data = next_frame()
    say(frame(0, head[5], 0, b"x" * 20)[:30])
    END[argument]()


def in_large_answer():
    handshake()
    head, data = next_frame()
    say(frame(0, head[5], 0, b"x" * (8 << 20), size=16 << 20))
    END[argument]()


def deaf():
    """Does not leave when it is asked to, or told to."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    handshake()
    nap()


# Greetings

def hello_byte_by_byte():
    """Not hostile: slow."""
    def slowly(data):
        for i in range(len(data)):
            say(data[i:i + 1])
    slowly(marker_a())
    slowly(take_core())
    slowly(frame(0, HELLO, 0, hello()))
    serve(lambda head, data: answer(head, os.getpid()))


def hello_all_at_once():
    """Not hostile: everything in one write, and noise before."""
    say(b"banner\nMITO0 of something else\n" + marker_a())
    say(b"noise\n" + take_core() + frame(0, HELLO, 0, hello()) + frame(0, FORWARD_LOG, 0, b"stdout\00020\0early"))
    serve(lambda head, data: answer(head, os.getpid()))


def hello_twice():
    handshake()
    for _ in range(1000):
        say(frame(0, HELLO, 0, hello(pid=1)))
    serve(lambda head, data: answer(head, 1))


def hello_never():
    handshake(False)
    serve(lambda head, data: None)


def hello_huge():
    handshake(False)
    say(frame(0, HELLO, 0, hello(more=u"x" * 100000)))
    nap()


def hello_payload():
    payloads = {"empty": b"", "garbage": b"\xff" * 100, "number": pickle.dumps(5, 2), "list": pickle.dumps([1], 2),
                "code": b"cos\nsystem\n(S'touch /tmp/mitogen-owned'\ntR.", "deep": b"]" * 9000 + b"a" * 8999 + b".",
                "bomb": b"\x80\x02]q\0" + b"".join(b"](h%sh%se" % (struct.pack("B", i), struct.pack("B", i)) + b"q" + struct.pack("B", i + 1)
                                                   for i in range(200)) + b".",
                "truncated": hello()[:-3], "keys": pickle.dumps({1: 2}, 2), "error": b"cmitogen.core\n_unpickle_call_error\n(Vno\ntR."}
    handshake(False)
    say(frame(0, HELLO, 0, payloads[argument]))
    nap()


def hello_of_another():
    handshake(False)
    say(frame(0, HELLO, 0, hello(), src=int(argument), auth=int(argument)))
    serve(lambda head, data: None)


def hello_dead():
    handshake(False)
    say(frame(0, HELLO, IS_DEAD, b"dead on arrival"))
    nap()


def early_frames():
    """A context that talks before it greets."""
    handshake(False)
    for handle in list(range(0, 120)) + [200, 201, 202, 203, 999, 1000, 1001]:
        say(frame(0, handle, 5, b"early"))
    say(frame(0, HELLO, 0, hello()))
    serve(lambda head, data: answer(head, 1))


# Frames

def forge():
    """Messages that claim to be of others: of the master, of a sibling, of nobody known."""
    handshake()
    sibling, handle = map(int, argument.split(","))
    for src, auth in ((0, 0), (sibling, sibling), (me, 0), (0, me), (me, sibling), (sibling, me), (4242, 4242), (me, 0xFFFFFFFF), (0xFFFFFFFF, me)):
        say(frame(0, handle, 0, pickle.dumps(u"forged %d %d" % (src, auth), 2), src=src, auth=auth))
        say(frame(sibling, CALL_FUNCTION, 0, pickle.dumps((None, u"os", None, u"_exit", (9,), {}), 2), src=src, auth=auth))
        say(frame(sibling, SHUTDOWN, 0, b"", src=src, auth=auth))
        say(frame(0, FORWARD_LOG, 0, b"stdout\00020\0forged", src=src, auth=auth))
    serve(lambda head, data: answer(head, u"done"))


def call_siblings():
    """With its own name, what it may not do."""
    handshake()
    sibling = int(argument)
    say(frame(sibling, CALL_FUNCTION, 77, pickle.dumps((None, u"os", None, u"_exit", (9,), {}), 2)))
    say(frame(sibling, SHUTDOWN, 78))
    say(frame(0, CALL_FUNCTION, 79, pickle.dumps((None, u"os", None, u"_exit", (9,), {}), 2)))
    say(frame(0, SHUTDOWN, 80))
    say(frame(0, DEL_ROUTE, 81, b"%d" % sibling))
    say(frame(0, ADD_ROUTE, 82, b"%d:mine" % sibling))
    say(frame(999, 101, 83))
    seen = {}

    def handler(head, data):
        if head[4] in range(77, 84):
            seen[head[4]] = data.decode()
        else:
            answer(head, [seen.get(n, u"") for n in range(77, 84)])
    serve(handler)


def poison_handles():
    """Answers, and dead messages, for every handle that may be somebody's."""
    handshake()
    for handle in list(range(0, 300)) + list(range(1000, 1100)):
        say(frame(0, handle, 0, pickle.dumps(u"poison", 2)))
        say(frame(0, handle, IS_DEAD, b"poison"))
    serve(lambda head, data: answer(head, u"done"))


def flood_unknown():
    """Wants refusals without end, and does not read them."""
    handshake()
    chunk = b"".join(frame(0, 500000 + i, 7, b"") for i in range(2000))
    end = time.time() + float(argument)
    while time.time() < end:
        say(chunk)
    nap()


def flood_handle():
    """Wants many answers from one handle, and does not read them."""
    handle, count = map(int, argument.split(","))
    handshake()
    for i in range(0, count, 1000):
        say(frame(0, handle, 7, b"") * min(1000, count - i))
    nap()


def flood_sibling():
    """Sends to a sibling that may not read."""
    handshake()
    chunk = frame(int(argument), 4242, 0, b"f" * (1 << 20))
    for i in range(200):
        say(chunk)
    serve(lambda head, data: answer(head, u"done"))


def flood_log():
    handshake()
    chunk = frame(0, FORWARD_LOG, 0, b"flood\00030\0" + b"l" * 60000)
    for i in range(3000):
        say(chunk)
    serve(lambda head, data: answer(head, u"done"))


def huge_log():
    handshake()
    say(frame(0, FORWARD_LOG, 0, b"huge\00030\0" + b"l" * (32 << 20)))
    say(frame(0, FORWARD_LOG, 0, b"n" * (8 << 20) + b"\00030\0text"))
    for bad in (b"", b"\0", b"\0\0", b"only a name", b"name\0level", b"name\0x\0text", b"name\00099999999999999999999\0text", b"\xff\0\xff\0\xff",
                b"stdout\00020\0\xff\xfe", b"%s%n\00020\0%s%n"):
        say(frame(0, FORWARD_LOG, 0, bad))
        say(frame(0, FORWARD_LOG, 5, bad))
        say(frame(0, FORWARD_LOG, IS_DEAD, bad))
    serve(lambda head, data: answer(head, u"done"))


def answers():
    """Odd answers to calls; the argument of the call does not matter."""
    handshake()
    payloads = [b"", b"\xff\xfe", b"\x80\x02", b"]" * 100000, b"cos\nsystem\n(S'touch /tmp/mitogen-owned'\ntR.", b"I" + b"9" * 100000 + b"\n.",
                b"\x80\x02T\xff\xff\xff\x7fabc.", b"(" * 1000000, b"cmitogen.core\n_unpickle_call_error\n(V" + b"e" * 200000 + b"\ntR.",
                b"\x80\x02X\x04\0\0\0\xff\xff\xff\xff.", b"\x80\xff.", b"h\0.", b"0.", b"N" * 100 + b"."]
    index = [0]

    def handler(head, data):
        say(frame(0, head[5], 0, payloads[index[0] % len(payloads)]))
        index[0] += 1
    serve(handler)


def answer_twice():
    handshake()

    def handler(head, data):
        for i in range(100):
            answer(head, i)
        say(frame(0, head[5], IS_DEAD, b"and dead"))
    serve(handler)


def answer_dead():
    handshake()
    serve(lambda head, data: say(frame(0, head[5], IS_DEAD, argument.encode())))


def lying_length():
    handshake()
    say(frame(0, 1000, 0, b"short", size=int(argument)))
    nap()


def bad_magic():
    handshake()
    say(frame(0, 1000, 0, b"", magic=0x4D4C))
    nap()


def other_magics():
    """Not hostile: of a newer peer."""
    handshake()

    def handler(head, data):
        say(frame(0, head[5], 0, pickle.dumps(u"done", 2), magic=0x4D4A))
    serve(handler)


def after_shutdown():
    """Goes on talking when it is told to leave."""
    handshake()
    while 1:
        head, data = next_frame()
        if head[4] == SHUTDOWN:
            break
        answer(head, u"done")
    try:
        while 1:
            say(frame(0, FORWARD_LOG, 0, b"stdout\00020\0still here") * 100 + frame(0, 12345, 5))
    except OSError:
        nap()


def ignore_shutdown():
    handshake()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while 1:
        head, data = next_frame()
        if head[4] != SHUTDOWN:
            answer(head, u"done")


def deaf():
    """Greets, and never reads."""
    handshake()
    nap()


def half_deaf():
    """Answers one call, then shuts down one side: 0 its reading, 1 its writing."""
    handshake()
    head, data = next_frame()
    answer(head, u"done")
    socket.fromfd(1, socket.AF_UNIX, socket.SOCK_STREAM).shutdown(int(argument))
    nap()


def dribble():
    """Not hostile: one byte a write, for calls, too."""
    handshake()

    def handler(head, data):
        reply = frame(head[2], head[5], 0, pickle.dumps(u"done", 2))
        for i in range(len(reply)):
            say(reply[i:i + 1])
    serve(handler)


if __name__ == "__main__":
    globals()[mode]()
