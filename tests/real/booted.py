# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""A machine in the machine that is booted with systemd: it has systemd-machined, and registers containers.

With drive.py --booted programs run in there, where BASE is the same folder. It is a container of
systemd-nspawn whose root is an overlay of this machine's, so that all that is installed is there.
Its containers, which control.py calls those of "machined", are kinds of rootfs.py, which sleep; one can
be of the kind "booted", which runs systemd and has a system bus.
"""

import os
import shutil
import subprocess

import rootfs
from real_system import BASE, Missing, mount, run, until, which, write

TOP = BASE + "/booted"
TARGET = """[Unit]
Requires=basic.target dbus.service
After=basic.target dbus.service
%s
AllowIsolate=yes
"""
SLEEP = ["/usr/bin/sleep", "1000000"]


def prepare(at, wants):
    """Root, of which systemd starts no more than the target."""
    rootfs.overlay(None, at, "/")
    shutil.rmtree(at + "/etc")
    run("cp", "-a", "/etc", at + "/etc")
    shutil.rmtree(at + "/etc/systemd/system", ignore_errors=True)
    os.makedirs(at + "/etc/systemd/system")
    write(at + "/etc/systemd/system/test.target", TARGET % wants)
    for name in ("machine-id", "fstab"):
        write("%s/etc/%s" % (at, name), "")
    shutil.rmtree(at + "/run", ignore_errors=True)
    os.makedirs(at + "/run", exist_ok=True)


def child(pid, name):
    """The process that systemd-nspawn has started, when it is that program."""
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            for each in f.read().split():
                if os.path.basename(os.readlink("/proc/%s/exe" % each)) == name:
                    return int(each)
    except OSError:
        pass
    return 0


class Booted(object):
    def __init__(self):
        which("systemd-nspawn", "machinectl", "nsenter", "dbus-daemon")
        if not os.path.exists("/sbin/init") or not os.path.exists("/lib/systemd/systemd-machined"):
            raise Missing("no systemd to boot")
        os.mkdir(TOP)
        prepare(TOP + "/root", "Wants=systemd-machined.service")
        prepare(TOP + "/inner", "")
        self.running = {}
        self.pid_1 = self.boot(
            "systemd-nspawn", "-q", "-b", "-D", TOP + "/root", "--keep-unit", "--register=no", "--machine=booted",
            "--private-network", "--console=pipe", "--bind=" + BASE, "systemd.unit=test.target")
        self.inside = ["nsenter", "-t", str(self.pid_1), "-a", "--"]
        self.wait_for_bus(self.inside)

    def boot(self, *argv):
        """Returns the process 1 inside."""
        process = self.spawn(argv)

        def runs():
            if process.poll() is not None:
                with open(BASE + "/booted.log", errors="replace") as f:
                    raise Missing("systemd does not boot here: " + f.read()[-1000:].replace("\n", "; "))
            return child(process.pid, "systemd")
        until(runs, "systemd-nspawn starts no systemd")
        return child(process.pid, "systemd")

    def spawn(self, argv):
        with open(BASE + "/booted.log", "ab") as log:
            return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait_for_bus(self, inside):
        def active():
            return not subprocess.call(inside + ["systemctl", "is-active", "-q", "dbus.service"], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(active, "no system bus in a machine that is booted")

    def container(self, kind, name):
        at = TOP + "/inner" if kind == "booted" else "%s/%s" % (TOP, name)
        argv = ["systemd-nspawn", "-q", "-D", at, "-M", name, "--private-network", "--console=pipe"]
        if kind == "booted":
            argv += ["-b", "systemd.unit=test.target"]
        else:
            rootfs.make(kind)
            rootfs.overlay(kind, at, prefix=self.inside)
            argv += SLEEP
        self.running[name] = self.spawn(self.inside + argv)

        def runs():
            assert self.running[name].poll() is None, "systemd-nspawn has ended, see booted.log"
            return self.pid(name) and self.program(name) == ("systemd" if kind == "booted" else "sleep")
        until(runs, "systemd-nspawn starts no container")
        if kind == "booted":
            self.wait_for_bus(self.inside + ["nsenter", "-t", str(self.pid(name)), "-a", "--"])

    def names(self):
        return sorted(self.running)

    def pid(self, name):
        """As seen in there."""
        argv = self.inside + ["machinectl", "show", "-p", "Leader", "--value", name]
        found = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return int(found.stdout or 0)

    def program(self, name):
        argv = self.inside + ["readlink", "/proc/%d/exe" % self.pid(name)]
        return os.path.basename(subprocess.run(argv, stdout=subprocess.PIPE, universal_newlines=True).stdout.strip())

    def do(self, verb, name):
        assert verb in ("kill", "remove"), verb
        run(*(self.inside + ["machinectl", "terminate", name]))
        self.running.pop(name).wait()
