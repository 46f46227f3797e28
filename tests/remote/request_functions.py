# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Sent to contexts by test-requests.py, test-fork.py and test-detach.py."""

import os
import sys
import threading
import time

import mitogen
import mitogen.core

made = []


def error():
    return mitogen.core.text(str(sys.exc_info()[1]))


def receive(receiver):
    return receiver.get(60).unpickle()


@mitogen.core.takes_router
def make(method, options, router):
    """A context, and what it answers."""
    context = getattr(router, method)(**dict((str(key), options[key]) for key in options))
    made.append(context)
    assert context.via == router.myself() and context == router.context_by_id(context.context_id)
    return context.context_id, context.name, context.call(os.getpid)


@mitogen.core.takes_router
def make_refused(method, options, router):
    try:
        getattr(router, method)(**dict((str(key), options[key]) for key in options))
    except Exception:
        kind = sys.exc_info()[0]
        return [mitogen.core.text(kind.__name__), error()]


@mitogen.core.takes_router
def make_odd(what, router):
    for options in {"via": {"via": 5}, "hook": {"on_fork": 5}, "value": {"remote_name": set()}, "function": {"python_path": error}}[what], :
        try:
            router.fork(**options)
        except TypeError:
            return error()


@mitogen.core.takes_econtext
def make_in_thread(count, econtext):
    """From threads that are not the main one, all at once, and from this one."""
    pids = []

    def work():
        pids.append(econtext.router.local().call(os.getpid))
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    work()
    for thread in threads:
        thread.join()
    return pids


@mitogen.core.takes_router
def make_by_broker(router):
    """The leader answers messages: it cannot wait."""
    latch = mitogen.core.Latch()

    def make():
        try:
            router.local()
        except mitogen.core.Error:
            latch.put(error())
    router.broker.defer(make)
    return latch.get(60)


def unknown_attributes():
    router = mitogen.core.router
    found = [hasattr(thing, "surely_not_there") for thing in (router, router.broker, router.myself())]
    return found, hasattr(router, "ssh"), hasattr(router.broker, "start_receive")


def fetch_at_once(count):
    """Several threads want the same part."""
    done = []
    threads = [threading.Thread(target=lambda: done.append(callable(mitogen.core.router.connect))) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def parts():
    return sorted(mitogen.core.text(name) for name in mitogen.core.parts)


def streams(count):
    """User code's own streams at the broker."""
    class Reader(mitogen.core.BasicStream):
        def on_receive(self, broker):
            data = self.receive_side.read()
            if data:
                latch.put(data)
            else:
                self.on_disconnect(broker)
    latch = mitogen.core.Latch()
    gone = mitogen.core.Latch()
    read, write = os.pipe()
    reader = Reader()
    reader.receive_side = mitogen.core.Side(reader, read)
    mitogen.core.listen(reader, "disconnect", gone.put)
    mitogen.core.router.broker.start_receive(reader)
    for i in range(count):
        os.write(write, b"x")
        assert latch.get(60) == b"x"
    os.close(write)
    gone.get(60)
    return reader.receive_side.fd


@mitogen.core.takes_router
def shut_last(router, wait=True):
    made.pop().shutdown(wait)
    return len(made)


def call_made(index):
    return made[index].call(os.getpid)


# Between contexts


@mitogen.core.takes_router
def open_receiver(router):
    receiver = mitogen.core.Receiver(router)
    made.append(receiver)
    return receiver.to_sender()


def say(sender, count):
    for i in range(count):
        sender.send([i, u"text", b"bytes"])
    sender.close()


@mitogen.core.takes_router
def say_to(number, handle, count, router):
    say(mitogen.core.Sender(router.context_by_id(number), handle), count)


def hear():
    return [msg.unpickle()[0] for msg in made.pop()]


@mitogen.core.takes_router
def channel_below(count, router):
    """A channel to a context that this code has made."""
    child = router.local()
    sender = child.call(open_receiver)
    assert sender.context == child, sender
    back = mitogen.core.Receiver(router)
    channel = mitogen.core.Channel(router, child, sender.dst_handle)
    waiting = child.call_async(echo_to, back.to_sender())
    for i in range(count):
        channel.send(i)
        assert receive(back) == i
    channel.close()
    done = waiting.get(60).unpickle()
    back.close()
    child.shutdown(wait=True)
    return done


def echo_to(sender):
    count = 0
    for msg in made.pop():
        sender.send(msg.unpickle())
        count += 1
    return count


@mitogen.core.takes_router
def many_calls(count, router):
    """Pipelined, and answered out of turn by several contexts."""
    children = [router.local() for _ in range(2)]
    receivers = [children[i % 2].call_async(add, i, 1) for i in range(count)]
    assert [receive(r) for r in receivers] == list(range(1, count + 1))
    try:
        children[0].call(fail)
    except mitogen.core.CallError:
        said = error()
    for child in children:
        child.shutdown(wait=True)
    try:
        children[0].call(add, 1, 1)
    except mitogen.core.ChannelError:
        return said, error()


def add(a, b):
    return a + b


def fail():
    raise ValueError("from below")
