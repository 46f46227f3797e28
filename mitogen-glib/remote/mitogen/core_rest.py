# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Module mitogen.core, part three: everything that a child which only answers calls does not need. Executed in the globals of core_hot.py,
# where it replaces the stand-ins. No import statements here: on Python 2.7 they would look inside the package first, and an import by H
# would wait for an import that M is busy with.

GET_MODULE = 100
FORWARD_LOG = 102
ADD_ROUTE = 103
DEL_ROUTE = 104
ALLOCATE_ID = 105
LOAD_MODULE = 107
FORWARD_MODULE = 108
DETACHING = 109
CALL_SERVICE = 110
STUB_CALL_SERVICE = 111
GET_RESOURCE = 112
LOAD_RESOURCE = 113
CHUNK_SIZE = 131072
MAX_ERROR = 9900  # a peer may refuse 10000 characters
MAX_LINE = 65536
MAX_QUEUE = 1 << 20

now = getattr(time, "monotonic", time.time)
get_ident = _thread.get_ident
text_type = type(u"")


# Errors


class Error(Exception):
    """Base of all errors raised here."""

    def __init__(self, fmt=None, *args):
        if args:
            fmt %= args
        Exception.__init__(self, fmt)


class LatchError(Error):
    """The latch is closed."""


class ChannelError(Error):
    """The other end is gone, or the receiver was closed."""


class StreamError(Error):
    """A stream could not be established, or something unreadable came out of one."""


class TimeoutError(Error):
    """The time is over."""


class CallError(Error):
    """A function called in another context failed; the text is its error and traceback."""

    def __init__(self, fmt=None, *args):
        if isinstance(fmt, BaseException):
            Error.__init__(self, describe(type(fmt), fmt, getattr(fmt, "__traceback__", None) or sys.exc_info()[2]))
        else:
            Error.__init__(self, fmt, *args)

    def __reduce__(self):
        return _unpickle_call_error, (text(printable(self)),)


def _unpickle_call_error(s):
    if type(s) is not text_type:
        raise TypeError("cannot unpickle CallError: not a text")
    return CallError("%s", s)


def printable(value):
    """str() of something that may be broken."""
    try:
        if PY3:
            return str(value)
        try:
            return unicode(value)
        except UnicodeError:
            return str(value)
    except BaseException:
        return "(no text: its __str__ failed)"


def describe(kind, value, tb):
    """The text of a CallError: type and message, then the frames. When it is too long, the innermost frames stay."""
    said = u"%s.%s: %s" % (text(getattr(kind, "__module__", None) or "?"), text(kind.__name__), text(printable(value)))
    if len(said) > MAX_ERROR // 2:
        said = said[:MAX_ERROR // 2] + u"... (%d more characters)" % (len(said) - MAX_ERROR // 2)
    lines = []
    while tb:
        code = tb.tb_frame.f_code
        name = "mitogen.core" if tb.tb_frame.f_globals is globals() else code.co_filename
        if code is not run.__code__:
            lines.append(u'  File "%s", line %d, in %s\n' % (text(name), tb.tb_lineno, text(code.co_name)))
        tb = tb.tb_next
    room = MAX_ERROR - len(said)
    kept = []
    while lines and len(lines[-1]) <= room:
        kept.append(lines.pop())
        room -= len(kept[-1])
    if lines:
        kept.append(u"  (%d more frames)\n" % len(lines))
    return said + u"\n" + u"".join(reversed(kept))


def log(level, said, name=u"mitogen"):
    """Send a log record without the module logging."""
    data = (u"%s\0%d\0" % (text(name), level)).encode("utf-8") + text(said).encode("utf-8")
    if os.getpid() != pid:
        os.write(2, data.split(b"\0", 2)[2] + b"\n")
    else:
        post(0, FORWARD_LOG, 0, data[:limit])


# Values


class Blob(bytes):
    """Bytes that are not shown."""

    def __repr__(self):
        return "[blob: %d bytes]" % len(self)


class Secret(text_type):
    """Text that is not shown."""

    def __repr__(self):
        return "[secret]"

    if PY3:
        def __str__(self):
            return self[:]

    def __reduce__(self):
        return Secret, (self[:],)


class Kwargs(dict):
    """Keyword arguments, with names in the text type of this interpreter."""

    def __init__(self, values=()):
        values = dict(values)
        dict.__init__(self, ((native(key), values[key]) for key in values))

    def __reduce__(self):
        return Kwargs, (dict((text(key), self[key]) for key in self),)


LISTS = "set frozenset dict_keys dict_values dict_items generator range xrange map filter zip deque"
TEXTS = "datetime date time timedelta Decimal Fraction UUID PosixPath"


def refuse(value):
    kind = getattr(value, "__class__", type(value))
    name = kind.__name__
    if isinstance(value, BaseException):
        hint = "raise it, or send its text"
    elif name in LISTS.split():
        hint = "send a list"
    elif name in TEXTS.split():
        hint = "send its text"
    elif name == "complex":
        hint = "send a tuple"
    else:
        hint = "send None, bool, int, float, str, bytes, list, tuple or dict"
    raise TypeError("a value of type %s.%s cannot be sent to another context: %s" % (kind.__module__, name, hint))


def _unpickle_context(context_id, name):
    if not (isinstance(context_id, int) and context_id >= 0 and (name is None or isinstance(name, (text_type, bytes)))):
        raise TypeError("cannot unpickle Context: bad input")
    return router.context_by_id(context_id, name=name)


def _unpickle_sender(context_id, dst_handle):
    if not (isinstance(context_id, int) and context_id >= 0 and isinstance(dst_handle, int) and dst_handle > 0):
        raise TypeError("cannot unpickle Sender: bad input")
    return Sender(router.context_by_id(context_id), dst_handle)


def _unpickle_bytes(s=u"", encoding=None):
    return s.encode("latin-1") if type(s) is text_type else bytes(s)


GLOBALS = {
    "mitogen.core": dict((f.__name__, f) for f in (CallError, _unpickle_call_error, _unpickle_sender, _unpickle_context, Blob, Secret, Kwargs)),
    "_codecs": {"encode": _unpickle_bytes},
    "builtins": {"bytes": _unpickle_bytes, "bytearray": _unpickle_bytes},
}
GLOBALS["__builtin__"] = GLOBALS["builtins"]


def find_global(module, name):
    try:
        return GLOBALS[module][name]
    except KeyError:
        raise StreamError("cannot unpickle %r/%r", module, name)


if PY3:
    class Unpickler(_pickle.Unpickler):
        def find_class(self, module, name):
            return find_global(module, name)
else:
    def Unpickler(file):
        made = _pickle.Unpickler(file)
        made.find_global = find_global
        return made


class Message(object):
    """What is sent: header fields, and data in bytes."""
    router = None
    receiver = None
    handle = 0
    reply_to = 0
    dst_id = 0
    data = b""

    def __init__(self, **fields):
        self.src_id = self.auth_id = me
        self.__dict__.update(fields)

    @classmethod
    def pickled(cls, obj, **fields):
        fields.setdefault("dst_id", 0)
        return cls(data=b"".join(encode(obj, fields["dst_id"] or -1)), **fields)

    @classmethod
    def dead(cls, reason=None, **fields):
        return cls(reply_to=IS_DEAD, data=text(reason or u"").encode("utf-8"), **fields)

    @property
    def is_dead(self):
        return self.reply_to == IS_DEAD

    def unpickle(self, throw=True, throw_dead=True):
        if throw_dead and self.is_dead:
            self._throw_dead()
        try:
            obj = Unpickler(BytesIO(self.data), **BYTES).load()
        except StreamError:
            raise
        except Exception:
            raise StreamError("invalid message: %s", printable(sys.exc_info()[1]))
        if throw and isinstance(obj, CallError):
            raise obj
        return obj

    def _throw_dead(self):
        if self.data:
            raise ChannelError("%s", bytes(self.data).decode("utf-8", "replace"))
        raise ChannelError("Channel closed by %s end." % ("local" if self.src_id == me else "remote"))

    def reply(self, msg, router=None, **fields):
        if not self.reply_to or self.is_dead:
            return
        if not isinstance(msg, Message):
            msg = Message(data=b"".join(encode(msg, self.src_id)))
        msg.dst_id = self.src_id
        msg.handle = self.reply_to
        msg.__dict__.update(fields)
        (self.router or router or globals()["router"]).route(msg)

    def __repr__(self):
        return "Message(%d -> %d, auth %d, handle %d, reply to %d, %d bytes)" % (
            self.src_id, self.dst_id, self.auth_id, self.handle, self.reply_to, len(self.data))


# Waiting


class Waiter(object):
    """A thread asleep on a latch: M goes on polling meanwhile, the others sleep on a lock."""

    def __init__(self):
        if busy == get_ident() or os.getpid() != pid:
            raise Error("nothing can be awaited inside the broker, or in a forked process")
        self.items = None
        self.is_main = get_ident() == main_thread
        self.lock = allocate_lock()
        self.lock.acquire()

    def wake(self, *items):
        self.items = items
        if not self.is_main:
            self.lock.release()
        elif get_ident() != main_thread:
            wake()

    def sleep(self, timeout):
        if self.is_main:
            wait(lambda: self.items is not None, timeout)
        elif timeout is None:
            self.lock.acquire()
        elif PY3:
            self.lock.acquire(True, min(timeout, _thread.TIMEOUT_MAX))
        else:  # no time limit in the locks of 2.7
            end = now() + timeout
            delay = 0.0005
            while not self.lock.acquire(0) and now() < end:
                delay = min(delay * 2, 0.02, max(end - now(), 0))
                pause(delay)


def wait(done, timeout):
    """M, in the middle of a call: lead until done() or the time is over."""
    global running, interrupted
    end = None if timeout is None else now() + timeout
    left = None
    was, running = running, 0
    take_lead()
    try:
        while not done():
            if end is not None:
                left = int((end - now()) * 1000 + 0.999)
                if left <= 0:
                    break
                left = min(left, 1 << 30)
            turn(left)
            if interrupted:
                interrupted = 0
                raise KeyboardInterrupt
    finally:
        yield_lead()
        running = was


class Latch(object):
    """A queue for any number of threads; who waits longest is served first, and close() wakes all."""
    notify = None

    def __init__(self):
        self.closed = False
        self._lock = allocate_lock()
        self._queue = deque()
        self._waiters = deque()

    def size(self):
        self._check()
        return len(self._queue)

    def empty(self):
        return not self.size()

    def _check(self):
        if self.closed:
            raise LatchError("the latch has been closed")

    def get(self, timeout=None, block=True):
        self._lock.acquire()
        try:
            self._check()
            if self._queue:
                return self._queue.popleft()
            if not block:
                raise TimeoutError("nothing there")
            waiter = Waiter()
            self._waiters.append(waiter)
        finally:
            self._lock.release()
        try:
            waiter.sleep(timeout)
        finally:
            self._lock.acquire()
            try:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
                elif waiter.items and sys.exc_info()[0] is KeyboardInterrupt:
                    self._queue.appendleft(waiter.items[0])
            finally:
                self._lock.release()
        if waiter.items:
            return waiter.items[0]
        self._check()
        raise TimeoutError("no message came in time")

    def put(self, obj=None):
        self._lock.acquire()
        try:
            self._check()
            if self._waiters:
                self._waiters.popleft().wake(obj)
            else:
                self._queue.append(obj)
        finally:
            self._lock.release()
        if self.notify:
            self.notify(self)

    def close(self):
        self._lock.acquire()
        try:
            self.closed = True
            while self._waiters:
                self._waiters.popleft().wake()
        finally:
            self._lock.release()


# Signals


def listen(obj, name, function):
    obj.__dict__.setdefault("_signals", {}).setdefault(name, []).append(function)


def unlisten(obj, name, function):
    obj.__dict__["_signals"][name].remove(function)


def fire(obj, name, *args, **kwargs):
    for function in list(obj.__dict__.get("_signals", {}).get(name, ())):
        guarded(function, *args, **kwargs)


def guarded(function, *args, **kwargs):
    """Run what others gave us; their errors end in the log."""
    try:
        return function(*args, **kwargs)
    except Exception:
        log(40, u"%r failed: %s" % (function, describe(*sys.exc_info())))


# Receivers and senders


class Receiver(object):
    """A queue of the messages that come to a handle."""
    notify = None

    def __init__(self, router, handle=None, persist=True, respondent=None, policy=None, overwrite=False):
        self.router = router
        self.context = respondent
        self._latch = Latch()
        self._latch.notify = self._on_put
        self.handle = router.add_handler(self._on_receive, handle, persist, respondent, policy, overwrite)

    def _on_receive(self, msg):
        msg.receiver = self
        try:
            self._latch.put(msg)
        except LatchError:
            pass

    def _on_put(self, latch):
        if self.notify:
            self.notify(self)

    def to_sender(self):
        return Sender(self.router.myself(), self.handle)

    def size(self):
        return self._latch.size()

    def empty(self):
        return self._latch.empty()

    def close(self):
        if self.handle:
            self.router.del_handler(self.handle)
            self.handle = None
        self._latch.close()

    def get(self, timeout=None, block=True, throw_dead=True):
        try:
            msg = self._latch.get(timeout, block)
        except LatchError:
            raise ChannelError("the Receiver has been closed")
        if msg.is_dead and throw_dead:
            msg._throw_dead()
        return msg

    def get_data(self, timeout=None):
        return self.get(timeout).unpickle()

    def __iter__(self):
        while 1:
            try:
                yield self.get()
            except ChannelError:
                return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Sender(object):
    """The way to a handle of another context."""

    def __init__(self, context, dst_handle):
        self.context = context
        self.dst_handle = dst_handle

    def send(self, data):
        self.context.send(Message(handle=self.dst_handle, data=b"".join(encode(data, self.context.context_id))))

    put = send

    def close(self):
        self.context.send(Message.dead(u"Sender was explicitly closed", handle=self.dst_handle))

    def __reduce__(self):
        return _unpickle_sender, (self.context.context_id, self.dst_handle)

    def __repr__(self):
        return "Sender(%r, %r)" % (self.context, self.dst_handle)


# Contexts and routing


class Extended(object):
    """Some of its attributes are in a part of the core that comes when one of them is asked for."""
    part = "mitogen.requests"

    def __getattr__(self, name):
        if name[:2] == "__" or not fetch(self.part):
            raise AttributeError(name)
        return getattr(self, name)


class Context(Extended):
    """Another context, or this one."""

    def __init__(self, router, context_id, name=None):
        self.router = router
        self.context_id = context_id
        self.name = name

    def send(self, msg):
        msg.dst_id = self.context_id
        self.router.route(msg)

    def send_async(self, msg, persist=False):
        receiver = Receiver(self.router, persist=persist, respondent=self)
        msg.reply_to = receiver.handle
        self.send(msg)
        return receiver

    def send_await(self, msg, deadline=None):
        receiver = self.send_async(msg)
        try:
            return receiver.get(deadline).unpickle()
        finally:
            receiver.close()

    def call_async(self, fn, *args, **kwargs):
        return self.send_async(self._call_message(fn, args, kwargs))

    def call(self, fn, *args, **kwargs):
        return self.call_async(fn, *args, **kwargs).get().unpickle()

    def call_no_reply(self, fn, *args, **kwargs):
        self.send(self._call_message(fn, args, kwargs))

    def _call_message(self, fn, args, kwargs):
        owner = getattr(fn, "__self__", None)
        name = getattr(fn, "__qualname__", fn.__name__).split(".")
        if isinstance(owner, type):
            owner = owner.__name__
        elif owner is not None and not isinstance(owner, type(sys)) or "<" in "".join(name):
            raise TypeError("only functions of modules, and class and static methods of their classes, can be called in a context")
        else:
            owner = ".".join(name[:-1]) or None
        value = None, text(fn.__module__), owner and text(owner), text(fn.__name__), purify(args), Kwargs(purify(kwargs))
        # Kwargs, not a dict: a peer on 2.7 needs names of its own text type. 2 is what every peer reads.
        return Message(handle=CALL_FUNCTION, data=dumps(value, 2))

    def __reduce__(self):
        name = self.name
        return _unpickle_context, (self.context_id, name and text(name)[:99])

    def __eq__(self, other):
        return isinstance(other, Context) and other.context_id == self.context_id

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash(self.context_id)

    def __repr__(self):
        return "Context(%s, %r)" % (self.context_id, self.name)


def has_parent_authority(msg, stream=None):
    return msg.auth_id in trusted


class Router(Extended):
    """Dispatches what is for this context; what its code sends to others goes to the parent."""

    def __init__(self, broker):
        self.broker = broker
        self.max_message_size = limit
        self.unidirectional = config["unidirectional"]
        self._contexts = {}
        self._handlers = {}
        self._next = 1000
        self._lock = allocate_lock()
        self.add_handler(self._on_call, CALL_FUNCTION, policy=has_parent_authority)
        self.add_handler(lambda msg: None if msg.is_dead else broker.shutdown(), SHUTDOWN, policy=has_parent_authority)
        self.add_handler(self._on_del_route, DEL_ROUTE)
        self.add_handler(lambda msg: on_load_module(msg), LOAD_MODULE, policy=has_parent_authority)

    def _on_call(self, msg):
        if msg.is_dead:
            self.broker.shutdown()
        else:
            calls.append((msg.src_id, msg.reply_to, msg.data))
            if busy != main_thread:
                wake()

    def _on_del_route(self, msg):
        context = self._contexts.get(int(bytes(msg.data).decode() if not msg.is_dead else "-1"))
        if context:
            self._on_disconnect(context)

    def _on_disconnect(self, context):
        fire(context, "disconnect")
        for handle, (fn, persist, respondent, policy) in list(self._handlers.items()):
            if respondent == context:
                self._handlers.pop(handle, None)
                guarded(fn, Message.dead(u"the respondent Context has disconnected", handle=handle, dst_id=me, router=self))

    def myself(self):
        return self.context_by_id(me, name="self")

    def context_by_id(self, context_id, via_id=None, create=True, name=None):
        self._lock.acquire()
        try:
            context = self._contexts.get(context_id)
            if context is None and create:
                context = self._contexts[context_id] = Context(self, context_id, name)
                context.via = self._contexts.get(via_id)
            return context
        finally:
            self._lock.release()

    def stream_by_id(self, dst_id):
        return routes.get(dst_id, parent)

    def add_route(self, target_id, via):
        """via: the id of a neighbour, or its stream."""
        routes[target_id] = via if isinstance(via, Stream) else self.stream_by_id(via)

    def del_route(self, target_id):
        routes.pop(target_id, None)

    def add_handler(self, fn, handle=None, persist=True, respondent=None, policy=None, overwrite=False):
        self._lock.acquire()
        try:
            if handle is None:
                handle = self._next
                self._next += 1
            elif handle in self._handlers and not overwrite:
                raise Error("cannot register a handle that already exists: %r", handle)
            self._handlers[handle] = fn, persist, respondent, policy
            return handle
        finally:
            self._lock.release()

    def del_handler(self, handle):
        self._handlers.pop(handle, None)

    def route(self, msg):
        """From any thread."""
        if len(msg.data) > limit:
            return refuse_large(msg.dst_id, msg.handle, msg.reply_to)
        if msg.dst_id == me:
            self.broker.defer(self._async_route, msg)
        else:
            self._send(routes.get(msg.dst_id, parent), msg)

    def _send(self, stream, msg):
        if os.getpid() != pid:
            raise Error("a process forked from a context cannot send")
        stream.write((HEADER.pack(MAGIC, msg.dst_id, msg.src_id, msg.auth_id, msg.handle, msg.reply_to, len(msg.data)), msg.data), len(msg.data))

    def _async_route(self, msg, stream=None):
        """The leader: the message may have come from stream."""
        if msg.dst_id == me:
            return self._invoke(msg, stream)
        # A context without children has nowhere to forward what its parent sent.
        if stream is parent:
            refuse_message(msg, u"no route to %d, my ID is %d" % (msg.dst_id, me))
        else:
            self._send(routes.get(msg.dst_id, parent), msg)

    def _invoke(self, msg, stream):
        entry = self._handlers.get(msg.handle)
        if not entry:
            return refuse_message(msg, u"invalid handle")
        fn, persist, respondent, policy = entry
        if respondent and not msg.is_dead and msg.src_id != respondent.context_id:
            return refuse_message(msg, u"reply from unexpected context")
        if policy and not policy(msg, stream):
            return refuse_message(msg, u"refused by policy")
        if not persist:
            self._handlers.pop(msg.handle, None)
        msg.router = self
        guarded(fn, msg)


def refuse_message(msg, reason):
    """Answer with a dead message, if an answer is wanted."""
    if msg.reply_to and not msg.is_dead:
        post(msg.src_id, msg.reply_to, IS_DEAD, reason.encode())


def io_op(function, *args):
    """(result, False), or (None, True) when the other end is gone."""
    while 1:
        try:
            return function(*args), False
        except (select.error, OSError, IOError):
            code = sys.exc_info()[1].args[0]
            if code in (errno.EIO, errno.ECONNRESET, errno.EPIPE):
                return None, True
            if code != errno.EINTR:
                raise


class Broker(Extended):
    """What is left of a thread: the one that leads does its work."""
    part = "mitogen.streams"
    shutdown_timeout = 3.0

    def defer(self, func, *args, **kwargs):
        if busy == get_ident():
            guarded(func, *args, **kwargs)
        else:
            deferred.append(lambda: guarded(func, *args, **kwargs))
            wake()

    def defer_sync(self, func):
        latch = Latch()

        def call():
            try:
                latch.put((func(), None))
            except BaseException:
                latch.put((None, sys.exc_info()[1]))
        if busy == get_ident():
            return func()
        self.defer(call)
        value, error = latch.get()
        if error:
            raise error
        return value

    def keep_alive(self):
        return bool(parent.out)

    def shutdown(self):
        global ending
        ending = ending or 1
        wake()

    def join(self):
        Latch().get()  # the process ends first


class IoLogger(object):
    """stdout or stderr, on its way to the log."""

    def __init__(self, name):
        self.name = name


class Dispatcher(object):
    """Runs the calls; named by those who want a chain forgotten."""

    @classmethod
    def forget_chain(cls, chain_id):
        chains.pop(chain_id, None)


class ExternalContext(Extended):
    """This context, as functions marked with takes_econtext see it."""
    part = "mitogen.detach"

    def __init__(self, config):
        self.config = config
        self.broker = router.broker
        self.router = router
        self.context = router.myself()
        self.master = router.context_by_id(0, name="master")
        self.parent = router.context_by_id(parent.remote_id, name="parent")
        self.stream = parent
        self.importer = importer
        self.stdout_log = IoLogger("stdout")
        self.stderr_log = IoLogger("stderr")
        self.channel = Receiver.__new__(Receiver)
        self.channel.__dict__.update(router=router, handle=CALL_FUNCTION, context=self.parent, _latch=Latch())


def takes_econtext(func):
    func._mitogen_wants = getattr(func, "_mitogen_wants", ()) + ("econtext",)
    return func


def takes_router(func):
    func._mitogen_wants = getattr(func, "_mitogen_wants", ()) + ("router",)
    return func


# Output


partial = {}


def queued():
    return sum(map(len, list(parent.out)))


def send_lines(name, lines):
    out = []
    size = max(1, min(MAX_LINE, limit - 32))
    prefix = (name + "\0" + "20\0").encode()
    for line in lines:
        while 1:
            end = size
            while len(line) > end > size - 4 and line[end:end + 1] and 0x80 <= ord(line[end:end + 1]) < 0xC0:
                end -= 1  # not in the middle of a character
            data = prefix + line[:end].decode("utf-8", "replace").encode("utf-8")
            out += HEADER.pack(MAGIC, 0, me, me, FORWARD_LOG, 0, len(data)), data
            line = line[end:]
            if not line:
                break
    parent.write((b"".join(out),), 0)


def read_lines(fd, name):
    """Forward the lines that came on a descriptor, or stop reading while the parent does not."""
    if queued() > MAX_QUEUE:
        unwatch(fd)
        paused.append((fd, name))
        return
    data = io_op(os.read, fd, 65536)[0]
    if not data:
        unwatch(fd)
        os.close(fd)
        return
    lines = (partial.pop(name, b"") + data).split(b"\n")
    if len(lines[-1]) < MAX_LINE:
        partial[name] = lines.pop()
    send_lines(name, lines)


def resume_lines():
    """The parent reads again."""
    while paused and queued() <= MAX_QUEUE // 2:
        fd, name = paused.pop()
        watch(fd, lambda: read_lines(fd, name), select.POLLIN)


def last_words():
    """Before the end: lines without an end, and whoever wants to know."""
    for name in list(partial):
        line = partial.pop(name)
        if line:
            send_lines(name, [line])
    fire(router.broker, "shutdown")
    fire(router.broker, "exit")
    save_profiles()


save_profiles = globals().get("save_profiles") or (lambda: None)  # in core_debug.py


# Logging


class HookedLoader(object):
    """For 2.7, where loading is one step."""

    def load_module(self, name):
        hook = hooks.pop(name)
        __import__(name)
        hook(sys.modules[name])
        return sys.modules[name]


def install_logging(logging):
    """Send the records of the root logger up."""
    class LogHandler(logging.Handler):
        def emit(self, record):
            if record.name == "mitogen.io":
                return
            try:
                log(record.levelno, self.format(record), record.name)
            except RuntimeError:
                raise  # the recursion limit: 3.6 aborts when it is not heeded
            except Exception:
                self.handleError(record)

    root = logging.getLogger()
    root.setLevel(10 if config["debug"] else config["log_level"])
    root.addHandler(LogHandler())


hooks = {"logging": install_logging}  # what follows upon the import of a module


def prepare():
    """Settings that not every child has; core_debug.py comes only with them."""
    if "logging" in sys.modules:
        install_logging(sys.modules["logging"])
    if config["debug"]:
        guarded(enable_debug)
    if config["profiling"]:
        guarded(enable_profiling)


# Modules and parts that the parent sends


parts = set()
backlog = []  # modules, which nobody has looked for yet
importer = None
importer_source = None


def fetch(name):
    """Have the master send a part of the core. False: it is here already."""
    if name not in parts:
        return not router.context_by_id(home).send_await(Message(handle=GET_MODULE, data=name.encode()), 60)


def execute(name, source):
    if name not in parts:  # what was sent and what was asked for may cross
        for piece in zlib.decompress(source).split(b"\0"):
            exec(piece, globals())
        parts.add(name)


def on_load_module(msg):
    global importer_source, overrides
    name, package, path, source, related = msg.unpickle()
    if path != "":
        backlog.append(msg)
        if not name:
            overrides = related
    elif name == "mitogen.importer":
        importer_source = source
    else:
        execute(name, source)


def start_importer():
    """The leader."""
    if not importer:
        execute("mitogen.importer", importer_source)


sys.modules["mitogen"].main = lambda *args, **kwargs: lambda function: function  # starts nothing here
router = Router(Broker())
econtext = None


# These take the place of stand-ins. Other threads may call them from the moment that they are there, so what they need stands above.


def deliver(handle, reply_to, data):
    """A message from this context to itself."""
    router.broker.defer(router._async_route, Message(dst_id=me, handle=handle, reply_to=reply_to, data=data))


def refuse_large(dst, handle, reply_to):
    """What is too large is not sent; whoever waits is told: the sender, or else the receiver."""
    reason = (u"message too large (max %d bytes)" % limit).encode()
    if reply_to and reply_to != IS_DEAD:
        deliver(reply_to, IS_DEAD, reason)
    else:
        post(dst, handle, IS_DEAD, reason[:limit])


def incoming(stream, head, data):
    magic, dst, src, auth, handle, reply_to, size = head
    router._async_route(Message(dst_id=dst, src_id=src, auth_id=auth, handle=handle, reply_to=reply_to, data=bytes(data), enc=magic), stream)


def need_importer(name, *args):
    """An import that concerns the program: from now on importer.py deals with these."""
    if not importer_source:
        try:
            fetch("mitogen.importer")
        except Error as e:
            raise ImportError(e)
    router.broker.defer_sync(start_importer)
    return globals()[name](*args)


def find_early(name):
    if name not in hooks:
        return need_importer("find_early", name) if name != "logging" else None
    if not PY3:
        return HookedLoader()
    for finder in sys.meta_path:
        spec = type(finder) is not EarlyFinder and finder.find_spec(name, None)
        loader = spec and spec.loader
        if loader:
            inner = loader.exec_module

            def exec_module(module):
                inner(module)
                hooks[name](module)
            loader.exec_module = exec_module
            return spec


def find_attribute(package, name):
    load(2)
    if name in ("BasicStream", "Side", "Channel"):
        fetch("mitogen.streams")
    if package.__name__ == "__main__":
        return need_importer("find_in_main", package, name)
    if name in package.__dict__:
        return package.__dict__[name]
    raise AttributeError("module %r has no attribute %r" % (package.__name__, name))


def want_extras(function, kwargs):
    """The arguments that the decorators promise."""
    global econtext
    if not econtext:
        econtext = ExternalContext(config)
    return dict(kwargs, **dict((name, econtext if name == "econtext" else router) for name in function._mitogen_wants))


def crashed():
    """The machinery itself failed: nothing can be relied upon any more."""
    try:
        said = describe(*sys.exc_info())
        if globals().get("parent"):
            parent.lock = allocate_lock()  # this thread may hold the old one
            log(50, u"The context ends: " + said)
        else:
            os.write(2, (u"mitogen: cannot start: %s\n" % said.split(u"\n")[0]).encode("utf-8", "replace"))
    finally:
        os._exit(1)


def failed(src, reply_to, chain, said):
    """A call ended with an exception, the current one, or may not run after one."""
    if said is None:
        said = describe(*sys.exc_info())
        if chain is not None:
            chains[chain] = said
        elif not reply_to:
            log(40, u"A call that wants no reply failed: " + said)
    if reply_to:
        data = said.encode("utf-8", "replace")
        post(src, reply_to, 0, b"\x80\x02cmitogen.core\n_unpickle_call_error\nX", struct.pack("<L", len(data)), data, b"\x85R.")


def purify(value, memo=None):
    """A copy made of what the protocol has: subclasses become the plain type where that keeps the content."""
    kind = type(value)
    if kind in SCALARS or isinstance(value, (Context, Sender, Secret, CallError)):
        return value
    memo = {} if memo is None else memo
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, dict):
        made = memo[id(value)] = {}
        for key, item in list(dict.items(value)):
            made[purify(key, memo)] = purify(item, memo)
    elif isinstance(value, list):
        made = memo[id(value)] = []
        made.extend([purify(item, memo) for item in value])
    elif isinstance(value, tuple) or hasattr(kind, "n_sequence_fields"):
        made = tuple([purify(item, memo) for item in value])
    elif isinstance(value, (text_type, bytes)):
        made = (text_type if isinstance(value, text_type) else bytes).__getitem__(value, slice(None))
    elif isinstance(value, bytearray):
        made = bytes(value)
    elif isinstance(value, memoryview):
        made = value.tobytes()
    else:
        for base in (int, float, type(sys.maxsize + 1)):
            if isinstance(value, base):
                made = base.__pos__(value)
                break
        else:
            refuse(value)
    memo[id(value)] = made
    memo[id(made)] = made  # keeps it alive, so that no other object gets its id
    memo.setdefault(0, []).append(value)
    return made


def forged(stream, head):
    """Dropped without an answer, and logged once."""
    if not getattr(stream, "forged", 0):
        stream.forged = 1
        log(40, u"messages from context %d claim authority %d: dropped" % (stream.remote_id, head[3]))


def corrupt(stream, head, data):
    if 0 <= head[0] - MAGIC < 3:
        said = u"message too large: %d bytes, the limit is %d" % (head[6], limit)
    else:
        said = u"corrupt stream: %r" % data[:2048]
    log(40, said)
    if stream.parent:
        os._exit(1)
    stream.lost()
