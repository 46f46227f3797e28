# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""A machine of its own for tests with real programs: sshd, sudo, su, doas, container engines.

enter() runs the calling program again in new mount, network, PID, IPC and UTS namespaces. There /etc is a copy, /run and /var/log
are empty, and 127.0.0.1 is the only address, so that users, passwords and configurations can be written as a test wants them while
nothing of the machine changes. Whatever is left when the program ends is killed by the kernel, and every mount is gone. Root only.
"""

import fcntl
import glob
import os
import resource
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

INSIDE = "MITOGEN_TEST_REAL_SYSTEM"
BASE = "/run/mitogen-test"
HOST = "mitogen-test"
WAIT = float(os.environ.get("MITOGEN_TEST_HANG", 30))

# Passwords differ, so that one that reaches the wrong program is noticed.
USERS = {"mg-asked": "pw-asked", "mg-free": "pw-free", "mg-other": "pw-other", "mg-tty": "pw-tty"}
SHELLS = {}  # of those for whom it is not /bin/sh

PAM = """auth required pam_unix.so nodelay
account required pam_unix.so
password required pam_unix.so
session required pam_permit.so
"""
SUDOERS = """Defaults timestamp_timeout=0, lecture=never, !fqdn, !mail_badpass
Defaults env_keep += "LC_ALL"
Defaults:mg-tty requiretty, use_pty
root ALL=(ALL:ALL) NOPASSWD: ALL
mg-asked ALL=(ALL:ALL) PASSWD: ALL
mg-tty ALL=(ALL:ALL) PASSWD: ALL
mg-free ALL=(ALL:ALL) NOPASSWD: ALL
"""
DOAS = """permit nopass mg-free
permit mg-asked
permit nopass root
"""
SSHD = """ListenAddress 127.0.0.1
Port 22
HostKey {base}/hostkey
PidFile none
UsePAM yes
PasswordAuthentication yes
KbdInteractiveAuthentication yes
PermitRootLogin no
PrintMotd no
UseDNS no
MaxStartups 64:30:128
Banner {base}/banner
"""
BANNER = "*** Go away ***\nPassword: not a prompt\nMITO0 0123456789abcdef\n"


class Missing(Exception):
    """A program or a right that is not there."""


def which(*names):
    path = os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin:/sbin"
    for name in names:
        found = shutil.which(name, path=path)
        if not found:
            raise Missing("no " + name)
    return found


def enter():
    """Return inside; the process that called from outside ends in here with the status of the one inside."""
    if os.environ.get(INSIDE):
        return
    if os.geteuid():
        raise Missing("only root can have a machine of its own")
    unshare = [which("unshare"), "--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "--propagation", "private",
               "--mount-proc"]
    probe = subprocess.run(unshare + ["mount", "-t", "tmpfs", "none", "/run"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if probe.returncode:
        raise Missing("no namespaces here: " + probe.stderr.decode(errors="replace").strip().replace("\n", "; "))
    sys.stdout.flush()
    os.environ[INSIDE] = "1"
    os.execv(unshare[0], unshare + [sys.executable, os.path.abspath(sys.argv[0])] + sys.argv[1:])


def be_init(at_end):
    """Process 1 waits for what loses its parent; the tests go on in a child."""
    child = os.fork()
    if not child:
        return
    while 1:
        pid, status = os.wait()
        if pid == child:
            at_end()
            os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


def write(path, text, mode=0o644):
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


def mount(*args):
    subprocess.check_call(["mount"] + list(args))


def run(*argv, **kwargs):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, **kwargs)


def until(done, what):
    end = time.time() + WAIT
    while not done():
        if time.time() > end:
            raise AssertionError("in vain: " + what)
        time.sleep(0.01)


def setup(at_end=lambda: None):
    if os.getpid() == 1:
        be_init(at_end)
    mount("-t", "tmpfs", "-o", "mode=755", "none", "/run")
    os.mkdir(BASE)
    for path in ("/var/log", "/var/lib/containers", "/var/lib/docker", "/var/lib/containerd", "/var/lib/cni"):
        if os.path.isdir(path):
            mount("-t", "tmpfs", "-o", "mode=755", "none", path)
    run("cp", "-a", "/etc", BASE + "/etc")
    mount("--bind", BASE + "/etc", "/etc")
    socket.sethostname(HOST)
    write("/etc/hosts", "127.0.0.1 localhost %s\n" % HOST)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x41))  # SIOCSIFFLAGS: IFF_UP | IFF_RUNNING
    for name in ("sshd", "sudo", "su", "doas"):
        write("/etc/pam.d/" + name, ("auth sufficient pam_rootok.so\n" if name == "su" else "") + PAM)
    write("/etc/sudoers", SUDOERS, 0o440)
    write("/etc/doas.conf", DOAS, 0o600)
    make_users()


def home(user):
    return BASE + "/home/" + user


def make_users():
    os.mkdir(BASE + "/home")
    number = 61000
    for user in USERS:
        number += 1
        for path, line in (("passwd", "{u}:x:{n}:{n}::{h}:{s}"), ("group", "{u}:x:{n}:"), ("shadow", "{u}:!:19000:0:99999:7:::")):
            with open("/etc/" + path, "a") as f:
                f.write(line.format(u=user, n=number, h=home(user), s=SHELLS.get(user, "/bin/sh")) + "\n")
        os.makedirs(home(user) + "/.ssh", 0o700)
        os.chown(home(user), number, number)
        os.chown(home(user) + "/.ssh", number, number)
    # Few rounds: a login is to be quick.
    run(which("chpasswd"), "-c", "SHA512", "-s", "1000", input="".join("%s:%s\n" % item for item in USERS.items()).encode())


def usable_by_all(python):
    """Let other users reach an interpreter that lies in somebody's home."""
    at = "/"
    for part in os.path.dirname(python).split("/")[1:]:
        at = os.path.join(at, part)
        if not os.stat(at).st_mode & 1:
            upper, work = (BASE + "/%s-%s" % (kind, at.replace("/", "-")) for kind in ("upper", "work"))
            os.mkdir(upper)
            os.mkdir(work)
            if subprocess.call(["mount", "-t", "overlay", "-o", "lowerdir=%s,upperdir=%s,workdir=%s" % (at, upper, work), "none", at],
                               stderr=subprocess.DEVNULL):
                return False
            os.chmod(at, os.stat(at).st_mode | 0o55)
    return not subprocess.call(as_user("mg-other") + [python, "-c", "import zlib"], stderr=subprocess.DEVNULL)


def as_user(user):
    return [which("setpriv"), "--reuid", user, "--regid", user, "--init-groups", "--reset-env", "--"]


def setuid_copy(name):
    """A program that any user can start as root."""
    path = BASE + "/setuid-" + name
    shutil.copy(which(name), path)
    os.chmod(path, 0o4755)
    return path


def processes():
    return set(int(pid) for pid in os.listdir("/proc") if pid.isdigit() and not is_zombie(pid))


def is_zombie(pid):
    try:
        with open("/proc/%s/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def describe(pids):
    lines = []
    for pid in pids:
        try:
            with open("/proc/%d/cmdline" % pid) as f:
                lines.append("%d %s" % (pid, f.read().replace("\0", " ")[:150]))
        except OSError:
            pass
    return lines


# Programs


class Sshd(object):
    def __init__(self):
        program = which("ssh-keygen", "ssh", "sshd")
        os.makedirs("/run/sshd", 0o755)
        for name, passphrase in (("hostkey", ""), ("otherkey", ""), ("id", "pw-key")):
            run("ssh-keygen", "-q", "-t", "ed25519", "-a", "1", "-N", passphrase, "-C", name, "-f", BASE + "/" + name)
        write(BASE + "/banner", BANNER)
        write(BASE + "/sshd_config", SSHD.format(base=BASE))
        for user in USERS:
            shutil.copy(BASE + "/id.pub", home(user) + "/.ssh/authorized_keys")
        for name, key in (("known_hosts", "hostkey"), ("known_hosts.changed", "otherkey")):
            with open("%s/%s.pub" % (BASE, key)) as f:
                write(BASE + "/" + name, "127.0.0.1 " + f.read())
        self.process = subprocess.Popen([program, "-D", "-f", BASE + "/sshd_config", "-E", BASE + "/sshd.log"], stdin=subprocess.DEVNULL)
        until(self.listens, "sshd does not listen")

    def listens(self):
        with socket.socket() as s:
            return not s.connect_ex(("127.0.0.1", 22))

    def log(self):
        with open(BASE + "/sshd.log") as f:
            return f.read()


def ssh(user, *options, **kwargs):
    """What a connection by ssh starts, but for the command."""
    settings = {"UserKnownHostsFile": BASE + "/" + kwargs.pop("known_hosts", "known_hosts"), "GlobalKnownHostsFile": "/dev/null",
                "StrictHostKeyChecking": "yes", "PreferredAuthentications": "password", "IdentityAgent": "none", "IdentitiesOnly": "yes",
                "NumberOfPasswordPrompts": "2"}
    settings.update(kwargs)
    argv = ["ssh", "-F", "none", "-l", user]
    for item in sorted(settings.items()):
        argv += ["-o", "%s=%s" % item]
    return argv + list(options) + ["127.0.0.1"]


def quoted(argv):
    return " ".join(map(shlex.quote, argv))


def cgroups():
    """Those that engines make and leave behind; control groups are the machine's."""
    return set(glob.glob("/sys/fs/cgroup/**/docker", recursive=True) + glob.glob("/sys/fs/cgroup/**/libpod_parent", recursive=True))


class Engine(object):
    """What Docker and podman have in common: a socket that speaks the Docker Engine API."""

    def __init__(self, name):
        self.dir = BASE + "/" + name
        self.path = "%s/%s.sock" % (self.dir, name)
        self.cgroups = cgroups()
        self.before = processes()
        os.mkdir(self.dir)

    def start(self, argv, **kwargs):
        self.started = (argv,), kwargs
        self.output = open(self.dir + "/log", "wb")
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT, **kwargs)
        until(self.answers, "%s does not answer: %s" % (argv[0], self.log()))

    def log(self):
        with open(self.dir + "/log", errors="replace") as f:
            return f.read()[-2000:].replace("\n", "; ")

    def answers(self):
        if self.process.poll() is not None:
            raise Missing("%s does not run here: %s" % (type(self).__name__.lower(), self.log()))
        with socket.socket(socket.AF_UNIX) as s:
            if s.connect_ex(self.path):
                return False
            s.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in s.recv(1000)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.output.close()
        for pid in processes() - self.before:  # podman's conmon lingers
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        until(lambda: not processes() - self.before, "processes left")
        for top in cgroups() - self.cgroups:
            for at, _, _ in os.walk(top, topdown=False):
                try:
                    os.rmdir(at)
                except OSError:
                    pass  # in use by somebody else


class Docker(Engine):
    def __init__(self):
        which("containerd", "runc", "dockerd")
        Engine.__init__(self, "docker")
        write(self.dir + "/daemon.json", "{}")
        options = {"host": "unix://" + self.path, "data-root": self.dir + "/data", "exec-root": self.dir + "/exec",
                   "pidfile": self.dir + "/pid", "config-file": self.dir + "/daemon.json", "bridge": "none", "iptables": "false",
                   "ip6tables": "false", "ip-forward": "false", "ip-masq": "false", "exec-opt": "native.cgroupdriver=cgroupfs"}
        self.start([which("dockerd")] + ["--%s=%s" % item for item in options.items()])


class Podman(Engine):
    def __init__(self):
        which("conmon", "runc", "podman")
        Engine.__init__(self, "podman")
        write(self.dir + "/containers.conf", containers_conf() + '[network]\nnetwork_config_dir = "%s/net"\n' % self.dir)
        write(self.dir + "/storage.conf", """[storage]
driver = "overlay"
graphroot = "%s/root"
runroot = "%s/run"
""" % (self.dir, self.dir))
        write(self.dir + "/registries.conf", "")
        env = dict(os.environ, CONTAINERS_CONF=self.dir + "/containers.conf", CONTAINERS_STORAGE_CONF=self.dir + "/storage.conf",
                   CONTAINERS_REGISTRIES_CONF=self.dir + "/registries.conf")
        self.start(["podman", "--tmpdir", self.dir + "/tmp", "system", "service", "--time=0", "unix://" + self.path], env=env)


def containers_conf():
    """What lets podman run where root may raise no limit, and where there is no systemd."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return """[containers]
default_ulimits = ["nofile=%d:%d", "nproc=4096:4096"]
netns = "none"
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
exit_command_delay = 1
""" % (files, files)
