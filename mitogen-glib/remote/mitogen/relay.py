# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Module mitogen.core, part five: start a process, or connect to a socket, for another context; pass bytes both ways; and, when the last marker
# has been seen, make the process a child of this context. It comes with LOAD_MODULE after parent.py and is executed like it. All runs in the
# leader, never among the calls: a long call must not hold up a connection. What may have to wait for an import lock (fork does, on 2.7), for
# exec or for a peer's backlog has a short thread of its own. doc/relay-protocol.md describes the messages.

RELAY_OPEN = 200
RELAY_CONTROL = 201
RELAY_CHUNK = 16384

relays = {}  # (context id, handle) of who asked -> Relay
active = set()  # those whose process is looked after by the clock
orphan = 0
sink = os.open(os.devnull, os.O_WRONLY)  # where the output of what has ended goes, whoever still writes
if not PY3:
    set_cloexec(sink)
openpty = os.openpty
core_turn = turn
parent_flush = flush
core_lost = Stream.lost
core_last_words = last_words
core_after_fork = after_fork


def turn(ms=None):
    if active:
        left = max(0, int((min([relay.due for relay in active]) - now()) * 1000) + 1)
        count = core_turn(left if ms is None else min(ms, left))
        for relay in list(active):
            if relay.due <= now():
                defer(relay.look)
        return count
    return core_turn(ms)


def flush(stream):
    parent_flush(stream)
    if stream is not parent:
        stream.relay.flushed()


def defer(function):
    """From any thread: the leader shall do this."""
    deferred.append(lambda: guarded(function))
    wake()


def raw(value):
    return value if type(value) is bytes else value.encode("utf-8", "surrogateescape" if PY3 else "strict")


class Pipe(Stream):
    """One channel of a relay; the first becomes the stream of the new context."""

    def __init__(self, relay, number, fd_in, fd_out):
        Stream.__init__(self, 0, fd_in, fd_out)
        self.relay = relay
        self.number = number
        self.reader = self.listen
        for fd in (fd_in, fd_out):
            set_nonblock(fd)
        self.resume()

    def resume(self):
        if self.reader:
            watch(self.fd_in, self.reader, select.POLLIN)

    def stall(self, stream):
        unwatch(self.fd_in)
        stalls.setdefault(stream, set()).add(self)

    def listen(self):
        relay = self.relay
        size = RELAY_CHUNK
        if not relay.adopted:  # then a process is never held up over what it says beside its stream
            size = min(size, relay.credit)
            if not size:
                return unwatch(self.fd_in)
            up = routes.get(relay.key[0], parent)
            if crowded(up):
                return self.stall(up)
        try:
            data = os.read(self.fd_in, size)
        except OSError as e:
            if e.errno in RETRY:
                return
            data = b""
        if data:
            relay.hear(self, data)
        else:
            unwatch(self.fd_in)  # and kept: a terminal must not hang up
            self.reader = None
            relay.silent(self)
        return data

    def lost(self):
        """Out of order: noticed by any thread, perhaps with the lock held."""
        defer(self.end if self.relay.stream is self else self.close_out)

    def end(self):
        self.relay.silent(self)

    def refused(self):
        self.relay.stop()

    def close_out(self):
        with self.lock:
            fd, self.fd_out = self.fd_out, sink
            self.out.clear()
        if fd != sink:
            unwatch(fd)
            os.close(fd)
        for other in stalls.pop(self, ()):
            other.resume()

    def close(self):
        self.close_out()
        self.reader = None
        if self.fd_in is not None:
            unwatch(self.fd_in)
            os.close(self.fd_in)
            self.fd_in = None


class Relay(object):
    stream = socket = slave = failure = None
    make_raw = int  # nothing
    pid = adopted = closing = eof = mute = deaf = step = dropped = due = delay = limit = received = returned = 0
    tail = b""  # of what was seen since the last marker

    def open(self, kind, target, number, name, stdio, env, rules, first, window, limit):
        if number is not None and (number in routes or number in [relay.number for relay in relays.values()]):
            raise EnvironmentError(errno.EEXIST, "context id in use")
        self.kind, self.target, self.number, self.name, self.stdio, self.env = kind, target, number, name, stdio, env
        self.rules = [(channel, raw(marker), action, raw(data)) for channel, marker, action, data in rules]
        self.first = [first]
        self.credit = self.window = window
        self.set_limit(limit)
        self.early = []
        self.pipes = {}
        self.fds = {}
        try:
            _thread.start_new_thread(self.start, ())
        except (_thread.error, RuntimeError):
            self.start()

    # Out

    def send(self, magic, data):
        dst, handle = self.key
        routes.get(dst, parent).write((HEADER.pack(magic, dst, me, me, handle, 0, len(data)), data), len(data))

    def event(self, name, *args):
        self.send(MAGIC + 1, dumps((text(name),) + args, 2))

    def tell(self, number, data):
        size = min(len(data), self.credit)
        self.dropped += len(data) - size
        if size:
            self.credit -= size
            self.send(MAGIC + 2, struct.pack("B", number) + data[:size])

    # The start, in a thread of its own

    def start(self):
        fds = []
        try:
            (self.connect if self.kind == "unix" else self.spawn)(fds)
        except Exception:
            e = sys.exc_info()[1]
            self.failure = getattr(e, "errno", 0) or 0, text(printable(e))
            for fd in fds:
                os.close(fd)
        defer(self.started)

    def connect(self, fds):
        _socket = __import__("_socket")
        self.socket = made = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        try:
            made.settimeout(max(0.1, self.limit and self.limit - now() or 30))
            made.connect(raw(self.target))
            fds += dup(made.fileno()), dup(made.fileno())
        except Exception:
            made.close()  # the traceback would keep it
            raise
        self.fds[0] = fds

    def spawn(self, fds):
        def keep(pair):
            fds.extend(pair)
            return pair

        mode, _, own = self.stdio.partition(",")
        slave = None
        if mode[:3] == "tty":
            fcntl, termios = __import__("fcntl"), __import__("termios")
            terminal, slave = keep(openpty())
            if not PY3:
                set_cloexec(terminal)
                set_cloexec(slave)
            modes = termios.tcgetattr(slave)
            modes[0] = modes[1] = modes[3] = 0
            modes[6][termios.VMIN] = 1
            termios.tcsetattr(slave, 0, modes)
            if mode == "tty":
                self.make_raw = lambda fd: termios.tcsetattr(fd, 0, modes)
            self.fds[len(mode) > 3] = terminal, keep([dup(terminal)])[0]
        std = [slave] * 3
        theirs = []
        if mode != "tty":
            std[0], fd_out = keep(pipe())
            fd_in, std[1] = keep(pipe())
            self.fds[0] = fd_in, fd_out
            theirs = std[:2]
            if slave is None:
                std[2] = std[1]
        if own:
            fd_in, std[2] = keep(pipe())
            theirs.append(std[2])
            self.fds[2] = fd_in, sink
        said, report = keep(pipe())
        theirs.append(report)
        argv = list(map(raw, self.target))
        env = dict(getattr(os, "environb", os.environ))
        for key, value in (self.env or {}).items():
            env.pop(raw(key), None)
            if value is not None:
                env[raw(key)] = raw(value)
        paths = [argv[0]]
        if b"/" not in argv[0]:
            paths = [path + b"/" + argv[0] for path in env.get(b"PATH", raw(os.defpath)).split(b":")]
        self.pid = os.fork()
        if not self.pid:
            code = 0
            try:
                os.setsid()
                for i in range(3):
                    while std[i] < 3:
                        std[i] = os.dup(std[i])
                for i in range(3):
                    os.dup2(std[i], i)
                if slave is not None:
                    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
                for number in (_signal.SIGPIPE, _signal.SIGHUP):
                    _signal.signal(number, _signal.SIG_DFL)
                for fd in os.listdir("/dev/fd"):
                    if int(fd) > 2 and int(fd) != report:
                        try:
                            os.close(int(fd))
                        except OSError:
                            pass
                for path in paths:
                    try:
                        os.execve(path, argv, env)
                    except OSError as e:
                        code = code if e.errno in (errno.ENOENT, errno.ENOTDIR) and code else e.errno
            except EnvironmentError as e:
                code = e.errno
            finally:
                os.write(report, b"%d" % code)
                os._exit(127)
        self.slave = slave
        for fd in theirs:
            os.close(fd)
            fds.remove(fd)
        code = io_op(os.read, said, 9)[0]
        os.close(said)
        fds.remove(said)
        if code:
            io_op(os.waitpid, self.pid, 0)
            raise OSError(int(code), "%s: %s" % (os.strerror(int(code)), native(text(argv[0]))))

    def started(self):
        if self.failure:
            return self.fail(*self.failure)
        self.event("started", self.pid)
        for number in self.fds:
            self.pipes[number] = Pipe(self, number, *self.fds[number])
        if self.closing:
            self.closing = 0
            return self.stop()
        eof, self.eof = self.eof, 0
        for said in self.early:
            self.input(*said)
        self.early = ()  # may hold a password
        self.eof = eof
        self.flushed()
        if self.pid:
            self.look_soon()

    def fail(self, code, said):
        relays.pop(self.key, None)
        self.event("failed", code, said)

    # What the process says

    def hear(self, pipe, data):
        number = pipe.number
        while self.rules and self.rules[0][0] == number:
            _, marker, action, answer = self.rules[0]
            seen = self.tail + data
            end = seen.find(marker) + len(marker)
            if end < len(marker):
                self.tail = seen[max(0, len(seen) - len(marker) + 1):]
                break
            end -= len(self.tail)
            self.tell(number, data[:end])
            data = data[end:]
            self.tail = b""
            self.rules.pop(0)
            self.step += 1
            self.event("rule", self.step - 1)
            if action == "adopt":
                return self.adopt(pipe, data)
            if action == "core":
                self.make_raw(pipe.fd_in)  # a profile may have thought of a person
            pipe.write((core if action == "core" else b"", answer), 0)
        self.tell(number, data)

    def adopt(self, pipe, data):
        self.adopted = 1
        self.stream = pipe
        self.limit = 0
        active.discard(self)
        self.close_slave()
        pipe.reader = pipe.receive
        for other in self.pipes.values():
            other.resume()
        attach(pipe, self.number, self.name)
        self.event("adopted")
        for frames in self.first:
            pipe.write((frames,), len(frames))
        self.first = ()
        pipe.feed(data)

    def silent(self, pipe):
        """Nothing more will come."""
        if pipe.number:
            return
        if self.socket:
            self.event("eof", 0)
            self.mute = 1
            return self.both()
        if self.stream:
            detach(pipe)
            pipe.close()
        self.mute = 1
        self.limit = min(self.limit or now() + 9, now() + 0.5)
        self.look_soon()

    def both(self):
        if self.mute and self.deaf and not self.closing:
            self.finish(None)

    # What the process is told

    def control(self, msg):
        if msg.enc == MAGIC + 2:
            return self.input(*struct.unpack("B%ds" % (len(msg.data) - 1), msg.data))
        what = msg.unpickle()
        name = native(what[0])
        if name == "kill":
            self.stop()
        elif name == "credit":
            self.credit += what[1]
            for pipe in self.pipes.values():
                pipe.resume()
        elif name == "limit":
            if not self.mute and not self.adopted:
                self.set_limit(what[1])
        elif name == "queue":
            if self.stream:
                self.stream.write((what[1],), len(what[1]))
            else:
                self.first.append(what[1])
        elif name == "eof":
            self.eof = 1
            self.flushed()

    def input(self, number, data):
        if not self.pipes:
            self.early.append((number, data))
            return
        self.received += len(data)
        pipe = self.pipes.get(number)
        if pipe and pipe is not self.stream:
            pipe.write((data,), len(data))
        self.flushed()

    def flushed(self):
        """Return credit for what is no longer waiting here."""
        pipe = self.pipes.get(0)
        if self.adopted or not pipe:
            return
        done = self.received - sum([sum(map(len, list(other.out))) for other in self.pipes.values()])
        if done - self.returned > self.window // 2:
            self.event("credit", done - self.returned)
            self.returned = done
        if self.eof and not self.deaf and not pipe.out:
            self.deaf = 1
            pipe.close_out()
            if self.socket:
                io_op(self.socket.shutdown, 1)
                self.both()

    # The clock, and the end

    def set_limit(self, ms):
        self.limit = ms and now() + ms / 1000.0
        self.due = 0

    def look_soon(self):
        self.delay = 0.001
        self.due = 0
        active.add(self)

    def look(self):
        if self not in active:
            return
        self.delay = min(self.delay * 2, 0.1)
        time = now()
        self.due = time + self.delay
        if self.limit:
            self.due = min(self.due, max(self.limit, time))
        status = None
        if self.pid:
            try:
                done, status = os.waitpid(self.pid, os.WNOHANG)
            except OSError:
                done = 1  # somebody else has waited for it
            if done:
                return self.finish(status)
        if self.closing:
            # A context ends by itself when its stream does, and needs a while for what hangs on it.
            time -= self.closing + 1.5 * self.adopted
            if time > 4 or not self.pid:
                return self.finish(None)
            if time >= 0:
                self.signal(_signal.SIGTERM if time < 0.8 else _signal.SIGKILL)
        elif self.limit and time >= self.limit:
            if not self.mute:
                self.event("limit")
            self.stop()

    def signal(self, number):
        for function in (os.killpg, os.kill):  # it may not have its group yet
            try:
                return function(self.pid, number)
            except OSError:
                pass

    def close_slave(self):
        if self.slave is not None:
            os.close(self.slave)
            self.slave = None

    def stop(self):
        """Descriptors first: to hang up needs no permission."""
        if self.closing:
            return
        self.closing = now()
        if not self.pipes:
            return  # still starting
        if self.stream:
            detach(self.stream)
        for pipe in self.pipes.values():
            pipe.close()
        self.close_slave()
        self.look_soon()

    def finish(self, status):
        self.rules = []
        for pipe in list(self.pipes.values()):
            if not self.closing and pipe is not self.stream:
                while pipe.fd_in in ready and pipe.listen():
                    pass
        if self.pid and (self.closing or not self.adopted):
            try:
                os.killpg(self.pid, _signal.SIGKILL)  # what it may have left behind
            except OSError:
                pass
        if self.stream:
            detach(self.stream)
        for pipe in self.pipes.values():
            pipe.close()
        self.close_slave()
        if self.socket:
            self.socket.close()
        active.discard(self)
        relays.pop(self.key, None)
        self.event("exit", status, self.dropped)


def on_relay_open(msg):
    if msg.is_dead:
        return
    relay = Relay()
    relay.key = msg.src_id, msg.reply_to
    try:
        if relay.key in relays:
            raise EnvironmentError(errno.EEXIST, "handle in use")
        relay.open(*msg.unpickle())
        relays[relay.key] = relay
    except Exception:
        e = sys.exc_info()[1]
        relay.event("failed", getattr(e, "errno", 0) or 0, text(printable(e)))


def on_relay_control(msg):
    relay = relays.get((msg.src_id, msg.reply_to))
    if relay and not relay.closing and not msg.is_dead:
        relay.control(msg)


# The end of this context


def end_relays(wait):
    for relay in list(relays.values()):
        relay.stop()
    end = now() + 3
    while relays and now() < end:
        wait()


def last_words():
    for stream in streams:
        post(stream.remote_id, SHUTDOWN, 0, b"")
    for relay in list(relays.values()):
        if not relay.adopted:
            relay.stop()
    end = now() + 1
    while relays and now() < end:
        turn(20)
    end_relays(lambda: turn(20))
    core_last_words()


def lost(stream):
    """The parent is gone: noticed by any thread."""
    global orphan
    if not relays:
        core_lost(stream)
    if not orphan:
        orphan = 1
        defer(lambda: orphaned(stream))


def orphaned(stream):
    def wait():
        on_wake()  # one may just have started
        for relay in list(relays.values()):
            relay.look()
        pause(0.002)
    end_relays(wait)
    core_lost(stream)


def after_fork():
    for relay in relays.values():
        for pipe in relay.pipes.values():
            for fd in (pipe.fd_in, pipe.fd_out):
                if fd != sink:
                    try:
                        os.close(fd)
                    except (OSError, TypeError):
                        pass  # closed, or None
    core_after_fork()


Stream.lost = lost
router.add_handler(on_relay_open, RELAY_OPEN, policy=has_parent_authority)
router.add_handler(on_relay_control, RELAY_CONTROL, policy=has_parent_authority)
