# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls functions that the program at the root exports."""

import mitogen.core


def named(name):
    """A function of that name, as far as calling it goes."""
    module, _, function = name.partition(":")
    stub = lambda: None
    stub.__module__ = module
    stub.__name__ = stub.__qualname__ = function
    return stub


@mitogen.core.takes_econtext
def call(name, args, kwargs, econtext):
    kwargs = dict((str(key), value) for key, value in kwargs.items())
    return econtext.master.call(named(name), *args, **kwargs)


@mitogen.core.takes_econtext
def call_fails(name, econtext):
    try:
        econtext.master.call(named(name))
    except mitogen.core.CallError as e:
        return "%s" % (e,)


@mitogen.core.takes_econtext
def garbage(econtext):
    message = mitogen.core.Message(handle=101, data=b"\x80\x02K\x01.")
    try:
        econtext.master.send_await(message)
    except mitogen.core.CallError as e:
        return "%s" % (e,)


@mitogen.core.takes_econtext
def flood(name, count, econtext):
    receivers = [econtext.master.call_async(named(name), i) for i in range(count)]
    return [r.get().unpickle() for r in receivers]
