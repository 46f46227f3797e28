# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Part of module mitogen.core that only children with the settings debug or profiling get, in front of their line main({...}).
# enable_debug() and enable_profiling() run once the stream is there.

def open_report(path):
    """A file of our own in /tmp, where others may have put links."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | getattr(os, "O_CLOEXEC", 0), 0o600)
    status = os.fstat(fd)
    if status.st_uid != os.geteuid() or status.st_mode & 0o170000 != 0o100000:
        os.close(fd)
        raise Error("%s belongs to somebody else", path)
    return fd


def enable_debug():
    fd = open_report("/tmp/mitogen.%d.log" % pid)

    def trace(fmt, *args):
        os.write(fd, ("%.6f %s\n" % (time.time(), fmt % args)).encode("utf-8", "replace"))

    def traced(name, fmt):
        inner = globals()[name]

        def function(*args):
            trace(fmt, *args)
            return inner(*args)
        globals()[name] = function
    trace("context %d, Python %s, %r", me, sys.version.split()[0], config)
    traced("frame", "received from %s: %r, data %.200r")
    traced("run", "call for context %d, reply to %d, data %.200r")
    traced("log", "log %s: %s" if 0 else "log %d: %s")
    inner = post

    def post_traced(dst, handle, reply_to, *parts):
        trace("send to %d, handle %d, reply to %d, %d bytes", dst, handle, reply_to, sum(map(len, parts)))
        inner(dst, handle, reply_to, *parts)
    globals()["post"] = post_traced


profiles = {}


def enable_profiling():
    global help_out
    inner = help_out
    profile("main")

    def help_out():
        guarded(profile, "broker")
        inner()


def profile(name):
    made = __import__("cProfile").Profile()
    made.enable()
    profiles[name] = made


def save_profiles():
    for name in list(profiles):
        guarded(save_profile, name, profiles.pop(name))


def save_profile(name, profile):
    profile.create_stats()
    path = "/tmp/mitogen.stats.%d.%s.log" % (pid, name)
    fd = open_report(path)
    os.ftruncate(fd, 0)
    os.write(fd, __import__("marshal").dumps(profile.stats))
    os.close(fd)
