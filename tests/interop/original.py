# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The other end of test-interop: a program that uses the Python library Mitogen, as it is in Debian.

    original.py ROLE ARGUMENT...

Each role says on its standard output what the test has to know, and does what it is told on its standard input. What
goes wrong ends it with a traceback.
"""

import copy
import logging
import operator
import os
import sys

import mitogen.core
import mitogen.master
import mitogen.parent
import mitogen.unix
import mitogen.utils


def say(*words):
    print(*words, flush=True)


def hear():
    return sys.stdin.readline().split()


def named(name):
    """A function of that name, as far as calling it goes."""
    def stub():
        pass
    stub.__module__, stub.__name__ = name.split(":")
    stub.__qualname__ = stub.__name__
    return stub


def context(router, id):
    return mitogen.parent.Context(router, int(id), "context.%s" % id)


def fails(kind, text, function, *args):
    try:
        value = function(*args)
    except kind as e:
        assert text in str(e), e
    else:
        raise AssertionError("%r was returned" % (value,))


# Calls that both sides of the test have made in their contexts

def check_calls(there, pid):
    assert there.call(os.getpid) == pid
    assert there.call(dict, a=1, b=[2, (3, None)]) == {"a": 1, "b": [2, (3, None)]}
    for value in (None, True, False, 0, -1, 2 ** 31, -2 ** 40, 2 ** 63 - 1, 1.5, "", u"\u20ac\U0001f600", b"", b"\0\xff",
                  [], (), {}, [1, "a", b"b", None], ((),), {"k": [1, {"l": (b"x",)}]}, {1: 2}):
        assert there.call(copy.copy, value) == value, value

    fails(mitogen.core.CallError, "FileNotFoundError", there.call, os.listdir, "/nonexistent")
    fails(mitogen.core.CallError, "ZeroDivisionError", there.call, divmod, 1, 0)
    fails(mitogen.core.CallError, "no_such", there.call, named("os:no_such"))


def check_large(there):
    text = "0123456789abcdef" * (1 << 18)
    assert there.call(len, text) == len(text)
    assert there.call(operator.mul, text[:16], 1 << 18) == text
    data = bytes(bytearray(range(256))) * (1 << 12)
    assert there.call(operator.add, data, data) == data + data


def check_many(there):
    receivers = [there.call_async(operator.add, i, 1) for i in range(500)]
    assert [r.get().unpickle() for r in receivers] == list(range(1, 501))
    for _ in range(100):
        there.call_no_reply(os.getpid)
    chain = mitogen.parent.CallChain(there, pipelined=True)
    failing = chain.call_async(divmod, 1, 0)
    behind = chain.call_async(os.getpid)
    fails(mitogen.core.CallError, "ZeroDivisionError", lambda: failing.get().unpickle())
    fails(mitogen.core.CallError, "ZeroDivisionError", lambda: behind.get().unpickle())
    chain.reset()
    assert there.call(os.getpid)


# Roles

def join(path, child_id, child_pid):
    """Calls functions in the tree that it has joined."""
    router, parent = mitogen.unix.connect(path)
    there = context(router, child_id)
    assert mitogen.context_id > 0 and mitogen.parent_ids == [0], mitogen.parent_ids
    check_calls(there, int(child_pid))
    check_large(there)
    check_many(there)
    fails(mitogen.core.ChannelError, "", lambda: context(router, 98765).call(os.getpid))

    assert parent.call(named("test:answer"), 7) == "(7,)"
    fails(mitogen.core.CallError, "there is no such thing", parent.call, named("test:fail"))
    fails(mitogen.core.CallError, "", parent.call, named("test:unknown"))
    router.broker.shutdown()
    router.broker.join()


def receive(path):
    """Is sent messages by the program that it has joined."""
    router, parent = mitogen.unix.connect(path)
    receiver = mitogen.core.Receiver(router)
    parent.call(named("test:take_sender"), receiver.to_sender())
    got = [message.unpickle() for message in receiver]
    assert got == ["text", 5, b"bytes" * 100000, {"a": [None]}], got
    parent.call(named("test:received"), len(got))
    router.broker.shutdown()
    router.broker.join()


def parent(path):
    """Makes children of its own in the tree that it has joined."""
    router, root = mitogen.unix.connect(path)
    # A router of the library believes to be the root unless it is told better.
    router.id_allocator = mitogen.parent.ChildIdAllocator(router)
    router.route_monitor.parent = root
    router.get_module_whitelist = lambda: router.responder.whitelist
    router.get_module_blacklist = lambda: router.responder.blacklist
    child = router.local()
    grandchild = router.local(via=child)
    assert child.context_id > mitogen.context_id, child
    say(child.context_id, child.call(os.getpid), grandchild.context_id, grandchild.call(os.getpid))
    if hear() == ["end-child"]:
        child.shutdown(wait=True)
        say("ended")
        hear()
    router.broker.shutdown()
    router.broker.join()


def listen(path):
    """Is the root of a tree that is joined."""
    broker = mitogen.master.Broker()
    router = mitogen.master.Router(broker)
    child = router.local()
    # Routes of who joins are only believed if the stream is known, which the library forgets.
    register = router.register
    router.register = lambda context, stream: (router.route_monitor.notice_stream(stream), register(context, stream))
    mitogen.unix.Listener.build_stream(router, path)
    say(child.context_id, child.call(os.getpid))
    for words in iter(hear, []):
        if words[0] == "check":
            there = context(router, words[1])
            check_calls(there, int(words[2]))
            check_large(there)
            check_many(there)
            say("checked")
        elif words[0] == "answer":
            say(context(router, words[1]).call(named("test:answer"), 7))
        elif words[0] == "gone":
            fails(mitogen.core.ChannelError, "", lambda: context(router, words[1]).call(os.getpid))
            say("gone")
        elif words[0] == "end":
            context(router, words[1]).shutdown(wait=False)
        elif words[0] == "shutdown":
            break
        else:
            raise ValueError(words)
    broker.shutdown()
    broker.join()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    {"join": join, "receive": receive, "parent": parent, "listen": listen}[sys.argv[1]](*sys.argv[2:])
