# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Containers of programs that need no daemon.

  buildah     working containers of root's, in the storage of the engine `podman`
  toolbox     mg-free's, made by toolbox, in the storage of the engine `rootless`
  distrobox   mg-free's, made by podman as distrobox does, but without what it installs from the
              network when they are first started

Each has what containers.Lxc has. The engine `rootless` has to be there before the last two.
"""

import os
import pwd
import socket
import subprocess

import engines
import real_system
import rootfs
from containers import output
from engines import ROOTLESS
from real_system import Missing, home, run, which

# toolbox wants to have it in its containers; nobody answers.
BUS = "/run/dbus/system_bus_socket"


class Buildah(object):
    def __init__(self):
        which("buildah", "runc")
        engines.configure("/etc/containers/", "/var/lib/containers/storage", "/run/containers/storage")

    def container(self, kind, name):
        run("buildah", "from", "--name", name, "scratch")
        run("buildah", "add", "-q", name, rootfs.tar(kind), "/")

    def names(self):
        return sorted(output("buildah", "containers", "--format", "{{.ContainerName}}").split())

    def do(self, verb, name):
        if verb == "remove":
            run("buildah", "rm", name)
        else:
            raise Missing("buildah cannot %s a container" % verb)


class Boxes(object):
    """In the account of a user, whose files and numbers they share."""

    def __init__(self):
        which("podman", "newuidmap")
        self.images = set()
        self.user = pwd.getpwnam(ROOTLESS)
        self.words = real_system.as_user(ROOTLESS) + ["env", "XDG_RUNTIME_DIR=/run/user/%d" % self.user.pw_uid]

    def output(self, *words):
        done = subprocess.run(self.words + list(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, cwd=home(ROOTLESS), universal_newlines=True, errors="replace")
        if done.returncode:
            raise Missing("%s does not run here: %s" % (words[0], (done.stderr + done.stdout)[-1000:].replace("\n", "; ")))
        return done.stdout.strip()

    def image(self, kind):
        name = "localhost/%s:1" % kind
        if kind not in self.images:
            self.output("podman", "import", "-q", rootfs.tar(kind), name)
            self.images.add(kind)
        return name

    def names(self):
        return sorted(self.output("podman", "ps", "-a", "--format", "{{.Names}}").split())

    def pid(self, name):
        return int(self.output("podman", "inspect", "--format", "{{.State.Pid}}", name))

    def do(self, verb, name):
        words = {"remove": ["rm", "-f", "-t", "0"], "stop": ["stop", "-t", "0"], "restart": ["restart", "-t", "0"]}
        self.output("podman", *(words.get(verb, [verb]) + [name]))


class Toolbox(Boxes):
    def __init__(self):
        which("toolbox")
        Boxes.__init__(self)
        # Where toolbox finds its own libraries, inside and outside.
        if not os.path.lexists("/run/host"):
            os.symlink("../", "/run/host")
        os.makedirs(os.path.dirname(BUS), exist_ok=True)
        if not os.path.exists(BUS):
            socket.socket(socket.AF_UNIX).bind(BUS)

    def container(self, kind, name):
        self.output("toolbox", "create", "--image", self.image(kind), name)
        self.output("toolbox", "run", "-c", name, "true")


class Distrobox(Boxes):
    def __init__(self):
        which("distrobox")
        Boxes.__init__(self)

    def container(self, kind, name):
        self.output("podman", "create", "--name", name, "--user", "root", "--userns", "keep-id", "--network", "none",
                    "-v", "%s:%s" % (home(ROOTLESS), home(ROOTLESS)), "-v", "/:/run/host:rslave", "--entrypoint", "/bin/sh",
                    self.image(kind), "-c", "echo container_setup_done; exec sleep 1000000")
        self.output("podman", "start", name)
