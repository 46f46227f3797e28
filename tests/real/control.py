# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""What tests, which run as users, ask root for: a line by a socket, answered with lines.

  others             what runs besides the machine's own servers; whoever asks and descendants are not
                     counted, nor is what watches over podman's containers
  find TEXT          processes that have TEXT in their arguments or environment
  memory PID TEXT    where the process has TEXT in its memory
  log                what the servers have written so far
  expire USER        let the user's password be too old
  renew USER WORD    give a new one that is not
  link WORDS         see link.py
  engine NAME        start it, unless it runs: see engines.py, containers.py and boxes.py; its socket, if it has one
  image NAME KIND    see rootfs.py and engines.py; answers what it is called
  container NAME KIND CONTAINER [CHANGE ...]   have it run, fresh
  names NAME         of the containers there are
  id NAME CONTAINER
  pid NAME CONTAINER
  do NAME VERB CONTAINER   "-" for the engine itself

An engine that cannot run here is answered with "missing: " and the reason.
"""

import os
import socket
import struct
import threading
import traceback

import boxes
import containers
import engines
import real_system
from real_system import BASE, run, which

PATH = BASE + "/control"
KEEPERS = dict(engines.ENGINES, lxc=containers.Lxc, lxd=containers.Lxd, nspawn=containers.Nspawn, chroot=containers.Chroot,
               buildah=boxes.Buildah, toolbox=boxes.Toolbox, distrobox=boxes.Distrobox)


class Control(object):
    def __init__(self, machine):
        self.machine = machine
        self.servers = real_system.processes()
        self.keepers = {"machined": machine.booted} if hasattr(machine, "booted") else {}
        self.fresh = set()  # containers that nothing was done to
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(PATH)
        os.chmod(PATH, 0o666)
        self.socket.listen(20)

    def serve(self):
        while 1:
            peer = self.socket.accept()[0]
            with peer, peer.makefile("rw") as stream:
                command, _, words = stream.readline().rstrip("\n").partition(" ")
                # As seen from here: whoever asks may be in a machine in the machine.
                self.asker = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
                before = real_system.processes()
                try:
                    stream.write(getattr(self, "do_" + command)(words) or "")
                except real_system.Missing as e:
                    stream.write("missing: %s" % e)
                except Exception:
                    stream.write("error: " + traceback.format_exc())
                if command in ("engine", "container", "do"):
                    self.adopt(before)

    def adopt(self, before):
        """What a command has left running is part of the machine from now on."""
        self.servers &= before
        self.servers |= strangers(self.asker) - before

    def do_others(self, words):
        found = strangers(self.asker) - self.servers - set(ancestors(self.asker))
        return "\n".join(real_system.describe(pid for pid in found if not lingers(pid)))

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

    def do_engine(self, words):
        if words not in self.keepers:
            self.keepers[words] = KEEPERS[words]()
        return getattr(self.keepers[words], "path", "")

    def do_image(self, words):
        name, kind = words.split()
        return self.keepers[name].image(kind)

    def do_container(self, words):
        words = words.split()
        keeper = self.keepers[words[0]]
        if tuple(words) not in self.fresh:
            if words[2] in keeper.names():
                keeper.do("remove", words[2])
            keeper.container(*words[1:])
            self.fresh = set(each for each in self.fresh if each[0] != words[0] or each[2] != words[2])
            self.fresh.add(tuple(words))

    def do_names(self, words):
        return "\n".join(self.keepers[words].names())

    def do_id(self, words):
        name, container = words.split()
        return self.keepers[name].id(container)

    def do_pid(self, words):
        name, container = words.split()
        return str(self.keepers[name].pid(container))

    def do_do(self, words):
        name, verb, container = words.split()
        self.fresh = set(each for each in self.fresh if each[0] != name or container not in (each[2], "-"))
        self.keepers[name].do(verb, container)


def parent_of(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return int(f.read().rpartition(")")[2].split()[1])
    except OSError:
        return None


def strangers(pid):
    """What is neither the process nor a descendant of it."""
    parents = dict((each, parent_of(each)) for each in real_system.processes())
    found = set()
    for each in parents:
        ancestor = each
        while ancestor and ancestor != pid:
            ancestor = parents.get(ancestor)
        if not ancestor:
            found.add(each)
    return found


def lingers(pid):
    """What watched a command in a container of podman stays for as long as podman was told."""
    try:
        with open("/proc/%d/comm" % pid) as f:
            return f.read() == "conmon\n"
    except OSError:
        return True


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
