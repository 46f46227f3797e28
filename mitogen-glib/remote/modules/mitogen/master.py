# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# !mitogen: minify_safe
"""What a program that uses Mitogen finds in mitogen.master, as far as it makes sense in a context."""

from __future__ import absolute_import

import errno
import os
import select
import signal
import sys
import time

import mitogen.core
from mitogen.core import Broker, Context, Router
from mitogen.select import Select
from mitogen.utils import OPENPTY_MSG, get_log_level

CHUNK_SIZE = 4096
_preexec_hook = None  # called in a new process before it becomes the program


def get_child_modules(path):
    """The last parts of the names of the modules directly below a package, given by the path of its directory or its __init__ file, which may be
    in an archive, or with the master. Nothing is imported."""
    import pkgutil
    if path.startswith("master:"):
        return _children_in_master(path)
    if not os.path.isdir(path):
        if os.path.basename(path).split(".")[0] != "__init__":
            return []
        path = os.path.dirname(path)
    return [name for _, name, _ in pkgutil.iter_modules([path])]


def _children_in_master(path):
    importer = mitogen.core.importer
    for entry in list(importer.cache.values() if importer else ()):
        if entry.path is not None and entry.filename == path:
            return sorted(entry.package or ())
    return []


# Processes


def _words(args):
    """create_child("a", "b") as well as create_child(["a", "b"])."""
    return list(args[0]) if len(args) == 1 and isinstance(args[0], (list, tuple)) else list(args)


def _spawn(args, fd, stderr=None, prepare=None):
    import subprocess

    def preexec():
        if prepare:
            prepare()
        if _preexec_hook:
            _preexec_hook()
    process = subprocess.Popen(args, stdin=fd, stdout=fd, stderr=stderr, close_fds=True,
                               preexec_fn=preexec if prepare or _preexec_hook else None)
    process.returncode = 0  # whoever gets the pid waits for it, and the object must not
    return process.pid


def create_child(*args):
    """Start a program whose stdin and stdout are a socket: (pid, socket)."""
    import socket
    ours, theirs = socket.socketpair()
    try:
        _set_cloexec(ours.fileno())
        return _spawn(_words(args), theirs.fileno()), ours
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()


def tty_create_child(*args):
    """Start a program on a terminal of its own, which does not echo: (pid, descriptor)."""
    import fcntl
    import termios
    try:
        master, slave = os.openpty()
    except OSError:
        raise mitogen.core.StreamError(OPENPTY_MSG, sys.exc_info()[1])
    try:
        _set_cloexec(master)
        mode = termios.tcgetattr(slave)
        mode[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, mode)

        def become_leader():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        return _spawn(_words(args), slave, slave, become_leader), master
    except BaseException:
        os.close(master)
        raise
    finally:
        os.close(slave)


def _set_cloexec(fd):
    import fcntl
    fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.fcntl(fd, fcntl.F_GETFD) | fcntl.FD_CLOEXEC)


class ProcessMonitor(object):
    """Tells how processes end. To be made in the main thread, since it has a signal handler. Callbacks run where messages are handled: they
    must not wait."""
    _instance = None

    @classmethod
    def instance(cls):
        if cls._instance is None:
            cls._instance = cls()
        return cls._instance

    def __init__(self):
        self._callbacks = {}
        self._previous = signal.signal(signal.SIGCHLD, self._on_sigchld)
        # A signal that comes just before the main thread begins to poll, or to another thread, must end that poll.
        theirs = signal.set_wakeup_fd(mitogen.core.wake_out)
        if theirs != -1:
            signal.set_wakeup_fd(theirs)

    def add(self, pid, callback):
        """callback(status), with the raw status of the process; None if somebody else has waited for it."""
        self._callbacks[pid] = callback
        self._defer()  # it may have been faster

    def _defer(self):
        # Nothing more in a signal handler: whoever was interrupted may hold a lock.
        mitogen.core.deferred.append(self._look)
        mitogen.core.wake()

    def _look(self):
        for pid in list(self._callbacks):
            try:
                done, status = os.waitpid(pid, os.WNOHANG)
            except OSError:
                done, status = pid, None
            if done:
                mitogen.core.guarded(self._callbacks.pop(pid), status)

    def _on_sigchld(self, signum, frame):
        self._defer()
        if callable(self._previous):
            self._previous(signum, frame)


# Reading and writing


def _await(fd, events, deadline):
    poller = select.poll()
    poller.register(fd, events)
    while 1:
        left = None
        if deadline is not None:
            left = deadline - time.time()
            if left <= 0:
                raise mitogen.core.TimeoutError("the time for the descriptor is over")
        try:
            if poller.poll(left and min(left * 1000 + 1, 1 << 30)):
                return
        except select.error:
            if sys.exc_info()[1].args[0] != errno.EINTR:
                raise


def iter_read(fd, deadline=None):
    """What comes on a descriptor, piece by piece. TimeoutError after the deadline, a UNIX time; StreamError at the end of the file."""
    while 1:
        _await(fd, select.POLLIN, deadline)
        try:
            data, gone = mitogen.core.io_op(os.read, fd, CHUNK_SIZE)
        except OSError:
            if sys.exc_info()[1].errno != errno.EAGAIN:
                raise
            continue
        if gone or not data:
            raise mitogen.core.StreamError("the other end of descriptor %s was closed", fd)
        yield data


def write_all(fd, s, deadline=None):
    """Write all of the bytes. TimeoutError after the deadline, a UNIX time; StreamError if the other end is closed first."""
    rest = memoryview(s)
    while len(rest):
        _await(fd, select.POLLOUT, deadline)
        try:
            # No more than a pipe that is ready always takes: a blocking descriptor would not heed the deadline.
            done, gone = mitogen.core.io_op(os.write, fd, rest[:select.PIPE_BUF if hasattr(select, "PIPE_BUF") else 512])
        except OSError:
            if sys.exc_info()[1].errno != errno.EAGAIN:
                raise
            continue
        if gone:
            raise mitogen.core.StreamError("the other end of descriptor %s was closed", fd)
        rest = rest[done:]
