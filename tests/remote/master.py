# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""A master for the tests of the Python child: starts it as the library does, and speaks the wire to it, plainly and by itself."""

import atexit
import collections
import json
import os
import pickle
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
REMOTE = os.path.join(HERE, "..", "..", "mitogen-glib", "remote")
HEADER = struct.Struct(">HLLLLLL")
MAGIC = 0x4D49
GET_MODULE, CALL_FUNCTION, FORWARD_LOG, DEL_ROUTE, SHUTDOWN, LOAD_MODULE, CALL_SERVICE, GET_RESOURCE = 100, 101, 102, 104, 106, 107, 110, 112
HELLO, DEAD = 204, 999
HANG = float(os.environ.get("MITOGEN_TEST_HANG", 30))  # seconds after which something hangs; nothing here depends on being faster

Frame = collections.namedtuple("Frame", "magic dst src auth handle reply_to data")


class Hang(Exception):
    pass


class Eof(Exception):
    pass


class CallError(Exception):
    pass


class Dead(Exception):
    pass


class Value(tuple):
    """An object on the wire that is not a plain value: (global name, arguments)."""


def load_core():
    out = os.environ.get("MITOGEN_REMOTE_CORE")
    if not out:
        out = tempfile.mkdtemp(prefix="mitogen-core-")
        atexit.register(shutil.rmtree, out, True)
        subprocess.check_output([sys.executable, os.path.join(REMOTE, "build-core.py"), out])
    with open(os.path.join(out, "core.bin"), "rb") as f:
        core = f.read()
    with open(os.path.join(out, "core-debug.txt"), "rb") as f:
        debug = f.read()
    with open(os.path.join(out, "core.json")) as f:
        return out, core, debug, json.load(f)


BUILT, CORE, DEBUG, INFO = load_core()
# The parts of the core that come later, each with those that it needs before.
PARTS = {"debug": (), "detach": (), "fork": ("relay",), "forward": ("importer", "parent"), "importer": (), "parent": (),
         "relay": ("parent",), "requests": (), "resources": ("importer",), "streams": ()}


def read_part(name):
    with open(os.path.join(BUILT, name + ".z"), "rb") as f:
        return f.read()


MODULES = {name: read_part(name) for name in PARTS}


class Unpickler(pickle._Unpickler):
    """What the library reads: plain values, and a closed list of globals."""
    allowed = {"mitogen.core": ("_unpickle_call_error", "_unpickle_sender", "_unpickle_context", "Blob", "Secret", "Kwargs"),
               "_codecs": ("encode",), "builtins": ("bytes",)}

    def find_class(self, module, name):
        if name not in self.allowed.get(module, ()):
            raise ValueError("refused global %s.%s" % (module, name))
        if module == "_codecs":
            return lambda text, how: text.encode("latin-1")
        if name == "bytes":
            return bytes
        return lambda *args: Value((name, args))


def unpickle(data):
    import io
    return Unpickler(io.BytesIO(bytes(data)), encoding="bytes").load()


def pickled_bytes(value):
    return b"\x80\x02T" + struct.pack("<L", len(value)) + value + b"."


class _Bytes(object):
    def __init__(self, value):
        self.value = value


class Pickler(pickle._Pickler):
    """As the library writes: protocol 2, bytes as BINSTRING at any depth."""
    dispatch = dict(pickle._Pickler.dispatch)

    def save_bytes(self, obj):
        self.write(b"T" + struct.pack("<L", len(obj)) + obj)
    dispatch[bytes] = save_bytes


def dumps(value):
    import io
    f = io.BytesIO()
    Pickler(f, 2).dump(value)
    return f.getvalue()


class Child(object):
    def __init__(self, python=sys.executable, name="test@host:1", wait=True, pipelined=True, env=None, setup=None, stdin=None,
                 slow=0, argv_prefix=(), stage_prefix="", shell=None, stderr=subprocess.PIPE, pipes=False, cwd=None, **config):
        self.id = config.get("context_id", 3)
        self.nonce, self.marker = (os.urandom(8).hex() for _ in range(2))
        settings = {"context_id": self.id, "parent_ids": [0], "name": name, "marker": self.marker, "core_len": len(CORE),
                    "debug": False, "profiling": False, "unidirectional": False, "max_message_size": 134217728,
                    "version": (1, 0, 0), "log_level": 20}
        settings.update(config)
        tail = ("main(%r)\n" % settings).encode()
        if settings["debug"] or settings["profiling"]:
            tail = DEBUG + tail
        c = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.preamble = CORE + c.compress(tail) + c.flush()
        stage = INFO["first_stage"]
        for key, value in (("@NONCE@", self.nonce), ("@LENGTH@", len(self.preamble)), ("@REST@", INFO["rest_length"])):
            stage = stage.replace(key, str(value))
        self.argv = list(argv_prefix) + [python, "-c", stage_prefix + stage, "mitogen:" + name]
        if shell:
            self.argv = [shell, "-c", " ".join("'%s'" % word for word in self.argv)]
        environment = dict(os.environ)
        environment.pop("PYTHONUNBUFFERED", None)
        environment.update(env or {})
        if pipes:
            r, self.fd_out = os.pipe()
            self.fd_in, w = os.pipe()
            theirs = r, w
        else:
            ours, other = socket.socketpair()
            self.fd_in = ours.detach()
            self.fd_out = os.dup(self.fd_in)
            r = other.detach()
            theirs = r, r
        self.process = subprocess.Popen(self.argv, stdin=theirs[0], stdout=theirs[1], stderr=stderr, env=environment,
                                        preexec_fn=setup, cwd=cwd, close_fds=True)
        for fd in set(theirs):
            os.close(fd)
        self.buf = bytearray()
        self.eof = False
        self.handle = 1000
        self.frames = collections.deque()
        self.replies = {}
        self.logs = []
        self.pushed = collections.defaultdict(set)  # context -> parts sent to it
        self.program = {}  # name of a module -> what LOAD_MODULE says of it
        self.resources = {}  # (package, name) -> bytes, or a list of names
        self.wanted = []  # names of modules that were asked for
        self.wanted_resources = []
        self.held = set()  # those that get no answer for now
        self.hello = None
        self.stderr_text = b""
        if wait:
            self.connect(slow)

    def connect(self, slow=0):
        if slow:
            for i in range(len(self.preamble)):
                os.write(self.fd_out, self.preamble[i:i + 1])
                time.sleep(slow)
        else:
            self.write(self.preamble)
        self.expect_line(b"MITO0 " + self.nonce.encode())
        self.expect_line(b"MITO1 " + self.marker.encode())
        frame = self.next_frame(lambda f: f.handle == HELLO)
        assert frame[1:5] == (0, self.id, self.id, HELLO), frame
        self.hello = unpickle(frame.data)

    # Bytes

    def fill(self, timeout=HANG):
        ready = select.select([self.fd_in], [], [], timeout)[0]
        if not ready:
            raise Hang("nothing came for %s s" % timeout)
        try:
            data = os.read(self.fd_in, 1 << 20)
        except ConnectionResetError:
            data = b""
        if not data:
            self.eof = True
            raise Eof()
        self.buf += data

    def expect_line(self, text):
        while b"\n" not in self.buf:
            self.fill()
        line, _, rest = bytes(self.buf).partition(b"\n")
        self.buf[:] = rest
        assert line == text, (line, text)

    def write(self, data):
        """Write all, and read what comes meanwhile, so that two full sockets do not block each other."""
        view = memoryview(data)
        os.set_blocking(self.fd_out, False)
        while view:
            r, w, _ = select.select([self.fd_in], [self.fd_out], [], HANG)
            if r:
                self.fill()
            if w:
                try:
                    view = view[os.write(self.fd_out, view):]
                except BlockingIOError:
                    pass
            if not r and not w:
                raise Hang("cannot write")

    # Frames

    def send(self, handle, data=b"", reply_to=0, src=0, auth=0, dst=None, magic=MAGIC):
        self.write(HEADER.pack(magic, self.id if dst is None else dst, src, auth, handle, reply_to, len(data)) + data)

    def parse(self):
        while len(self.buf) >= 26:
            head = HEADER.unpack_from(self.buf)
            if len(self.buf) < 26 + head[6]:
                break
            assert head[0] == MAGIC, head
            frame = Frame(*(head[:6] + (bytes(memoryview(self.buf)[26:26 + head[6]]),)))
            del self.buf[:26 + head[6]]
            if frame.handle == FORWARD_LOG:
                name, level, text = frame.data.split(b"\0", 2)
                self.logs.append((name.decode(), int(level), text.decode()))
            elif frame.handle == GET_MODULE:
                self.on_get_module(frame)
            elif frame.handle == GET_RESOURCE:
                self.on_get_resource(frame)
            else:
                self.frames.append(frame)

    def next_frame(self, wanted=lambda f: True, timeout=HANG):
        end = time.time() + timeout
        while 1:
            self.parse()
            for frame in self.frames:
                if wanted(frame):
                    self.frames.remove(frame)
                    return frame
            self.fill(max(0, end - time.time()))

    def reply(self, handle, timeout=HANG):
        frame = self.next_frame(lambda f: f.handle == handle, timeout)
        assert frame.dst == 0, frame
        if frame.reply_to == DEAD:
            raise Dead(frame.data.decode())
        value = unpickle(frame.data)
        if isinstance(value, Value) and value[0] == "_unpickle_call_error":
            raise CallError(value[1][0])
        return value

    def new_handle(self):
        self.handle += 1
        return self.handle

    def start(self, function, *args, **kwargs):
        chain = kwargs.pop("_chain", None)
        reply = kwargs.pop("_reply", True)
        module, _, rest = function.partition(":")
        owner, _, name = rest.rpartition(".")
        data = dumps((chain, module, owner or None, name, args, kwargs))
        handle = self.new_handle() if reply else 0
        self.send(CALL_FUNCTION, data, handle)
        return handle

    def call(self, function, *args, **kwargs):
        return self.reply(self.start(function, *args, **kwargs))

    def error(self, function, *args, **kwargs):
        """The text of the error that the call must end with."""
        try:
            value = self.call(function, *args, **kwargs)
        except CallError as e:
            return str(e)
        raise AssertionError("no error, but %r" % (value,))

    def ping(self, timeout=HANG):
        """An unknown handle is answered by whoever leads."""
        handle = self.new_handle()
        self.send(4242, reply_to=handle)
        try:
            self.reply(handle, timeout)
        except Dead as e:
            assert str(e) == "invalid handle", e

    def load_module(self, name, source, package=None):
        """Send a module, as the answer to a request that nobody made."""
        self.load_module_in(self.id, name, source, package)

    def load_module_in(self, dst, name, source, package=None):
        self.push(dst, "importer")
        self.send(LOAD_MODULE, dumps((name, package, name + ".py", zlib.compress(source.encode()), ())), dst=dst)

    def push(self, dst, *names):
        """The parts of these names, and those they need, unless they have been sent."""
        for name in names:
            if name not in self.pushed[dst]:
                self.pushed[dst].add(name)
                self.push(dst, *PARTS[name])
                self.send(LOAD_MODULE, dumps((u"mitogen." + name, None, u"", MODULES[name], ())), dst=dst)

    def on_get_module(self, frame):
        if frame.reply_to:
            self.send_part(frame)
        else:
            name = frame.data.decode()
            self.wanted.append(name)
            if name not in self.held:
                self.send_module(frame.src, name)

    def send_module(self, dst, name):
        self.send(LOAD_MODULE, dumps(self.program.get(name) or (name, None, None, None, ())), dst=dst)

    def on_get_resource(self, frame):
        package, name = unpickle(frame.data)
        self.wanted_resources.append((package, name))
        self.send(frame.reply_to, dumps(self.resources.get((package, name))), dst=frame.src)

    def send_part(self, frame):
        name = frame.data.decode().partition("mitogen.")[2]
        if name in PARTS:
            self.push(frame.src, name)
            self.send(frame.reply_to, dumps(None), dst=frame.src)
        else:
            self.send(frame.reply_to, b"no such part", DEAD, dst=frame.src)

    def wait_log(self, wanted, timeout=HANG):
        end = time.time() + timeout
        while 1:
            self.parse()
            for entry in self.logs:
                if wanted(entry):
                    return entry
            self.fill(max(0, end - time.time()))

    # The end

    def wait_exit(self, timeout=HANG):
        self.drain()
        return self.process.wait(timeout)

    def drain(self):
        try:
            while not self.eof:
                self.fill()
                self.parse()
        except Eof:
            pass
        self.parse()

    def shutdown(self):
        self.send(SHUTDOWN)
        return self.wait_exit()

    def stderr(self):
        if self.process.stderr and not self.process.stderr.closed:
            self.stderr_text += self.process.stderr.read()
        return self.stderr_text

    def close_stream(self):
        for fd in (self.fd_in, self.fd_out):
            os.close(fd)
        self.fd_in, self.fd_out = os.open("/dev/null", os.O_RDWR), os.open("/dev/null", os.O_RDWR)

    def close(self):
        for fd in set((self.fd_in, self.fd_out)):
            try:
                os.close(fd)
            except OSError:
                pass
        if self.process.poll() is None:
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGKILL)
                self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()
