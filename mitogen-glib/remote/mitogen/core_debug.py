# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Part of module mitogen.core that only children with the settings debug or profiling get, in front of their line main({...}), and those that
# shall fork such a one. enable_debug() and enable_profiling() run once the stream is there.

def open_report(path):
    """A file of our own in /tmp, where others may have put links."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | getattr(os, "O_CLOEXEC", 0), 0o600)
    status = os.fstat(fd)
    if status.st_uid != os.geteuid() or status.st_mode & 0o170000 != 0o100000:
        os.close(fd)
        raise Error("%s belongs to somebody else", path)
    return fd


def enable_debug():
    global report
    report = fd = open_report("/tmp/mitogen.%d.log" % pid)

    def trace(what, args):
        said = "%.6f %s %.400r\n" % (time.time(), what, args)
        os.write(fd, said.encode("utf-8", "replace") if PY3 else said)

    def traced(name, what):
        inner = globals()[name]

        def function(*args):
            trace(what, args)
            return inner(*args)
        globals()[name] = function

    trace("context", (me, sys.version, config))
    for name, what in (("frame", "received"), ("run", "call"), ("log", "log"), ("post", "send")):
        traced(name, what)


profiles = globals().get("profiles", {})


def enable_profiling():
    global help_out, profiled
    inner = help_out
    profile("main")
    profiled = 1

    def help_out():
        if config["profiling"]:
            guarded(profile, "broker")
        inner()


def profile(name):
    made = __import__("cProfile").Profile()
    made.enable()
    profiles[name] = made


saving = allocate_lock()
saver = 0


def save_profiles():
    """Whichever thread notices the end first; the others wait, since each ends the process afterwards."""
    global saver
    if saver == _thread.get_ident():
        return  # its own complaints could not be sent
    saving.acquire()
    saver = _thread.get_ident()
    for name in list(profiles):
        guarded(save_profile, name, profiles.pop(name))
    saver = 0
    saving.release()


def save_profile(name, profile):
    profile.create_stats()
    path = "/tmp/mitogen.stats.%d.%s.log" % (pid, name)
    fd = open_report(path)
    os.ftruncate(fd, 0)
    os.write(fd, __import__("marshal").dumps(profile.stats))
    os.close(fd)
