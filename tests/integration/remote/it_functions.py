# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the C tests call in their children, on Python 2.7 and 3.

from __future__ import print_function

import os
import signal
import stat
import sys
import threading
import time


def echo(*args, **kwargs):
    return kwargs if kwargs else args[0] if len(args) == 1 else args


def nap(seconds):
    time.sleep(seconds)
    return seconds


def wait_until_gone(path):
    while os.path.exists(path):
        time.sleep(0.01)


def fail(kind, message=u"no way"):
    if kind == "value":
        raise ValueError(message)
    if kind == "exit":
        sys.exit(3)
    if kind == "interrupt":
        raise KeyboardInterrupt()
    if kind == "own":
        raise Own(message)
    if kind == "huge":
        raise ValueError("x" * 10000000)
    if kind == "deep":
        return fail(kind, message)
    if kind == "lines":
        raise ValueError("one\ntwo: three\nfour")
    return lambda: 1


class Own(Exception):
    pass


class Class(object):
    @classmethod
    def method(cls, x):
        return [u"%s" % cls.__name__, x]


def type_name(value):
    return type(value).__name__


def zeros(size):
    return b"\0" * size


def check_large(data):
    return [len(data), data[:1] == data[-1:], data.count(b"\x55")]


def values():
    return {u"none": None, u"true": True, u"int": 1, u"big": 1 << 40, u"float": 0.5, u"text": u"\xe9", u"bytes": b"\0\xff",
            u"list": [1, 2], u"tuple": (1, u"a"), u"empty": [], u"nested": {u"a": [{u"b": None}]}}


counter = [0]


def count():
    counter[0] += 1
    return counter[0]


def say(out, err):
    print(out)
    print(err, file=sys.stderr)
    sys.stdout.flush()
    return True


def write_raw(fd, data):
    os.write(fd, data)


def flood(lines, size):
    for i in range(lines):
        os.write(1, b"x" * size + b"\n")
    return lines


def log(level, text, logger="it.functions"):
    import logging
    logging.getLogger(logger).log(level, text)


def flood_log(records, size):
    import logging
    logger = logging.getLogger("it.flood")
    for i in range(records):
        logger.warning("y" * size)


def stream_descriptor():
    """The descriptor above 2 that is a socket: the stream's."""
    found = []
    for fd in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                found.append(fd)
        except OSError:
            pass
    return found


def garbage(data):
    for fd in stream_descriptor():
        os.write(fd, data)
    time.sleep(20)


def close_stream():
    for fd in stream_descriptor():
        os.close(fd)
    time.sleep(20)


def shut_down_stream(how):
    """0: this process reads no more, 1: it writes no more."""
    import socket
    for fd in stream_descriptor():
        socket.fromfd(fd, socket.AF_UNIX, socket.SOCK_STREAM).shutdown(how)


def die(number):
    os.kill(os.getpid(), number)
    time.sleep(20)


def stop_soon(seconds):
    """SIGSTOP once the answer is out."""
    def run():
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGSTOP)
    thread = threading.Thread(target=run)
    thread.daemon = True
    thread.start()


def fork_sleeper():
    """A process that outlives this one and holds all its descriptors."""
    pid = os.fork()
    if not pid:
        os.execvp("sleep", ["sleep", "1000"])
    return pid


def sleepers(count, deaf=False, apart=False, stopped=False):
    """Processes that are left behind in our group, or in sessions of their own."""
    default = signal.signal(signal.SIGTERM, signal.SIG_IGN) if deaf else None
    found = []
    for _ in range(count):
        read, write = os.pipe()
        pid = os.fork()
        if not pid:
            if apart:
                os.setsid()
            os.write(write, b"x")
            if stopped:
                os.kill(os.getpid(), signal.SIGSTOP)
            os.closerange(0, 100)
            os.execvp("sleep", ["sleep", "1000"])
        os.read(read, 1)
        os.close(read)
        os.close(write)
        found.append(pid)
    if deaf:
        signal.signal(signal.SIGTERM, default)
    return found


def has_terminal():
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True


def descriptors():
    return sorted(int(n) for n in os.listdir("/proc/self/fd"))


def send_many(sender, count):
    for i in range(count):
        sender.send(i)


def environment(name):
    return os.environ.get(name)


def signal_mask():
    for line in open("/proc/self/status"):
        if line.startswith("SigBlk"):
            return line.split()[1]


def signal_ignored():
    for line in open("/proc/self/status"):
        if line.startswith("SigIgn"):
            return line.split()[1]


firsts = []


def remember(text):
    """The first letters of all texts so far."""
    firsts.append(text[0])
    return u"".join(firsts)
