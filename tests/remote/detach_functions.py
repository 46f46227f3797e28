# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Sent to contexts by test-detach.py. What they find out after they have left is told in a file, named when it is complete."""

import json
import os
import signal
import sys
import threading
import time

import mitogen
import mitogen.core

made = []
waiting = []


def tell(path, facts):
    with open(path + ".new", "w") as file:
        json.dump(facts, file)
    os.rename(path + ".new", path)


@mitogen.core.takes_econtext
def make_children(econtext):
    made.extend([econtext.router.local(), econtext.router.fork()])
    return [context.call(os.getpid) for context in made]


def said_by(function):
    try:
        return "value: %r" % (function(),)
    except mitogen.core.Error:
        return str(sys.exc_info()[1])


def import_module(name, said):
    try:
        __import__(name)
    except ImportError:
        said.append(name)


@mitogen.core.takes_econtext
def leave(path, wait_for=None, econtext=None):
    """Leave the tree, then tell what is left of it; with wait_for, not before that file is there."""
    missing = []
    importing = threading.Thread(target=import_module, args=("of_the_program", missing))
    importing.start()
    econtext.detach()
    while wait_for and not os.path.exists(wait_for):
        time.sleep(0.005)
    router = econtext.router
    print("to nobody")
    facts = {
        "pid": os.getpid(), "sid": os.getsid(0), "parent_ids": mitogen.parent_ids, "parent_id": mitogen.parent_id,
        "hup": signal.getsignal(signal.SIGHUP) == signal.SIG_IGN, "children": [context.call(os.getpid) for context in made],
        "request": said_by(lambda: router.local()), "call": said_by(lambda: router.context_by_id(0).call(os.getpid)), "again": said_by(econtext.detach),
        "self": said_by(lambda: router.myself().call(os.getpid)) if threading.current_thread().name != "MainThread" else "",
        "from below": [context.call(ask_above) for context in made[:1]],
        "links": sorted(os.readlink("/proc/self/fd/%s" % fd) for fd in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/%s" % fd)),
    }
    for context in made:
        context.shutdown(wait=True)
    for thread in waiting + [importing]:
        thread.join()
    import_module("another_of_the_program", missing)
    facts["missing"] = missing
    tell(path, facts)
    econtext.broker.shutdown()


def ask_above():
    return said_by(lambda: mitogen.core.router.context_by_id(0).call(os.getpid))


@mitogen.core.takes_econtext
def leave_in_thread(path, econtext):
    threading.Thread(target=leave, args=(path, None, econtext)).start()


@mitogen.core.takes_econtext
def try_to_leave(econtext):
    try:
        econtext.detach()
    except mitogen.core.Error:
        return mitogen.core.text(str(sys.exc_info()[1]))


@mitogen.core.takes_econtext
def wait_for_master(path, econtext):
    """A thread that waits for an answer from above while the context leaves."""
    def work():
        tell(path, said_by(lambda: econtext.router.context_by_id(0).send_await(mitogen.core.Message(handle=7777))))
    waiting.append(threading.Thread(target=work))
    waiting[0].start()


@mitogen.core.takes_econtext
def forge_detaching(econtext):
    """Say it in the name of somebody who is not a child of the other."""
    receivers = []
    for number in (0, 1):
        receiver = mitogen.core.Receiver(econtext.router)
        mitogen.core.post(number, mitogen.core.DETACHING, receiver.handle, b"")
        receivers.append(receiver)
    return [said_by(lambda: receiver.get(60).unpickle()) for receiver in receivers]
