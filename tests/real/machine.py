# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""The machine of its own in which the tests of this folder run: servers, users, rules.

It is one of tests/remote/real_system.py, with more users and with an sshd for each way to log in.
Everything that a test has to know of it is in environment().
"""

import base64
import glob
import hashlib
import hmac
import os
import shutil
import socket
import struct
import subprocess
import sys
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(FOLDER), "remote"))

import booted
import cgroups
import link
import real_system
from real_system import BASE, Missing, home, run, until, which, write

USERS = {
    "mg-asked": "pw-asked", "mg-free": "pw-free", "mg-other": "pw-other", "mg-tty": "pw-tty",
    "mg-csh": "pw-csh", "mg-fish": "pw-fish", "mg-zsh": "pw-zsh", "mg-bash": "pw-bash",
    "mg-noisy": "pw-noisy", "mg-nologin": "pw-nologin", "mg-expired": "pw-expired",
    "mg-otp": "pw-otp", "mg-bare": "pw-bare", "mg-locked": "pw-locked",
}
SHELLS = {
    "mg-csh": ("tcsh",), "mg-fish": ("fish",), "mg-zsh": ("zsh",), "mg-bash": ("bash",),
    "mg-noisy": ("bash",), "mg-nologin": ("nologin",), "mg-expired": ("bash",),
}
ROOT_PASSWORD = "pw-root"
TOTP_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

# One server answers on a port for each way to log in.
PORTS = {
    "password": "PubkeyAuthentication no\n KbdInteractiveAuthentication no",
    "kbd": "PubkeyAuthentication no\n PasswordAuthentication no",
    "key": "PasswordAuthentication no\n KbdInteractiveAuthentication no",
    "both": "AuthenticationMethods publickey,password",
    "tries": "MaxAuthTries 2\n KbdInteractiveAuthentication no",
    "sessions": "MaxSessions 1",
}
FIRST_PORT = 2201
# Servers of their own, for what cannot be said of a port.
SERVERS = {
    "full": "MaxStartups 1\nLoginGraceTime 2",
    "crowd": "MaxStartups 10:30:60",
    "changed": "HostKey %s/otherkey" % BASE,
}
SSHD = """UsePAM yes
PasswordAuthentication yes
KbdInteractiveAuthentication yes
TrustedUserCAKeys {base}/ca.pub
StrictModes yes
PidFile none
PrintMotd yes
UseDNS no
LogLevel VERBOSE
Subsystem sftp internal-sftp
"""
# Of each user. The context's own settings come from the command line, which wins.
SSH_CONFIG = """Host kept shared
  HostName 127.0.0.1
  ControlMaster auto
  ControlPath ~/.ssh/%n
Host kept
  ControlPersist 60
Host jumped
  HostName 127.0.0.1
  ProxyJump mg-free@localhost
Host localhost
  IdentityFile ~/.ssh/key
Host jumped-asked
  HostName 127.0.0.1
  ProxyJump mg-free@asked
Host asked
  HostName 127.0.0.1
  PreferredAuthentications password
"""
BANNER = """*** This is a system of people who like banners. ***
Password: not a prompt
root@127.0.0.1's password: not one either
Are you sure you want to continue connecting (yes/no/[fingerprint])? neither
MITO0 0123456789abcdef
"""
NOISE = """echo "Welcome to a .bashrc that talks."
echo "Password: "
printf "MITO0 0123456789abcdef"
printf '\\377\\000\\n'
echo "and complains" >&2
"""
# Who is asked for a one-time code as well.
PAM_SSHD = """auth required pam_unix.so nodelay
auth [success=1 default=ignore] pam_succeed_if.so quiet user != mg-otp
auth required pam_google_authenticator.so
account required pam_unix.so
password required pam_unix.so nodelay
session required pam_permit.so
"""
SUDOERS = """Defaults timestamp_timeout=0, lecture=never, !fqdn, !mail_badpass
Defaults env_keep += "LC_ALL"
Defaults:mg-tty requiretty, use_pty
Defaults:mg-csh timestamp_timeout=5, timestamp_type=global
root ALL=(ALL:ALL) NOPASSWD: ALL
mg-asked ALL=(ALL:ALL) PASSWD: SETENV: ALL
mg-tty ALL=(ALL:ALL) PASSWD: ALL
mg-csh ALL=(ALL:ALL) PASSWD: ALL
mg-free ALL=(ALL:ALL) NOPASSWD: SETENV: ALL
mg-noisy ALL=(mg-other) PASSWD: ALL
"""
POLKIT_RULES = """polkit.addRule(function(action, subject) {
    if (action.id != "org.freedesktop.policykit.exec") return polkit.Result.NOT_HANDLED;
    if (subject.user == "mg-free") return polkit.Result.YES;
    if (subject.user == "mg-asked") return polkit.Result.AUTH_SELF;
    if (subject.user == "mg-tty") return polkit.Result.AUTH_ADMIN;
    return polkit.Result.NO;
});
polkit.addAdminRule(function(action, subject) { return ["unix-user:mg-other"]; });
"""


class Machine(object):
    def __init__(self, build, source):
        which("ssh", "sshd", "ssh-keygen", "ssh-agent", "sudo", "su", "doas", "setpriv", "ip", "tcsh",
              "fish", "zsh", "bash", "nologin", "mount", "chage")
        self.servers = []
        self.ports = {}
        real_system.USERS = dict(USERS)
        real_system.SHELLS = dict((user, which(*names)) for user, names in SHELLS.items())
        real_system.setup(cgroups.make_own() if os.getpid() == 1 else None)
        self.share(build, source)
        self.write_rules()
        self.write_users()
        self.make_keys()
        self.make_network()
        self.start_sshd()

    def share(self, build, source):
        """The users of the machine need not be able to enter the folders where these lie."""
        for name, path in (("build", build), ("source", source)):
            os.mkdir("%s/%s" % (BASE, name))
            real_system.mount("--bind", path, "%s/%s" % (BASE, name))
        real_system.mount("-t", "tmpfs", "-o", "mode=1777", "none", "/tmp")
        os.mkdir(BASE + "/empty")
        os.mkdir(BASE + "/shared")
        os.chmod(BASE + "/shared", 0o1777)

    def write_rules(self):
        write("/etc/pam.d/sshd", PAM_SSHD)
        write("/etc/pam.d/polkit-1", real_system.PAM)
        for name in ("sudo-i", "su-l"):
            shutil.copy("/etc/pam.d/" + name[:-2], "/etc/pam.d/" + name)
        write("/etc/sudoers", SUDOERS, 0o440)
        shutil.rmtree("/etc/sudoers.d", ignore_errors=True)
        write("/etc/motd", "A message of the day.\nPassword: of the day\n")
        write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files\n")
        write("/etc/hosts", "127.0.0.1 localhost %s web1\n::1 localhost6\n" % real_system.HOST)

    def write_users(self):
        run(which("chpasswd"), "-c", "SHA512", "-s", "1000", input=b"root:" + ROOT_PASSWORD.encode())
        run(which("usermod"), "--expiredate", "1", "mg-locked")
        write(home("mg-noisy") + "/.bashrc", NOISE)
        write(home("mg-otp") + "/.google_authenticator",
              '%s\n" WINDOW_SIZE 17\n" TOTP_AUTH\n' % TOTP_SECRET)
        shutil.chown(home("mg-otp") + "/.google_authenticator", "mg-otp", "mg-otp")
        os.chmod(home("mg-otp") + "/.google_authenticator", 0o400)

    def make_keys(self):
        self.keys = {}
        for name, passphrase in (("hostkey", ""), ("otherkey", ""), ("ca", ""), ("key", ""),
                                 ("locked", "pw-key"), ("signed", ""), ("stranger", "")):
            run("ssh-keygen", "-q", "-t", "ed25519", "-a", "1", "-N", passphrase, "-C", name,
                "-f", BASE + "/" + name)
        run("ssh-keygen", "-q", "-s", BASE + "/ca", "-I", "test", "-n", ",".join(USERS),
            BASE + "/signed.pub")
        public = dict((name, open("%s/%s.pub" % (BASE, name)).read())
                      for name in ("hostkey", "otherkey", "key", "locked"))
        write("/etc/ssh/ssh_known_hosts",
              "127.0.0.1,[127.0.0.1]:*,localhost,::1,[::1]:*,10.77.*,[10.77.*]:*,web1,web? " +
              public["hostkey"] + "127.0.0.8,[127.0.0.8]:* " + public["otherkey"])
        for user in USERS:
            at = home(user) + "/.ssh/"
            write(at + "authorized_keys", public["key"] + public["locked"], 0o600)
            for name in ("key", "locked", "signed", "stranger"):
                for ending in ("", ".pub"):
                    shutil.copy(BASE + "/" + name + ending, at + name + ending)
                    os.chmod(at + name + ending, 0o600)
            shutil.copy(BASE + "/signed-cert.pub", at + "signed-cert.pub")
            write(at + "config", SSH_CONFIG, 0o600)
            for path in glob.glob(at + "*"):
                shutil.chown(path, user, user)

    def make_network(self):
        run("ip", "route", "add", "unreachable", "10.9.0.0/16")

    def start_sshd(self):
        os.makedirs("/run/sshd", 0o755, exist_ok=True)
        write(BASE + "/banner", BANNER)
        text = SSHD.format(base=BASE) + "Port 22\nHostKey %s/hostkey\nMaxStartups 64:30:128\n" % BASE
        matches = ""
        for number, (name, options) in enumerate(sorted(PORTS.items()), FIRST_PORT):
            self.ports[name] = number
            text += "Port %d\n" % number
            matches += "Match LocalPort %d\n %s\n" % (number, options)
        matches += "Match LocalPort %d\n Banner %s/banner\n" % (self.ports["password"], BASE)
        matches += "Match User mg-bare\n SetEnv PATH=%s/empty\n" % BASE
        self.serve("main", text + matches, 22)
        number = FIRST_PORT + 100
        for name, options in sorted(SERVERS.items()):
            number += 1
            self.ports[name] = number
            key = "" if "HostKey" in options else "HostKey %s/hostkey\n" % BASE
            text = SSHD.format(base=BASE) + "Port %d\n%s%s\n" % (number, key, options)
            self.serve(name, text, number)
        for name, prepare in (("readonly", READ_ONLY), ("nospace", NO_SPACE), ("bare", NO_PYTHON)):
            number += 1
            self.ports[name] = number
            text = SSHD.format(base=BASE) + "Port %d\nHostKey %s/hostkey\n" % (number, BASE)
            script = prepare + '\nexec "$@"'
            self.serve(name, text, number, ["unshare", "--mount", "sh", "-ec", script, "sh"])

    def serve(self, name, config, port, prefix=()):
        path = "%s/sshd_config.%s" % (BASE, name)
        write(path, config)
        with open(BASE + "/sshd.log", "ab") as log:
            server = subprocess.Popen(list(prefix) + [which("sshd"), "-D", "-e", "-f", path],
                                      stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.servers.append(server)

        def listens():
            if server.poll() is not None:
                raise AssertionError("sshd has ended: " + open(BASE + "/sshd.log").read())
            with socket.socket() as s:
                return not s.connect_ex(("127.0.0.1", port))
        until(listens, "sshd does not listen")

    def start_polkit(self):
        which("dbus-daemon", "pkexec", "pkttyagent")
        daemon = "/usr/lib/polkit-1/polkitd"
        if not os.path.exists(daemon):
            raise Missing("no polkitd")
        os.makedirs("/run/dbus", 0o755)
        shutil.rmtree("/etc/polkit-1/rules.d", ignore_errors=True)
        os.makedirs("/etc/polkit-1/rules.d", 0o755)
        write("/etc/polkit-1/rules.d/10-test.rules", POLKIT_RULES)
        log = open(BASE + "/polkit.log", "wb")
        for argv in (["dbus-daemon", "--system", "--nofork", "--nopidfile", "--nosyslog"], [daemon]):
            self.servers.append(subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
            if argv[0] == "dbus-daemon":
                until(lambda: os.path.exists("/run/dbus/system_bus_socket"), "no system bus")
        ask = ["dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.DBus", "/",
               "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.PolicyKit1"]
        until(lambda: b"true" in subprocess.run(ask, stdout=subprocess.PIPE, stderr=log).stdout, "no polkitd")

    def start_link(self):
        self.link = link.Link()

    def start_booted(self):
        self.booted = booted.Booted()

    def start_session(self, user):
        """A session bus of the user's, with the service of Flatpak on it."""
        spawn = "/usr/libexec/flatpak-xdg-utils/flatpak-spawn"
        which("dbus-daemon")
        if not os.path.exists(spawn):
            raise Missing("no flatpak-spawn")
        self.bus = "unix:path=%s/shared/bus" % BASE
        log = open(BASE + "/session.log", "wb")
        as_user = real_system.as_user(user) + ["env", "DBUS_SESSION_BUS_ADDRESS=" + self.bus]
        self.servers.append(subprocess.Popen(as_user + ["dbus-daemon", "--session", "--nofork", "--address=" + self.bus],
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/"))
        until(lambda: os.path.exists(BASE + "/shared/bus"), "no session bus")
        # It starts the service, which stays.
        if subprocess.call(as_user + [spawn, "--host", "true"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/"):
            with open(BASE + "/session.log", errors="replace") as f:
                raise Missing("flatpak-spawn does not run here: " + f.read()[-1000:].replace("\n", "; "))

    def environment(self):
        """What tests need to know. No password: those are searched for in environments."""
        known = {"BASE": BASE, "HOST": real_system.HOST}
        for name, port in self.ports.items():
            known["PORT_" + name.upper()] = str(port)
        return dict(("MITOGEN_REAL_" + name, value) for name, value in known.items())


READ_ONLY = """for at in / /run /tmp /dev/shm %s; do
  mount --bind $at $at 2>/dev/null && mount -o remount,ro,bind $at || true
done""" % BASE
NO_SPACE = """for at in /tmp /var/tmp /dev/shm %s/home; do
  [ $at = %s/home ] && cp -a $at /run/copy
  mount -t tmpfs -o size=1m,mode=1777 none $at
  [ $at = %s/home ] && cp -a /run/copy/. $at
  cat /dev/zero >$at/filler 2>/dev/null || true
done
rm -rf /run/copy""" % (BASE, BASE, BASE)

# Links to what is in there, but for the interpreters.
NO_PYTHON = """ln=/run/whole/usr/bin/ln
for at in /usr/bin /usr/local/bin /usr/libexec; do
  [ -d $at ] || continue
  links=$(ls -d $at/* | grep -v python | sed s,^,/run/whole,)
  mkdir -p /run/whole$at
  mount --bind $at /run/whole$at
  mount -t tmpfs -o mode=755 none $at
  [ -z "$links" ] || $ln -s -t $at $links
done"""


def totp():
    """The code of this half minute."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(TOTP_SECRET), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return "%06d" % ((struct.unpack(">I", digest[at:at + 4])[0] & 0x7fffffff) % 1000000)
