#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Tests of contexts that code in contexts makes, and of the parts of the core that come when they are needed. Prints TAP.

Usage: test-requests.py [--python PATH | --python VERSION] [NAME-PART ...]
"""

import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from relay_master import MODULES, dumps
from master import LOAD_MODULE
from relay_testing import F, alive, eventually, grown, main, nothing_left, test, text, tree


@test
def local_from_code(py):
    with tree(py) as t:
        number, name, pid = t.call(F + "make", "local", {})
        assert text(name) == "n2" and number == 2 and pid == t.nodes[2].hello["pid"]
        assert t.requests == [(1, "local", {})], t.requests
        assert t.call(F + "parts") == ["mitogen." + name for name in ("forward", "importer", "parent", "relay", "requests")]
        # options as they were given, in the types of the protocol
        t.call(F + "make", "local", {"python_path": py, "debug": False, "connect_timeout": 25.5, "remote_name": "x", "max_message_size": 1 << 20})
        assert t.requests[-1][2] == {"python_path": py, "debug": False, "connect_timeout": 25.5, "remote_name": "x", "max_message_size": 1 << 20}
        # in the context that was made so, and in the one below
        number, _, pid = t.call_in(2, F + "make", "local", {})
        assert t.requests[-1][0] == 2 and t.paths[number] == [2, 1] and pid == t.nodes[number].hello["pid"]
        assert t.call_in(2, F + "shut_last") == 0
        eventually(lambda: pid not in alive(t.mark))
        t.until(lambda: number in t.gone)
        assert t.shutdown() == 0
        nothing_left(t)


@test
def threads_make_contexts(py):
    with tree(py) as t:
        pids = t.call(F + "make_in_thread", 5)
        assert sorted(pids) == sorted(node.hello["pid"] for node in t.nodes.values()) and len(set(pids)) == 6
        said = text(t.call(F + "make_by_broker"))
        assert "inside the broker" in said, said
        assert len(t.requests) == 6
        nothing_left(t)


@test
def refusals(py):
    with tree(py) as t:
        kind, said = map(text, t.call(F + "make_refused", "ssh", {"hostname": "h", "port": 22}))
        assert kind == "CallError" and said == "mitogen.core.StreamError: ssh is not available", (kind, said)
        assert t.requests == [(1, "ssh", {"hostname": "h", "port": 22})]
        kind, said = map(text, t.call(F + "make_refused", "local", {"python_path": "/nonexistent/python"}))
        assert kind == "CallError" and "No such file" in said, (kind, said)
        # a master without such a thing
        t.on_request = lambda frame, method, options: t.dead(frame, "refused by policy")
        assert list(map(text, t.call(F + "make_refused", "local", {}))) == ["ChannelError", "refused by policy"]
        for what, expected in (("via", "via must be a Context"), ("hook", "on_fork must be a function"), ("value", "set cannot be sent"),
                               ("function", "function cannot be sent")):
            said = text(t.call(F + "make_odd", what))
            assert expected in said, said
        nothing_left(t)


@test
def no_answer(py):
    """The time is over; what comes later is not wanted any more."""
    with tree(py) as t:
        waiting = []
        t.on_request = lambda frame, method, options: waiting.append((frame, method, options))
        kind, said = map(text, t.call(F + "make_refused", "local", {"connect_timeout": -9.9}))
        assert kind == "TimeoutError" and "does not answer" in said, (kind, said)
        t.on_request = None
        t.start_request(*waiting[0])
        t.until(lambda: t.nodes[2].relay.end)
        assert t.nodes[2].hello and t.gone == [2]
        assert t.call(F + "make", "local", {})[0] == 3
        nothing_left(t)


@test
def interrupted(py):
    with tree(py) as t:
        asked = []
        t.on_request = lambda frame, method, options: asked.append(frame)
        call = t.start(F + "make_refused", "local", {})
        t.until(lambda: asked)
        os.kill(t.process.pid, signal.SIGINT)
        try:
            t.reply(call)
        except Exception as e:
            assert "KeyboardInterrupt" in str(e), e
        else:
            raise AssertionError("not interrupted")
        t.dead(asked[0], "late")
        t.on_request = None
        assert t.call(F + "make", "local", {})[0] == 2
        nothing_left(t)


@test
def parts_come_once(py):
    with tree(py) as t:
        assert t.call(F + "fetch_at_once", 6) == [True] * 6
        for part in ("parent", "relay", "requests"):
            t.push(1, part)
        n = grown(t, 1)
        # What was asked for and what was sent may cross: the second is ignored, and with it nothing forgotten.
        for part in ("parent", "relay", "requests"):
            t.send(LOAD_MODULE, dumps((u"mitogen." + part, None, u"", MODULES[part], ())), dst=1)
        assert n.call("os:getpid") == n.hello["pid"]
        assert t.call(F + "make", "local", {})[0] == 3
        n.relay.control("kill")
        assert n.relay.wait_end()[0] == "exit"
        assert t.call(F + "unknown_attributes") == ([False, False, False], True, True)
        assert t.call(F + "streams", 3) is None
        assert t.call(F + "parts") == ["mitogen." + name for name in ("forward", "importer", "parent", "relay", "requests", "streams")]
        assert not t.logs, t.logs
        nothing_left(t)


@test
def no_parts_to_be_had(py):
    with tree(py) as t:
        t.serve_parts = False
        call = t.start(F + "make_refused", "local", {})
        frame = t.next_frame(lambda f: f.handle == 100)
        assert frame[1:4] == (0, 1, 1) and frame.data == b"mitogen.requests" and frame.reply_to, frame
        t.dead(frame, "invalid handle")
        assert list(map(text, t.reply(call))) == ["ChannelError", "invalid handle"]
        t.serve_parts = True
        assert t.call(F + "make", "local", {})[0] == 2
        nothing_left(t)


@test
def calls_between(py):
    with tree(py) as t:
        said, dead = map(text, t.call(F + "many_calls", 40))
        assert said.startswith(("builtins.ValueError: from below", "exceptions.ValueError: from below")), said
        assert dead == "no route to 2, my ID is 0", dead
        assert t.call(F + "channel_below", 20) == 20
        nothing_left(t)


@test
def siblings(py):
    """What one context gives another by way of the master: senders work wherever they end up."""
    with tree(py) as t:
        a, b = grown(t, 1), grown(t, 1)
        c = grown(t, a.id)
        for receiver, sender in ((a, b), (b, c), (c, b), (c, t), (t, c)):
            number, handle = receiver.call(F + "open_receiver")[1]
            assert number == receiver.id
            hear = receiver.start(F + "hear")
            sender.call(F + "say_to", number, handle, 30)
            assert t.reply(hear) == list(range(30))
        nothing_left(t)


@test
def refused_by_master_dead_route(py):
    """A context that is gone cannot be called, and says so."""
    with tree(py) as t:
        number, _, pid = t.call(F + "make", "local", {})
        os.kill(pid, signal.SIGKILL)
        t.until(lambda: number in t.gone)
        try:
            t.call(F + "call_made", 0)
        except Exception as e:
            assert "no route to %d" % number in str(e), e
        nothing_left(t)


if __name__ == "__main__":
    main()
