# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What `from gi.repository import Mitogen` adds for Python programs.

    with Mitogen.Router() as router:
        child = router.local(remote_name='worker')
        print(child.call(os.getpid), child.call('os:listdir', '/'))

Functions are named by a str 'package.module:function', or by the function
itself. Arguments and results are plain Python values; an exception that the
function raised is a Mitogen.CallError. Ctrl-C ends a wait in the main thread
with KeyboardInterrupt; the function runs on.
"""

import functools
import math
import os
import sys
import threading
import time
import types

from gi.repository import Gio, GLib, GObject

from ..module import get_introspection_module
from ..overrides import override
from . import _mitogen_exports as _exports
from . import _mitogen_methods as _methods
from . import _mitogen_program as _program
from . import _mitogen_values as _values

Mitogen = get_introspection_module('Mitogen')

__all__ = []


def _export(cls):
    __all__.append(cls.__name__)
    return cls


def _reader(getter):
    """A read-only attribute for the GObject property behind a getter."""
    return property(lambda self: getattr(self, getter)())


# ---- Errors ----

class _RemoteTraceback(Exception):
    """Shows, as the cause of a CallError, where the remote exception was raised."""

    def __str__(self):
        return '\n' + self.args[0]


@_export
class CallError(GLib.Error):
    """The called function raised an exception.

    type: the name of its class, such as 'builtins.ValueError', or None
    message: its text
    traceback: where it was raised, as Python prints it, or None
    """

    def __init__(self, type, message, traceback):
        GLib.Error.__init__(self, message, 'MitogenError', int(Mitogen.Error.CALL))
        self.type = type
        self.message = message or ''
        self.traceback = traceback
        if traceback:
            self.__cause__ = _RemoteTraceback(traceback)

    def __str__(self):
        return '%s: %s' % (self.type, self.message) if self.type and self.message else (
            self.type or self.message)

    def __repr__(self):
        return 'Mitogen.CallError(%r)' % str(self)

    def __reduce__(self):
        return CallError, (self.type, self.message, self.traceback)


def _is_error(error, code):
    return error.matches(Mitogen.error_quark(), code)


# ---- Waiting ----
#
# While a thread is inside the library it runs no Python code, and the main thread
# none of its signal handlers. So there it waits for an asynchronous operation in a
# main context of its own, and comes back to Python for each signal. (A blocking call
# with a short time limit will not do: PyGObject trips over a signal handler that
# raises an exception while it makes a GLib.Error.)
#
# Callbacks in that main context are functions written in C. In a Python function the
# signal handlers would run, and what they raise ends there.

# A signal may come just before the wait begins: it is noticed so much later.
_LOOK_MS = 100

# How often a latch is looked at.
_POLL_SECONDS = 0.01


def _in_main_thread():
    return threading.current_thread() is threading.main_thread()


def _chain(outer, inner):
    """Has inner cancelled when outer is; returns what _unchain() needs."""
    return outer.connect(inner.cancel) if outer is not None else 0


def _unchain(outer, handler):
    if handler:
        outer.disconnect(handler)


class _Waiter:
    """The main context in which the main thread waits."""

    def __init__(self):
        self._context = GLib.MainContext.new()
        self._cancellable = Gio.Cancellable()
        ticks = GLib.timeout_source_new(_LOOK_MS)
        ticks.set_callback(id)
        ticks.attach(self._context)

    def receive(self, start):
        """Returns the first message of the receiver that start() returns.

        The receiver belongs to this main context, so that the message ends its
        iteration. That takes no callback, of which PyGObject leaks a little of each.
        """
        self._context.push_thread_default()
        try:
            receiver = start()
        finally:
            self._context.pop_thread_default()
        while receiver.is_empty():
            self._context.iteration(True)
        return receiver.try_get()

    def wait(self, begin, cancellable):
        """Calls begin(cancellable, callback); returns the GAsyncResult."""
        results = {}
        inner = self._cancellable
        if cancellable is not None:
            inner = Gio.Cancellable()
        handler = _chain(cancellable, inner)
        try:
            self._context.push_thread_default()
            try:
                begin(inner, results.setdefault)
            finally:
                self._context.pop_thread_default()
            self._iterate(results, inner)
        finally:
            _unchain(cancellable, handler)
        return results.popitem()[1]

    def _iterate(self, results, cancellable):
        try:
            while not results:
                self._context.iteration(True)
        except BaseException:
            # Nothing may be left behind that would take a message later.
            self._cancellable = Gio.Cancellable()
            cancellable.cancel()
            while not results:
                self._context.iteration(True)
            raise


@functools.lru_cache(maxsize=None)
def _get_waiter():
    return _Waiter()


def _wait(begin, finish, cancellable):
    return finish(_get_waiter().wait(begin, cancellable))


def _get(source, timeout_ms, cancellable, get, get_async):
    """Gets a message from a receiver or select."""
    if not _in_main_thread():
        return get(timeout_ms, cancellable)
    return _wait(lambda inner, callback: get_async(timeout_ms, inner, callback),
                 source.get_finish, cancellable)


class _Worker(threading.Thread):
    """Runs func(cancellable) while the main thread listens for signals."""

    def __init__(self, func, cancellable):
        super().__init__(name='mitogen', daemon=True)
        self._func = func
        self._outer = cancellable
        self._cancellable = Gio.Cancellable()
        self._error = self._result = None

    def run(self):
        try:
            self._result = self._func(self._cancellable)
        except BaseException as error:
            self._error = error

    def finish(self):
        handler = _chain(self._outer, self._cancellable)
        self.start()
        try:
            self.join()
        except BaseException:
            self._cancellable.cancel()
            self.join()
            raise
        finally:
            _unchain(self._outer, handler)
        if self._error is not None:
            raise self._error
        return self._result


def _block(func, cancellable):
    """Calls func(cancellable) where an asynchronous twin will not do."""
    if not _in_main_thread() or GLib.MainContext.get_thread_default() is not None:
        return func(cancellable)
    return _Worker(func, cancellable).finish()


# ---- Values ----

_PATHS = {'/org/mitogen/Context', '/org/mitogen/Sender'}


def _make_resolver(router):
    """Has contexts and senders in results replaced by objects of this process."""
    def resolve(value):
        if router is None or value[0] not in _PATHS:
            return value
        if value[0].endswith('Context'):
            return router.context_by_id(value[1], value[2])
        return Mitogen.Sender.from_variant(router, GLib.Variant('(ouu)', value))
    return resolve


def _get_program(router):
    """What is served of this program to the contexts of a router; kept with it."""
    program = router.__dict__.get('_program')
    if program is None:
        program = router._program = _program.Program(router.get_responder())
    return program


def _name_function(function, get_router):
    """Returns the name of a function, of whose module contexts get what they have not."""
    name = _program.name_function(function)
    router = None if _program.is_standard(name) else get_router()
    # Without its router a context is gone, as the call itself will say.
    return name if router is None else _get_program(router).prepare(name)


def _pack_call(function, args, kwargs, router):
    return (_name_function(function, router), _values.pack_args(args),
            _values.pack_kwargs(kwargs))


class Message(Mitogen.Message):
    __doc__ = Mitogen.Message.__doc__

    dst_id = _reader('get_dst_id')
    src_id = _reader('get_src_id')
    auth_id = _reader('get_auth_id')
    handle = _reader('get_handle')
    reply_to = _reader('get_reply_to')
    receiver = _reader('get_receiver')

    @property
    def bytes(self):
        """The payload as it is on the wire."""
        return self.get_bytes().get_data() or b''

    @staticmethod
    def new_pickled(dst_id, handle, value):
        return Mitogen.Message.new_pickled(dst_id, handle, _values.pack(value))

    def unpickle(self):
        """Returns the value in the message, or raises the exception that it holds."""
        try:
            return _values.unpack(super().unpickle(), self._resolve)
        except GLib.Error as error:
            if not _is_error(error, Mitogen.Error.CALL):
                raise
        # Out here, the error above is not shown as the context of this one. PyGObject
        # has kept only its message, but all of it can be had from here.
        raise CallError(*self.get_call_error()[1:])

    def _resolve(self, value):
        receiver = self.get_receiver()
        return _make_resolver(receiver.dup_router() if receiver is not None else None)(value)

    def reply(self, value):
        return super().reply(_values.pack(value))


Message = override(Message)
_export(Message)


# ---- Receivers and latches ----

class Receiver(Mitogen.Receiver):
    __doc__ = Mitogen.Receiver.__doc__

    handle = _reader('get_handle')
    context = _reader('get_context')
    flowing = property(lambda self: self.get_flowing(),
                       lambda self, flowing: self.set_flowing(flowing))

    def __new__(cls, router, handle=0, persist=True, respondent=None, policy=Mitogen.Policy.ANY,
                overwrite=False):
        flags = Mitogen.HandlerFlags(0)
        if persist:
            flags |= Mitogen.HandlerFlags.PERSIST
        if overwrite:
            flags |= Mitogen.HandlerFlags.OVERWRITE
        return Mitogen.Receiver.new_full(router, handle, flags, respondent, policy)

    def __init__(self, *args, **kwargs):
        # __new__() has made it already.
        pass

    def get(self, timeout_ms=-1, cancellable=None):
        """Takes the oldest message, waiting for one if there is none."""
        return _get(self, timeout_ms, cancellable, super().get, super().get_async)

    def get_data(self, timeout_ms=-1, cancellable=None):
        """Takes the oldest message and returns the value in it."""
        return self.get(timeout_ms, cancellable).unpickle()

    def get_data_finish(self, result):
        return self.get_finish(result).unpickle()

    def __iter__(self):
        """Yields messages until the receiver is closed or its peer is gone."""
        while True:
            try:
                message = self.get()
            except GLib.Error as error:
                if _is_error(error, Mitogen.Error.CHANNEL):
                    return
                raise
            yield message


Receiver = override(Receiver)
_export(Receiver)


class Sender(Mitogen.Sender):
    __doc__ = Mitogen.Sender.__doc__

    context = _reader('get_context')
    dst_handle = _reader('get_dst_handle')

    def put(self, value=None):
        """Sends a value to the receiver at the other end."""
        return super().put(_values.pack(value))


Sender = override(Sender)
_export(Sender)


class Channel(Mitogen.Channel):
    __doc__ = Mitogen.Channel.__doc__

    receiver = _reader('get_receiver')
    context = _reader('get_context')
    dst_handle = property(lambda self: self.get_dst_handle(),
                          lambda self, handle: self.set_dst_handle(handle))

    def __new__(cls, router, context, dst_handle=0, handle=0):
        return Mitogen.Channel.new(router, context, dst_handle, handle)

    def __init__(self, *args, **kwargs):
        pass

    def put(self, value=None):
        """Sends a value to the receiver at the other end."""
        return super().put(_values.pack(value))

    def get(self, timeout_ms=-1, cancellable=None):
        """Takes the oldest message, waiting for one if there is none."""
        return self.receiver.get(timeout_ms, cancellable)


Channel = override(Channel)
_export(Channel)


class Select(Mitogen.Select):
    """Waits for whichever of several receivers has a message first.

        for msg in Mitogen.Select([c.start_call(os.getpid) for c in contexts]):
            print(msg.receiver.context.name, msg.unpickle())
    """

    def __new__(cls, sources=(), oneshot=True):
        return Mitogen.Select.new(oneshot)

    def __init__(self, sources=(), oneshot=True):
        for source in sources:
            self.add(source)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def get(self, timeout_ms=-1, cancellable=None):
        """Takes the next message of any source, waiting for one if there is none.

        A source that has ended gives a dead message, which fails when unpickled.
        """
        return _get(self, timeout_ms, cancellable, super().get, super().get_async)

    def __iter__(self):
        """Yields messages until no source is left."""
        while self.get_n_sources() > 0:
            yield self.get()


Select = override(Select)
_export(Select)


class Latch(Mitogen.Latch):
    __doc__ = Mitogen.Latch.__doc__

    def put(self, value=None):
        return super().put(_values.pack(value))

    def get(self, timeout_ms=-1, block=True):
        """Takes the oldest value, waiting for one if there is none."""
        if not block or not _in_main_thread():
            return _values.unpack(super().get(timeout_ms, block))
        return _values.unpack(self._poll(timeout_ms))

    def _poll(self, timeout_ms):
        # There is no asynchronous twin; asleep in Python, signals get through.
        end = time.monotonic() + timeout_ms / 1000 if timeout_ms >= 0 else math.inf
        while True:
            left = end - time.monotonic()
            try:
                return super().get(0, True)
            except GLib.Error as error:
                if left <= 0 or not _is_error(error, Mitogen.Error.TIMED_OUT):
                    raise
            time.sleep(min(left, _POLL_SECONDS))


Latch = override(Latch)
_export(Latch)


# ---- Contexts ----

async def _await(function, cancellable):
    """Calls function(cancellable) in a thread: asyncio's loop and GLib's are different ones."""
    import asyncio
    inner = Gio.Cancellable()
    handler = _chain(cancellable, inner)
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(None, function, inner)
    except asyncio.CancelledError:
        inner.cancel()
        raise
    finally:
        _unchain(cancellable, handler)


async def _await_data(receiver, timeout_ms, cancellable):
    return await _await(functools.partial(receiver.get_data, timeout_ms), cancellable)


class _Options:
    """What with_options() returns: calls with options that were given beforehand."""

    def __init__(self, target, timeout_ms, cancellable):
        self._target = target
        self._timeout_ms = timeout_ms
        self._cancellable = cancellable

    def _start(self, function, args, kwargs):
        if self._cancellable is not None:
            self._cancellable.set_error_if_cancelled()
        return self._target.start_call(function, *args, **kwargs)

    def call(self, function, *args, **kwargs):
        receiver = self._start(function, args, kwargs)
        return receiver.get(self._timeout_ms, self._cancellable).unpickle()

    async def call_awaitable(self, function, *args, **kwargs):
        receiver = self._start(function, args, kwargs)
        return await _await_data(receiver, self._timeout_ms, self._cancellable)


class _Calls:
    """What contexts and call chains have in common; _start_call() is their own."""

    def with_options(self, *, timeout_ms=-1, cancellable=None):
        """Returns an object whose call() has a time limit or can be cancelled.

        Keyword arguments of call() itself all go to the function.
        """
        return _Options(self, timeout_ms, cancellable)

    def call(self, function, *args, **kwargs):
        """Calls a function and returns its result."""
        if not _in_main_thread():
            return self._start_call(function, args, kwargs).get_data()
        start = functools.partial(self._start_call, function, args, kwargs)
        return _get_waiter().receive(start).unpickle()

    async def call_awaitable(self, function, *args, **kwargs):
        """Calls a function from a coroutine of asyncio: the result is to be awaited."""
        return await _await_data(self._start_call(function, args, kwargs), -1, None)

    def start_call(self, function, *args, **kwargs):
        """Begins a call and returns the receiver of its result."""
        return self._start_call(function, args, kwargs)

    def call_async(self, function, args=(), kwargs=None, timeout_ms=-1, cancellable=None,
                   callback=None, *user_data):
        """Begins a call; callback(self, result, *user_data) runs in the main loop.

        The callback gets the value from call_finish(result).
        """
        def on_result(receiver, result):
            if callback is not None:
                callback(self, result, *user_data)
        receiver = self._start_call(function, tuple(args), kwargs)
        receiver.get_async(timeout_ms, cancellable, on_result)

    def call_finish(self, result):
        """Returns the result of call_async()."""
        return result.get_source_object().get_finish(result).unpickle()


def _add_calls(cls):
    # Not a base class: what the library itself has under these names would go first.
    for name, member in vars(_Calls).items():
        if not name.startswith('__'):
            setattr(cls, name, member)
    return cls


@_add_calls
class Context(Mitogen.Context):
    __doc__ = Mitogen.Context.__doc__

    id = _reader('get_id')
    name = _reader('get_name')
    router = _reader('dup_router')
    via = _reader('get_via')
    connection = _reader('get_connection')
    state = _reader('get_state')

    @property
    def info(self):
        """What the context says of itself, as a dict."""
        info = self.dup_info()
        return _values.unpack(info) if info is not None else {}

    def _start_call(self, function, args, kwargs):
        return super().start_call(*_pack_call(function, args, kwargs, self.dup_router))

    def call_no_reply(self, function, *args, **kwargs):
        """Has a function called without learning of its result."""
        return super().call_no_reply(*_pack_call(function, args, kwargs, self.dup_router))

    def preload(self, modules, cancellable=None):
        """Sends modules before they are needed: names, or modules that are imported here."""
        names = self._name_modules(modules)
        if not _in_main_thread():
            return super().preload(names, cancellable)
        return _wait(lambda inner, callback: super(Context, self).preload_async(names, inner, callback),
                     self.preload_finish, cancellable)

    async def preload_awaitable(self, modules, cancellable=None):
        """preload() from a coroutine of asyncio: to be awaited."""
        names = self._name_modules(modules)
        await _await(lambda inner: super(Context, self).preload(names, inner), cancellable)

    def preload_async(self, modules, cancellable=None, callback=None, *user_data):
        """Begins preload(); callback(self, result, *user_data) runs in the main loop."""
        super().preload_async(self._name_modules(modules), cancellable, callback, *user_data)

    def _name_modules(self, modules):
        if isinstance(modules, (str, types.ModuleType)):
            raise TypeError('modules are a list: for a single one, give [module]')
        names = [getattr(module, '__name__', module) for module in modules]
        router = self.dup_router()
        return names if router is None else [_get_program(router).prepare(name) for name in names]

    def open_socket(self, path, cancellable=None):
        """Connects to a UNIX socket on the host of the context; returns a Gio.IOStream."""
        path = os.fspath(path)
        if not _in_main_thread():
            return super().open_socket(path, cancellable)
        return _wait(lambda inner, callback: self.open_socket_async(path, inner, callback),
                     self.open_socket_finish, cancellable)

    async def open_socket_awaitable(self, path, cancellable=None):
        """open_socket() from a coroutine of asyncio: to be awaited."""
        return await _await(functools.partial(super().open_socket, os.fspath(path)), cancellable)

    def send_await(self, message, timeout_ms=-1, cancellable=None):
        """Sends a message and returns the answer to it."""
        return self.send_async(message, False).get(timeout_ms, cancellable)

    def shutdown(self, wait=False, cancellable=None):
        """Ends the context; with wait, returns when it is gone."""
        if not wait or not _in_main_thread():
            return super().shutdown(wait, cancellable)
        return _wait(lambda inner, callback: self.shutdown_async(True, inner, callback),
                     self.shutdown_finish, cancellable)

    def kill(self, wait=False, cancellable=None):
        """Ends the context and its process group without asking; with wait, returns when it is gone."""
        if not wait or not _in_main_thread():
            return super().kill(wait, cancellable)
        return _wait(lambda inner, callback: self.kill_async(True, inner, callback),
                     self.kill_finish, cancellable)


Context = override(Context)
_export(Context)


@_add_calls
class CallChain(Mitogen.CallChain):
    __doc__ = Mitogen.CallChain.__doc__

    context = _reader('get_context')

    def __new__(cls, context):
        return Mitogen.CallChain.new(context)

    def __init__(self, *args, **kwargs):
        pass

    def _start_call(self, function, args, kwargs):
        return super().start_call(*_pack_call(function, args, kwargs, self._get_router))

    def call_no_reply(self, function, *args, **kwargs):
        """Has a function called without learning of its result."""
        return super().call_no_reply(*_pack_call(function, args, kwargs, self._get_router))

    def _get_router(self):
        return self.context.dup_router()


CallChain = override(CallChain)
_export(CallChain)

_values.register(Context, lambda context: context.to_variant())
_values.register(Sender, lambda sender: sender.to_variant())


# ---- Functions of this program ----

class Call(Mitogen.Call):
    """A call that another context makes to a function of this program.

    Functions exported with Router.export_function() see nothing of it; those of
    Router.export_call() get it, and answer it once.
    """

    function = _reader('get_function')
    source_id = _reader('get_source_id')
    router = _reader('dup_router')

    @property
    def args(self):
        """The positional arguments, a tuple of plain values."""
        return tuple(self._unpack(self.get_args()))

    @property
    def kwargs(self):
        """The keyword arguments, a dict of plain values."""
        return self._unpack(self.get_kwargs())

    def _unpack(self, variant):
        return _values.unpack(variant, _make_resolver(self.dup_router()))

    def return_value(self, value=None):
        """Answers with a result."""
        return super().return_value(_values.pack(value))

    def return_error(self, error, with_traceback=False):
        """Answers with an exception of any type.

        with_traceback: whether the caller may know where it was raised
        """
        if isinstance(error, CallError):
            self.return_exception(error.type or 'Mitogen.CallError', error.message,
                                  error.traceback if with_traceback else None)
        elif isinstance(error, GLib.Error):
            super().return_error(error)
        else:
            kind, message, traceback = _exports.describe(error)
            self.return_exception(kind, message, traceback if with_traceback else None)


Call = override(Call)
_export(Call)


# ---- Modules of this program ----

class ModuleResponder(Mitogen.ModuleResponder):
    __doc__ = Mitogen.ModuleResponder.__doc__

    @property
    def statistics(self):
        """What has been asked for, read and sent so far, as a dict."""
        return _values.unpack(self.get_statistics())

    def set_find_func(self, find):
        """Has find(name) called for what is found nowhere else; None removes it.

        It returns the source, a str, or a pair of the source and whether the module is a
        package; or None. It runs in the main context that is thread-default now.
        """
        def call(responder, name, *data):
            found = find(name)
            return found if isinstance(found, tuple) else (found, False)
        super().set_find_func(call if find is not None else None)


ModuleResponder = override(ModuleResponder)
_export(ModuleResponder)


# ---- The router ----

def _make_connection(kind, options):
    return _methods.make_connection(Mitogen, kind, options)


class Router(Mitogen.Router):
    __doc__ = Mitogen.Router.__doc__

    broker = _reader('get_broker')
    id = _reader('get_id')
    responder = _reader('get_responder')

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _get_program(self)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.shutdown()
        self.join()

    def join(self, timeout_ms=-1):
        """Waits until every context is gone; returns whether they are."""
        end = time.monotonic() + timeout_ms / 1000 if timeout_ms >= 0 else math.inf
        while True:
            left = min(_LOOK_MS, max(0, (end - time.monotonic()) * 1000))
            if super().join(int(left)):
                return True
            if left < _LOOK_MS:
                return False

    def connect(self, connection, *args, **kwargs):
        """Makes a context: connect(connection, via=None, cancellable=None).

        With the name of a signal in place of the connection, connects a handler
        to it, as for every other object.
        """
        if isinstance(connection, str):
            return GObject.Object.connect(self, connection, *args, **kwargs)
        return self._connect_context(connection, *args, **kwargs)

    def _connect_context(self, connection, via=None, cancellable=None):
        connect = super().connect
        return _block(lambda inner: connect(connection, via, inner), cancellable)

    def connect_async(self, connection, via=None, cancellable=None, callback=None, *user_data):
        super().connect_async(connection, via, cancellable, callback, *user_data)

    def connect_uri(self, uri, via=None, *, interaction=None, cancellable=None):
        """Makes a context by a URI, such as 'ssh://admin@web1,sudo:root'.

        interaction: a Gio.MountOperation that is asked for passwords.
        """
        connect = super().connect_uri
        return _block(lambda inner: connect(uri, interaction, via, inner), cancellable)

    def connect_uri_async(self, uri, via=None, *, interaction=None, cancellable=None,
                          callback=None, user_data=()):
        """Begins connect_uri(); callback(router, result, *user_data) runs in the main loop."""
        super().connect_uri_async(uri, interaction, via, cancellable, callback, *user_data)

    def start_connect(self, connection, via=None):
        """Begins to make a context, and returns it at once: what is called in it meanwhile
        rides along."""
        return super().start_connect(connection, via)

    def start_local(self, *, via=None, **options):
        """Begins local(), and returns the context at once: see start_connect()."""
        return self.start_connect(_make_connection(Mitogen.LocalConnection, options), via)

    def local(self, *, via=None, cancellable=None, **options):
        """Makes a context in a process on the same host.

        options: properties of Mitogen.LocalConnection, such as remote_name,
        python_path (a str or a list), connect_timeout.
        """
        connection = _make_connection(Mitogen.LocalConnection, options)
        return self.connect(connection, via, cancellable)

    def fork(self, via=None, *, on_fork=None, cancellable=None, **options):
        """Makes a copy of a context in Python, with all that it has imported.

        on_fork: a function of a module, or its name, that the copy calls first;
        options: properties of Mitogen.ForkConnection.
        """
        if on_fork is not None:
            options['on_fork'] = _name_function(on_fork, lambda: self)
        connection = _make_connection(Mitogen.ForkConnection, options)
        return self.connect(connection, via, cancellable)

    def local_async(self, *, via=None, cancellable=None, callback=None, user_data=(), **options):
        """Begins local(); callback(router, result, *user_data) runs in the main loop."""
        connection = _make_connection(Mitogen.LocalConnection, options)
        self.connect_async(connection, via, cancellable, callback, *user_data)

    def export_function(self, name, function, policy=Mitogen.Policy.PARENTS, *, in_thread=False):
        """Lets other contexts call a function of this program, by a name.

        It gets plain values, and what it returns is the answer; so is an exception, and
        what an awaitable (a coroutine or future) turns out to be.

        It runs in the main context that is thread-default now, thus not while this
        thread is blocked. Exported while an asyncio loop runs, it runs in that; with
        in_thread, in a thread that is there for such functions, one after the other.
        """
        if not callable(function):
            raise TypeError('a value of type %s is not a function' % type(function).__name__)
        loop = None if in_thread else _exports.get_running_loop()
        exported = _exports.Exported(function, loop, policy == Mitogen.Policy.PARENTS)
        export = functools.partial(super().export_function, name, policy, exported)
        if in_thread or loop is not None:
            return _exports.get_thread().run_inside(export)
        return export()

    def export(self, name, policy=Mitogen.Policy.PARENTS, *, in_thread=False):
        """A decorator for functions to be exported: @router.export('app:name')."""
        def decorate(function):
            self.export_function(name, function, policy, in_thread=in_thread)
            return function
        return decorate

    def export_call(self, name, on_call, policy=Mitogen.Policy.PARENTS):
        """Like export_function(), for a function that gets the Mitogen.Call and answers it."""
        return super().export_function(name, policy, on_call)


_methods.add_methods(Router, Mitogen)
Router = override(Router)
_export(Router)


# ---- Joining another tree ----

class UnixListener(Mitogen.UnixListener):
    """Lets other processes of the same user join: UnixListener(router, path=None).

    Without a path it makes up one. A listener is a context manager that closes it.
    """

    router = _reader('get_router')
    path = _reader('get_path')

    def __new__(cls, router, path=None):
        return Mitogen.UnixListener.new(router, path)

    def __init__(self, *args, **kwargs):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()


UnixListener = override(UnixListener)
_export(UnixListener)

_unix_connect = Mitogen.unix_connect


def unix_connect(path, cancellable=None):
    """Joins the tree of a process that listens there; returns a Router."""
    if not _in_main_thread():
        return _unix_connect(path, cancellable)
    return _wait(lambda inner, callback: Mitogen.unix_connect_async(path, inner, callback),
                 Mitogen.unix_connect_finish, cancellable)


__all__.append('unix_connect')


# ---- Scripts ----

def main(log_level=None, profiling=False):
    """A decorator for the main function of a script:

        @Mitogen.main()
        def main(router):
            print(router.local().call(work))

    Run as the program, the script calls it with a router, which is shut down at the end;
    a coroutine function runs in a loop of asyncio. In contexts, where the script may be
    sent to, and in programs that import it, nothing is called.

    log_level: what is shown of the log: a name or number of the module logging; None: what
    MITOGEN_LOG_LEVEL says, or INFO. With DEBUG, contexts write logs of their own, too
    profiling: has contexts write profiles
    """
    def decorate(function):
        if function.__module__ == '__main__':
            with Router(profiling=profiling) as router:
                _program.show_log(log_level, router)
                result = function(router)
                if isinstance(result, types.CoroutineType):
                    import asyncio
                    asyncio.run(result)
        return function
    return decorate


__all__.append('main')
