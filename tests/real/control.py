# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""What tests, which run as users, ask root for: a line by a socket, answered with lines.

  others PID         what runs besides the machine's own servers, PID and its descendants not counted
  find TEXT          processes that have TEXT in their arguments or environment
  memory PID TEXT    where the process has TEXT in its memory
  log                what the servers have written so far
  expire USER        let the user's password be too old
  renew USER WORD    give a new one that is not
  link WORDS         see link.py
"""

import os
import socket
import subprocess
import threading
import traceback

import real_system
from real_system import BASE, run, which

PATH = BASE + "/control"


class Control(object):
    def __init__(self, machine):
        self.machine = machine
        self.servers = real_system.processes()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(PATH)
        os.chmod(PATH, 0o666)
        self.socket.listen(20)

    def serve(self):
        while 1:
            peer = self.socket.accept()[0]
            with peer, peer.makefile("rw") as stream:
                command, _, words = stream.readline().rstrip("\n").partition(" ")
                try:
                    stream.write(getattr(self, "do_" + command)(words) or "")
                except Exception:
                    stream.write("error: " + traceback.format_exc())

    def do_others(self, words):
        parents = dict((pid, parent_of(pid)) for pid in real_system.processes())
        found = []
        for pid in parents:
            ancestor = pid
            while ancestor and ancestor != int(words):
                ancestor = parents.get(ancestor)
            if not ancestor and pid not in self.servers and pid != int(words):
                found.append(pid)
        found = [pid for pid in found if pid not in ancestors(int(words))]
        return "\n".join(real_system.describe(found))

    def do_find(self, words):
        found = []
        for pid in real_system.processes():
            for name in ("cmdline", "environ"):
                try:
                    with open("/proc/%d/%s" % (pid, name), "rb") as f:
                        if words.encode() in f.read():
                            found.append("%s of %s" % (name, real_system.describe([pid])))
                except OSError:
                    pass
        return "\n".join(found)

    def do_memory(self, words):
        pid, text = words.split(" ", 1)
        found = []
        with open("/proc/%s/maps" % pid) as maps, open("/proc/%s/mem" % pid, "rb", 0) as memory:
            for line in maps:
                begin, end = (int(n, 16) for n in line.split()[0].split("-"))
                try:
                    memory.seek(begin)
                    if text.encode() in memory.read(end - begin):
                        found.append(line)
                except (OSError, OverflowError):
                    pass  # not to be read by anybody
        return "".join(found)

    def do_log(self, words):
        with open(BASE + "/sshd.log", errors="replace") as f:
            return f.read()

    def do_expire(self, words):
        run(which("chage"), "-d", "0", words)

    def do_renew(self, words):
        user, word = words.split()
        run(which("chpasswd"), "-c", "SHA512", "-s", "1000", input=("%s:%s\n" % (user, word)).encode())

    def do_link(self, words):
        return self.machine.link.command(words)


def parent_of(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return int(f.read().rpartition(")")[2].split()[1])
    except OSError:
        return None


def ancestors(pid):
    found = []
    while pid:
        found.append(pid)
        pid = parent_of(pid)
    return found


def start(machine):
    """Returns the processes that are part of the machine."""
    control = Control(machine)
    threading.Thread(target=control.serve, daemon=True).start()
    return control.servers
