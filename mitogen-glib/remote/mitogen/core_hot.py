# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Module mitogen.core, part one: what every child compiles when it starts. It greets and answers calls of functions. core_warm.py joins it in
# the same globals a moment after the first call, or at the first need, and core_rest.py when anything else of Mitogen's is wanted. All run on
# Python 2.7 and 3.6 or later. build-core.py cuts the text in pieces at top-level statements, since the memory of one large compilation is
# never given back. They go through exec, not compile(): since 3.9 compile() first makes a type of every kind of AST node, 0.5 ms.
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
    from _io import BytesIO

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
    from cStringIO import StringIO as BytesIO

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
busy = 0  # the thread that is dispatching
turns = ending = 0
home = 0  # who made this context and those above it: not the root, if that has joined another tree

lead = allocate_lock()
gate = allocate_lock()  # makes "release lead, then look at watching" and its counterpart each one step
sem = allocate_lock()  # H sleeps on it
sem.acquire()
want = watching = 0  # M waits for H to hand over; H is awake
TICK = 0.004

calls = deque()
chains = {}  # chain id -> text of the error that ended it
running = interrupted = 0  # M is in the code of a call

routes = {}  # context id -> Stream, for whoever is not behind the parent

overrides = ()  # prefixes of names of modules

if PY3:
    dup = os.dup
    pipe = os.pipe
else:
    def set_cloexec(fd):
        fcntl.fcntl(fd, fcntl.F_SETFD, 1)
        return fd

    def dup(fd):
        return set_cloexec(os.dup(fd))

    def pipe():
        return [set_cloexec(fd) for fd in os.pipe()]


def set_nonblock(fd):
    if PY3:
        os.set_blocking(fd, False)
    else:
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)


# The other parts, loaded by whatever needs them first.
load_lock = allocate_lock()
load_owner = 0
loaded = 0


def load(level):
    """1: core_warm.py too; 2: core_rest.py too."""
    global load_owner, loaded
    if loaded >= level or load_owner == _thread.get_ident():
        return
    lock = load_lock if os.getpid() == pid else allocate_lock()  # a fork may have come while H had it
    lock.acquire()
    try:
        load_owner = _thread.get_ident()
        inflate = zlib.decompressobj(-15)
        end = struct.unpack_from(">H", core)[0]
        inflate.decompress(core[end:])  # this part, whose text the others refer to in their compressed form
        parts = inflate.decompress(core[2:end]).split(b"\0\0")
        while loaded < level:
            for piece in parts[loaded].split(b"\0"):
                exec(piece, globals())
            loaded += 1
    finally:
        load_owner = 0
        lock.release()


def later(name, level):
    """Stand-in for a function of another part, which replaces it."""
    def stub(*args):
        load(level)
        return globals()[name](*args)
    globals()[name] = stub


for name in "find_missing grow push_slowly flush enqueue plain leave leave_fork after_fork stay wait_for_helper native".split():
    later(name, 1)
for name in "incoming forged corrupt failed purify read_lines find_early need_importer find_attribute want_extras refuse_large deliver crashed prepare".split():
    later(name, 2)


def module_getattr(self, name):
    """Attributes of mitogen and mitogen.core that another part defines."""
    if name[:2] == "__":
        raise AttributeError(name)
    return find_attribute(self, name)


class EarlyFinder(object):
    """First on sys.meta_path: sees `logging` come, and modules of which the program's version is wanted."""

    def find_spec(self, name, path=None, target=None):
        if name == "logging" or name[:8] == "mitogen." or overrides:
            return find_early(name)

    find_module = find_spec


class LateFinder(EarlyFinder):
    """Last on sys.meta_path: what is not here may come from the program. On 2.7, which asks sys.meta_path first, a hook for the last of
    sys.path."""

    def __init__(self, path="master:"):
        if path[:7] != "master:":
            raise ImportError

    def find_spec(self, name, path=None, target=None):
        return find_missing(name, path, sys._getframe(1))

    find_module = find_spec


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
        self.lock = allocate_lock()

    def receive(self):
        # One read a turn: a loop would hold `lead` while a slow sender dawdles.
        try:
            data = os.read(self.fd_in, min(self.need, 262144) if self.need else 65536)
        except OSError as e:
            if e.errno in RETRY:
                return
            data = b""
        if not data:
            return self.lost()
        if self.need:
            return grow(self, data)
        self.feed(data)

    def feed(self, data):
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

    def write(self, parts, size):
        """Send a frame of about this size, given in pieces that are not joined when it is large; from any thread."""
        if running and _thread.get_ident() == main_thread:
            return enqueue(self, parts)
        self.lock.acquire()
        try:
            if size > 65536 or self.out:
                return push_slowly(self, parts)
            data = b"".join(parts)
            try:
                done = os.write(self.fd_out, data)
            except OSError:
                done = 0
            if done < len(data):
                self.out.appendleft(memoryview(data)[done:])
                push_slowly(self, ())
        finally:
            self.lock.release()

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
        raise EnvironmentError("a process forked from a context cannot send")
    emit(dst, handle, reply_to, parts)


def emit(dst, handle, reply_to, parts):
    size = sum(map(len, parts)) if len(parts) > 1 else len(parts[0])
    if size > limit:
        refuse_large(dst, handle, reply_to)
    elif dst == me:
        deliver(handle, reply_to, b"".join(parts))
    else:
        routes.get(dst, parent).write((HEADER.pack(MAGIC, dst, me, me, handle, reply_to, size),) + parts, size)


def watch(fd, function, events):
    ready[fd] = function
    poller.register(fd, events)


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
        watch(stream.fd_out, lambda stream=stream: flush(stream), select.POLLOUT)
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


def start_helper():
    global watching, wake_helper
    try:
        _thread.start_new_thread(help_out, ())
        wake_helper = wait_for_helper
    except (_thread.error, RuntimeError):
        watching = 0  # no thread to be had: input waits for the call to end
        for fd in (1, 2):
            set_nonblock(fd)  # nobody would empty these pipes: an error is better than to wait for ever


wake_helper = start_helper


def help_out():
    """H."""
    select.select((), (), (), TICK)  # most likely the first call is over by then
    stay()


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
        chain_id, name, owner, function, args, kwargs = loads(data, encoding="bytes") if PY3 else loads(data)
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
        parts = reply_to and encode(value, src)
    except:
        if os.getpid() != pid:
            return leave_fork()
        return failed(src, reply_to, chain, None)
    if os.getpid() != pid:
        return leave_fork()
    if reply_to:
        emit(src, reply_to, 0, parts)


def find(name, owner, function):
    if PY3 and type(name) is bytes:
        name, owner, function = native(name), owner and native(owner), native(function)
    __import__(name)
    found = sys.modules[name]
    if owner:
        for part in owner.split("."):
            found = getattr(found, part)
    return getattr(found, function)


def encode(value, dst):
    """The pickle of a value for context dst, in pieces. Who made this one, written in C, reads the bytes of protocol 3."""
    kind = type(value)
    if kind not in SCALARS and not plain(value):
        value = purify(value)
        kind = type(value)
    if kind is bytes:
        return b"\x80\x02T" + struct.pack("<L", len(value)), value, b"."
    return dumps(value, 3 if dst == home and PY3 else 2),


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
    info = {"interpreter": sys.executable or "", "version": "%d.%d.%d" % sys.version_info[:3], "user": user, "host": os.uname()[1],
            "implementation": sys.implementation.name if PY3 else "cpython", "platform": sys.platform}
    info = dict((text(key), text(info[key])) for key in info)
    info[u"pid"] = pid
    return dumps(info, 2)


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
    sys.modules["__main__"] = kind("__main__")  # which finds the names of the program's script when they are asked for
    sys.meta_path.insert(0, EarlyFinder())
    if PY3:
        sys.meta_path.append(LateFinder())
    else:
        sys.path_hooks.append(LateFinder)
        sys.path.append("master:")


def main(settings):
    global parent
    try:
        install(settings)
        greeting = hello()
        fds = open_stdio()
        parent = Stream(config["parent_ids"][0], *fds)
        parent.parent = True
        watch(wake_in, on_wake, select.POLLIN)
        watch(parent.fd_in, parent.receive, select.POLLIN)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=lambda: after_fork())
        if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
            _signal.signal(_signal.SIGINT, interrupt)
        parent.write((("MITO1 %s\n" % config["marker"]).encode(), HEADER.pack(MAGIC, home, me, me, HELLO, 0, len(greeting)), greeting), 0)
        if config["debug"] or config["profiling"] or "logging" in sys.modules:
            prepare()
        serve()
    except:
        crashed()
