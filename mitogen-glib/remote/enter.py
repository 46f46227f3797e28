# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""What helper/mitogen-enter.c does, for hosts that have nothing but a Python: options and messages are the same.

build-core.py makes one word of a command line of it, which is free of single quotes, for `python -c WORD --pid=... -- COMMAND`.
Runs on 2.7 and 3.6 and later. All texts are bytes. Nothing may be imported once the root folder is another: it would be code of the
container that runs as root here; so nothing of the standard library is called then that imports something by itself.
"""
import ctypes
import errno
import fcntl
import os
import resource
import signal
import stat
import sys

LIMIT = 16 << 20
MAX_QUESTIONS = 5
PATH = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
KEPT = (b"TERM=", b"LANG=", b"LANGUAGE=", b"LC_", b"TZ=")
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGCONT)
# That of users first: see go().
SPACES = ((b"user", 1 << 28), (b"mnt", 1 << 17), (b"net", 1 << 30), (b"uts", 1 << 26), (b"ipc", 1 << 27), (b"pid", 1 << 29),
          (b"cgroup", 1 << 25), (b"time", 1 << 7))
INSPECT = [b"inspect", b"--type=container", b"--format={{.State.Pid}}", b"--"]
KINDS = {b"docker": (b"docker", INSPECT), b"podman": (b"podman", INSPECT), b"lxc": (b"lxc-info", [b"--pid", b"--no-humanize"]),
         b"lxd": (b"lxc", [b"info", b"--"]), b"incus": (b"incus", [b"info", b"--"]),
         b"machinectl": (b"machinectl", [b"show", b"--property=Leader", b"--value", b"--"])}
libc = ctypes.CDLL(None, use_errno=True)


def fail(text, status=125):
    os.write(2, b"mitogen-enter: " + text + b"\n")
    os._exit(status)


def to_bytes(text):
    """Not text.encode(): 2.7 would import the encoding."""
    return text if isinstance(text, bytes) else os.fsencode(text)


def fail_error(text, error, status=125):
    fail(text + b": " + to_bytes(os.strerror(error or errno.EIO)), status)


def excepthook(kind, value, traceback):
    fail(to_bytes("%s: %s" % (kind.__name__, value)))


def number(text):
    """What int() takes is more than that."""
    return int(text) if text.isdigit() and int(text) < 0xffffffff else None


def read_all(fd, limit=LIMIT):
    text = b""
    while len(text) <= limit:
        more = os.read(fd, 65536)
        text += more
        if not more:
            return text
    raise OSError(errno.EFBIG, "")


def read_file(path, flags=0, ordinary=False):
    fd = os.open(path, os.O_RDONLY | flags)
    try:
        if ordinary and not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(0, "")
        return read_all(fd)
    finally:
        os.close(fd)


# ---- this program ----

def become_copy():
    """The interpreter in there may be a script for /proc/self/exe, so that its file can be written to. So it is a copy that cannot."""
    fd = os.open("/proc/self/exe", os.O_RDONLY)
    try:
        if fcntl.fcntl(fd, 1034) & 8:  # F_GET_SEALS, F_SEAL_WRITE
            return os.close(fd)
    except IOError:  # an ordinary file
        pass
    if not hasattr(libc, "memfd_create"):  # glibc before 2.27: without a copy
        return os.close(fd)
    copy = libc.memfd_create(b"mitogen-enter", 0x12)  # MFD_ALLOW_SEALING, MFD_EXEC
    if copy < 0:
        copy = libc.memfd_create(b"mitogen-enter", 2)
    if copy < 0:
        fail_error(b"cannot copy its own program", ctypes.get_errno())
    while 1:
        data = os.read(fd, 1 << 20)
        if not data:
            break
        while data:
            data = data[os.write(copy, data):]
    fcntl.fcntl(copy, 1033, 15)  # F_ADD_SEALS
    fcntl.fcntl(copy, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    argv = read_file("/proc/self/cmdline").split(b"\0")[:-1]
    os.execv(b"/proc/self/fd/%d" % copy, [to_bytes(sys.executable or "python")] + argv[1:])


# ---- the first process ----

def last_line(text):
    return text.strip().split(b"\n")[-1].strip()


def ask_leader(kind, name, tool):
    import subprocess
    usual, args = KINDS[kind]
    tool = tool or usual
    args = args + [b"--name=" + name if kind == b"lxc" else name]
    env = dict(os.environ, LC_ALL="C")
    try:
        with open(os.devnull) as null:
            p = subprocess.Popen([tool] + args, stdin=null, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, close_fds=True)
    except OSError as e:
        fail_error(b"cannot ask \"" + tool + b"\"", e.errno)
    out, err = p.communicate()
    if p.returncode:
        how = b"it was killed by signal %d" % -p.returncode if p.returncode < 0 else b"it ended with status %d" % p.returncode
        fail(b"\"%s\" tells no process of \"%s\": %s" % (tool, name, last_line(err) or last_line(out) or how))
    if kind in (b"lxd", b"incus"):
        out = ([line[4:] for line in out.split(b"\n") if line[:4].lower() == b"pid:"] + [b""])[0]
    out = last_line(out)
    if out in (b"", b"0", b"-1"):
        fail(b"the container \"" + name + b"\" does not run")
    if not number(out):
        fail(b"\"%s\" tells no process of \"%s\", but \"%s\"" % (tool, name, out[:100]))
    return number(out)


def open_container(place, kind, name, tool):
    for _ in range(MAX_QUESTIONS):
        now = float(read_file("/proc/uptime").split()[0]) * os.sysconf("SC_CLK_TCK")
        if place.open_process(ask_leader(kind, name, tool), now):
            return
    fail(b"the container \"" + name + b"\" does not run for long")


# ---- the place ----

class Place:
    folder = None  # of the process in /proc, which never becomes that of another process
    capabilities = -1
    no_new_privileges = 0
    path = None
    spaces = ()

    def is_usable(self, since):
        try:
            rest = read_file(self.folder + b"/stat")
        except (OSError, IOError):
            return False
        rest = rest[rest.rindex(b")") + 2:].split()
        return rest[0] not in (b"Z", b"X", b"x") and int(rest[19]) <= since

    def open_process(self, pid, since):
        try:
            fd = os.open("/proc/%d" % pid, os.O_RDONLY)
        except OSError:
            return False
        self.folder = b"/proc/self/fd/%d" % fd
        if not self.is_usable(since):
            os.close(fd)
            return False
        self.read_status()
        try:
            self.spaces = [self.open_space(pid, name, kind) for name, kind in SPACES]
            self.root = os.open(self.folder + b"/root", os.O_RDONLY | os.O_DIRECTORY)
        except OSError as e:
            fail_error(b"cannot open the root folder of process %d" % pid, e.errno)
        if not self.is_usable(since):
            fail(b"process %d has ended" % pid)
        return True

    def read_status(self):
        try:
            for line in read_file(self.folder + b"/status").split(b"\n"):
                words = line.split()
                if words[:1] == [b"CapBnd:"]:
                    self.capabilities = int(words[1], 16)
                elif words[:1] == [b"NoNewPrivs:"]:
                    self.no_new_privileges = int(words[1])
            for text in read_file(self.folder + b"/environ").split(b"\0"):
                if text.startswith(b"PATH=") and self.path is None:
                    self.path = text[5:]
        except (OSError, IOError):
            pass

    def open_space(self, pid, name, kind):
        own = b"/proc/self/ns/" + name
        try:
            fd = os.open(self.folder + b"/ns/" + name, os.O_RDONLY)
        except OSError as e:
            if e.errno == errno.ENOENT and not os.path.exists(own):
                return -1, name, kind
            fail_error(b"cannot open the %s namespace of process %d" % (name, pid),
                       errno.ESRCH if e.errno == errno.ENOENT else e.errno)
        if os.path.sameopenfile(fd, os.open(own, os.O_RDONLY)):
            fd = -1
        return fd, name, kind

    def go(self):
        """With more rights than the container's root has the namespace of users has to be the last, with less the first."""
        needs_child = any(fd >= 0 and name == b"pid" for fd, name, _ in self.spaces)
        libc.setgroups(0, None)
        left = [space for space in self.spaces if space[0] >= 0]
        left = [space for space in left if space[1] == b"user" or libc.setns(space[0], space[2])]
        for fd, name, kind in left:
            if libc.setns(fd, kind):
                fail_error(b"cannot enter the %s namespace" % name, ctypes.get_errno())
        try:
            os.fchdir(self.root)
            if not os.path.samefile(".", "/"):
                os.chroot(".")
            os.chdir("/")
        except OSError as e:
            fail_error(b"cannot change the root folder", e.errno)
        os.closerange(3, 256)
        return needs_child

    def limit(self):
        """Root in there is not to have more rights than the container was given."""
        i = 0
        while libc.prctl(23, i, 0, 0, 0) >= 0:  # PR_CAPBSET_READ, PR_CAPBSET_DROP
            if not self.capabilities >> i & 1:
                libc.prctl(24, i, 0, 0, 0)
            i += 1
        header = (ctypes.c_uint32 * 2)(0x20080522, 0)
        data = (ctypes.c_uint32 * 6)()
        if not libc.capget(header, data):
            data[2] = data[5] = 0
            libc.capset(header, data)
        if self.no_new_privileges:
            libc.prctl(38, 1, 0, 0, 0)


# ---- the user ----

def rows(text, n):
    for line in text.split(b"\n"):
        fields = line.split(b":")
        if len(fields) == n and fields[0][:1] not in (b"", b"+", b"-", b"#") and number(fields[2]) is not None:
            yield fields


def absolute(path, default):
    return path if path[:1] == b"/" else default


class User:
    def __init__(self, spec):
        name, _, group = (b"0" if spec is None else spec).partition(b":")
        uid = number(name)
        text = why = b""
        try:
            text = read_file("/etc/passwd", os.O_NONBLOCK | os.O_NOCTTY, True)
        except (OSError, IOError) as e:
            why = to_bytes(os.strerror(e.errno)) if e.errno else b"it is no ordinary file"
        found = [f for f in rows(text, 7) if number(f[3]) is not None]
        found = spec and [f for f in found if f[0] == name] or [f for f in found if number(f[2]) == uid and uid is not None]
        if not found and uid is None:
            if why:
                fail(b"cannot read /etc/passwd in there, to find the user \"" + name + b"\": " + why)
            fail(b"there is no user \"" + name + b"\" in there")
        f = found[0] if found else [name if uid else b"root", b"", name, name, b"", b"", b""]
        self.name, self.uid, self.gid = f[0], int(f[2]), int(f[3])
        self.home, self.shell = absolute(f[5], b"/"), absolute(f[6], b"/bin/sh")
        self.find_groups(group)

    def find_groups(self, group):
        try:
            text = read_file("/etc/group", os.O_NONBLOCK | os.O_NOCTTY, True)
        except (OSError, IOError):
            text = b""
        found = list(rows(text, 4))
        if group:
            gid = number(group)
            if gid is None:
                gid = ([int(f[2]) for f in found if f[0] == group] + [None])[0]
            if gid is None:
                fail(b"there is no group \"" + group + b"\" in there")
            self.gid = gid
        self.groups = [int(f[2]) for f in found if self.name in f[3].split(b",")] + [self.gid]

    def become(self):
        what = b"groups"
        try:
            try:
                os.setgroups(self.groups)
            except OSError as e:
                if e.errno not in (errno.EPERM, errno.EINVAL):
                    raise
            what = b"group"
            os.setgid(self.gid)
            what = b""
            os.setuid(self.uid)
        except OSError as e:
            if what:
                fail_error(b"cannot take the %s of user \"%s\"" % (what, self.name), e.errno)
            fail_error(b"cannot become user \"%s\" (%d)" % (self.name, self.uid), e.errno)


# ---- the command ----

def run(place, spec, alive, command):
    user = User(spec)
    place.limit()
    user.become()
    if alive >= 0:
        libc.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG: changing the user ends it
        try:
            if not os.read(alive, 1):
                os.kill(os.getpid(), 9)
        except OSError:
            os.close(alive)
    env = dict((to_bytes(name), to_bytes(value)) for name, value in os.environ.items())
    env = dict(item for item in env.items() if (item[0] + b"=").startswith(KEPT))
    env.update({b"PATH": place.path or PATH, b"HOME": user.home, b"SHELL": user.shell, b"LOGNAME": user.name, b"USER": user.name})
    try:
        os.chdir(user.home)
    except OSError:
        os.chdir("/")
    for ignored in signal.SIGPIPE, signal.SIGXFSZ:
        signal.signal(ignored, signal.SIG_DFL)
    error = errno.ENOENT
    for path in [b""] if b"/" in command[0] else [path + b"/" for path in env[b"PATH"].split(b":")]:
        try:
            os.execve(path + command[0], command, env)
        except OSError as e:
            error = error if e.errno in (errno.ENOENT, errno.ENOTDIR) else e.errno
    fail_error(b"cannot run \"" + command[0] + b"\"", error, 127 if error == errno.ENOENT else 126)


def run_in_child(place, spec, command):
    alive, held = os.pipe()
    fcntl.fcntl(alive, fcntl.F_SETFL, os.O_NONBLOCK)
    child, early = [], []

    def forward(signum, frame):
        if child:
            os.kill(child[0], signum)
        else:
            early.append(signum)

    for signum in SIGNALS:
        signal.signal(signum, forward)
    try:
        pid = os.fork()
    except OSError as e:
        if e.errno == errno.ENOMEM:
            fail(b"the container has ended")
        fail_error(b"cannot start a process", e.errno)
    if not pid:
        for signum in SIGNALS:
            signal.signal(signum, signal.SIG_DFL)
        os.close(held)
        run(place, spec, alive, command)
    child.append(pid)
    for signum in early:
        os.kill(pid, signum)
    for fd in 0, 1, 2:
        os.close(fd)
    while 1:
        try:
            _, status = os.waitpid(pid, 0)
            child[:] = []
            break
        except OSError:  # a signal
            pass
    if os.WIFSIGNALED(status):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if os.WTERMSIG(status) not in (9, 19):
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


def main(argv):
    sys.excepthook = excepthook
    options = {}
    while argv[0] != b"--":
        name, _, value = argv.pop(0)[2:].partition(b"=")
        options[name] = value
    get = options.get
    become_copy()
    libc.prctl(15, b"mitogen-enter", 0, 0, 0)
    libc.prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
    place = Place()
    if b"root" in options:
        try:
            place.root = os.open(get(b"root"), os.O_RDONLY | os.O_DIRECTORY)
        except OSError as e:
            fail_error(b"cannot open the folder \"" + get(b"root") + b"\"", e.errno)
    elif b"kind" in options:
        open_container(place, get(b"kind"), get(b"container"), get(b"tool"))
    elif not place.open_process(int(get(b"pid")), float("inf")):
        fail(b"there is no process " + get(b"pid"))
    sys.path[:] = sys.meta_path[:] = []
    (run_in_child(place, get(b"user"), argv[1:]) if place.go() else run(place, get(b"user"), -1, argv[1:]))


main([to_bytes(word) for word in sys.argv[1:]])
