# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Module mitogen.core, first half: what every child compiles when it starts. It answers calls of functions and nothing else; core_rest.py
# joins it in the same globals at the first need of more. Both run on Python 2.7 and 3.6 or later. build-core.py cuts the text in pieces at
# top-level statements, since the memory of one large compile() is never given back.
#
# Threads. M is the main thread: it runs the calls. H, the helper, exists from the first call on. Whoever holds `lead` is the leader: only
# the leader polls, reads, parses, dispatches and appends to `calls`. Between calls that is M, so that a call costs no switch of threads; H
# takes over when a call lasts longer than TICK. Everybody writes, straight to the descriptor, under the stream's lock.

import os
import sys

if not (2, 7) <= sys.version_info < (3,) and sys.version_info < (3, 6):
    os.write(2, ("mitogen: needs Python 2.7, or 3.6 or later: %s is %s\n" % (sys.executable, sys.version.split()[0])).encode())
    os._exit(1)
# piece
import errno
import select
import struct
import time
import zlib

import __main__
from _collections import deque

PY3 = sys.version_info[0] > 2
if PY3:
    import _signal
    import _thread

    # _pickle wants functools for the type of partial() alone; the C module has the same type and costs nothing.
    if "functools" in sys.modules:
        import _pickle
    else:
        import _functools
        sys.modules["functools"] = _functools
        import _pickle
        del sys.modules["functools"]
else:
    import cPickle as _pickle
    import fcntl
    import signal as _signal
    import thread as _thread

__name__ = "mitogen.core"
module = __main__.m
core = __main__.b

pid = os.getpid()
main_thread = _thread.get_ident()
allocate_lock = _thread.allocate_lock
HEADER = struct.Struct(">H6L")
MAGIC = 0x4D49
IS_DEAD = 999
CALL_FUNCTION = 101
SHUTDOWN = 106
HELLO = 204
RETRY = (errno.EAGAIN, errno.EINTR)
SCALARS = frozenset(map(type, (None, True, 0, 0.5, b"", u"", sys.maxsize + 1)))
BYTES = {"encoding": "bytes"} if PY3 else {}
loads = _pickle.loads
dumps = _pickle.dumps
# piece
# State of the leader: descriptor -> function, streams with something left to write, and what others want done.
poller = select.poll()
ready = {}
dirty = deque()
paused = []  # output not read while the parent does not read
deferred = deque()
turns = 0
busy = 0  # the thread that is dispatching
ending = 0

lead = allocate_lock()
gate = allocate_lock()  # makes "release lead, then look at watching" and its counterpart each one step
sem = allocate_lock()  # H sleeps on it
sem.acquire()
want = 0  # M waits for H to hand over
watching = 0  # H is awake
TICK = 0.004

calls = deque()
chains = {}  # chain id -> text of the error that ended it
running = 0  # M is in the code of a call
interrupted = 0

routes = {}  # context id -> Stream, for whoever is not behind the parent

if PY3:
    dup = os.dup
    pipe = os.pipe
    writev = os.writev

    def set_nonblock(fd):
        os.set_blocking(fd, False)
else:
    def set_cloexec(fd):
        fcntl.fcntl(fd, fcntl.F_SETFD, 1)
        return fd

    def dup(fd):
        return set_cloexec(os.dup(fd))

    def pipe():
        return [set_cloexec(fd) for fd in os.pipe()]

    def writev(fd, parts):
        return os.write(fd, parts[0])

    def set_nonblock(fd):
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)


# The second half, loaded by whatever needs it first.
rest_lock = allocate_lock()
rest_owner = 0
rest_loaded = 0


def load_rest():
    global rest_owner, rest_loaded
    if rest_loaded or rest_owner == _thread.get_ident():
        return
    rest_lock.acquire()
    try:
        if not rest_loaded:
            rest_owner = _thread.get_ident()
            inflate = zlib.decompressobj(-15)
            end = struct.unpack_from(">H", core)[0]
            inflate.decompress(core[end:])  # this half, whose text the compressed other half refers to
            for piece in inflate.decompress(core[2:end]).split(b"\0"):
                eval(compile(piece, "mitogen/core.py", "exec", 0, 1), globals())
            rest_loaded = 1
    finally:
        rest_owner = 0
        rest_lock.release()


def later(name):
    """Stand-in for a function of the second half, which replaces it."""
    def stub(*args):
        load_rest()
        return globals()[name](*args)
    return stub


incoming = later("incoming")
forged = later("forged")
corrupt = later("corrupt")
failed = later("failed")
purify = later("purify")
read_lines = later("read_lines")
find_early = later("find_early")
want_extras = later("want_extras")
refuse_large = later("refuse_large")
deliver = later("deliver")
crashed = later("crashed")
prepare = later("prepare")
last_words = later("last_words")


def module_getattr(self, name):
    """Attributes of mitogen and mitogen.core that the second half defines."""
    if name[:2] != "__":
        load_rest()
        if name in ("BasicStream", "Side"):
            setattr(self, name, getattr(__import__("mitogen.streams", None, None, [name]), name))
        if name in self.__dict__:
            return self.__dict__[name]
    raise AttributeError("module %r has no attribute %r" % (self.__name__, name))


class EarlyFinder(object):
    """First on sys.meta_path: sees `logging` come, and modules of our own package."""

    def find_spec(self, name, path=None, target=None):
        if name == "logging" or name[:8] == "mitogen.":
            return find_early(name)

    def find_module(self, name, path=None):
        return self.find_spec(name)


class Stream(object):
    """A neighbour: its descriptors, the frame half read, what could not be written yet."""
    parent = False
    polled = False

    def __init__(self, remote_id, fd_in, fd_out):
        self.remote_id = remote_id
        self.fd_in = fd_in
        self.fd_out = fd_out
        self.buf = b""
        self.need = 0  # bytes that a large frame still lacks
        self.head = self.body = None
        self.out = deque()
        self.pending = 0
        self.lock = allocate_lock()

    def receive(self):
        # One read a turn: a loop would hold `lead` while a slow sender dawdles.
        try:
            data = os.read(self.fd_in, min(self.need, 262144) or 65536)
        except OSError as e:
            if e.errno in RETRY:
                return
            data = b""
        if not data:
            return self.lost()
        if self.need:
            return self.grow(data)
        if self.buf:
            data = self.buf + data
        pos = 0
        size = len(data)
        while size - pos >= 26:
            head = HEADER.unpack_from(data, pos)
            if head[6] > limit or not 0 <= head[0] - MAGIC < 3:
                return corrupt(self, head, data[pos:])
            end = pos + 26 + head[6]
            if end > size:
                if head[6] > 65536:
                    body = data[pos + 26:]
                    self.head = head
                    self.body = bytearray(body) if PY3 else [body]
                    self.need = end - size
                    pos = size
                break
            frame(self, head, data[pos + 26:end])
            pos = end
        self.buf = data[pos:]

    def grow(self, data):
        """A large frame: its memory grows as its data comes, not as its header says."""
        if PY3:
            self.body += data
        else:
            self.body.append(data)
        self.need -= len(data)
        if not self.need:
            head, body = self.head, self.body
            self.head = self.body = None
            frame(self, head, body if PY3 else b"".join(body))

    def write(self, parts):
        """Send a frame, given in pieces that are not joined when they are large; from any thread."""
        global running, interrupted
        size = sum(map(len, parts))
        parts = [b"".join(parts)] if size < 65536 else list(parts)
        done = 0
        was = running and _thread.get_ident() == main_thread
        if was:
            running = 0  # SIGINT waits until the frame is out
        self.lock.acquire()
        try:
            if not self.out:
                parts = self.push(parts)
            if parts:
                if not self.out:
                    dirty.append(self)
                    wake()
                self.out.extend(parts)
                self.pending += sum(map(len, parts))
            done = 1
        finally:
            self.lock.release()
            if not done:  # half a frame is out: nothing that follows would be understood
                self.lost()
        if was:
            running = 1
            if interrupted:
                interrupted = 0
                raise KeyboardInterrupt

    def push(self, parts):
        """Write what the descriptor takes, return what is left."""
        while parts:
            try:
                n = writev(self.fd_out, parts) if len(parts) > 1 else os.write(self.fd_out, parts[0])
            except OSError as e:
                if e.errno == errno.EINTR:
                    continue
                if e.errno == errno.EAGAIN:
                    break
                self.lost()
                return []
            while parts and n >= len(parts[0]):
                n -= len(parts.pop(0))
            if n:
                parts[0] = memoryview(parts[0])[n:]
        return parts

    def flush(self):
        """The leader: there is room again."""
        self.lock.acquire()
        try:
            batch = [self.out.popleft() for _ in range(min(64, len(self.out)))]
            size = sum(map(len, batch))
            batch = self.push(batch)
            self.pending -= size - sum(map(len, batch))
            self.out.extendleft(reversed(batch))
            if not self.out:
                unwatch(self.fd_out)
        finally:
            self.lock.release()
        if paused:
            resume_lines()

    def lost(self):
        if config["profiling"]:
            save_profiles()
        os._exit(0)


def frame(stream, head, data):
    """A message has come: calls and SHUTDOWN are dealt with here, the rest elsewhere."""
    global ending
    magic, dst, src, auth, handle, reply_to, size = head
    if routes.get(auth, parent) is not stream or (src != auth and routes.get(src, parent) is not stream):
        return forged(stream, head)
    if dst == me and auth in trusted and reply_to != IS_DEAD:
        if handle == CALL_FUNCTION:
            calls.append((src, reply_to, data))
            return
        if handle == SHUTDOWN:
            ending = ending or 1
            return
    incoming(stream, head, data)


def post(dst, handle, reply_to, *parts):
    """Send a message of our own, from any thread."""
    if os.getpid() != pid:
        raise EnvironmentError("this process was forked from a context: only the context itself can send")
    size = sum(map(len, parts))
    if size > limit:
        return refuse_large(dst, handle, reply_to)
    if dst == me:
        return deliver(handle, reply_to, b"".join(parts))
    routes.get(dst, parent).write((HEADER.pack(MAGIC, dst, me, me, handle, reply_to, size),) + parts)


def watch(fd, function, events):
    ready[fd] = function
    poller.register(fd, events)


def unwatch(fd):
    if ready.pop(fd, None):
        poller.unregister(fd)


def wake():
    try:
        os.write(wake_out, b"w")
    except OSError:
        pass  # full: the leader has been told


def on_wake():
    try:
        os.read(wake_in, 4096)
    except OSError:
        pass
    while deferred:
        deferred.popleft()()


def turn(ms=None):
    """One poll and what it brought: only for the holder of `lead`."""
    global turns, busy, ending
    while dirty:
        stream = dirty.popleft()
        watch(stream.fd_out, stream.flush, select.POLLOUT)
    try:
        events = poller.poll(ms)
    except select.error as e:
        if e.args[0] != errno.EINTR:  # which Python 2.7 shows
            raise
        events = ()
    turns += 1
    busy = _thread.get_ident()
    for fd, _ in events:
        function = ready.get(fd)
        if function:
            function()
    busy = 0
    if ending == 1:
        ending = 2
        leave()
    return len(events)


def serve():
    """M: all there is to do."""
    lead.acquire()
    while 1:
        while not calls:
            turn()
        yield_lead()
        while 1:
            run(*calls.popleft())
            if lead.acquire(0):
                break
            if not calls:
                take_lead()
                break


def yield_lead():
    global watching
    gate.acquire()
    lead.release()
    was = watching
    watching = 1
    gate.release()
    if not was:
        wake_helper()


def take_lead():
    global want
    if not lead.acquire(0):
        want = 1
        wake()
        lead.acquire()
        want = 0


helper_started = 0


def wake_helper():
    """H is dormant, or not there yet."""
    global helper_started, watching
    if helper_started:
        try:
            sem.release()
        except (_thread.error, RuntimeError):
            pass  # not locked: H has a token already
        return
    try:
        _thread.start_new_thread(help_out, ())
        helper_started = 1
    except (_thread.error, RuntimeError):
        watching = 0  # no thread to be had: input waits for the call to end


def pause(seconds):
    try:
        select.select((), (), (), seconds)
    except select.error:
        pass


def help_out():
    """H."""
    try:
        while 1:
            watch_over()
            sem_wait()
    except:
        crashed()


def watch_over():
    """Take over whenever nobody has polled for a TICK; return when M has been polling by itself for two."""
    idle = 0
    while idle < 2:
        last = turns
        pause(TICK)
        if turns != last:
            idle = 0
        elif not lead.acquire(0):
            idle += 1
        else:
            stand_in()
            idle = 0
            pause(0.0005)  # let M have it


def stand_in():
    """Lead while M is in a call. A busy loop in pure Python yields every switch interval: a shorter one lets input in sooner."""
    interval = PY3 and sys.getswitchinterval()
    if interval > 0.0005:
        sys.setswitchinterval(0.0005)
    try:
        while not want:
            turn()
    finally:
        if interval > 0.0005:
            sys.setswitchinterval(interval)
        lead.release()


def sem_wait():
    global watching
    gate.acquire()
    watching = 0
    free = lead.acquire(0)
    if free:  # M has left the poll in this moment
        lead.release()
        watching = 1
    gate.release()
    if not free:
        sem.acquire()


def interrupt(signum, stack):
    """SIGINT reaches the code of a call, never the machinery around it."""
    global interrupted
    if running:
        raise KeyboardInterrupt
    interrupted = 1
    wake()


def run(src, reply_to, data):
    """One call."""
    global running, interrupted
    chain = None
    try:
        chain_id, name, owner, function, args, kwargs = loads(data, **BYTES)
        data = None
        if chain_id is not None and chain_id in chains:
            return failed(src, reply_to, None, chains[chain_id])
        function = find(name, owner, function)
        if kwargs:
            kwargs = dict((native(key), kwargs[key]) for key in kwargs)
        if getattr(function, "_mitogen_wants", 0):
            kwargs = want_extras(function, kwargs)
        chain = chain_id
        interrupted = 0
        running = 1
        try:
            value = function(*args, **kwargs)
        finally:
            running = 0
        parts = encode(value, src) if reply_to else ()
    except:
        if os.getpid() != pid:
            return leave_fork()
        return failed(src, reply_to, chain, None)
    if os.getpid() != pid:
        return leave_fork()
    if reply_to:
        post(src, reply_to, 0, *parts)


def native(name):
    """A name in the text type of this interpreter."""
    if PY3:
        return name.decode() if type(name) is bytes else name
    return name if type(name) is bytes else str(name)


def find(name, owner, function):
    name = native(name)
    __import__(name)
    found = sys.modules[name]
    if owner is not None:
        for part in native(owner).split("."):
            found = getattr(found, part)
    return getattr(found, native(function))


def encode(value, dst):
    """The pickle of a value for context dst, in pieces. The master, written in C, reads the bytes of protocol 3."""
    kind = type(value)
    if kind not in SCALARS and not plain(value):
        value = purify(value)
        kind = type(value)
    if kind is bytes:
        return b"\x80\x02T" + struct.pack("<L", len(value)), value, b"."
    return dumps(value, 2 if dst or not PY3 else 3),


def plain(value):
    """Is it made of nothing but the types that the protocol has?"""
    todo = [value]
    seen = set()
    while todo:
        value = todo.pop()
        kind = type(value)
        if kind is dict:
            groups = list(value), list(value.values())
        elif kind is list or kind is tuple:
            groups = value,
        else:
            return False
        if id(value) not in seen:
            seen.add(id(value))
            for group in groups:
                if not SCALARS.issuperset(map(type, group)):
                    todo.extend([item for item in group if type(item) not in SCALARS])
    return True


def leave_fork():
    """A process that the code of a call has forked came back here: it has no business with the stream."""
    try:
        sys.stdout.flush()
    finally:
        e = sys.exc_info()[1]
        code = e.code if isinstance(e, SystemExit) else e and 1
        os._exit(code if isinstance(code, int) else 1 if code else 0)


def after_fork():
    """The other side must see the end of the context, not of what it forked."""
    for fd in set((wake_in, wake_out, parent.fd_in, parent.fd_out)).union(ready):
        try:
            os.close(fd)
        except OSError:
            pass


def flush_stdio(done):
    for file in (sys.stdout, sys.stderr):
        try:
            file.flush()
        except Exception:
            pass
    done.append(1)
    wake()


def leave():
    """SHUTDOWN: what was printed still goes out, then the process ends, whatever it is doing. The flush has a thread of its own: the code
    of a call may hold the file's lock while it waits for us to read the pipe."""
    done = []
    try:
        _thread.start_new_thread(flush_stdio, (done,))
    except (_thread.error, RuntimeError):
        flush_stdio(done)
    end = time.time() + 2
    while not done and time.time() < end:
        turn(50)
    while turn(0) and time.time() < end:
        pass
    if rest_loaded:
        last_words()
    while parent.out and time.time() < end:
        turn(50)
    os._exit(0)


def open_stdio():
    """Move the stream off 0 and 1, give the program a null stdin, and pipes of ours as stdout and stderr."""
    global wake_in, wake_out
    null = os.open(os.devnull, os.O_RDWR)
    while null < 3:
        null = os.dup(null)
    fds = dup(0), dup(1)
    wake_in, wake_out = pipe()
    for fd in (fds[1], wake_in, wake_out):
        set_nonblock(fd)
    if os.isatty(2):
        dup(2)  # kept: the terminal must not hang up
    os.dup2(null, 0)
    os.close(null)
    for fd, name in ((1, "stdout"), (2, "stderr")):
        source, target = pipe()
        os.dup2(target, fd)
        os.close(target)
        if PY3:
            file = open(fd, "w", 1, "utf-8", "backslashreplace", None, False)
        else:
            file = os.fdopen(fd, "w", 1)
        setattr(sys, name, file)
        setattr(sys, "__%s__" % name, file)
        watch(source, lambda source=source, name=name: read_lines(source, name), select.POLLIN)
    return fds


def text(value):
    """Text that is valid UTF-8, of whatever the system calls a name."""
    if type(value) is not bytes:
        value = value.encode("utf-8", "replace")
    return value.decode("utf-8", "replace")


def hello():
    try:
        user = __import__("pwd").getpwuid(os.geteuid())[0]
    except (ImportError, KeyError):
        user = str(os.geteuid())
    info = {u"pid": pid}
    for key, value in ((u"interpreter", sys.executable or ""), (u"version", "%d.%d.%d" % sys.version_info[:3]),
                       (u"implementation", sys.implementation.name if PY3 else "cpython"), (u"user", user),
                       (u"host", os.uname()[1]), (u"platform", sys.platform)):
        info[key] = text(value)
    return info


def install(settings):
    """Become the package mitogen, and the context of these settings."""
    global config, me, limit, core, trusted
    config = settings
    me = config["context_id"]
    limit = config["max_message_size"]
    core = core[:config["core_len"]]
    trusted = set(config["parent_ids"])
    trusted.add(me)
    for name in ("b", "m", "p"):
        __main__.__dict__.pop(name, None)
    sys.excepthook = sys.__excepthook__
    sys.argv[1:] = []
    kind = type(module)
    kind.__getattr__ = module_getattr
    package = kind("mitogen")
    package.__dict__.update(__path__=[], __version__=config["version"], core=module, is_master=False, context_id=me,
                            parent_id=config["parent_ids"][0], parent_ids=config["parent_ids"])
    module.__package__ = "mitogen"
    sys.modules["mitogen"] = package
    sys.modules["mitogen.core"] = module
    sys.meta_path.insert(0, EarlyFinder())


def main(settings):
    global parent
    try:
        install(settings)
        greeting = encode(hello(), 0)[0]
        fds = open_stdio()
        parent = Stream(config["parent_ids"][0], *fds)
        parent.parent = True
        watch(wake_in, on_wake, select.POLLIN)
        watch(parent.fd_in, parent.receive, select.POLLIN)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=after_fork)
        if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
            _signal.signal(_signal.SIGINT, interrupt)
        parent.write((("MITO1 %s\n" % config["marker"]).encode(),
                      HEADER.pack(MAGIC, 0, me, me, HELLO, 0, len(greeting)), greeting))
        if config["debug"] or config["profiling"] or "logging" in sys.modules:
            prepare()
        serve()
    except:
        crashed()
