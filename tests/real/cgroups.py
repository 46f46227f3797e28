# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Control groups of the machine's own: what engines make of them is below one that is removed.

Groups() makes one in each hierarchy, below that of process 1, moves that there and has it see nothing
else; remove() is for process 1, too, and ends all others.
"""

import ctypes
import os
import signal
import time

CLONE_NEWCGROUP = 0x02000000
PREFIX = "mitogen-test-"
OLD = 3600


def call(name, *args):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*args):
        raise OSError(ctypes.get_errno(), "%s: %s" % (name, os.strerror(ctypes.get_errno())))


def hierarchies():
    """Of each: where it is mounted, its type, its options, the group of this process."""
    own = {}
    with open("/proc/self/cgroup") as f:
        for line in f:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            own[controllers] = path
    with open("/proc/self/mountinfo") as f:
        for line in f:
            words = line.split()
            kind, _, options = words[words.index("-") + 1:][:3]
            if kind in ("cgroup", "cgroup2"):
                controllers = own_controllers(own, options) if kind == "cgroup" else ""
                if controllers in own:
                    yield words[4], kind, controllers, os.path.relpath(own[controllers], words[3])


def own_controllers(own, options):
    options = options.split(",")
    for controllers in own:
        if controllers and all(word in options for word in controllers.split(",")):
            return controllers
    return None


class Groups(object):
    def __init__(self):
        self.name = PREFIX + os.urandom(6).hex()
        self.made = []
        for point, kind, controllers, path in hierarchies():
            parent = os.open(os.path.join(point, path), os.O_RDONLY | os.O_DIRECTORY)
            self.remove_old(parent)
            os.mkdir(self.name, dir_fd=parent)
            self.made.append((point, kind, controllers, parent))
            if controllers == "cpuset":
                for name in ("cpuset.cpus", "cpuset.mems"):
                    self.write(parent, "%s/%s" % (self.name, name), self.read(parent, name))
        self.enter()

    def read(self, parent, name):
        with open(os.open(name, os.O_RDONLY, dir_fd=parent)) as f:
            return f.read()

    def write(self, parent, name, text):
        with open(os.open(name, os.O_WRONLY, dir_fd=parent), "w") as f:
            f.write(text)

    def remove_old(self, parent):
        """Of runs that were killed."""
        for name in os.listdir(parent):
            if name.startswith(PREFIX) and os.stat(name, dir_fd=parent).st_mtime < time.time() - OLD:
                self.remove_tree(name, parent)

    def enter(self):
        for _, _, _, parent in self.made:
            self.write(parent, self.name + "/cgroup.procs", "0")
        call("unshare", CLONE_NEWCGROUP)
        if any(point != "/sys/fs/cgroup" for point, _, _, _ in self.made):
            call("mount", b"none", b"/sys/fs/cgroup", b"tmpfs", 0, b"mode=755")
        for point, kind, controllers, _ in self.made:
            os.makedirs(point, exist_ok=True)
            options = controllers.encode() if kind == "cgroup" else None
            call("mount", b"none", point.encode(), kind.encode(), 0, options)

    def remove_tree(self, name, parent):
        try:
            for _, names, _, at in os.fwalk(name, topdown=False, dir_fd=parent):
                for child in names:
                    os.rmdir(child, dir_fd=at)
            os.rmdir(name, dir_fd=parent)
        except OSError as e:
            print("# a control group stays: %s" % e)

    def thaw(self):
        """What a test has left paused would not even be killed."""
        for _, _, _, parent in self.made:
            for _, _, names, at in os.fwalk(self.name, dir_fd=parent):
                for name, text in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
                    if name in names:
                        try:
                            with open(os.open(name, os.O_WRONLY, dir_fd=at), "w") as f:
                                f.write(text)
                        except OSError:
                            pass  # the top one, which cannot be frozen

    def remove(self):
        try:
            os.kill(-1, signal.SIGKILL)
            self.thaw()
            while 1:
                os.wait()
        except (ProcessLookupError, ChildProcessError):
            pass
        for _, _, _, parent in self.made:
            self.write(parent, "cgroup.procs", "0")
            self.remove_tree(self.name, parent)


def make_own():
    """Returns what is to be done at the end."""
    try:
        return Groups().remove
    except OSError as e:
        print("# no control groups of our own: %s" % e)
        return lambda: None
