# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# !mitogen: minify_safe
"""Waiting for the first of several receivers, latches and other selects."""

from __future__ import absolute_import

import time

import mitogen.core

_now = getattr(time, "monotonic", time.time)


class Error(mitogen.core.Error):
    """A source that cannot be added or removed, or none to wait for."""


class Event(object):
    """What came, and where."""
    source = None
    data = None

    def __init__(self, source=None, data=None):
        self.source = source
        self.data = data

    def __repr__(self):
        return "Event(%r, %r)" % (self.source, self.data)


class Select(object):
    """A token in the latch says that a source has something. It may be gone by the time that somebody looks."""
    notify = None

    def __init__(self, receivers=(), oneshot=True):
        self._receivers = []
        self._oneshot = oneshot
        self._latch = mitogen.core.Latch()
        self._lock = mitogen.core.allocate_lock()
        for receiver in receivers:
            self.add(receiver)

    @classmethod
    def all(cls, receivers):
        """The values of one message of each, in the order in which they come."""
        return [msg.unpickle() for msg in cls(receivers)]

    def _put(self, source):
        try:
            self._latch.put(source)
        except mitogen.core.LatchError:
            return
        if self.notify:
            self.notify(self)

    def __bool__(self):
        return bool(self._receivers)

    __nonzero__ = __bool__

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __iter__(self):
        """Messages, until no receiver is left."""
        for event in self.iter_events():
            yield event.data

    iter_data = __iter__

    def iter_events(self):
        while self._receivers:
            event = self._wait(None, True)
            if event:
                yield event

    def __repr__(self):
        return "Select(%d receivers)" % len(self._receivers)

    def _holds(self, other):
        return self is other or any(isinstance(r, Select) and r._holds(other) for r in self._receivers)

    def add(self, recv):
        """Wait for this one, too. What it has already counts."""
        if recv in self._receivers:
            raise Error("the select has this receiver already")
        if isinstance(recv, Select) and recv._holds(self):
            raise Error("a select cannot wait for itself, nor for one that waits for it")
        if recv.notify is not None:
            raise Error("the receiver belongs to another select, or has a notify function: it can have only one")
        recv.notify = self._put
        self._receivers.append(recv)
        for _ in range(recv.size()):
            self._put(recv)

    def remove(self, recv):
        """Do not wait for this one any more. What it has stays there."""
        with self._lock:
            if recv not in self._receivers:
                raise Error("the select does not have this receiver")
            self._forget(recv)

    def _forget(self, recv):
        self._receivers.remove(recv)
        recv.notify = None

    def close(self):
        """Let go of all receivers, and wake who waits with an error."""
        with self._lock:
            for recv in list(self._receivers):
                self._forget(recv)
        self._latch.close()

    def size(self):
        """How many messages may be there."""
        return self._latch.size()

    def empty(self):
        return not self._latch.size()

    def _redeem(self, source):
        """What the source has: None if nothing, or if it was removed."""
        with self._lock:
            if source not in self._receivers:
                return None
            over = self._oneshot
            try:
                if isinstance(source, Select):
                    event = source._wait(None, False)
                    over = not source
                elif isinstance(source, mitogen.core.Latch):
                    event = Event(source, source.get(block=False))
                else:
                    # Dead ones, too: their unpickle() raises. So one context that is gone does not hide what others say.
                    event = Event(source, source.get(block=False, throw_dead=False))
                    event.data.receiver = source
            except mitogen.core.TimeoutError:
                return None
            except (mitogen.core.LatchError, mitogen.core.ChannelError):
                event, over = None, True  # closed
            if over:
                self._forget(source)
            return event

    def _wait(self, timeout, block):
        """An event; None when the last source turned out to be closed."""
        end = None if timeout is None else _now() + timeout
        while 1:
            if not self._receivers:
                self._latch.size()  # closed?
                return None
            event = self._redeem(self._latch.get(None if end is None else max(0, end - _now()), block))
            if event:
                return event

    def get_event(self, timeout=None, block=True):
        """The next message or object, and where it came from."""
        event = self._wait(timeout, block)
        if event is None:
            raise Error("there is nothing to wait for: the select has no receivers")
        return event

    def get(self, timeout=None, block=True):
        """The next message; its attribute `receiver` says where it came from. TimeoutError when the time, in seconds, is over."""
        return self.get_event(timeout, block).data
