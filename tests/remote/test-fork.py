#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Tests of contexts that are copies of others. Prints TAP.

Usage: test-fork.py [--python PATH | --python VERSION] [NAME-PART ...]
"""

import os
import signal
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from master import CallError
from relay_master import Failed, Relay
from relay_testing import HERE, alive, eventually, fds, main, nothing_left, test, text, tree

F = "fork_functions:"


def forking(py, **config):
    t = tree(py, **config)
    t.on_made = lambda node: None
    with open(os.path.join(HERE, "fork_functions.py")) as file:
        t.load_module("fork_functions", file.read())
    t.call(F + "count")
    return t


def expect_failure(t, node):
    """How a fork that never became a context ended, and what it said."""
    try:
        t.finish(node)
    except Failed:
        assert node.id not in t.routes and not node.hello
        return node.relay.end, text(bytes(node.relay.data[2]))
    raise AssertionError("no failure")


@test
def a_copy(py):
    with forking(py) as t:
        n = t.fork(1)
        assert n.call("os:getpid") == n.hello["pid"] == n.relay.has("started")[0][1] != t.process.pid
        assert n.call(F + "identity") == [2, 1, [1, 0], 2, t.process.pid, True]
        assert t.call(F + "identity")[:4] == [1, 0, [0], 1]
        # what was imported is there, without having been sent; from here on each has its own
        assert n.call(F + "count") == 2 and n.call(F + "count") == 3 and t.call(F + "count") == 2
        big = os.urandom(300000)
        t.load_module_in(2, "request_functions", t.functions)
        assert n.call("request_functions:add", big, b"") == big
        n.call(F + "log", "hello")
        t.until(lambda: ("stdout", 20, "hello") in t.logs and ("forked", 40, "hello") in t.logs)
        assert n.call(F + "interrupted_by_alarm") == "alarm"
        # first frames; a fork of the fork; a process below it
        m = t.fork(2)
        assert m.call(F + "identity")[:5] == [3, 2, [2, 1, 0], 3, n.hello["pid"]] and m.call(F + "count") == 4
        k = t.grow(3, py)
        assert k.call("os:getppid") == m.hello["pid"]
        m.relay.control("kill")
        assert m.relay.wait_end()[0] == "exit" and t.gone == [4, 3], t.gone
        assert n.call("os:getpid") == n.hello["pid"]
        assert t.shutdown() == 0
        nothing_left(t)


@test
def of_this_or_another_stack(py):
    with forking(py) as t:
        assert t.call(F + "fork_here", False) == [["closure 0"], ["of the thread", True], [], True, 2, 2]
        assert t.call(F + "fork_here", True) == [["closure 0"], [None, True], [], True, 3, 3]
        assert len({number for number in t.nodes}) == 2
        found = t.call(F + "fork_in_threads", 5)
        assert len({pid for pid, _ in found}) == 6 and all(main for _, main in found), found
        t.ping()
        nothing_left(t)


@test
def hooks(py):
    with forking(py) as t:
        n = t.fork(1, u"fork_functions:hook")
        assert n.call(F + "hooked") == [n.hello["pid"]] and t.call(F + "hooked") == []
        n.relay.wait_data(2, b"said by the hook\nunfinished")
        n.call(F + "log", "on")  # and nothing of the unfinished line comes again
        t.until(lambda: ("stdout", 20, "on") in t.logs)
        assert not [entry for entry in t.logs if "unfinished" in entry[2]], t.logs
        n = t.fork(1, u"fork_functions:Hooks.loud")
        assert len(n.relay.data[2]) >= 1000 * 101
        before = fds(t.process.pid)
        for name, status, expected in (("raises", 256, "ValueError: no way to clean up\n"), ("exits", 256, "SystemExit: left\n"),
                                       ("dies", 7 << 8, ""), ("killed", 9, "")):
            end, said = expect_failure(t, t.begin_fork(1, u"fork_functions:Hooks." + name))
            assert end == ("exit", status, 0) and expected in said, (end, said)
        end, said = expect_failure(t, t.begin_fork(1, u"fork_functions:Hooks.hangs", limit=300))
        assert end == ("exit", 15, 0), end
        for hook, expected in ((u"fork_functions:nothing", "nothing"), (u"no_such_module:f", "no_such_module"), (4711, "does not wait")):
            end, said = expect_failure(t, t.begin_fork(1, hook))
            assert end[0] == "failed" and expected in text(end[2]), end
        t.ping()
        assert fds(t.process.pid) == before
        nothing_left(t)


@test
def failures_told_to_code(py):
    with forking(py) as t:
        for new_stack in (False, True):
            kind, said = t.call(F + "fork_fails", {"hook": "raises", "new_stack": new_stack})
            assert text(kind) == "CallError" and "no way to clean up" in text(said) and "before it fails" in text(said), said
        t.on_request = lambda frame, method, options: t.refuse(frame, u"mitogen.core.StreamError: not today")
        assert list(map(text, t.call(F + "fork_fails", {}))) == ["CallError", "mitogen.core.StreamError: not today"]
        # the refusal and the fork cross: whoever asked has left
        for new_stack in (False, True):
            late = []

            def refuse_and_start(frame, method, options):
                t.refuse(frame, u"too late")
                late.append(t.begin_fork(1, options["on_fork"]))
            t.on_request = refuse_and_start
            assert list(map(text, t.call(F + "fork_fails", {"new_stack": new_stack}))) == ["CallError", "too late"]
            t.until(lambda: late[0].relay.end or late[0].live)
            assert late[0].relay.end and "does not wait" in text(late[0].relay.end[2]) or late[0].live, late[0].relay.end
        t.on_request = None
        t.ping()
        nothing_left(t)


@test
def random_numbers_differ(py):
    with forking(py) as t:
        t.call(F + "use_ssl")
        seen = [t.fork(1).call(F + "numbers") for _ in range(4)] + [t.call(F + "numbers")]
        assert len({number for pair in seen for number in pair}) == 10, seen
        assert t.call(F + "fork_by_oneself") == (b"other", True)
        nothing_left(t)


@test
def descriptors(py):
    """A copy has the standard ones, its own, and those of the user; nothing of the original's stream and children."""
    with forking(py) as t, tempfile.NamedTemporaryFile() as file:
        number = t.call(F + "open_file", file.name)
        clean = t.fork(1).call(F + "fd_facts")
        assert clean[number] == file.name, clean
        t.grow(1, py), t.grow(1, py, stdio=u"tty"), t.grow(1, py, stdio=u"tty+pipe,stderr")
        prompt = Relay(t, 1).open(u"process", ["/bin/sh", "-c", "echo on; cat"], stdio=u"tty+pipe,stderr")
        prompt.wait_data(0, b"on")
        t.fork(1)
        n = t.fork(1)
        facts = n.call(F + "fd_facts")
        kind = lambda facts: sorted(str(name).split(":")[0] for name in facts.values())
        assert kind(facts) == kind(clean), (facts, clean)
        # two of the stream, two of the waker, what is printed goes through two pairs, of which the ends of stdout and stderr are one each
        assert kind(facts).count("pipe") == 8, facts
        assert n.call(F + "threads") <= 2
        prompt.control("eof", 0)
        assert prompt.wait_end()[1] == 0
        nothing_left(t)


@test
def beside_starts(py):
    """Processes that are being started while others are forked get the end of their input all the same."""
    with forking(py) as t:
        for _ in range(3):
            relays = []
            for i in range(8):
                relays.append(Relay(t, 1).open(u"process", ["cat"], stdio=(u"pipe", u"pipe,stderr")[i % 2]))
                relays.append(t.begin_fork(1).relay)
            for relay in relays[::2]:
                relay.wait("started")
            for relay in relays[1::2]:
                relay.wait("adopted")
            for relay in relays[::2]:
                relay.control("eof", 0)
            for relay in relays[::2]:
                assert relay.wait_end()[1] == 0, relay.end
            for relay in relays[1::2]:
                relay.control("kill")
            for relay in relays[1::2]:
                relay.wait_end()
        nothing_left(t)


@test
def locks_of_other_threads(py):
    with forking(py) as t:
        t.call(F + "hold_locks")
        for _ in range(3):
            n = t.fork(1)
            n.call(F + "log", "not held")
            t.until(lambda: ("forked", 40, "not held") in t.logs)
            del t.logs[:]
        nothing_left(t)


@test
def in_the_middle_of_calls(py):
    with forking(py) as t:
        t.call(F + "keep_busy", 3)
        nodes = []
        for i in range(10):
            waiting = [t.start(F + "count") for _ in range(20)]
            nodes.append(t.begin_fork(1))
            waiting += [t.start(F + "count") for _ in range(20)]
            values = [t.reply(handle) for handle in waiting]
            assert values == list(range(values[0], values[0] + 40)), values
        for node in nodes:
            t.finish(node)
            assert node.call("os:getpid") == node.hello["pid"]
            assert node.call(F + "threads") <= 2
        t.frames.clear()
        nothing_left(t)


@test
def fifty_in_a_row(py):
    with forking(py) as t:
        assert t.call(F + "fork_many", 2) == 2
        t.until(lambda: all(node.relay.end for node in t.nodes.values()))
        t.ping()
        before = fds(t.process.pid)
        assert t.call(F + "fork_many", 50) == 50
        for _ in range(5):
            t.fork(1).relay.control("kill")
        t.until(lambda: all(node.relay.end for node in t.nodes.values()))
        t.ping()
        assert fds(t.process.pid) == before, (before, fds(t.process.pid))
        eventually(lambda: alive(t.mark) == [t.process.pid])
        assert t.call("os:listdir", "/proc/self/task") and not t.logs, t.logs
        with open("/proc/%d/task/%d/children" % (t.process.pid, t.process.pid)) as file:
            assert file.read() == ""
        nothing_left(t)


@test
def each_dies_by_itself(py):
    with forking(py) as t:
        n, m = t.fork(1), t.fork(1)
        os.kill(n.hello["pid"], signal.SIGKILL)
        assert n.relay.wait_end()[1] == 9
        assert m.call("os:getpid") == m.hello["pid"]
        k = t.fork(m.id)
        os.kill(t.process.pid, signal.SIGKILL)
        t.drain()
        eventually(lambda: not alive(t.mark))
        assert k.hello
        nothing_left(t)


@test
def strict_warnings(py):
    with forking(py, environment={"PYTHONWARNINGS": "error"}) as t:
        t.call(F + "keep_busy", 1)
        n = t.fork(t.fork(1).id)
        assert n.call("os:getpid") == n.hello["pid"]
        assert not [entry for entry in t.logs if "Warning" in entry[2]], t.logs
        t.frames.clear()
        nothing_left(t)


@test
def debug_and_profiling(py):
    made = []
    report = lambda pid: "/tmp/mitogen.%d.log" % pid
    stats = lambda pid: "/tmp/mitogen.stats.%d.main.log" % pid
    try:
        with forking(py, debug=True) as t:
            n, m = t.fork(1, debug=True), t.fork(1)
            made += [report(t.process.pid), report(n.hello["pid"])]
            n.call("os:getpid"), m.call("os:getpid")
            assert os.path.exists(made[1]) and m.call("os:getpid") == m.hello["pid"]
            nothing_left(t)
        with forking(py) as t:
            n = t.fork(1, debug=True, profiling=True)
            made += [report(n.hello["pid"]), stats(n.hello["pid"]), stats(n.hello["pid"]).replace("main", "broker")]
            n.call(F + "count")
            n.relay.control("kill")
            assert n.relay.wait_end()[1] == 0
            assert os.path.exists(made[2]) and os.path.exists(made[3]), (made, t.logs)
            nothing_left(t)
    finally:
        for path in made:
            if os.path.exists(path):
                os.unlink(path)


@test
def of_a_fork_unknown(py):
    """A via that lacks the part says so, and lives."""
    with tree(py) as t:
        t.push(1, "relay")
        t.pushed[1].add("fork")
        end, _ = expect_failure(t, t.begin_fork(1))
        assert end[0] == "failed", end
        t.ping()
        nothing_left(t)


if __name__ == "__main__":
    main()
