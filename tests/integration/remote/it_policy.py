# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sends to handles that the program at the root protects."""

import mitogen.core


def message(handle, value):
    return mitogen.core.Message.pickled(value, handle=handle)


@mitogen.core.takes_econtext
def ask(handle, value, econtext):
    try:
        return econtext.master.send_await(message(handle, value))
    except mitogen.core.ChannelError as e:
        return u"error: %s" % (e,)


@mitogen.core.takes_econtext
def tell(handle, values, econtext):
    for value in values:
        econtext.master.send(message(handle, value))
