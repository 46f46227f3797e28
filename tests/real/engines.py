# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Container engines of the machine's own, and images and containers in them.

  docker     dockerd, as root
  podman     podman's service, as root
  rootless   podman's service, as mg-free

They start when they are asked for. There is no network in them: containers say NetworkMode none.
Images are kinds of rootfs.py, and of python with something set:

  entrypoint   whatever is run, ENTRYPOINT fails instead
  user         USER mitogen, WORKDIR /tmp, ENV FROM_IMAGE=yes
"""

import http.client
import json
import os
import pwd
import socket
import subprocess
import urllib.parse

import real_system
import rootfs
from real_system import home, which, write

CHANGES = {
    "entrypoint": ['ENTRYPOINT ["/bin/sh", "-c", "echo from the entrypoint; exit 9", "--"]'],
    "user": ["USER mitogen", "WORKDIR /tmp", "ENV FROM_IMAGE=yes"],
}
ROOTLESS = "mg-free"
SLEEP = ["/usr/bin/sleep", "1000000"]


class Refused(Exception):
    def __init__(self, status, body):
        Exception.__init__(self, "%d %s" % (status, body.decode(errors="replace").strip()))
        self.status = status


class Local(http.client.HTTPConnection):
    def __init__(self, path):
        http.client.HTTPConnection.__init__(self, "engine", timeout=real_system.WAIT)
        self.socket_path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.socket_path)


class Api(object):
    """What a test has to have done to an engine. Mixed into a real_system.Engine."""

    def ask(self, method, path, body=None, **query):
        connection = Local(self.path)
        headers = {"Content-Type": "application/x-tar" if hasattr(body, "read") else "application/json"}
        if isinstance(body, dict):
            body = json.dumps(body)
        connection.request(method, "/v1.41%s?%s" % (path, urllib.parse.urlencode(query, doseq=True)), body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 400:
            raise Refused(answer.status, text)
        return json.loads(text.decode()) if answer.headers.get_content_type() == "application/json" and text.count(b"\n") < 2 else text

    def image(self, kind):
        name = "localhost/" + kind
        if kind not in self.images:
            if kind in CHANGES:
                made = self.ask("POST", "/containers/create", {"Image": self.image("python"), "Cmd": SLEEP})["Id"]
                self.ask("POST", "/commit", {}, container=made, repo=name, tag="latest", changes=CHANGES[kind])
                self.ask("DELETE", "/containers/" + made)
            else:
                with open(rootfs.tar(kind), "rb") as f:
                    self.ask("POST", "/images/create", f, fromSrc="-", repo=name, tag="latest")
            self.images.add(kind)
        return name + ":latest"

    def container(self, kind, name, *changes):
        """One that runs; changes are NAME=JSON pairs of the request."""
        body = {"Image": self.image(kind), "Entrypoint": SLEEP[:1], "Cmd": SLEEP[1:], "StopSignal": "SIGKILL", "HostConfig": {"NetworkMode": "none"}}
        for change in changes:
            key, _, value = change.partition("=")
            body[key] = json.loads(value)
        made = self.ask("POST", "/containers/create", body, name=name)["Id"]
        self.ask("POST", "/containers/%s/start" % made)
        return made

    def names(self):
        """Of all containers there are."""
        return sorted(each["Names"][0].lstrip("/") for each in self.ask("GET", "/containers/json", all="true"))

    def id(self, name):
        return self.ask("GET", "/containers/%s/json" % name)["Id"]

    def pid(self, name):
        return self.ask("GET", "/containers/%s/json" % name)["State"]["Pid"]

    def do(self, verb, name):
        """start, stop, restart, kill, pause, unpause, remove; die and revive: the engine itself."""
        if verb == "die":
            self.process.kill()
            self.process.wait()
        elif verb == "revive":
            self.start(*self.started[0], **self.started[1])
        elif verb == "remove":
            self.ask("DELETE", "/containers/" + name, force="true", v="true")
        elif verb in ("stop", "restart"):
            self.ask("POST", "/containers/%s/%s" % (name, verb), t=0)
        else:
            self.ask("POST", "/containers/%s/%s" % (name, verb))


class Docker(real_system.Engine, Api):
    """Where a client looks for it, as everything here."""

    def __init__(self):
        which("containerd", "runc", "dockerd")
        self.images = set()
        real_system.Engine.__init__(self, "docker")
        self.path = "/run/docker.sock"
        write("/etc/docker/daemon.json", "{}")
        options = {"host": "unix://" + self.path, "data-root": self.dir, "bridge": "none", "iptables": "false", "ip6tables": "false",
                   "ip-forward": "false", "ip-masq": "false", "exec-opt": "native.cgroupdriver=cgroupfs"}
        self.start([which("dockerd")] + ["--%s=%s" % item for item in sorted(options.items())])


class Podman(real_system.Engine, Api):
    def __init__(self):
        which("conmon", "runc", "podman")
        self.images = set()
        real_system.Engine.__init__(self, "podman")
        self.path = "/run/podman/podman.sock"
        os.makedirs("/run/podman")
        configure("/etc/containers/", "/var/lib/containers/storage", "/run/containers/storage")
        self.start(["podman", "system", "service", "--time=0", "unix://" + self.path])


def configure(at, graph_root, run_root):
    os.makedirs(at, exist_ok=True)
    write(at + "containers.conf", real_system.containers_conf())
    write(at + "storage.conf", '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' % (graph_root, run_root))
    write(at + "registries.conf", "")
    write(at + "policy.json", '{"default": [{"type": "insecureAcceptAnything"}]}')


class Rootless(real_system.Engine, Api):
    """In the user's home, as it is where somebody works."""

    def __init__(self):
        which("newuidmap", "newgidmap", "conmon", "runc", "podman")
        self.images = set()
        real_system.Engine.__init__(self, "rootless")
        user = pwd.getpwnam(ROOTLESS)
        os.chown(self.dir, user.pw_uid, user.pw_gid)
        for path in ("/etc/subuid", "/etc/subgid"):
            with open(path, "a") as f:
                f.write("%s:20000000:65536\n" % ROOTLESS)
        run_dir = "/run/user/%d" % user.pw_uid
        os.makedirs(run_dir + "/podman", 0o700)
        subprocess.check_call(["chown", "-R", ROOTLESS + ":", run_dir])
        self.path = run_dir + "/podman/podman.sock"
        configure(home(ROOTLESS) + "/.config/containers/", home(ROOTLESS) + "/.local/share/containers", run_dir + "/containers")
        subprocess.check_call(["chown", "-R", ROOTLESS + ":", home(ROOTLESS) + "/.config"])
        env = ["env", "XDG_RUNTIME_DIR=" + run_dir]
        self.start(real_system.as_user(ROOTLESS) + env + ["podman", "system", "service", "--time=0", "unix://" + self.path], cwd="/")


ENGINES = {"docker": Docker, "podman": Podman, "rootless": Rootless}
