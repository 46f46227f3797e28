# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Code in contexts that makes contexts, forks, and leaves: what test-requests, test-fork-python and test-detach call.

import os
import sys
import threading
import time

import mitogen
import mitogen.core

made = []
state = {"count": 0}


def text(value):
    return mitogen.core.text(value)


@mitogen.core.takes_router
def make(method, options, router):
    """(id, name, pid) of a context made here."""
    options = dict((str(key), options[key]) for key in options)
    if method == "local":
        options.setdefault("python_path", sys.executable)
    context = getattr(router, method)(**options)
    made.append(context)
    return context.context_id, text(context.name), context.call(os.getpid)


@mitogen.core.takes_router
def make_fails(method, options, router):
    try:
        router.connect(method, **dict((str(key), options[key]) for key in options))
    except mitogen.core.Error:
        return u"%s: %s" % (text(sys.exc_info()[0].__name__), text(str(sys.exc_info()[1])))


@mitogen.core.takes_router
def make_many(count, router):
    """From threads, all at once."""
    pids = []

    def work():
        context = router.local(python_path=sys.executable)
        pids.append(context.call(os.getpid))
        context.shutdown(wait=True)
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(set(pids))


@mitogen.core.takes_router
def make_until_refused(router):
    """More requests at once than may be pending; none is decided meanwhile."""
    receivers = []
    for _ in range(40):
        receiver = mitogen.core.Receiver(router, persist=False)
        message = mitogen.core.Message(handle=203, reply_to=receiver.handle, data=mitogen.core.dumps((u"local", {}), 2))
        router.context_by_id(0).send(message)
        receivers.append(receiver)
    refused = 0
    for receiver in receivers[32:]:
        try:
            receiver.get(60).unpickle()
        except mitogen.core.CallError:
            refused += "too many" in str(sys.exc_info()[1])
    return refused


@mitogen.core.takes_router
def send_raw(data, router):
    """A request of any bytes: what it is answered with."""
    receiver = mitogen.core.Receiver(router, persist=False)
    router.context_by_id(0).send(mitogen.core.Message(handle=203, reply_to=receiver.handle, data=data))
    try:
        return receiver.get(60).unpickle()
    except mitogen.core.Error:
        return text(str(sys.exc_info()[1]))


@mitogen.core.takes_router
def ask_for_part(name, router):
    try:
        return router.context_by_id(0).send_await(mitogen.core.Message(handle=100, data=name.encode()), 60)
    except mitogen.core.Error:
        return text(str(sys.exc_info()[1]))


def shut_made():
    made.pop().shutdown(wait=True)


def count():
    state["count"] += 1
    return state["count"]


def hook():
    state["count"] = 100


def hook_fails():
    raise ValueError("no way to clean up")


def hook_hangs():
    time.sleep(1000)


@mitogen.core.takes_router
def fork_here(new_stack, router):
    context = router.fork(on_fork=lambda: state.update(count=50), new_stack=new_stack)
    made.append(context)
    return context.call(count), count(), context.call(os.getppid) == os.getpid()


@mitogen.core.takes_econtext
def leave(told, go, econtext):
    """Leave the tree; when the file go is there, tell how it is outside."""
    econtext.detach()
    while not os.path.exists(go):
        time.sleep(0.005)
    pids = [os.getpid()] + [context.call(os.getpid) for context in made]
    for context in made:
        context.shutdown(wait=True)
    with open(told + ".new", "w") as file:
        file.write(" ".join(map(str, pids)))
    os.rename(told + ".new", told)
    econtext.broker.shutdown()
