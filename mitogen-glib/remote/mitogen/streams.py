# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Part of module mitogen.core: streams that user code brings to the broker, and channels. The master sends it when one of these names is first
# asked for. No import statements here, see core_rest.py.


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
        sides = self.receive_side, self.transmit_side

        def close():
            for side in sides:
                if side and side.fd is not None:
                    unwatch(side.fd)
                    side.close()
            fire(self, "disconnect")
        broker.defer(close)

    def on_shutdown(self, broker):
        self.on_disconnect(broker)


class Channel(Sender, Receiver):
    """Both ends; each side must be told the handle of the other."""

    def __init__(self, router, context=None, dst_handle=None, handle=None):
        Sender.__init__(self, context, dst_handle)
        Receiver.__init__(self, router, handle)
        self.context = context

    def close(self):
        Receiver.close(self)
        if self.dst_handle:
            Sender.close(self)


def start_receive(self, stream):
    self.defer(watch, stream.receive_side.fd, lambda: guarded(stream.on_receive, self), select.POLLIN)


def stop_receive(self, stream):
    self.defer(unwatch, stream.receive_side.fd)


def _start_transmit(self, stream):
    self.defer(watch, stream.transmit_side.fd, lambda: guarded(stream.on_transmit, self), select.POLLOUT)


def _stop_transmit(self, stream):
    self.defer(unwatch, stream.transmit_side.fd)


Broker.start_receive = start_receive
Broker.stop_receive = stop_receive
Broker._start_transmit = _start_transmit
Broker._stop_transmit = _stop_transmit
