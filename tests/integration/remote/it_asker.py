# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Code in contexts that asks for what it should not, past the importer's own checks: what test-modules-hostile calls.

import pickle
import struct
import sys
import threading

import mitogen.core

GET_MODULE, LOAD_MODULE, FORWARD_MODULE, GET_RESOURCE = 100, 107, 108, 112
PATIENCE = 50


def text(value):
    return mitogen.core.text(value)


def need_importer():
    """It comes with the first import of what is missing."""
    try:
        __import__("no_such_module_of_the_asker")
    except ImportError:
        pass
    return mitogen.core.importer


def post(handle, data, reply_to=0):
    mitogen.core.post(mitogen.core.parent.remote_id, handle, reply_to, data)


def ask(names, last):
    """Asks for all of these; [(name, reason)] of the answers until that for the last one. A module has no reason."""
    importer = need_importer()
    answers = []
    done = threading.Event()

    def listen(entry):
        answers.append((text(entry.name).replace(u"\0", u"\\0"), None if entry.path is not None else text(entry.reason or u"")))
        if text(entry.name) == last:
            done.set()
    mitogen.core.router.broker.defer(importer.listeners.append, listen)
    for name in names:
        post(GET_MODULE, name)
    post(GET_MODULE, last.encode("utf-8"))
    done.wait(PATIENCE)
    mitogen.core.router.broker.defer(importer.listeners.remove, listen)
    return [list(answer) for answer in answers]


def ask_often(name, count, at_once):
    """How many answers there were. No more questions than this are open at a time."""
    importer = need_importer()
    state = {"answers": 0, "asked": 0}
    done = threading.Event()
    data = name.encode("utf-8")

    def more(number):
        for _ in range(min(number, count - state["asked"])):
            state["asked"] += 1
            post(GET_MODULE, data)

    def listen(entry):
        if text(entry.name) == name:
            state["answers"] += 1
            if state["answers"] % 100 == 0:
                more(100)
            if state["answers"] >= count:
                done.set()
    mitogen.core.router.broker.defer(importer.listeners.append, listen)
    mitogen.core.router.broker.defer(more, at_once)
    done.wait(PATIENCE)
    mitogen.core.router.broker.defer(importer.listeners.remove, listen)
    return state["answers"]


def flood(name, count):
    """Asks without waiting for answers."""
    data = name.encode("utf-8")
    for _ in range(count):
        post(GET_MODULE, data)


def flood_names(start, count):
    """The same, with a new name each time."""
    for number in range(start, start + count):
        post(GET_MODULE, ("m%d" % number).encode("utf-8"))


def try_import(name):
    """What the import of it raises, or where it came from."""
    try:
        __import__(name if sys.version_info[0] > 2 else name.encode("utf-8"))
    except Exception:
        kind, value = sys.exc_info()[:2]
        return u"%s: %s" % (text(kind.__name__), text(repr(str(value))))
    return u"imported from %s" % text(getattr(sys.modules[name], "__file__", u"nowhere"))


def try_resource(package, name):
    """The content; None; or why not."""
    message = mitogen.core.Message.pickled((package, name), handle=GET_RESOURCE)
    try:
        return mitogen.core.router.context_by_id(0).send_await(message, PATIENCE)
    except mitogen.core.Error:
        return u"refused: " + text(str(sys.exc_info()[1]))


def send_raw(handle, payloads, with_reply):
    """Payloads as they are; how each was answered."""
    said = []
    for data in payloads:
        message = mitogen.core.Message(handle=handle, data=data)
        if with_reply:
            try:
                said.append(u"answered: %s" % text(repr(mitogen.core.router.context_by_id(0).send_await(message, PATIENCE))))
            except mitogen.core.Error:
                said.append(u"refused: " + text(str(sys.exc_info()[1])))
        else:
            mitogen.core.router.context_by_id(0).send(message)
    return said


def poison(context_id, name):
    """Sends another context a module that it has not asked for."""
    source = __import__("zlib").compress(b"raise SystemExit\n")
    data = pickle.dumps((text(name), None, u"/x.py", source, ()), 2)
    mitogen.core.post(context_id, LOAD_MODULE, 0, data)
    mitogen.core.post(context_id, FORWARD_MODULE, 0, struct.pack("<L", context_id) + b"\0" + name.encode("utf-8"))
    return True
