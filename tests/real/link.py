# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""A slow, lossy link to a second machine, on which an sshd runs: 10.77.0.2.

The second machine is another network namespace. Between the two stands this program: it reads the
packets of a TUN device at each end, and writes them to the other one. Where the kernel has no netem,
it stands in for it, and does so later, or never. What TCP makes of it is real.

  delay MS      each packet takes as long, each way
  loss PERCENT  so many never arrive
  down, up      nothing arrives, as if the cable were out; nobody is told
  count         the packets so far
  tc WORDS      has netem do it at the far end

Usage: link.py SSHD-CONFIG
"""

import collections
import fcntl
import os
import random
import select
import struct
import subprocess
import sys
import time

NEAR, FAR = "10.77.0.1", "10.77.0.2"
CLONE_NEWNET = 0x40000000


def tun(name, address):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH22x", name.encode(), 0x1001))  # TUNSETIFF: IFF_TUN | IFF_NO_PI
    for words in (["addr", "add", address + "/24", "dev", name], ["link", "set", name, "up"],
                  ["link", "set", "lo", "up"]):
        subprocess.check_call(["ip"] + words)
    return fd


def netem(device, words):
    return ["tc", "qdisc", "replace", "dev", device, "root", "netem", "limit", "100000"] + words


class Forwarder(object):
    def __init__(self, config):
        import ctypes
        self.ends = [tun("mg-near", NEAR)]
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        self.ends.append(tun("mg-far", FAR))
        self.server = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", config], stdin=subprocess.DEVNULL)
        self.delay = self.loss = self.packets = 0
        self.up = True
        self.random = random.Random(7)
        self.queue = collections.deque()  # (when, descriptor, packet): the delay changes only between tests

    def run(self):
        while 1:
            wait = max(0, self.queue[0][0] - time.monotonic()) if self.queue else None
            ready = select.select(self.ends + [0], [], [], wait)[0]
            for fd in ready:
                if fd:
                    self.read(fd)
                elif not self.command(sys.stdin.readline().split()):
                    return
            while self.queue and self.queue[0][0] <= time.monotonic():
                _, fd, packet = self.queue.popleft()
                self.write(fd, packet)

    def read(self, fd):
        while 1:
            try:
                packet = os.read(fd, 65536)
            except BlockingIOError:
                return
            self.packets += 1
            if self.up and self.random.random() * 100 >= self.loss:
                other = self.ends[1 - self.ends.index(fd)]
                self.queue.append((time.monotonic() + self.delay, other, packet))

    def write(self, fd, packet):
        try:
            os.write(fd, packet)
        except OSError:
            pass  # a packet lost: TCP sends it again

    def command(self, words):
        if not words:
            self.server.kill()
            return False
        if words[0] == "delay":
            self.delay = float(words[1]) / 1000
        elif words[0] == "loss":
            self.loss = float(words[1])
        elif words[0] in ("up", "down"):
            self.up = words[0] == "up"
        elif words[0] == "tc":
            subprocess.check_call(netem("mg-far", words[1:]))
        print(self.packets)
        sys.stdout.flush()
        return True


class Link(object):
    """The near side: starts the rest."""

    def __init__(self):
        import real_system
        if not os.path.exists("/dev/net/tun"):
            raise real_system.Missing("no /dev/net/tun")
        config = real_system.BASE + "/sshd_config.far"
        program = real_system.BASE + "/source/tests/real/link.py"
        with open(real_system.BASE + "/sshd_config.main") as f:
            lines = [line for line in f if not line.startswith("Port")]
        real_system.write(config, "".join(lines[:[line.startswith("Match") for line in lines].index(True)]))
        with open(real_system.BASE + "/sshd.log", "ab") as log:
            self.process = subprocess.Popen([sys.executable, program, config], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log, universal_newlines=True)
        ssh = ["ssh-keyscan", "-T", "1", FAR]
        real_system.until(lambda: b"ssh-" in subprocess.run(ssh, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout,
                          "nobody at the other end of the link")

        self.settings = {"delay": "0", "loss": "0"}
        self.has_netem = not subprocess.call(netem("mg-near", ["delay", "0ms"]), stderr=subprocess.DEVNULL)
        print("# the link is slowed by " + ("netem" if self.has_netem else "link.py: this kernel has no netem"))

    def command(self, line):
        words = line.split()
        if self.has_netem and words[0] in self.settings:
            self.settings[words[0]] = words[1]
            words = ["delay", self.settings["delay"] + "ms", "loss", self.settings["loss"] + "%"]
            subprocess.check_call(netem("mg-near", words))
            line = " ".join(["tc"] + words)
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()


if __name__ == "__main__":
    Forwarder(sys.argv[1]).run()
