# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Containers that no engine keeps, where the programs look for them unless told otherwise.

  lxc      /var/lib/lxc, for lxc-attach
  lxd      a daemon at /var/lib/lxd, for lxc
  nspawn   systemd-nspawn, not registered: here is no systemd-machined
  chroot   a folder, BASE/chroot/NAME

Each has what engines.Api has: container(), names(), pid(), do().
"""

import os
import shutil
import signal
import subprocess

import rootfs
from real_system import BASE, Missing, mount, run, until, which, write

SLEEP = ["/usr/bin/sleep", "1000000"]
LXC_CONFIG = """lxc.include = /usr/share/lxc/config/common.conf
lxc.uts.name = {name}
lxc.rootfs.path = dir:/var/lib/lxc/{name}/rootfs
lxc.net.0.type = empty
lxc.init.cmd = {init}
lxc.apparmor.profile = unconfined
lxc.signal.halt = SIGKILL
"""
LXD_CONFIG = """config: {}
storage_pools: [{name: default, driver: dir}]
profiles: [{name: default, devices: {root: {path: /, pool: default, type: disk}}}]
"""
LXD_IMAGE = "architecture: x86_64\ncreation_date: 1700000000\nproperties: {description: test}\n"


def output(*argv):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, universal_newlines=True).stdout.strip()


def cover(path):
    """An empty folder in place of the machine's."""
    os.makedirs(path, exist_ok=True)
    mount("-t", "tmpfs", "-o", "mode=711", "none", path)


class Lxc(object):
    def __init__(self):
        which("lxc-start", "lxc-stop", "lxc-info", "lxc-wait", "lxc-freeze", "lxc-attach")
        cover("/var/lib/lxc")

    def container(self, kind, name):
        rootfs.overlay(kind, "/var/lib/lxc/%s/rootfs" % name)
        write("/var/lib/lxc/%s/config" % name, LXC_CONFIG.format(name=name, init=" ".join(SLEEP)))
        self.do("start", name)

    def names(self):
        return sorted(name for name in os.listdir("/var/lib/lxc") if os.path.exists("/var/lib/lxc/%s/config" % name))

    def pid(self, name):
        return int(output("lxc-info", "-n", name, "-p", "-H"))

    def do(self, verb, name):
        if verb == "start":
            log = "/var/lib/lxc/%s/log" % name
            if subprocess.call(["lxc-start", "-n", name, "-d", "-o", log], stdin=subprocess.DEVNULL):
                with open(log) as f:
                    raise Missing("lxc-start does not run here: " + f.read()[-1000:].replace("\n", "; "))
            run("lxc-wait", "-n", name, "-s", "RUNNING")
        elif verb in ("pause", "unpause"):
            run("lxc-freeze" if verb == "pause" else "lxc-unfreeze", "-n", name)
        else:
            if output("lxc-info", "-n", name, "-s", "-H") != "STOPPED":
                run("lxc-stop", "-n", name, "-k")
            if verb == "restart":
                self.do("start", name)
            elif verb == "remove":
                run("umount", "-l", "/var/lib/lxc/%s/rootfs" % name)
                shutil.rmtree("/var/lib/lxc/" + name)


class Lxd(object):
    def __init__(self):
        which("lxd", "lxc")
        self.images = set()
        for path in ("/var/lib/lxd", "/var/log/lxd", "/var/cache/lxd"):
            cover(path)
        os.environ["LXD_CONF"] = BASE + "/lxd-client"
        self.log = open(BASE + "/lxd.log", "wb")
        # In a network of its own: it would look for one.
        self.process = subprocess.Popen(["unshare", "--net", "lxd", "--logfile", BASE + "/lxd.log"], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        if subprocess.call(["lxd", "waitready", "--timeout=30"], stdout=self.log, stderr=self.log):
            self.process.kill()
            with open(BASE + "/lxd.log", errors="replace") as f:
                raise Missing("lxd does not run here: " + f.read()[-1000:].replace("\n", "; "))
        run("lxd", "init", "--preseed", input=LXD_CONFIG.encode())

    def image(self, kind):
        if kind not in self.images:
            at = "%s/lxd-image/%s" % (BASE, kind)
            os.makedirs(at)
            write(at + "/metadata.yaml", LXD_IMAGE)
            run("cp", "-al", rootfs.make(kind), at + "/rootfs")
            run("tar", "-C", at, "-cf", at + ".tar", ".")
            shutil.rmtree(at)
            run("lxc", "image", "import", "-q", at + ".tar", "--alias", kind)
            os.unlink(at + ".tar")
            self.images.add(kind)
        return kind

    def container(self, kind, name):
        run("lxc", "init", "-q", self.image(kind), name, "-c", "security.privileged=true",
            "-c", "raw.lxc=lxc.init.cmd=" + " ".join(SLEEP), stdin=subprocess.DEVNULL,
            stderr=self.log)
        self.do("start", name)

    def names(self):
        return sorted(output("lxc", "list", "--format=csv", "--columns=n").split())

    def pid(self, name):
        return int(output("lxc", "list", "--format=csv", "--columns=p", "^%s$" % name))

    def do(self, verb, name):
        words = {"remove": ["delete", "-f"], "kill": ["stop", "-f"], "stop": ["stop", "-f"], "restart": ["restart", "-f"],
                 "unpause": ["start"]}
        run("lxc", *(words.get(verb, [verb]) + [name]), stdin=subprocess.DEVNULL)


class Nspawn(object):
    def __init__(self):
        which("systemd-nspawn")
        self.running = {}

    def container(self, kind, name):
        rootfs.overlay(kind, "%s/nspawn/%s" % (BASE, name))
        self.do("start", name)

    def names(self):
        return sorted(self.running)

    def pid(self, name):
        """Of the process 1 inside, a child of systemd-nspawn; 0 until it sleeps."""
        spawner = self.running[name].pid
        with open("/proc/%d/task/%d/children" % (spawner, spawner)) as f:
            for child in f.read().split():
                try:
                    if os.path.basename(os.readlink("/proc/%s/exe" % child)) == "sleep":
                        return int(child)
                except OSError:
                    pass  # one of those that prepare
        return 0

    def do(self, verb, name):
        if verb in ("pause", "unpause"):
            os.kill(self.pid(name), signal.SIGSTOP if verb == "pause" else signal.SIGCONT)
            return
        if verb != "start":
            os.kill(self.pid(name), signal.SIGKILL)
            self.running.pop(name).wait()
        if verb == "remove":
            run("umount", "-l", "%s/nspawn/%s" % (BASE, name))
            for ending in ("", ".upper", ".work"):
                shutil.rmtree("%s/nspawn/%s%s" % (BASE, name, ending))
        if verb in ("start", "restart"):
            log = open("%s/nspawn/%s.log" % (BASE, name), "ab")
            self.running[name] = subprocess.Popen(
                ["systemd-nspawn", "-q", "-D", "%s/nspawn/%s" % (BASE, name), "-M", name, "--keep-unit", "--register=no",
                 "--private-network", "--console=pipe"] + SLEEP, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            until(lambda: self.sleeps(name), "systemd-nspawn starts nothing, see " + log.name)

    def sleeps(self, name):
        if self.running[name].poll() is not None:
            with open("%s/nspawn/%s.log" % (BASE, name), errors="replace") as f:
                raise Missing("systemd-nspawn does not run here: " + f.read()[-1000:].replace("\n", "; "))
        return self.pid(name)


class Chroot(object):
    def __init__(self):
        os.mkdir(BASE + "/chroot")

    def container(self, kind, name):
        at = rootfs.overlay(kind, "%s/chroot/%s" % (BASE, name))
        mount("-t", "proc", "none", at + "/proc")
        for device in ("null", "zero", "urandom"):
            write("%s/dev/%s" % (at, device), "")
            mount("--bind", "/dev/" + device, "%s/dev/%s" % (at, device))

    def names(self):
        return sorted(name for name in os.listdir(BASE + "/chroot") if "." not in name)
