# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Sent to contexts by test-relay.py."""

import os
import sys
import time

import mitogen.core


def nap(path):
    """Busy until there is such a file: asleep, without the interpreter's lock most of the time."""
    while not os.path.exists(path):
        time.sleep(0.01)
    return u"awake"


def spin(path):
    while not os.path.exists(path):
        pass
    return u"awake"


def echo(value):
    return value


def spit(data):
    """Write to the parent what it should not believe."""
    core = mitogen.core
    core.parent.write((data,), len(data))


def receive_one(timeout):
    """Tell the master of a handle, return what comes to it and from whom."""
    receiver = mitogen.core.Receiver(mitogen.core.router)
    mitogen.core.post(0, 3000, 0, b"%d" % receiver.handle)
    message = receiver.get(timeout)
    return [message.src_id, message.unpickle()]


def send_to(context_id, handle, value):
    mitogen.core.router.context_by_id(context_id).send(mitogen.core.Message.pickled(value, handle=handle))


def call_pid(context_id):
    return mitogen.core.router.context_by_id(context_id).call(os.getpid)


def call_forever(context_id):
    """What the wait for another context ended with."""
    try:
        receiver = mitogen.core.router.context_by_id(context_id).call_async(time.sleep, 1000)
        mitogen.core.post(0, 3000, 0, b"")  # from now on it waits
        receiver.get().unpickle()
    except mitogen.core.ChannelError:
        return mitogen.core.text(str(sys.exc_info()[1]))


def call_refused(context_id):
    try:
        mitogen.core.router.context_by_id(context_id).call(os.getpid)
    except mitogen.core.ChannelError:
        return mitogen.core.text(str(sys.exc_info()[1]))


def flood_to(context_id, handle, count, size):
    for _ in range(count):
        mitogen.core.router.context_by_id(context_id).send(mitogen.core.Message(handle=handle, data=b"f" * size))
    return count


def fds():
    return sorted(int(fd) for fd in os.listdir("/proc/self/fd"))


def peak():
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            return int(line.split()[1])


def leave_daemon():
    """A process that user code forked, which keeps all it inherited."""
    pid = os.fork()
    if not pid:
        time.sleep(60)
        os._exit(0)
    return pid
