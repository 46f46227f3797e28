# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A stand-in for a context through which a socket is reached (doc/relay-protocol.md), and that lies: it connects to nothing, but says what it
# likes. Started like hostile_via.py: hostile_tunnel.py MODE [ARGUMENT] -c FIRST_STAGE TITLE

import os
import sys

sys.dont_write_bytecode = True

import hostile_via
from hostile_child import IS_DEAD, argument, frame, mode
from hostile_via import EXITS, FAILURES, MAGIC_PICKLE, MAGIC_RAW, PICKLES, hostile_child, pickled, say


def honest(r):
    """What comes is sent back by typed()."""
    r.event("started", 0)


def data_first(r):
    r.data(0, b"too early")


def eof_first(r):
    r.event("eof", 0)


def credit_first(r):
    r.event("credit", 1)


def started_twice(r):
    r.event("started", 0)
    r.event("started", 0)


def failed_late(r):
    r.event("started", 0)
    r.event("failed", 2, u"No such file or directory")


def overdraw(r):
    r.event("started", 0)
    r.data(0, b"z" * (r.window + 1))


def flood(r):
    r.event("started", 0)
    chunk = frame(0, r.handle, 0, b"\0" + b"z" * 16384, magic=MAGIC_RAW) * 50
    for _ in range(100):
        say(chunk)


def flood_events(r):
    r.event("started", 0)
    chunk = frame(0, r.handle, 0, pickled(("weather", u"fine")), magic=MAGIC_PICKLE) * 1000
    for _ in range(100):
        say(chunk)


CREDITS = [1, 0, -1, 1 << 40, 1 << 70, u"1", None, 65536]


def credit_lies(r):
    r.event("started", 0)
    r.event("credit", CREDITS[int(argument)])


def eof_twice(r):
    r.event("started", 0)
    r.event("eof", 0)
    r.event("eof", 0)


def data_after_eof(r):
    r.event("started", 0)
    r.event("eof", 0)
    r.data(0, b"more")


def channels(r):
    r.event("started", 0)
    r.data([1, 2, 7, 255][int(argument)], b"odd")


PROCESS_EVENTS = [("rule", 0), ("adopted",), ("limit",), ("detached",)]


def process_events(r):
    r.event("started", 0)
    r.event(*PROCESS_EVENTS[int(argument)])


def pickles(r):
    """Some of them could be events of a later version: then it goes on."""
    r.event("started", 0)
    r.raw_event(PICKLES[int(argument)])
    r.event("exit", None, 0)


def pickles_first(r):
    r.raw_event(PICKLES[int(argument)])
    r.event("exit", None, 0)


def exits(r):
    r.event("started", 0)
    r.event("exit", *EXITS[int(argument)])


def exit_first(r):
    r.event("exit", None, 0)


def failures(r):
    r.event("failed", *FAILURES[int(argument)])


def two_ends(r):
    r.event("started", 0)
    r.event("exit", None, 0)
    r.event("failed", 2, u"and failed")
    r.event("exit", None, 0)
    r.dead()
    r.data(0, b"still there")
    r.event("started", 0)


def dead_at_once(r):
    r.dead()


def dead_later(r):
    r.event("started", 0)
    r.dead()


def dies(r):
    r.event("started", 0)
    os._exit(3)


def garbage(r):
    r.event("started", 0)
    say(b"\xff\0garbage\n" * 10)


def unknown_events(r):
    """Of a later version."""
    r.event("weather", u"fine")
    r.event("started", 0, u"more")
    r.event("weather")
    say(frame(0, r.handle, 0, b"", magic=MAGIC_RAW))
    r.data(0, b"")


def crumbs(r):
    """All that it may send, a byte in each message."""
    r.event("started", 0)
    for _ in range(r.window // 1024):
        say(frame(0, r.handle, 0, b"\0z", magic=MAGIC_RAW) * 1024)


def silent(r):
    pass


def always_busy(r):
    r.event("failed", 11, u"Resource temporarily unavailable")


def typed(r, data):
    if mode in ("honest", "unknown_events"):
        r.data(0, data[1:])


# An honest one is not called by the name that hostile_via.py has for it: that one plays a process.
vars(hostile_via).update((name, value) for name, value in list(globals().items()) if getattr(value, "__module__", None) == __name__)
hostile_child.handshake()
hostile_via.serve()
