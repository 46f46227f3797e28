# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Part of module mitogen.core: a context made of a copy of this process, with all that was imported. A kind of relay, so relay.py comes first.
# No import statements here, see core_rest.py. doc/relay-protocol.md describes the request.

forks = globals().get("forks") or {}  # see requests.py
copies = []  # what the forked process keeps, lest its end close a descriptor or write what the original had still to write
ours = {}  # descriptor -> what it was when it was made here: a number that has gone to somebody else is not closed in a copy
mine = {}  # thread that forks -> descriptors for the new process
fd_lock = allocate_lock()  # to make descriptors and note them is one step, and so is a fork
relay_start = Relay.start
relay_spawn = Relay.spawn


def start(self):
    """In a thread of its own, which hands it to the thread that asked, if that wants to go on in the new process."""
    self.hook = None
    if self.kind == "fork":
        self.hook = self.target[1]
        request = forks.pop(self.hook, None)
        if request:
            receiver, self.hook, new_stack = request
            if not new_stack:
                return receiver._latch.put(self)
    relay_start(self)


def spawn(self, fds):
    mine[get_ident()] = fds
    try:
        (fork_context if self.kind == "fork" else relay_spawn)(self, fds)
    finally:
        del mine[get_ident()]


def identity(fd):
    try:
        return os.fstat(fd)[:3]
    except (OSError, TypeError):
        return None


def noting(make):
    def function(*args):
        with fd_lock:
            made = make(*args)
            for fd in made if isinstance(made, (tuple, list)) else (made,):
                ours[fd] = identity(fd)
        return made
    return function


def after_fork():
    keep = mine.get(get_ident(), ())
    for relay in list(relays.values()):
        if relay.socket:
            relay.socket.close()
    for fd, what in list(ours.items()) + [(fd, identity(fd)) for fd, _ in paused]:
        if what and fd not in keep and identity(fd) == what:
            os.close(fd)
    core_after_fork()


def fork_context(self, fds):
    hook = self.hook
    if isinstance(hook, int):
        raise ValueError("who asked for it does not wait any more")
    if hook and not callable(hook):
        module, _, rest = native(hook).partition(":")
        owner, _, function = rest.rpartition(".")
        hook = find(module, owner, function)
    ends = []
    for _ in range(3):
        ends += pipe()
        fds[:] = ends
    theirs = ends[0], ends[3], ends[5]
    self.fds[0] = ends[2], ends[1]
    self.fds[2] = ends[4], sink
    # 3.12 and later warn of threads, which nothing here leaves behind.
    warnings = sys.modules.get("warnings") or PY3 and __import__("_warnings")
    quiet = "ignore", None, DeprecationWarning, "mitogen.core", 0
    filters = warnings.filters if sys.version_info > (3, 12) else []
    filters.insert(0, quiet)
    fd_lock.acquire()
    try:
        self.pid = os.fork()
    finally:
        fd_lock.release()
        if quiet in filters:
            filters.remove(quiet)
    if not self.pid:
        become(self, theirs, hook)
    for fd in theirs:
        os.close(fd)
        fds.remove(fd)


def become(self, stdio, hook):
    """The new process. What fails until it serves is told on its standard error, which somebody reads."""
    try:
        os.setsid()
        if not hasattr(os, "register_at_fork"):
            after_fork()
        mine.clear()
        for pair in self.fds.values():
            for fd in pair:
                if fd != sink:
                    os.close(fd)
        stdio = list(stdio)
        for i in range(3):
            while stdio[i] < 3:
                stdio[i] = dup(stdio[i])
        copies.append((sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__, self))
        for fd, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(stdio[2], fd)
            file = open(fd, "w", 1, "utf-8", "backslashreplace", None, False) if PY3 else os.fdopen(fd, "w", 1)
            copies.append(file)
            setattr(sys, name, file)
            setattr(sys, "__%s__" % name, file)
        forget()
        settle(self.target[0])
        repair()
        if hook:
            hook()
            sys.stdout.flush()
            sys.stderr.flush()
        greeting = hello()
        begin(stdio, greeting)
    except:
        try:
            os.write(2, describe(*sys.exc_info()).encode("utf-8", "replace"))
        finally:
            os._exit(1)
    try:
        serve()
    except:
        crashed()


def forget():
    """Nothing of what the threads of the original were doing goes on here, and no lock of theirs will ever be released."""
    global pid, main_thread, poller, ready, dirty, paused, deferred, turns, busy, ending, lead, gate, sem, want, watching, wake_helper
    global calls, chains, running, interrupted, routes, load_lock, load_owner, partial, econtext
    global streams, expected, stalls, relays, active, orphan, forks, saving, saver
    pid = os.getpid()
    main_thread = get_ident()
    poller = select.poll()
    ready, chains, routes, partial, expected, stalls, relays, forks = {}, {}, {}, {}, {}, {}, {}, {}
    dirty, deferred, calls = deque(), deque(), deque()
    paused, streams, active = [], set(), set()
    turns = busy = ending = want = watching = running = interrupted = load_owner = orphan = saver = 0
    lead, gate, sem, load_lock, saving = [allocate_lock() for _ in range(5)]
    sem.acquire()
    wake_helper = start_helper
    econtext = None
    if importer:
        importer.after_fork()
    if PY3:
        sys.modules["_frozen_importlib"]._module_locks.clear()
        if sys.getswitchinterval() < 0.0006:
            sys.setswitchinterval(0.005)  # the helper was awake


def settle(settings):
    """The new identity."""
    global config, me, limit, trusted
    config = dict((native(key), settings[key]) for key in settings)
    config["core_len"] = len(core)
    me = config["context_id"]
    limit = config["max_message_size"]
    trusted = set(config["parent_ids"])
    trusted.add(me)
    sys.modules["mitogen"].__dict__.update(context_id=me, parent_id=config["parent_ids"][0], parent_ids=config["parent_ids"])
    router.__dict__.update(max_message_size=limit, unidirectional=config["unidirectional"], _contexts={}, _lock=allocate_lock(),
                           _handlers=dict((handle, entry) for handle, entry in list(router._handlers.items()) if 100 <= handle < 300))
    for obj in (router, router.broker):
        obj.__dict__.pop("_signals", None)


def repair():
    """What the modules of the original would share with the copy, or wait for."""
    random = sys.modules.get("random")
    if hasattr(random, "seed"):
        random.seed()
    ssl = sys.modules.get("ssl")
    if hasattr(ssl, "RAND_add"):
        ssl.RAND_add(os.urandom(32), 32.0)
    logging = sys.modules.get("logging")
    if hasattr(logging, "_handlerList"):
        logging._lock = sys.modules["threading"].RLock()
        for handler in logging._handlerList:
            handler = handler()
            if handler and handler.lock:
                handler.createLock()


def begin(stdio, greeting):
    global parent
    os.dup2(stdio[0], 0)
    os.dup2(stdio[1], 1)
    fds = open_stdio()
    list(map(os.close, stdio))
    parent = Stream(config["parent_ids"][0], *fds)
    parent.parent = True
    watch(wake_in, on_wake, select.POLLIN)
    watch(parent.fd_in, parent.receive, select.POLLIN)
    parent.write((("MITO1 %s\n" % native(config["marker"])).encode(), HEADER.pack(MAGIC, home, me, me, HELLO, 0, len(greeting)), greeting), 0)
    if "logging" in sys.modules:
        sys.modules["logging"].getLogger().setLevel(10 if config["debug"] else config["log_level"])
    guarded(observe)


def observe():
    """debug and profiling: as of this process, not of the original."""
    old, was = globals().get("report"), globals().get("profiles")
    if old is not None:
        fd = open_report("/tmp/mitogen.%d.log" % pid) if config["debug"] else dup(sink)
        os.dup2(fd, old)
        os.close(fd)
    elif config["debug"]:
        enable_debug()
    for name in list(was or ()):
        was.pop(name).disable()
    if config["profiling"]:
        profile("main") if globals().get("profiled") else enable_profiling()


def on_fork():
    """For user code that has called os.fork() by itself, in the new process."""
    if os.getpid() != pid:
        if not hasattr(os, "register_at_fork"):
            after_fork()
        repair()


Relay.start = start
Relay.spawn = spawn
pipe, dup, openpty = map(noting, (pipe, dup, openpty))
for relay in relays.values():
    for other in relay.pipes.values():
        ours[other.fd_in], ours[other.fd_out] = identity(other.fd_in), identity(other.fd_out)
    ours[relay.slave] = identity(relay.slave)
ours.pop(sink, None)
