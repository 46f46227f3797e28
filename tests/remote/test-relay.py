#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Tests of contexts through contexts, as the Python child does its part of them. Prints TAP.

Usage: test-relay.py [--quick] [--python PATH | --python VERSION] [NAME-PART ...]

--quick cancels 20 connections instead of 100.
"""

import errno
import os
import random
import signal
import socket
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import relay_master
from master import CALL_FUNCTION, DEAD, HANG, HEADER, MAGIC, SHUTDOWN, Dead, Eof, dumps, unpickle
from relay_master import ADD_ROUTE, DEL_ROUTE, EXPECT_ROUTE, MAGIC_PICKLE, WINDOW, Failed, Relay, Tree
from relay_testing import VERSIONS, Skip, alive, eventually, main, nothing_left, test

FUNCTIONS = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "relay_functions.py")).read()
QUICK = "--quick" in sys.argv


def tree(python, **config):
    """The direct child, and what tells its processes from others."""
    made = os.urandom(8).hex()
    t = Tree(python, env=dict({"MITOGEN_TEST_TREE": made}, **config.pop("environment", {})), **config)
    t.mark = made
    t.load_module_in(1, "relay_functions", FUNCTIONS)
    return t


def grown(t, *args, **kwargs):
    node = t.grow(*args, **kwargs)
    t.load_module_in(node.id, "relay_functions", FUNCTIONS)
    return node


def f(name):
    return "relay_functions:" + name


def fd_count(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def terminals(pid):
    found = 0
    for fd in os.listdir("/proc/%d/fd" % pid):
        try:
            found += "pt" in os.readlink("/proc/%d/fd/%s" % (pid, fd))
        except OSError:
            pass
    return found


def run(t, via, script, *args, **kwargs):
    """A relay of a shell script that never becomes a context."""
    return Relay(t, via, kwargs.pop("number", None)).open(u"process", ["/bin/sh", "-c", script, "sh"] + list(args), **kwargs)


def pump(t, seconds):
    end = time.time() + seconds
    while time.time() < end:
        try:
            t.fill(max(0, end - time.time()))
        except relay_master.master.Hang:
            pass
        t.parse()


def wrapped(script):
    return lambda argv, rules: (["/bin/sh", "-c", script, "sh"] + argv, rules)


# Connections


@test
def chain_of_three(py):
    with tree(py) as t:
        n = grown(t, 1, py, first=[("os:getpid", ())])
        assert t.reply(n.first[0]) == n.hello["pid"]
        # The order in which things come up is promised.
        assert [x for x in n.relay.order if x != "data2"] == \
            ["started", "data0", "rule", "data0", "rule", "ADD_ROUTE", "adopted", "HELLO"], n.relay.order
        m = grown(t, n.id, py)
        o = grown(t, m.id, py)
        for node in (n, m, o):
            assert node.call("os:getpid") == node.hello["pid"]
            big = os.urandom(300000)
            assert node.call(f("echo"), big) == big
        assert t.shutdown() == 0
        assert t.gone == [4, 3, 2] and not t.logs, (t.gone, t.logs)
        nothing_left(t)


@test
def mixed_versions(py):
    others = [v for v in VERSIONS if v != py and os.path.exists(v)]
    with tree(py) as t:
        via, nodes = 1, []
        for other in others:
            nodes.append(t.grow(via, other))
            via = nodes[-1].id
        for node in nodes:
            assert node.call("os:getpid") == node.hello["pid"] and node.hello["interpreter"] == node.python
        nothing_left(t)


class Delay(object):
    """Delays what goes over the link of a tree, from now on."""

    def __init__(self, t, seconds):
        self.seconds = seconds
        ours, theirs = socket.socketpair()
        old_in, old_out = t.fd_in, t.fd_out
        t.fd_in = ours.detach()
        t.fd_out = os.dup(t.fd_in)
        self.inner = theirs.detach()
        os.set_blocking(old_out, True)
        for source, target in ((self.inner, old_out), (old_in, self.inner)):
            queue = []
            done = threading.Condition()
            for function in (self.take, self.give):
                threading.Thread(target=function, args=(source, target, queue, done), daemon=True).start()

    def take(self, source, target, queue, done):
        while 1:
            try:
                data = os.read(source, 65536)
            except OSError:
                data = b""
            with done:
                queue.append((time.time() + self.seconds, data))
                done.notify()
            if not data:
                return

    def give(self, source, target, queue, done):
        while 1:
            with done:
                while not queue:
                    done.wait()
                due, data = queue.pop(0)
            time.sleep(max(0, due - time.time()))
            if not data:
                socket.socket(fileno=os.dup(target)).shutdown(socket.SHUT_WR)
                return
            view = memoryview(data)
            try:
                while view:
                    view = view[os.write(target, view):]
            except OSError:
                return


@test
def one_round_trip(py):
    with tree(py) as t:
        t.grow(1, py)
        delay = Delay(t, 0.05)
        for via in (1, 2):
            best = 9
            for _ in range(3):
                t.frames_up = t.frames_down = 0
                begin = time.time()
                n = t.begin(via, py, first=[("os:getpid", ())])
                sent = t.frames_down
                pid = t.reply(n.first[0])
                best = min(best, time.time() - begin)
                up, down = t.frames_up, t.frames_down
                t.finish(n)
                assert pid == n.hello["pid"]
                assert t.frames_down == sent  # nothing more was to be said: there was one round trip
            print("# depth %d: %.0f ms with 100 ms each way and back, frames %d down, %d up" % (len(t.paths[n.id]), best * 1e3, down, up))
        delay.seconds = 0
        assert t.shutdown() == 0


@test
def markers_byte_by_byte(py):
    slow = "import os,subprocess,sys,time\n" \
        "p=subprocess.Popen(sys.argv[1:],stdout=subprocess.PIPE)\n" \
        "n=0\n" \
        "while 1:\n" \
        " d=os.read(p.stdout.fileno(),1 if n<150 else 65536)\n" \
        " if not d: break\n" \
        " os.write(1,d);n+=1;time.sleep(.001)\n"
    with tree(py) as t:
        n = t.grow(1, py, wrap=lambda argv, rules: ([sys.executable, "-u", "-c", slow] + argv, rules))
        assert n.call("os:getppid") != n.hello["pid"]
        assert n.relay.data[0].endswith(n_marker(n)), n.relay.data
        nothing_left(t)


def n_marker(n):
    """What was relayed ends with the last marker."""
    return n.relay.data[0][-len("MITO1 0123456789abcdef\n"):]


@test
def marker_and_frames_in_one_write(py):
    late = "import os,subprocess,sys,time\n" \
        "p=subprocess.Popen(sys.argv[1:],stdout=subprocess.PIPE)\n" \
        "os.write(1,os.read(p.stdout.fileno(),100))\n" \
        "d=b''\n" \
        "while len(d)<50 or b'implementation' not in d: d+=os.read(p.stdout.fileno(),65536)\n" \
        "os.write(1,d[:%d]);time.sleep(.05);os.write(1,d[%d:])\n" \
        "while 1:\n" \
        " d=os.read(p.stdout.fileno(),65536)\n" \
        " if not d: break\n" \
        " os.write(1,d)\n"
    with tree(py) as t:
        for cut in (10 ** 6, 23, 30, 60):
            n = t.grow(1, py, wrap=lambda argv, rules: ([sys.executable, "-u", "-c", late % (cut, cut)] + argv, rules))
            assert n.call("os:getpid") == n.hello["pid"]
            assert n.relay.data[0].count(b"\n") == 2, n.relay.data[0]
        nothing_left(t)


@test
def banners_and_echo(py):
    script = "echo 'MITO0 0123456789abcdef'; echo 'MITO1 0123456789abcdef'; echo Welcome; set -x; exec \"$@\""
    with tree(py) as t:
        n = t.grow(1, py, wrap=wrapped(script), stdio=u"pipe")
        assert n.call("os:getpid") == n.hello["pid"]
        said = n.relay.data[0]
        assert b"Welcome" in said and b"+ exec" in said and said.count(b"MITO0 ") == 2, said
        nothing_left(t)


def made_sane(argv, rules):
    """The terminal is made fit for a person, and the first marker ends in CR LF."""
    (channel, marker, action, data), adopt = rules
    return wrapped('stty sane; exec "$@"')(argv, [(channel, marker.rstrip(b"\n"), action, data), adopt])


@test
def preamble_through_a_terminal(py):
    """Everything on one terminal, raw: 12 KB of preamble, then frames of any bytes."""
    with tree(py) as t:
        for _ in range(3):
            n = grown(t, 1, py, stdio=u"tty")
            assert n.call("os:getpid") == n.hello["pid"]
            data = bytes(bytearray(range(256))) * 800
            assert n.call(f("echo"), data) == data
        n = grown(t, 1, py, stdio=u"tty", wrap=made_sane)
        assert n.call(f("echo"), data) == data
        n.relay.control("kill")
        assert n.relay.wait_end()[0] == "exit"
        fds = fd_count(t.process.pid)
        for number in (2, 3, 4):
            t.nodes[number].relay.control("kill")
            assert t.nodes[number].relay.wait_end()[0] == "exit"
        assert fd_count(t.process.pid) == fds - 6 and not terminals(t.process.pid)
        nothing_left(t)


@test
def prompt_on_a_terminal_beside(py):
    """ASKING: no limit while the user thinks, then the rest of it."""
    script = "printf 'Password: ' >/dev/tty; read p </dev/tty; test \"$p\" = secret || exit 9; exec \"$@\""
    with tree(py) as t:
        for mode in (u"tty+pipe", u"tty+pipe,stderr"):
            n = t.begin(1, py, wrap=wrapped(script), stdio=mode)
            n.relay.wait_data(1, b"Password: ")
            n.relay.control("limit", 1000)
            n.relay.control("limit", 0)
            pump(t, 1.1)
            assert not n.relay.end
            n.relay.input(1, b"secret\n")
            n.relay.control("limit", 30000)
            t.finish(n)
            assert n.call("os:getpid") == n.hello["pid"]
            assert b"secret" not in n.relay.data[1] + n.relay.data[2]
        n = t.begin(1, py, wrap=wrapped(script), stdio=u"tty+pipe")
        n.relay.wait_data(1, b"Password: ")
        n.relay.input(1, b"wrong\n")
        assert n.relay.wait_end()[1] == 9 << 8
        n = t.begin(1, py, wrap=wrapped(script), stdio=u"tty+pipe")
        n.relay.wait_data(1, b"Password: ")
        n.relay.control("limit", 0)
        n.relay.control("limit", 100)
        assert n.relay.wait_end()[0] == "exit" and n.relay.has("limit")
        nothing_left(t)


@test
def answers_on_any_channel(py):
    """Rules that write, one after the other on two channels; frames that were queued; input before the process is there."""
    script = "printf 'name? '; read n; printf 'pass? ' >/dev/tty; read p </dev/tty; test $n-$p-$(head -n 1) = a-b-c || exit 9; exec \"$@\""
    with tree(py) as t:
        answers = [(0, b"name? ", u"write", b"a\n"), (1, b"pass? ", u"write", b"b\n")]
        n = t.begin(1, py, wrap=lambda argv, rules: (["/bin/sh", "-c", script, "sh"] + argv, answers + rules), stdio=u"tty+pipe",
                    first=[("os:getpid", ())])
        handle = t.new_handle()
        data = relay_master.call_data("os:getppid")
        n.relay.control("queue", HEADER.pack(MAGIC, n.id, 0, 0, CALL_FUNCTION, handle, len(data)) + data)
        n.relay.wait("rule")
        t.until(lambda: len(n.relay.has("rule")) == 2)
        n.relay.input(0, b"c\n")
        t.finish(n)
        assert t.reply(n.first[0]) == n.hello["pid"] and t.reply(handle) == t.process.pid
        assert [e[1] for e in n.relay.has("rule")] == [0, 1, 2, 3]
        assert n.relay.data[0].startswith(b"name? MITO0") and n.relay.data[1] == b"pass? ", n.relay.data
        relay = run(t, 1, "cat; exit 4")
        relay.input(0, b"early ")
        relay.input(0, b"bird")
        relay.control("eof", 0)
        assert relay.wait_end()[1] == 4 << 8 and relay.data[0] == b"early bird", (relay.end, relay.data)
        nothing_left(t)


# Failures


@test
def failures(py):
    with tree(py) as t:
        fds = None
        for _ in range(3):
            relay = Relay(t, 1).open(u"process", [u"/no/such/program", u"x"])
            end = relay.wait_end()
            assert end[:2] == ("failed", errno.ENOENT) and "/no/such/program" in text(end[2]), end
            assert Relay(t, 1).open(u"process", [u"no-such-program"]).wait_end()[1] == errno.ENOENT
            assert Relay(t, 1).open(u"process", [u"/etc/passwd"]).wait_end()[1] == errno.EACCES
            assert Relay(t, 1).open(u"process", [u"/no/such/program"], stdio=u"tty").wait_end()[1] == errno.ENOENT
            assert Relay(t, 1).open(u"unix", u"/no/such/socket").wait_end()[1] == errno.ENOENT
            relay = run(t, 1, "echo out; echo err >&2; exit 7")
            assert relay.wait_end() == ("exit", 7 << 8, 0), relay.events
            assert relay.data[0] == b"out\n" and relay.data[2] == b"err\n", relay.data
            assert run(t, 1, "kill -9 $$").wait_end() == ("exit", 9, 0)
            assert run(t, 1, "exec >&- 2>&-; exec sleep 60").wait_end()[1] == 15  # mute: half a second of grace
            assert run(t, 1, "sleep 60 & echo gone; exit 3").wait_end()[1] == 3 << 8
            relay = run(t, 1, "test \"$A\" = '\xe9' && test -z \"$B\" && tty; exit 0", env={u"A": u"\xe9", u"B": None}, stdio=u"tty")
            assert relay.wait_end()[1] == 0 and relay.data[0].startswith(b"/dev/pts/"), (relay.data, relay.end)
            t.ping()
            fds = fds or fd_count(t.process.pid)
            assert fd_count(t.process.pid) == fds
        eventually(lambda: len(alive(t.mark)) == 1)
        relay = Relay(t, 1)
        t.send(relay_master.RELAY_OPEN, dumps(("process", 5)), relay.handle, dst=1, magic=MAGIC_PICKLE)
        assert relay.wait_end()[0] == "failed"
        n = t.grow(1, py)
        relay = Relay(t, 1, n.id).open(u"process", [u"sleep", u"60"])
        assert relay.wait_end()[1] == errno.EEXIST
        relay = Relay(t, 77)
        t.send(relay_master.RELAY_OPEN, b"", relay.handle, dst=77)
        relay.via = 1
        assert relay.wait_end() == ("dead", "no route to 77, my ID is 1"), relay.end
        nothing_left(t)


def text(value):
    return value.decode() if isinstance(value, bytes) else value


@test
def stubborn_processes(py):
    with tree(py) as t:
        fds = fd_count(t.process.pid)
        for mode in (u"pipe,stderr", u"tty", u"tty+pipe"):
            relay = run(t, 1, "trap '' HUP TERM; echo on; while :; do sleep 1; done", stdio=mode)
            relay.wait_data(0, b"on")
            relay.control("kill")
            relay.control("kill")
            assert relay.wait_end()[1] == 9
        relay = run(t, 1, "sleep 100", limit=200)
        assert relay.wait_end()[1] in (1, 15) and relay.has("limit")
        eventually(lambda: len(alive(t.mark)) == 1)
        assert fd_count(t.process.pid) == fds + 1  # /dev/null, for what still is written to the dead
        nothing_left(t)


@test
def cancel_at_random_moments(py):
    rng = random.Random(5)
    adopted = 0
    with tree(py) as t:
        t.finish(t.begin(1, py)).relay.control("kill")
        t.nodes[2].relay.wait_end()
        t.ping()
        fds = fd_count(t.process.pid)
        for i in range(20 if QUICK else 100):
            n = t.begin(1, py, stdio=rng.choice((u"pipe,stderr", u"tty", u"tty+pipe")))
            pump(t, rng.choice((0, rng.random() * 0.05)))
            n.relay.control("kill")
            n.relay.control("kill")
            n.relay.input(0, b"late")
            n.relay.control("credit", 5)
            assert n.relay.wait_end()[0] == "exit", n.relay.end
            adopted += bool(n.relay.has("adopted"))
            assert n.id not in t.routes
        t.ping()
        print("# %d of them after their adoption" % adopted)
        assert fd_count(t.process.pid) == fds and not terminals(t.process.pid)
        eventually(lambda: len(alive(t.mark)) == 1)
        assert not t.logs, t.logs
        nothing_left(t)


@test
def kill_each_in_each_phase(py):
    """1 > 2 > 3 and a dialogue through 2: whoever dies, all who wait are told, and nobody below stays."""
    for phase in ("idle", "call", "dialogue", "starting"):
        for victim in (1, 2, 3):
            with tree(py) as t:
                a = grown(t, 1, py)
                b = grown(t, a.id, py)
                pids = {1: t.process.pid, 2: a.hello["pid"], 3: b.hello["pid"]}
                waiting, relay = [], None
                if phase == "call":
                    waiting = [a.start(f("call_forever"), 3), b.start("time:sleep", 1000)]
                    t.next_frame(lambda x: x.handle == 3000)
                elif phase == "dialogue":
                    relay = run(t, 2, "echo on; cat", stdio=u"tty+pipe,stderr")
                    relay.wait_data(0, b"on")
                elif phase == "starting":
                    relay = t.begin(b.id if victim == 3 else 2, py).relay
                pump(t, 0.02)
                os.kill(pids[victim], signal.SIGKILL)
                if victim == 1:
                    t.drain()
                else:
                    gone = set(range(victim, 4))
                    t.until(lambda: gone.issubset(t.gone))
                    assert t.nodes[victim].relay.wait_end()[1] == 9
                    if phase == "call" and victim == 3:
                        assert text(t.reply(waiting[0])) == "the respondent Context has disconnected"
                    if relay and relay.via not in gone and victim != 3:
                        relay.wait_end()
                    if relay and relay.via in gone:
                        relay.control("credit", 1)
                    t.ping()
                    eventually(lambda: not set(pids[p] for p in gone).intersection(alive(t.mark)))
                nothing_left(t)


@test
def master_gone(py):
    """No one answers: the vias clean up, and what ignores a hang-up is killed."""
    with tree(py) as t:
        n = t.grow(1, py)
        m = t.grow(n.id, py)
        relays = [run(t, via, "trap '' HUP TERM; echo on; while :; do sleep 1; done", stdio=u"tty") for via in (1, n.id, m.id)]
        for relay in relays:
            relay.wait_data(0, b"on")
        begin = time.time()
        t.close_stream()
        eventually(lambda: not alive(t.mark))
        print("# everything gone after %.2f s" % (time.time() - begin))
        assert t.process.wait(HANG) == 0
    with tree(py) as t:
        t.grow(t.grow(1, py).id, py)
        t.close_stream()
        eventually(lambda: not alive(t.mark))
    with tree(py) as t:
        n = t.grow(t.grow(1, py).id, py)
        relay = run(t, 1, "trap '' HUP TERM; echo on; while :; do sleep 1; done")
        relay.wait_data(0, b"on")
        n.start("time:sleep", 1000)
        t.start("time:sleep", 1000)
        assert t.shutdown() == 0
        assert relay.end[1] == 9, relay.end
        nothing_left(t)


# Routes, and who is believed


@test
def sibling_announces_a_pending_id(py):
    with tree(py) as t:
        a = grown(t, 1, py)
        b = grown(t, 1, py)
        # The real one is still in its dialogue: 1 is the hop above the via.
        n = t.begin(a.id, py, wrap=wrapped("read go </dev/tty; exec \"$@\""), stdio=u"tty+pipe")
        n.relay.wait("started")
        for _ in range(3):
            b.call(f("spit"), HEADER.pack(MAGIC, 1, b.id, b.id, ADD_ROUTE, 0, 6) + b"%d:evil" % n.id)
        assert n.id not in t.routes
        n.relay.input(1, b"go\n")
        t.finish(n)
        assert n.call("os:getpid") == n.hello["pid"]
        assert len([1 for log in t.logs if "not expected there" in log[2]]) == 1, t.logs
        # DEL_ROUTE for what belongs to somebody else, bad ids
        for said in (b"%d" % n.id, b"x", b"", b"0", b"1", b"-1", b"99999999999999999999"):
            b.call(f("spit"), HEADER.pack(MAGIC, 1, b.id, b.id, DEL_ROUTE, 0, len(said)) + said)
            b.call(f("spit"), HEADER.pack(MAGIC, 1, b.id, b.id, ADD_ROUTE, 0, len(said)) + said)
        assert n.call("os:getpid") == n.hello["pid"] and t.gone == []
        # a withdrawn expectation
        m = t.begin(a.id, py, wrap=wrapped("read go </dev/tty; exec \"$@\""), stdio=u"tty+pipe")
        m.relay.wait("started")
        t.send(EXPECT_ROUTE, dumps((m.id, None)), dst=1, magic=MAGIC_PICKLE)
        m.relay.input(1, b"go\n")
        assert m.relay.wait_end()[0] == "exit" and m.id not in t.routes
        assert m.hello is None
        nothing_left(t)


@test
def expected_over_two_hops(py):
    with tree(py) as t:
        a = grown(t, 1, py)
        b = grown(t, a.id, py)
        c = t.grow(b.id, py)
        assert c.call("os:getpid") == c.hello["pid"]
        # without an announcement, each hop refuses; the via gives up the process
        n = t.begin(b.id, py, expect=False)
        assert n.relay.wait_end()[0] == "exit" and n.id not in t.routes and not n.hello
        # refused by the master alone: DEL_ROUTE from above runs down to the via
        n = t.begin(b.id, py)
        del t.pending[n.id]
        assert n.relay.wait_end()[0] == "exit" and t.refused == [n.id], (n.relay.events, t.refused)
        assert c.call("os:getpid") == c.hello["pid"]
        nothing_left(t)


@test
def forged_messages(py):
    with tree(py) as t:
        a = grown(t, 1, py)
        b = grown(t, a.id, py)
        victim = grown(t, 1, py)
        call = relay_master.call_data("os:_exit", 3)
        for src, auth in ((0, 0), (1, 1), (b.id, 0), (a.id, a.id), (b.id, a.id), (victim.id, victim.id), (victim.id, b.id), (99, 99), (b.id, 1)):
            for dst in (0, 1, a.id, victim.id):
                for handle in (CALL_FUNCTION, SHUTDOWN, relay_master.RELAY_OPEN, EXPECT_ROUTE, ADD_ROUTE, DEL_ROUTE, 3000):
                    b.call(f("spit"), HEADER.pack(MAGIC, dst, src, auth, handle, 0, len(call)) + call)
        # with its own name it has no authority either
        for dst in (1, a.id, victim.id):
            for handle in (CALL_FUNCTION, SHUTDOWN, relay_master.RELAY_OPEN, relay_master.RELAY_CONTROL, EXPECT_ROUTE, 107):
                b.call(f("spit"), HEADER.pack(MAGIC, dst, b.id, b.id, handle, 0, len(call)) + call)
        for node in (a, b, victim):
            assert node.call("os:getpid") == node.hello["pid"]
        t.ping()
        assert not [x for x in t.frames if x.handle == 3000], t.frames
        assert len([1 for log in t.logs if "claim authority" in log[2]]) == 1, t.logs
        # and garbage ends it alone
        b.start(f("spit"), b"garbage" * 10)
        assert b.relay.wait_end()[0] == "exit"
        assert t.gone == [b.id]
        nothing_left(t)


@test
def routes_between_contexts(py):
    with tree(py) as t:
        a = grown(t, 1, py)
        b = grown(t, a.id, py)
        s = grown(t, 1, py)
        # grandchild to sibling, by a handle the sibling made
        for sender, receiver in ((b, s), (s, b), (a, b), (b, a)):
            waiting = receiver.start(f("receive_one"), 10)
            handle = int(t.next_frame(lambda x: x.handle == 3000 and x.src == receiver.id).data)
            sender.call(f("send_to"), receiver.id, handle, [1, "two"])
            source, value = t.reply(waiting)
            assert source == sender.id and [text(x) if isinstance(x, bytes) else x for x in value] == [1, "two"], (source, value)
        # calls down are served, calls across and up are refused
        assert a.call(f("call_pid"), b.id) == b.hello["pid"]
        assert t.call(f("call_pid"), b.id) == b.hello["pid"]
        for src, dst in ((b, s), (s, a), (b, a)):
            assert text(src.call(f("call_refused"), dst.id)) == "refused by policy"
        # nobody there; the loss of somebody
        handle = t.new_handle()
        t.send(CALL_FUNCTION, b"", handle, dst=77)
        try:
            t.reply(handle)
        except Dead as e:
            assert str(e) == "no route to 77, my ID is 1"
        waiting = t.start(f("call_forever"), b.id)
        t.next_frame(lambda x: x.handle == 3000)
        os.kill(a.hello["pid"], signal.SIGKILL)
        assert text(t.reply(waiting)) == "the respondent Context has disconnected"
        # DEL_ROUTE reaches those who talked to it
        assert s.call("os:getpid") == s.hello["pid"]
        nothing_left(t)


@test
def disconnect_reaches_talkers(py):
    with tree(py) as t:
        a = grown(t, 1, py)
        s = grown(t, 1, py)
        waiting = s.start(f("call_forever"), a.id)
        # a call across is refused; to a handle that never answers it waits
        assert text(t.reply(waiting)) == "refused by policy"
        source = "import mitogen.core, sys\ndef wait(i):\n r=mitogen.core.Receiver(mitogen.core.router,persist=False," \
            "respondent=mitogen.core.router.context_by_id(i))\n mitogen.core.post(i,4000,0,b'')\n" \
            " mitogen.core.post(0,3000,0,b'')\n try:\n  r.get(60)\n except mitogen.core.ChannelError:\n  return mitogen.core.text(str(sys.exc_info()[1]))\n"
        t.load_module_in(s.id, "waits", source)
        t.frames.clear()
        waiting = s.start("waits:wait", a.id)
        t.next_frame(lambda x: x.handle == 3000)
        a.relay.control("kill")
        assert text(t.reply(waiting)) == "the respondent Context has disconnected"
        nothing_left(t)


@test
def unidirectional(py):
    with tree(py, unidirectional=True) as t:
        a = grown(t, 1, py, unidirectional=True)
        b = grown(t, 1, py, unidirectional=True)
        assert text(a.call(f("call_refused"), b.id)) == \
            "routing mode prevents forward of message from context %d to context %d via context 1" % (a.id, b.id)
        assert t.call(f("call_pid"), b.id) == b.hello["pid"]
        nothing_left(t)


# Flow


@test
def flood_stops_at_the_window(py):
    with tree(py) as t:
        relay = run(t, 1, "true")
        relay.wait_end()
        t.ping()
        before = t.call(f("peak"))
        relay = Relay(t, 1)
        relay.auto_credit = False
        relay.open(u"process", ["cat", "/dev/zero"])
        t.until(lambda: len(relay.data[0]) >= WINDOW)
        pump(t, 0.3)
        assert len(relay.data[0]) == WINDOW, len(relay.data[0])
        assert t.call(f("peak")) - before < 600
        relay.control("credit", 100000)
        relay.used -= 100000
        t.until(lambda: len(relay.data[0]) >= WINDOW + 100000)
        pump(t, 0.3)
        assert len(relay.data[0]) == WINDOW + 100000
        relay.control("kill")
        relay.wait_end()
        # a master that does not read: the process waits, the child does not grow
        relay = Relay(t, 1)
        relay.open(u"process", ["cat", "/dev/zero"], window=1 << 28)
        time.sleep(1)
        relay.window = 1 << 28
        relay.control("kill")
        relay.wait_end()
        assert t.call(f("peak")) - before < 3000, t.call(f("peak")) - before
        nothing_left(t)


@test
def flood_between_contexts(py):
    """A child that floods a slow one is made to wait, and is let go again."""
    with tree(py) as t:
        a = grown(t, 1, py)
        b = grown(t, 1, py)
        t.ping()
        before = t.call(f("peak"))
        os.kill(b.hello["pid"], signal.SIGSTOP)
        call = a.start(f("flood_to"), b.id, 4242, 4000, 10000)
        pump(t, 1)
        assert t.call(f("peak")) - before < 3000
        os.kill(b.hello["pid"], signal.SIGCONT)
        assert t.reply(call) == 4000
        assert b.call("os:getpid") == b.hello["pid"]
        # and when the slow one dies
        os.kill(b.hello["pid"], signal.SIGSTOP)
        call = a.start(f("flood_to"), b.id, 4242, 400, 10000)
        pump(t, 0.5)
        os.kill(b.hello["pid"], signal.SIGKILL)
        assert t.reply(call) == 400
        assert a.call("os:getpid") == a.hello["pid"]
        nothing_left(t)


@test
def flood_of_questions(py):
    """A child that reads no answers is not read from either, and its parent does not grow."""
    flood = "import os,struct,sys\n" \
        "os.write(1,b'MARK')\n" \
        "n=int(sys.argv[1])\n" \
        "def f(dst,handle,reply,data): return struct.pack('>H6L',0x4D49,dst,n,n,handle,reply,len(data))+data\n" \
        "one=f(1,4242,1000,b'')+f(1,103,0,b'77')+f(1,101,1000,b'')+f(1,104,0,b'0')+f(1,200,1000,b'')\n" \
        "while 1: os.write(1,one*400)\n"
    with tree(py) as t:
        n = t.allocate()
        t.pending[n] = 1
        t.ping()
        before = t.call(f("peak"))
        relay = Relay(t, 1, n).open(u"process", [sys.executable, "-c", flood, str(n)], rules=[(0, b"MARK", u"adopt", b"")])
        relay.wait("adopted")
        pump(t, 2)
        grown_by = t.call(f("peak")) - before
        assert grown_by < 4000, grown_by
        assert len(t.logs) == 1 and "not expected" in t.logs[0][2], t.logs
        relay.control("kill")
        relay.wait_end()
        nothing_left(t)


class Server(object):
    def __init__(self, serve):
        self.path = tempfile.mktemp(prefix="relay-")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen(5)
        self.serve = serve
        self.result = None
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        try:
            while 1:
                peer = self.socket.accept()[0]
                self.result = self.serve(peer)
        except OSError:
            pass

    def close(self):
        self.socket.shutdown(2)
        self.socket.close()
        os.unlink(self.path)


@test
def tunnels(py):
    def answer(peer):
        size = 0
        while 1:
            data = peer.recv(65536)
            if not data:
                break
            size += len(data)
        peer.sendall(b"got %d" % size)
        peer.close()
        return size
    with tree(py) as t:
        server = Server(answer)
        relay = Relay(t, 1).open(u"unix", server.path)
        total = 2 << 20
        sent = 0
        while sent < total:
            t.until(lambda: sent - relay.credit < WINDOW)
            relay.input(0, b"x" * 16384)
            sent += 16384
        relay.control("eof", 0)
        assert relay.wait_end() == ("exit", None, 0), relay.end
        assert relay.data[0] == b"got %d" % total, relay.data
        assert relay.has("eof")
        t.ping()
        fds = fd_count(t.process.pid)
        # killed; both ends at once; the other end is gone
        for _ in range(3):
            relay = Relay(t, 1).open(u"unix", server.path)
            relay.input(0, b"y" * 1000)
            relay.control("kill")
            assert relay.wait_end()[0] == "exit"
        server.close()
        server = Server(lambda peer: (peer.recv(10), peer.close()))
        relay = Relay(t, 1).open(u"unix", server.path)
        relay.input(0, b"z" * 100000)
        relay.wait("eof")
        relay.control("eof", 0)
        assert relay.wait_end()[0] == "exit"
        server.close()
        # never reads: stops at the window and the socket's buffer; calls beside it work
        server = Server(lambda peer: time.sleep(100))
        relay = Relay(t, 1).open(u"unix", server.path)
        sent = 0
        while sent - relay.credit < WINDOW:
            relay.input(0, b"x" * 16384)
            sent += 16384
            pump(t, 0.01)
        assert sent < 2 << 20, sent
        for _ in range(10):
            t.call("os:getpid")
        relay.control("kill")
        relay.wait_end()
        server.close()
        t.ping()
        assert fd_count(t.process.pid) == fds
        nothing_left(t)


@test
def calls_beside_a_flooding_tunnel(py):
    def flood(peer):
        try:
            while 1:
                peer.sendall(b"x" * 65536)
        except OSError:
            pass
    with tree(py) as t:
        server = Server(flood)
        n = t.grow(1, py)
        relay = Relay(t, n.id).open(u"unix", server.path)
        t.until(lambda: len(relay.data[0]) > 1 << 20)
        times = []
        for _ in range(20):
            begin = time.time()
            n.call("os:getpid")
            times.append(time.time() - begin)
        print("# call beside it: median %.1f ms, worst %.1f ms" % (sorted(times)[10] * 1e3, max(times) * 1e3))
        relay.control("kill")
        relay.wait_end()
        server.close()
        nothing_left(t)


@test
def stderr_after_adoption(py):
    script = "(read x <&3; echo fine >&2; read x <&3; head -c 3000000 /dev/zero >&2) 3<'%s' & exec \"$@\""
    with tempfile.TemporaryDirectory() as d, tree(py) as t:
        fifo = os.path.join(d, "fifo")
        os.mkfifo(fifo)
        n = t.begin(1, py, wrap=wrapped(script % fifo))
        n.relay.auto_credit = False
        go = os.open(fifo, os.O_WRONLY)
        t.finish(n)
        os.write(go, b"\n")
        n.relay.wait_data(2, b"fine\n")
        os.write(go, b"\n")
        os.close(go)
        t.until(lambda: n.relay.used == WINDOW)
        for _ in range(20):
            assert n.call("os:getpid") == n.hello["pid"]
        pump(t, 0.3)
        n.relay.control("kill")
        end = n.relay.wait_end()
        assert end[0] == "exit" and end[2] == 3000000 + 5 - len(n.relay.data[2]), (end, len(n.relay.data[2]))
        nothing_left(t)


# The via is busy


@test
def busy_via(py):
    with tempfile.TemporaryDirectory() as d, tree(py) as t:
        t.grow(1, py).relay.control("kill")
        for function in ("nap", "spin"):
            go = os.path.join(d, function)
            call = t.start(f(function), go)
            pump(t, 0.1)
            begin = time.time()
            n = t.grow(1, py)
            m = t.grow(n.id, py)
            took = time.time() - begin
            assert m.call("os:getpid") == m.hello["pid"]
            print("# two connects beside %s: %.0f ms" % (function, took * 1e3))
            for node in (n, m):
                node.relay.control("kill")
            open(go, "w").close()
            assert text(t.reply(call)) == "awake"
        # busy in an import, with the import lock held on 2.7
        go = os.path.join(d, "import")
        t.load_module("slow_import", "import os, time\nwhile not os.path.exists(%r):\n    time.sleep(0.01)\ndef get():\n    return 5\n" % go)
        call = t.start("slow_import:get")
        pump(t, 0.1)
        n = t.begin(1, py, stdio=u"tty+pipe")
        t.ping()
        open(go, "w").close()
        assert t.reply(call) == 5
        t.finish(n)
        nothing_left(t)


@test
def thirty_at_once(py):
    with tree(py) as t:
        begin = time.time()
        modes = (u"pipe,stderr", u"tty", u"tty+pipe")
        nodes = [t.begin(1, py, stdio=modes[i % 3], first=[("os:getpid", ())]) for i in range(30)]
        for n in nodes:
            assert t.reply(n.first[0]) > 0
            t.finish(n)
        print("# 30 connections: %.2f s" % (time.time() - begin))
        for n in nodes:
            assert n.call("os:getpid") == n.hello["pid"]
        nothing_left(t)


@test
def ended_stream_but_forked_process(py):
    """A process that user code forked does not keep the children of the context that has died."""
    if "2.7" in py or "3.6" in py:
        raise Skip("no hook of os.fork, so what was forked keeps the descriptors")
    with tree(py) as t:
        a = grown(t, 1, py)
        b = grown(t, a.id, py)
        left = a.call(f("leave_daemon"))
        os.kill(a.hello["pid"], signal.SIGKILL)
        t.until(lambda: set(t.gone) == {a.id, b.id})
        eventually(lambda: b.hello["pid"] not in alive(t.mark))
        os.kill(left, signal.SIGKILL)
        nothing_left(t)


@test
def strict_warnings(py):
    with tree(py, environment={"PYTHONWARNINGS": "error"}) as t:
        n = t.grow(t.grow(1, py).id, py)
        assert n.call("os:getpid") == n.hello["pid"]
        nothing_left(t)


if __name__ == "__main__":
    main()
