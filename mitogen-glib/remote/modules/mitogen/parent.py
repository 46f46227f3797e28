# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# !mitogen: minify_safe
"""What a program that uses Mitogen finds in mitogen.parent, as far as it makes sense in a context."""

from __future__ import absolute_import

import struct
import zlib

import mitogen.core
from mitogen.core import CallError, Context, Router, Sender, StreamError
from mitogen.master import (
    ProcessMonitor, create_child, get_child_modules, iter_read, tty_create_child, write_all,
)
from mitogen.minify import minimize_source
from mitogen.utils import (
    BROKER_SHUTDOWN_MSG, IS_LINUX, OPENPTY_MSG, SC_OPEN_MAX, SELINUX_ENABLED, SIGNAL_BY_NUM, SYS_EXECUTABLE_MSG, get_log_level, get_sys_executable,
)


def _ioctl_cast(n):
    """The number of an ioctl as old interpreters want it: with a sign."""
    return struct.unpack("i", struct.pack("I", n))[0]


LINUX_TIOCGPTN = _ioctl_cast(0x80045430)
LINUX_TIOCSPTLCK = _ioctl_cast(0x40045431)


class CallChain(object):
    """Calls of functions of a context; when one that wants no reply fails, those that follow it do not run, but fail alike, until reset()."""
    _count = 0

    def __init__(self, context, pipelined=True):
        self.context = context
        self.chain_id = None
        if pipelined:
            CallChain._count += 1
            self.chain_id = mitogen.core.text("%d-%d" % (mitogen.context_id, CallChain._count))

    def _message(self, fn, args, kwargs):
        msg = self.context._call_message(fn, args, kwargs)
        if self.chain_id:
            value = mitogen.core.loads(msg.data, **mitogen.core.BYTES)
            msg.data = mitogen.core.dumps((self.chain_id,) + value[1:], 2)
        return msg

    def call_no_reply(self, fn, *args, **kwargs):
        self.context.send(self._message(fn, args, kwargs))

    def call_async(self, fn, *args, **kwargs):
        return self.context.send_async(self._message(fn, args, kwargs))

    def call(self, fn, *args, **kwargs):
        return self.call_async(fn, *args, **kwargs).get().unpickle()

    def reset(self):
        """Forget the failure of an earlier call."""
        if self.chain_id:
            CallChain(self.context, False).call_no_reply(mitogen.core.Dispatcher.forget_chain, self.chain_id)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reset()


class PartialZlib(object):
    """A text that is compressed once, and continued many times."""

    def __init__(self, s):
        self.s = s
        self._compressor = zlib.compressobj(9)
        self._start = self._compressor.compress(s) + self._compressor.flush(zlib.Z_SYNC_FLUSH)

    def append(self, s):
        """The whole text with this behind it, compressed."""
        compressor = self._compressor.copy()
        return self._start + compressor.compress(s) + compressor.flush()


def get_core_source_partial():
    """The text of mitogen.core, as this context received it."""
    global _partial
    if _partial is None:
        core = mitogen.core.core
        end = struct.unpack(">H", core[:2])[0]
        inflate = zlib.decompressobj(-15)
        hot = inflate.decompress(core[end:])
        rest = inflate.decompress(core[2:end])
        _partial = PartialZlib((hot + rest).replace(b"\0", b"\n"))
    return _partial


_partial = None
