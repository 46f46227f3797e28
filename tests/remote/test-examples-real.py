#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""The examples that ask in the terminal, in one, with the real ssh and sudo. Prints TAP.

test-examples-real.py NAME COMMAND... [-- NAME COMMAND...]
"""

import os
import pty
import select
import sys
import time
import traceback

import real_system
from real_system import BASE

PATIENCE = 60
CONFIG = """Host web1
    HostName 127.0.0.1
    User mg-asked
    UserKnownHostsFile %s/known_hosts.%%s
    GlobalKnownHostsFile /dev/null
    IdentityAgent none
    PubkeyAuthentication no
    KbdInteractiveAuthentication no
""" % BASE


class Terminal(object):
    """A program in a terminal of its own."""

    def __init__(self, argv):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            try:
                os.execvp(argv[0], argv)
            finally:
                os._exit(127)
        self.seen = ""
        self.all = ""

    def read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 4096).decode(errors="replace")
        except OSError:
            return False
        self.seen += data
        self.all += data
        return bool(data)

    def expect(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            if not self.read(max(0, end - time.monotonic())):
                raise AssertionError("%r did not come, but %r" % (text, self.all))
        self.seen = self.seen.partition(text)[2]

    def type(self, text):
        os.write(self.fd, text.encode() + b"\n")

    def finish(self):
        while self.read(PATIENCE):
            pass
        os.close(self.fd)
        return os.WEXITSTATUS(os.waitpid(self.pid, 0)[1])


def configure(known):
    real_system.write("/etc/ssh/ssh_config", CONFIG % known)


def answered(argv):
    """An unknown key, two passwords, and the first of them wrong at first."""
    real_system.write(BASE + "/known_hosts.new", "")
    configure("new")
    terminal = Terminal(argv + ["web1"])
    terminal.expect("not known")
    terminal.expect("SHA256:")
    terminal.type("1")
    for password in ("wrong", "pw-asked"):
        terminal.expect("Password for mg-asked")
        terminal.type(password)
    terminal.expect("sudo")
    terminal.type("pw-asked")
    terminal.expect("root on web1")
    status = terminal.finish()
    assert status == 0, status
    assert "pw-asked" not in terminal.all and "wrong" not in terminal.all, terminal.all


def cancelled(argv):
    configure("new")
    terminal = Terminal(argv + ["web1"])
    terminal.expect("Password for mg-asked")
    os.write(terminal.fd, b"\4")
    status = terminal.finish()
    assert status == 1, (status, terminal.all)
    assert "cancelled" in terminal.all, terminal.all


def keep_out_of_home():
    """The configuration of who runs this is not to count."""
    os.makedirs(BASE + "/client/.ssh", 0o700)
    with open("/etc/passwd") as f:
        entries = [line.split(":") for line in f.read().splitlines()]
    for entry in entries:
        if entry[2] == "0":
            entry[5] = BASE + "/client"
    real_system.write("/etc/passwd", "".join(":".join(entry) + "\n" for entry in entries))
    os.environ["HOME"] = BASE + "/client"


def commands():
    found = []
    for word in sys.argv[1:]:
        if word == "--" or not found:
            found.append([])
        if word != "--":
            found[-1].append(word)
    return found


def main():
    try:
        real_system.enter()
        real_system.setup()
        real_system.Sshd()
    except real_system.Missing as error:
        print("1..0 # SKIP %s" % error)
        return 0
    keep_out_of_home()
    tests = [(function, command) for command in commands() for function in (answered, cancelled)]
    print("1..%d" % len(tests))
    failures = 0
    for function, command in tests:
        name = "%s %s" % (command[0], function.__name__)
        try:
            function(command[1:])
            print("ok - " + name)
        except Exception:
            failures += 1
            print("\n".join("# " + line for line in traceback.format_exc().splitlines()))
            print("not ok - " + name)
        sys.stdout.flush()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
