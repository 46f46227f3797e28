#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Tests of contexts through contexts with real programs: ssh, sudo, su, doas, Docker, podman. Prints TAP.

Usage: test-relay-real.py [--containers] [--python PATH | --python VERSION] [NAME-PART ...]

The interpreter is the one of the contexts. Needs root, for a machine of its own (real_system.py); what is missing is skipped.
"""

import json
import os
import re
import signal
import struct
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import real_system
from real_system import BASE, HOST, USERS, Missing, as_user, processes, quoted, ssh

ROOT = os.path.expanduser("~/.pyenv/versions/")
FUNCTIONS = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "relay_functions.py")).read()
LOGINS, CONTAINERS = [], []
LIMIT = 600000  # ms; only what tests the limit depends on it
C_LOCALE = {u"LC_ALL": u"C", u"LANGUAGE": None}
ASK = "mitogen-6f0c:"
SUDO_ASKS = ASK.encode()
SU_ASKS = b"Password: "


class Machine(object):
    """What there is once for all tests."""


def login(function):
    LOGINS.append(function)
    return function


def container(function):
    CONTAINERS.append(function)
    return function


def tree(python, user=None, **config):
    if user:
        config["argv_prefix"] = as_user(user)
    t = relay_master.Tree(python, **config)
    t.before = processes() - {t.process.pid}
    t.load_module_in(1, "relay_functions", FUNCTIONS)
    return t


def f(name):
    return "relay_functions:" + name


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def nothing_left(t):
    """Only what was there before the tree: nobody else starts processes in here."""
    t.close_stream()
    t.process.wait(relay_master.HANG)
    real_system.until(lambda: not processes() - t.before, "processes left")


def fd_count(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


# Methods: how to wrap the command, and how to wire it


def by_ssh(user, *options, **settings):
    return {"wrap": lambda argv, rules: (ssh(user, *options, **settings) + [quoted(argv)], rules), "stdio": u"tty+pipe,stderr", "limit": LIMIT,
            "env": dict(C_LOCALE, SSH_ASKPASS=None, SSH_AUTH_SOCK=None)}


def by_sudo(user, *options):
    return {"wrap": lambda argv, rules: (["sudo", "-u", user, "-H", "-p", ASK] + list(options) + ["--"] + argv, rules),
            "stdio": u"tty+pipe,stderr", "env": C_LOCALE, "limit": LIMIT}


def by_doas(user):
    return {"wrap": lambda argv, rules: (["doas", "-u", user] + argv, rules), "stdio": u"tty+pipe,stderr", "env": C_LOCALE,
            "limit": LIMIT}


def by_su(user):
    return {"wrap": lambda argv, rules: (["su", user, "-c", "exec " + quoted(argv)], rules), "stdio": u"tty", "env": C_LOCALE,
            "limit": LIMIT}


def ssh_asks(user):
    return b"%s@127.0.0.1's password: " % user.encode()


def doas_asks(user):
    return b"doas (%s@%s) password: " % (user.encode(), HOST.encode())


def expect(relay, channel, prompt):
    """Wait for a prompt behind those that were answered."""
    begin = getattr(relay, "answered", {}).get(channel, 0)
    relay.tree.until(lambda: relay.data[channel].find(prompt, begin) >= 0 or relay.end)
    assert not relay.end, (prompt, relay.end, relay.data)
    relay.answered = {channel: len(relay.data[channel])}


def answer(relay, channel, prompt, said):
    expect(relay, channel, prompt)
    relay.input(channel, said.encode() + b"\n")


def connected(t, node, who=None):
    t.finish(node)
    t.load_module_in(node.id, "relay_functions", FUNCTIONS)
    assert node.call("os:getpid") == node.hello["pid"]
    if who:
        assert node.call("os:getuid") == node.call("os:geteuid") == number_of(who), who
    for password in list(USERS.values()) + ["pw-key"]:
        assert not [1 for data in node.relay.data.values() if password.encode() in data], (password, node.relay.data)
    return node


def number_of(user):
    import pwd
    return pwd.getpwnam(user).pw_uid


def connect(t, via, python, how, who, *dialogue):
    node = t.begin(via, python, **how)
    for channel, prompt, said in dialogue:
        answer(node.relay, channel, prompt, said)
    return connected(t, node, who)


def failed(node, status, said=b""):
    """The process has ended by itself; what it said on its terminal and stderr."""
    assert node.relay.wait_end() == ("exit", status, 0), (node.relay.end, node.relay.data)
    everything = b"".join(bytes(data) for data in node.relay.data.values())
    assert said in everything, everything
    assert not node.live and not node.relay.has("adopted")


# Logins


@login
def ssh_with_password(py):
    with tree(py) as t:
        n = connect(t, 1, py, by_ssh("mg-asked"), "mg-asked", (1, ssh_asks("mg-asked"), "pw-asked"))
        # The banner is on the own stderr, where nobody looks for prompts or markers.
        assert b"Password: not a prompt" in n.relay.data[2] and b"not a prompt" not in n.relay.data[1] + n.relay.data[0], n.relay.data
        big = os.urandom(1000000)
        assert n.call(f("echo"), big) == big
        fds = fd_count(t.process.pid)
        n.relay.control("kill")
        assert n.relay.wait_end()[0] == "exit"
        assert fd_count(t.process.pid) == fds - 5  # its two pipes, the terminal twice, its stderr
        nothing_left(t)


@login
def ssh_refuses(py):
    with tree(py) as t:
        n = t.begin(1, py, **by_ssh("mg-asked"))
        answer(n.relay, 1, ssh_asks("mg-asked"), "wrong")
        answer(n.relay, 1, ssh_asks("mg-asked"), "worse")
        failed(n, 255 << 8, b"Permission denied (publickey,password,keyboard-interactive)")
        assert b"Permission denied, please try again." in n.relay.data[1] + n.relay.data[2]
        # wrong, then right
        n = connect(t, 1, py, by_ssh("mg-asked"), "mg-asked", (1, ssh_asks("mg-asked"), "wrong"), (1, ssh_asks("mg-asked"), "pw-asked"))
        # unknown user, no server, no prompt wanted
        n = t.begin(1, py, **by_ssh("nobody-here", NumberOfPasswordPrompts="1"))
        answer(n.relay, 1, ssh_asks("nobody-here"), "x")
        failed(n, 255 << 8, b"Permission denied")
        failed(t.begin(1, py, **by_ssh("mg-asked", "-p", "1")), 255 << 8, b"Connection refused")
        failed(t.begin(1, py, **by_ssh("mg-asked", BatchMode="yes")), 255 << 8, b"Permission denied")
        nothing_left(t)


@login
def ssh_keyboard_interactive(py):
    prompt = b"(mg-asked@127.0.0.1) Password: "
    with tree(py) as t:
        how = by_ssh("mg-asked", PreferredAuthentications="keyboard-interactive")
        connect(t, 1, py, how, "mg-asked", (1, prompt, "pw-asked"))
        connect(t, 1, py, how, "mg-asked", (1, prompt, "wrong"), (1, prompt, "pw-asked"))
        nothing_left(t)


@login
def ssh_passphrase(py):
    prompt = b"Enter passphrase for key '%s/id': " % BASE.encode()
    with tree(py) as t:
        how = by_ssh("mg-free", IdentityFile=BASE + "/id", PreferredAuthentications="publickey")
        connect(t, 1, py, how, "mg-free", (1, prompt, "pw-key"))
        connect(t, 1, py, how, "mg-free", (1, prompt, "wrong"), (1, prompt, "pw-key"))
        n = t.begin(1, py, **how)
        for _ in range(2):
            answer(n.relay, 1, prompt, "wrong")
        failed(n, 255 << 8, b"Permission denied (publickey")
        nothing_left(t)


@login
def ssh_host_key(py):
    question = b"Are you sure you want to continue connecting (yes/no/[fingerprint])? "
    with tree(py) as t:
        for i, said in enumerate(("yes", "no")):
            n = t.begin(1, py, **by_ssh("mg-asked", known_hosts="known-%d" % i, StrictHostKeyChecking="ask"))
            answer(n.relay, 1, question, said)
            assert b"key fingerprint is SHA256:" in n.relay.data[1], n.relay.data
            if said == "yes":
                answer(n.relay, 1, ssh_asks("mg-asked"), "pw-asked")
                connected(t, n, "mg-asked")
                os.unlink(BASE + "/known-0")
            else:
                failed(n, 255 << 8, b"Host key verification failed.")
        # thinking: the limit is taken away, and its rest given back with the answer
        n = t.begin(1, py, **by_ssh("mg-asked", known_hosts="known-0", StrictHostKeyChecking="ask"))
        expect(n.relay, 1, question)
        n.relay.control("limit", 0)
        n.relay.input(1, b"yes\n")
        n.relay.control("limit", LIMIT)
        answer(n.relay, 1, ssh_asks("mg-asked"), "pw-asked")
        connected(t, n, "mg-asked")
        failed(t.begin(1, py, **by_ssh("mg-asked", known_hosts="known_hosts.changed")), 255 << 8, b"Host key verification failed.")
        failed(t.begin(1, py, **by_ssh("mg-asked", known_hosts="none")), 255 << 8, b"Host key verification failed.")
        nothing_left(t)


@login
def sudo_su_doas(py):
    """Each with a password, from a context of an unprivileged user, and below each other."""
    user_py = Machine.user_python
    with tree(user_py, "mg-asked") as t:
        a = connect(t, 1, user_py, by_sudo("mg-other"), "mg-other", (1, SUDO_ASKS, "pw-asked"))
        b = connect(t, a.id, user_py, by_su("mg-asked"), "mg-asked", (0, SU_ASKS, "pw-asked"))
        c = connect(t, b.id, user_py, by_doas("mg-free"), "mg-free", (1, doas_asks("mg-asked"), "pw-asked"))
        d = connect(t, c.id, user_py, by_sudo("root"), "root")  # this one may without
        assert t.call(f("call_pid"), d.id) == d.hello["pid"]
        for data in (bytes(bytearray(range(256))) * 800, os.urandom(300000)):
            for node in (b, d):  # through a terminal, and beside it
                assert node.call(f("echo"), data) == data
        assert t.shutdown() == 0
        assert t.gone == [5, 4, 3, 2], t.gone
        nothing_left(t)


@login
def wrong_passwords(py):
    user_py = Machine.user_python
    with tree(user_py, "mg-asked") as t:
        n = t.begin(1, user_py, **by_sudo("root"))
        for _ in range(3):
            answer(n.relay, 1, SUDO_ASKS, "wrong")
        failed(n, 1 << 8, b"3 incorrect password attempts")
        connect(t, 1, user_py, by_sudo("root"), "root", (1, SUDO_ASKS, "wrong"), (1, SUDO_ASKS, "pw-asked"))
        n = t.begin(1, user_py, **by_su("mg-other"))
        answer(n.relay, 0, SU_ASKS, "wrong")
        failed(n, 1 << 8, b"su: Authentication failure")
        n = t.begin(1, user_py, **by_doas("root"))
        answer(n.relay, 1, doas_asks("mg-asked"), "wrong")
        failed(n, 1 << 8, b"doas: Authentication failed")
        failed(t.begin(1, user_py, **by_sudo("root", "-n")), 1 << 8, b"a password is required")
        nothing_left(t)


@login
def cancelled_at_the_prompt(py):
    """Processes of root, started and given up by an unprivileged context: the hang-up ends them."""
    user_py = Machine.user_python
    with tree(user_py, "mg-asked") as t:
        t.finish(t.begin(1, user_py)).relay.control("kill")
        t.nodes[2].relay.wait_end()
        t.ping()
        fds = fd_count(t.process.pid)
        asks = [(by_sudo("root"), 1, SUDO_ASKS), (by_su("mg-other"), 0, SU_ASKS), (by_doas("root"), 1, doas_asks("mg-asked")),
                (by_ssh("mg-other"), 1, ssh_asks("mg-other"))]
        for how, channel, prompt in asks:
            n = t.begin(1, user_py, **how)
            expect(n.relay, channel, prompt)
            n.relay.control("kill")
            end = n.relay.wait_end()
            assert end[0] == "exit" and end[1] is not None, (end, n.relay.data)
        t.ping()
        assert fd_count(t.process.pid) == fds
        # the via itself dies without a word
        relays = [(t.begin(1, user_py, **how).relay, channel, prompt) for how, channel, prompt in asks]
        for relay, channel, prompt in relays:
            expect(relay, channel, prompt)
        os.kill(t.process.pid, signal.SIGKILL)
        t.drain()
        nothing_left(t)


@login
def kill_is_refused(py):
    """A process of root that an unprivileged context has started and must not kill."""
    user_py = Machine.user_python
    become_root = real_system.setuid_copy("setpriv"), u"--reuid=0"
    with tree(user_py, "mg-other") as t:
        def start(stdio, *argv):
            relay = relay_master.Relay(t, 1).open(u"process", become_root + argv, stdio=stdio)
            relay.wait_data(0, b"on")
            pid = relay.has("started")[0][1]
            try:
                t.call("os:kill", pid, 0)
            except relay_master.CallError as e:
                assert "permitted" in str(e), e
            else:
                raise AssertionError("it may kill")
            return relay, pid

        # a hang-up and the end of its input end it all the same
        relay, _ = start(u"tty", u"sh", u"-c", u"echo on; exec sleep 1000")
        relay.control("kill")
        assert relay.wait_end() == ("exit", signal.SIGHUP, 0), relay.end
        relay, _ = start(u"pipe", u"sh", u"-c", u"echo on; exec cat")
        relay.control("kill")
        assert relay.wait_end() == ("exit", 0, 0), relay.end
        # an adopted one: the child sees the end of its stream
        n = connected(t, t.begin(1, user_py, wrap=lambda argv, rules: (list(become_root) + argv, rules)), "root")
        n.relay.control("kill")
        assert n.relay.wait_end() == ("exit", 0, 0), n.relay.end
        # what heeds neither stays; the context says so and goes on
        relay, pid = start(u"tty", u"sh", u"-c", u"trap '' HUP TERM; echo on; exec sleep 1000")
        relay.control("kill")
        assert relay.wait_end() == ("exit", None, 0), relay.end
        assert pid in processes()
        os.kill(pid, signal.SIGKILL)
        connected(t, t.begin(1, user_py))
        nothing_left(t)


@login
def asking(py):
    """Whoever thinks longer than the limit is not given up as long as the limit is taken away; and it comes back with the answer."""
    user_py = Machine.user_python
    with tree(user_py, "mg-asked") as t:
        thinks, forgotten = (t.begin(1, user_py, **by_sudo("root")) for _ in range(2))
        for n in (thinks, forgotten):
            expect(n.relay, 1, SUDO_ASKS)
        # in one write, so that no time passes between the two
        sent = []
        t.write, write = sent.append, t.write
        thinks.relay.control("limit", 200)
        thinks.relay.control("limit", 0)
        forgotten.relay.control("limit", 400)
        t.write = write
        t.write(b"".join(sent))
        assert forgotten.relay.wait_end()[0] == "exit" and forgotten.relay.has("limit")
        assert not thinks.relay.end
        thinks.relay.input(1, b"pw-asked\n")
        thinks.relay.control("limit", LIMIT)
        connected(t, thinks, "root")
        # renewed, it holds
        n = t.begin(1, user_py, **by_sudo("root"))
        expect(n.relay, 1, SUDO_ASKS)
        n.relay.control("limit", 0)
        n.relay.control("limit", 100)
        assert n.relay.wait_end()[0] == "exit" and n.relay.has("limit")
        nothing_left(t)


@login
def calls_during_a_dialogue(py):
    """Broker and main thread side by side: calls are answered while a dialogue waits, and a dialogue goes on while a call waits."""
    with tree(py) as t:
        a = connect(t, 1, py, by_ssh("mg-asked"), "mg-asked", (1, ssh_asks("mg-asked"), "pw-asked"))
        for via, pid in ((1, t.process.pid), (a.id, a.hello["pid"])):
            n = t.begin(via, py, **by_ssh("mg-other"))
            expect(n.relay, 1, ssh_asks("mg-other"))
            for _ in range(50):
                assert t.call_in(via, "os:getpid") == pid
            big = os.urandom(500000)
            assert t.call_in(via, f("echo"), big) == big
            # the main thread waits for a message of ours, which comes when the connection is there
            waiting = t.start_in(via, f("receive_one"), 1000)
            handle = int(t.next_frame(lambda x: x.handle == 3000 and x.src == via).data)
            n.relay.input(1, b"pw-other\n")
            connected(t, n, "mg-other")
            assert not [x for x in t.frames if x.handle == waiting]
            t.send(handle, relay_master.dumps(u"enough"), dst=via)
            assert [text(x) for x in t.reply(waiting)[1:]] == [u"enough"]
            # it is busy, and never lets go of the interpreter for long
            enough = BASE + "/enough-%d" % via
            busy = t.start_in(via, f("spin"), enough)
            connect(t, via, py, by_ssh("mg-other"), "mg-other", (1, ssh_asks("mg-other"), "pw-other"))
            real_system.write(enough, "")
            assert text(t.reply(busy)) == "awake"
            os.unlink(enough)
        nothing_left(t)


@login
def core_through_terminals(py):
    """The whole core through one terminal, and through two: ssh -tt, with a sudo behind it that wants one."""
    user_py = Machine.user_python
    data = bytes(bytearray(range(256))) * 1600
    with tree(user_py, "mg-asked") as t:
        n = connect(t, 1, user_py, by_su("mg-other"), "mg-other", (0, SU_ASKS, "pw-other"))
        assert n.call(f("echo"), data) == data
        m = connect(t, n.id, user_py, by_su("mg-asked"), "mg-asked", (0, SU_ASKS, "pw-asked"))
        assert m.call(f("echo"), data) == data
        nothing_left(t)
    with tree(py) as t:
        how = by_ssh("mg-tty", "-tt")
        command = how["wrap"]
        how["wrap"] = lambda argv, rules: command(["sudo", "-p", ASK, "--"] + argv, rules)
        how["stdio"] = u"tty"
        n = connect(t, 1, user_py, how, "root", (0, ssh_asks("mg-tty"), "pw-tty"), (0, SUDO_ASKS, "pw-tty"))
        assert n.call(f("echo"), data) == data
        nothing_left(t)


@login
def sudo_with_a_terminal_of_its_own(py):
    """use_pty: sudo starts the command on another terminal and passes its bytes, but leaves pipes alone."""
    user_py = Machine.user_python
    with tree(user_py, "mg-tty") as t:
        for stdio, channel in ((u"tty+pipe,stderr", 1), (u"tty", 0)):
            n = connect(t, 1, user_py, dict(by_sudo("root"), stdio=stdio), "root", (channel, SUDO_ASKS, "pw-tty"))
            big = os.urandom(300000)
            assert n.call(f("echo"), big) == big
            n.relay.control("kill")
            assert n.relay.wait_end()[0] == "exit"
        nothing_left(t)


@login
def two_hops_of_ssh(py):
    """And one more: the route is announced to each hop, and refused where it was not."""
    user_py = Machine.user_python
    with tree(py) as t:
        a = connect(t, 1, user_py, by_ssh("mg-asked"), "mg-asked", (1, ssh_asks("mg-asked"), "pw-asked"))
        b = connect(t, a.id, user_py, by_ssh("mg-free"), "mg-free", (1, ssh_asks("mg-free"), "pw-free"))
        sent = []
        t.write, write = lambda data: sent.append(data) or write(data), t.write
        c = connect(t, b.id, user_py, by_ssh("mg-other"), "mg-other", (1, ssh_asks("mg-other"), "pw-other"))
        t.write = write
        assert relay_master.CORE[:100] not in b"".join(sent)  # the core does not cross a link twice
        d = connect(t, b.id, user_py, by_sudo("root"), "root")
        assert [t.paths[n.id] for n in (a, b, c, d)] == [[1], [2, 1], [3, 2, 1], [3, 2, 1]]
        assert c.call("os:getpid") == c.hello["pid"] and t.call(f("call_pid"), d.id) == d.hello["pid"]
        # One hop that was not told refuses, whichever it is.
        for hop in (1, a.id):
            n = t.begin(b.id, user_py, expect=False, number=t.allocate(), **by_sudo("root"))
            for told in (1, a.id):
                if told != hop:
                    t.send(relay_master.EXPECT_ROUTE, relay_master.dumps((n.id, b.id)), dst=told, magic=relay_master.MAGIC_PICKLE)
            assert n.relay.wait_end()[0] == "exit" and n.id not in t.routes and not n.hello
            t.send(relay_master.EXPECT_ROUTE, relay_master.dumps((n.id, None)), dst=1, magic=relay_master.MAGIC_PICKLE)
        # A hop dies: all behind it are gone, here and there.
        os.kill(a.hello["pid"], signal.SIGKILL)
        t.until(lambda: {2, 3, 4, 5}.issubset(t.gone))
        t.ping()
        real_system.until(lambda: not processes() - t.before - {t.process.pid}, "processes left")
        nothing_left(t)


@login
def everything_in_one_chain(py):
    """ssh, sudo, su, ssh, doas: all with passwords, the last five contexts deep."""
    user_py = Machine.user_python
    with tree(py) as t:
        via = 1
        for how, who, dialogue in (
                (by_ssh("mg-asked"), "mg-asked", (1, ssh_asks("mg-asked"), "pw-asked")),
                (by_sudo("mg-other"), "mg-other", (1, SUDO_ASKS, "pw-asked")),
                (by_su("mg-free"), "mg-free", (0, SU_ASKS, "pw-free")),
                (by_ssh("mg-asked", PreferredAuthentications="keyboard-interactive"), "mg-asked",
                 (1, b"(mg-asked@127.0.0.1) Password: ", "pw-asked")),
                (by_doas("root"), "root", (1, doas_asks("mg-asked"), "pw-asked"))):
            via = connect(t, via, user_py, how, who, dialogue).id
        big = os.urandom(1000000)
        assert t.nodes[via].call(f("echo"), big) == big
        assert t.call(f("call_pid"), via) == t.nodes[via].hello["pid"]
        t.close_stream()
        nothing_left(t)


@login
def twenty_prompts_at_once(py):
    user_py = Machine.user_python
    with tree(user_py, "mg-asked") as t:
        kinds = [(by_sudo("root"), 1, SUDO_ASKS, "pw-asked", "root"), (by_su("mg-other"), 0, SU_ASKS, "pw-other", "mg-other"),
                 (by_doas("root"), 1, doas_asks("mg-asked"), "pw-asked", "root"),
                 (by_ssh("mg-free"), 1, ssh_asks("mg-free"), "pw-free", "mg-free")]
        nodes = [t.begin(1, user_py, **kinds[i % 4][0]) for i in range(20)]
        for i, n in enumerate(nodes):
            answer(n.relay, *kinds[i % 4][1:4])
        for i, n in enumerate(nodes):
            connected(t, n, kinds[i % 4][4])
        nothing_left(t)


# Containers


class Http(object):
    """A conversation with a container engine through a tunnel."""

    def __init__(self, t, via, path):
        self.t = t
        self.relay = relay_master.Relay(t, via).open(u"unix", path)
        self.at = 0

    def request(self, method, path, body=None, headers=""):
        data = json.dumps(body).encode() if body is not None else b""
        self.relay.input(0, ("%s /v1.41%s HTTP/1.1\r\nHost: d\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" %
                             (method, path, headers, len(data))).encode() + data)
        head = self.take(lambda rest: rest.find(b"\r\n\r\n") + 4 if b"\r\n\r\n" in rest else 0).decode().lower()
        status = int(head.split()[1])
        if status in (101, 204, 304) or "raw-stream" in head:
            return status, None
        if "chunked" in head:
            body = b""
            while 1:
                size = int(self.take(lambda rest: rest.find(b"\r\n") + 2 if b"\r\n" in rest else 0), 16)
                body += self.take(lambda rest: size + 2 if len(rest) >= size + 2 else 0)[:-2]
                if not size:
                    break
        else:
            length = int(head.split("content-length:")[1].split()[0])
            body = self.take(lambda rest: length if len(rest) >= length else 0) if length else b""
        return status, json.loads(body) if body.strip() and b"{" in body else body

    def take(self, size):
        data = self.relay.data[0]
        self.t.until(lambda: size(data[self.at:]) or self.relay.end)
        n = size(data[self.at:])
        assert n, (self.relay.end, bytes(data[self.at:]))
        self.at += n
        return bytes(data[self.at - n:self.at])

    def close(self):
        self.relay.control("kill")
        assert self.relay.wait_end()[0] == "exit"


def image():
    """A root directory with nothing in it: the machine's own programs are mounted there."""
    import io
    import tarfile
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in ("usr", "etc", "proc", "sys", "dev", "tmp", "run", "root"):
            made = tarfile.TarInfo(name)
            made.type, made.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(made)
        for name in ("bin", "sbin", "lib", "lib64"):
            made = tarfile.TarInfo(name)
            made.type, made.linkname = tarfile.SYMTYPE, "usr/" + name
            tar.addfile(made)
    return out.getvalue()


def engine_behind_a_tunnel(py, engine):
    with tree(py) as t:
        n = t.grow(1, py)
        for via in (1, n.id):
            http = Http(t, via, engine.path)
            assert http.request("GET", "/_ping") == (200, b"OK")
            assert http.request("GET", "/version")[1]["ApiVersion"] >= "1.41"
            assert http.request("POST", "/containers/nowhere/start")[0] == 404
            http.close()
        http = Http(t, n.id, engine.path)
        data = image()
        http.relay.input(0, ("POST /v1.41/images/create?fromSrc=- HTTP/1.1\r\nHost: d\r\n"
                             "Content-Type: application/x-tar\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(data)).encode() + data)
        http.relay.wait("eof")
        made = re.search(b"sha256:([0-9a-f]{64})", http.relay.data[0])
        assert made and http.relay.data[0].startswith(b"HTTP/1.1 200 OK"), http.relay.data[0]
        http.close()
        http = Http(t, n.id, engine.path)
        status, made = http.request("POST", "/containers/create?name=mg", {
            "Image": made.group(1).decode(), "Cmd": ["sleep", "1000"],
            "HostConfig": {"NetworkMode": "none", "Binds": ["/usr:/usr:ro", "/etc:/etc:ro"]}})
        assert status == 201, made
        status, said = http.request("POST", "/containers/mg/start")
        if status != 204 and b"" != said:
            raise Missing("no container starts here: %s" % said)
        for upgrade in ("", "Connection: Upgrade\r\nUpgrade: tcp\r\n"):
            status, made = http.request("POST", "/containers/mg/exec", {
                "AttachStdin": True, "AttachStdout": True, "AttachStderr": True,
                "Cmd": ["/bin/sh", "-c", "hostname >&2; cat; exit 7"]})
            assert status == 201, made
            started = Http(t, n.id, engine.path)
            status, _ = started.request("POST", "/exec/%s/start" % made["Id"], {"Detach": False, "Tty": False}, upgrade)
            assert status == (101 if upgrade else 200)
            sent = os.urandom(40000)
            started.relay.input(0, sent)
            started.relay.control("eof", 0)
            started.relay.wait("eof")
            out = {1: b"", 2: b""}
            while started.at < len(started.relay.data[0]):
                kind, size = struct.unpack(">B3xL", started.take(lambda rest: 8 if len(rest) >= 8 else 0))
                out[kind] += started.take(lambda rest: size if len(rest) >= size else 0)
            assert out[1] == sent and out[2].strip(), (len(out[1]), out[2])
            assert started.relay.wait_end() == ("exit", None, 0)

            def exit_code():
                state = http.request("GET", "/exec/%s/json" % made["Id"])[1]
                return not state["Running"] and state["ExitCode"] == 7
            real_system.until(exit_code, "exit code 7")
        # a context inside, by the client program and through the same socket
        if real_system.shutil.which("docker"):
            m = t.begin(n.id, "/usr/bin/python3", env={u"DOCKER_HOST": u"unix://" + engine.path, u"HOME": u"/run"},
                        wrap=lambda argv, rules: (["docker", "exec", "-i", "mg"] + argv, rules))
            connected(t, m)
            assert m.call("os:getpid") != m.relay.has("started")[0][1]
            assert text(m.call("socket:gethostname")) != HOST
            big = os.urandom(1000000)
            assert m.call(f("echo"), big) == big
            m.relay.control("kill")
            assert m.relay.wait_end()[0] == "exit"
        status, said = http.request("DELETE", "/containers/mg?force=true")
        assert status in (200, 204), said
        http.close()
        t.close_stream()
        t.process.wait(relay_master.HANG)


@container
def docker_engine(py):
    engine = real_system.Docker()
    try:
        engine_behind_a_tunnel(py, engine)
    finally:
        engine.stop()


@container
def podman_service(py):
    engine = real_system.Podman()
    try:
        engine_behind_a_tunnel(py, engine)
    finally:
        engine.stop()


def prepare(py):
    real_system.setup()
    if "--containers" in sys.argv:
        return
    real_system.which("sudo", "doas", "su", "setpriv")
    Machine.sshd = real_system.Sshd()
    Machine.user_python = py if real_system.usable_by_all(py) else "/usr/bin/python3"


def skip_all(why):
    print("1..0 # SKIP %s" % why)
    sys.exit(0)


def main():
    global relay_master
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    args = sys.argv[1:]
    py = "/usr/bin/python3"
    if "--python" in args:
        name = args[args.index("--python") + 1]
        py = py if name == "system" else name if "/" in name else ROOT + name + "/bin/python"
    parts = [a for i, a in enumerate(args) if not a.startswith("--") and (not i or args[i - 1] != "--python")]
    if not os.path.exists(py):
        skip_all("no " + py)
    try:
        real_system.enter()
        import relay_master
        prepare(py)
    except Missing as e:
        skip_all(e)
    if "--containers" not in args:
        print("# other users run %s" % Machine.user_python)
    tests = [t for t in (CONTAINERS if "--containers" in args else LOGINS) if not parts or any(p in t.__name__ for p in parts)]
    failures = 0
    print("1..%d" % len(tests))
    for n, t in enumerate(tests, 1):
        name = t.__name__.replace("_", " ")
        begin = time.time()
        try:
            t(py)
            print("ok %d - %s" % (n, name))
        except Missing as e:
            print("ok %d - %s # SKIP %s" % (n, name, e))
        except Exception:
            failures += 1
            print("not ok %d - %s" % (n, name))
            print("\n".join("# " + line for line in traceback.format_exc().rstrip().split("\n")))
            print("\n".join("# left: " + line for line in real_system.describe(processes())))
        print("# %.2f s" % (time.time() - begin))
        sys.stdout.flush()
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
