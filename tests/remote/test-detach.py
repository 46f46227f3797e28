#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Tests of contexts that leave the tree and live on. Prints TAP.

Usage: test-detach.py [--python PATH | --python VERSION] [NAME-PART ...]
"""

import json
import os
import signal
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from relay_testing import HERE, alive, eventually, main, nothing_left, test, text, tree

F = "detach_functions:"


def load(t, number):
    with open(os.path.join(HERE, "detach_functions.py")) as file:
        t.load_module_in(number, "detach_functions", file.read())


def leaving(py, **config):
    t = tree(py, **config)
    t.on_made = lambda node: load(t, node.id)
    load(t, 1)
    t.held.add("of_the_program")
    return t


class Told(object):
    """A file that a context writes when nobody hears it any more."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.directory.name, "told")
        self.go = os.path.join(self.directory.name, "go")

    def read(self):
        eventually(lambda: os.path.exists(self.path))
        with open(self.path) as file:
            return json.load(file)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.directory.cleanup()


def check(facts, number, pid, children=()):
    gone = "no route to 0: context %d has detached" % number
    assert facts["pid"] == facts["sid"] == pid and facts["parent_ids"] == [] and facts["parent_id"] is None, facts
    assert facts["children"] == list(children), facts
    assert facts["request"] == facts["call"] == gone and facts["again"] == "this context has no parent", facts
    assert facts["from below"] == [gone] * bool(children), facts
    assert facts["missing"] == ["of_the_program", "another_of_the_program"], facts


@test
def direct_child(py):
    with Told() as told, leaving(py) as t:
        children = t.call(F + "make_children")
        pid = t.hello["pid"]
        t.start(F + "leave", told.path, told.go)
        t.drain()
        assert t.detached == [1] and not t.logs, t.logs
        assert set(alive(t.mark)) == set(children + [pid])
        open(told.go, "w").close()
        facts = told.read()
        check(facts, 1, pid, children)
        assert facts["hup"], facts
        assert not [name for name in facts["links"] if "socket" in name], facts
        nothing_left(t)


@test
def behind_a_context(py):
    """The via, and the master, may end: it lives on, with what is below."""
    with Told() as told, leaving(py) as t:
        n = t.grow(1, py, stdio=u"tty+pipe,stderr")
        load(t, n.id)
        children = n.call(F + "make_children")
        n.start(F + "leave", told.path, told.go)
        assert n.relay.wait_end() == ("exit", None, 0) and n.relay.has("detached")
        assert set(t.gone) == {2, 3, 4} and n.relay.order.index("detached") < n.relay.order.index("DEL_ROUTE"), n.relay.order
        assert t.call("os:getpid") == t.hello["pid"]
        os.kill(t.hello["pid"], signal.SIGKILL)
        t.drain()
        t.close_stream()
        t.process.wait()
        assert set(alive(t.mark)) == set(children + [n.hello["pid"]])
        open(told.go, "w").close()
        check(told.read(), n.id, n.hello["pid"], children)
        nothing_left(t)


@test
def no_zombie_is_left(py):
    with Told() as told, leaving(py) as t:
        n = t.grow(1, py)
        m = t.grow(n.id, py)
        load(t, m.id)
        m.start(F + "leave", told.path)
        assert m.relay.wait_end() == ("exit", None, 0)
        check(told.read(), m.id, m.hello["pid"])
        eventually(lambda: not os.path.exists("/proc/%d" % m.hello["pid"]))
        # the via goes on as before
        k = t.grow(n.id, py)
        assert k.call("os:getppid") == n.hello["pid"]
        k.relay.control("kill")
        assert k.relay.wait_end()[1] == 0 and not t.logs, t.logs
        nothing_left(t)


@test
def from_a_thread(py):
    with Told() as told, leaving(py) as t:
        n = t.fork(1)
        n.start(F + "leave_in_thread", told.path)  # the answer may come too late
        n.relay.wait_end()
        facts = told.read()
        check(facts, n.id, n.hello["pid"])
        assert facts["self"] == "value: %d" % n.hello["pid"], facts
        nothing_left(t)


@test
def who_waits_is_told(py):
    with Told() as told, Told() as other, leaving(py) as t:
        n = t.grow(1, py)
        load(t, n.id)
        n.call(F + "wait_for_master", other.path)
        t.next_frame(lambda frame: frame.handle == 7777)
        n.start(F + "leave", told.path)
        n.relay.wait_end()
        assert other.read() == "the respondent Context has disconnected"
        check(told.read(), n.id, n.hello["pid"])
        nothing_left(t)


@test
def refused(py):
    """Without the parent's consent nothing changes."""
    with leaving(py) as t:
        n = t.grow(1, py)
        load(t, n.id)
        t.pushed[1].add("detach")  # which it lacks
        assert text(n.call(F + "try_to_leave")) == "invalid handle"
        assert n.call("os:getpid") == n.hello["pid"]
        t.pushed[1].remove("detach")
        t.push(1, "detach")
        # not a neighbour, or not a child of the other
        m = t.grow(n.id, py)
        load(t, m.id)
        assert text(m.call(F + "forge_detaching")[1]) == "refused by policy"
        assert m.call("os:getpid") == m.hello["pid"]
        n.relay.control("kill")
        assert n.relay.wait_end()[1] == 0
        nothing_left(t)


@test
def shutdown_beside(py):
    """The via is asked to leave: what has detached is not asked."""
    with Told() as told, leaving(py) as t:
        n = t.grow(1, py)
        load(t, n.id)
        n.start(F + "leave", told.path, told.go)
        n.relay.wait_end()
        assert t.shutdown() == 0
        assert alive(t.mark) == [n.hello["pid"]], (alive(t.mark), n.hello, t.hello)
        open(told.go, "w").close()
        check(told.read(), n.id, n.hello["pid"])
        nothing_left(t)


if __name__ == "__main__":
    main()
