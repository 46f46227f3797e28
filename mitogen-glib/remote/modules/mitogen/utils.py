# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# !mitogen: minify_safe
"""Helpers for code that runs in contexts. What they do for a whole program elsewhere, they do for this context here."""

from __future__ import absolute_import

import functools
import logging
import os
import signal
import sys

import mitogen.core

LOG = logging.getLogger("mitogen")
IS_LINUX = os.uname()[0] == "Linux"
SIGNAL_BY_NUM = dict((getattr(signal, name), name) for name in sorted(vars(signal), reverse=True)
                     if name.startswith("SIG") and not name.startswith("SIG_"))
BROKER_SHUTDOWN_MSG = "The connection was given up since its context is leaving."
OPENPTY_MSG = ("There is no pseudo-terminal left (%s). On Linux, see the sysctl kernel.pty.max and the option max of the file system devpts, "
               "and whether other programs leave terminals open.")
SYS_EXECUTABLE_MSG = "sys.executable is not set: /usr/bin/python is taken for the interpreter."

try:
    SC_OPEN_MAX = os.sysconf("SC_OPEN_MAX")
except (ValueError, OSError):
    SC_OPEN_MAX = 1024


def _selinux_is_enforcing():
    try:
        with open("/sys/fs/selinux/enforce", "rb") as f:
            return f.read().strip() == b"1"
    except (IOError, OSError):
        return False


SELINUX_ENABLED = _selinux_is_enforcing()


def cast(obj):
    """A copy of `obj` made of nothing but built-in types: dictionaries, lists, tuples, texts, bytes and numbers lose their subclasses. Contexts,
    senders, secrets and errors of calls stay. TypeError for what no other context could read."""
    if isinstance(obj, mitogen.core.Blob):
        return obj
    return mitogen.core.purify(obj)


def disable_site_packages():
    """Take what was installed beside the interpreter off sys.path, in place."""
    sys.path[:] = [entry for entry in sys.path if "site-packages" not in entry and "Extras" not in entry]


def get_log_level():
    """The effective level of the logger `mitogen`, INFO if there is none."""
    return LOG.getEffectiveLevel() or logging.INFO


def get_sys_executable():
    """The interpreter, /usr/bin/python if it does not know itself."""
    if sys.executable:
        return sys.executable
    global _warned
    if not _warned:
        _warned = True
        LOG.warning(SYS_EXECUTABLE_MSG)
    return "/usr/bin/python"


_warned = False


def log_get_formatter(usec=False):
    formatter = logging.Formatter("%(asctime)s %(levelname).1s %(name)s: %(message)s", "%H:%M:%S")
    if usec:
        formatter = _UsecFormatter("%(asctime)s %(levelname).1s %(name)s: %(message)s")
    return formatter


class _UsecFormatter(logging.Formatter):
    def formatTime(self, record, datefmt=None):
        import time
        seconds = int(record.created)
        return "%s.%06d" % (time.strftime("%H:%M:%S", time.localtime(seconds)), (record.created - seconds) * 1000000)


def _level(name):
    """A level by its name, whatever the case, or by its number."""
    if isinstance(name, int):
        return name
    found = logging.getLevelName(name.upper()) if not name.isdigit() else int(name)
    if not isinstance(found, int):
        raise ValueError("%r is not a log level: DEBUG, INFO, WARNING, ERROR and CRITICAL are" % (name,))
    return found


def log_to_file(path=None, io=False, usec=False, level="INFO"):
    """Write what is logged in this context to a file, or to stderr, too. `MITOGEN_LOG_LEVEL` in the environment takes the place of `level`; IO means
    DEBUG with `io`, `MITOGEN_LOG_IO` and `MITOGEN_LOG_USEC` set the other two."""
    said = os.environ.get("MITOGEN_LOG_LEVEL") or level
    io = io or bool(os.environ.get("MITOGEN_LOG_IO"))
    usec = usec or bool(os.environ.get("MITOGEN_LOG_USEC"))
    if not isinstance(said, int) and said.upper() == "IO":
        io, said = True, "DEBUG"
    number = _level(said)
    handler = logging.StreamHandler(sys.stderr) if path is None else logging.FileHandler(path, "w", *(("utf-8",) if mitogen.core.PY3 else ()))
    if path is not None:
        _set_cloexec(handler.stream.fileno())
    handler.setFormatter(log_get_formatter(usec))
    handler.mitogen_target = path
    root = logging.getLogger()
    for old in list(root.handlers):
        if getattr(old, "mitogen_target", 0) == path:
            root.removeHandler(old)  # said twice, wanted once
            if path is not None:
                old.close()
    root.setLevel(number)
    logging.getLogger("mitogen.io").setLevel(logging.DEBUG if io else logging.CRITICAL + 1)
    root.handlers.insert(0, handler)


def _set_cloexec(fd):
    import fcntl
    fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.fcntl(fd, fcntl.F_GETFD) | fcntl.FD_CLOEXEC)


def run_with_router(func, *args, **kwargs):
    """func(router, ...) with the router of this context, which a context has once and for all."""
    return func(mitogen.core.router, *args, **kwargs)


def with_router(func):
    """Decorator: the function gets the router of this context as its first argument."""
    @functools.wraps(func)
    def wrapper(*args, **kwargs):
        return run_with_router(func, *args, **kwargs)
    return wrapper


def setup_gil():
    """Nothing: contexts have a switch interval that suits them."""
