# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Streams that user code brings to the broker: the names that mitogen.core has for them are looked up here at first use."""

from __future__ import absolute_import

import os

from mitogen.core import CHUNK_SIZE, StreamError, fire, io_op, set_nonblock


class Side(object):
    """One descriptor of a stream that user code brings."""

    def __init__(self, stream, fd, keep_alive=True):
        self.stream = stream
        self.fd = fd
        self.keep_alive = keep_alive
        set_nonblock(fd)

    def fileno(self):
        if self.fd is None:
            raise StreamError("the descriptor is closed")
        return self.fd

    def close(self):
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    def read(self, n=CHUNK_SIZE):
        return io_op(os.read, self.fd, n)[0] or b""

    def write(self, s):
        return io_op(os.write, self.fd, s)[0]


class BasicStream(object):
    """Base of streams that user code brings to the broker."""
    receive_side = None
    transmit_side = None

    def on_disconnect(self, broker):
        broker.stop_receive(self)
        broker._stop_transmit(self)
        for side in (self.receive_side, self.transmit_side):
            if side:
                side.close()
        fire(self, "disconnect")

    def on_shutdown(self, broker):
        self.on_disconnect(broker)
