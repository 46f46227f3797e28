# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Runs in the children that test-child.py starts, on Python 2.7 and 3.

from __future__ import print_function

import collections
import os
import signal
import sys
import time

import mitogen
import mitogen.core

PY3 = sys.version_info[0] > 2


def echo(*args, **kwargs):
    return kwargs if kwargs else args[0] if len(args) == 1 else args


def type_name(value):
    return type(value).__name__


def nap(seconds):
    time.sleep(seconds)
    return seconds


def spin(seconds):
    end = time.time() + seconds
    n = 0
    while time.time() < end:
        n += 1
    return n


def mixed(kind, seconds):
    if kind == "nap":
        time.sleep(seconds)
    elif kind == "spin":
        spin(seconds)
    return kind


def big(size):
    return b"\xff\0" * (size // 2)


def nested_bytes(size):
    return [b"\xff\0" * (size // 2), {u"x": b"y"}]


class Klass(object):
    @classmethod
    def method(cls, x):
        return cls.__name__, x

    @staticmethod
    def static(x):
        return x

    class Inner(object):
        @staticmethod
        def deep(x):
            return [x]


def odd_value(kind):
    import datetime
    import decimal
    import threading
    Point = collections.namedtuple("Point", "x y")

    class Text(type(u"")):
        pass

    class Number(int):
        pass

    class List(list):
        pass
    loop = []
    loop.append(loop)
    deep = []
    for _ in range(100000):
        deep = [deep]
    values = {
        "lambda": lambda: (lambda: 1), "lock": threading.Lock, "object": object, "set": lambda: set([1]), "complex": lambda: 1j,
        "datetime": datetime.datetime.now, "decimal": lambda: decimal.Decimal(1), "exception": lambda: ValueError("x"),
        "nested": lambda: [1, {"a": (2, set())}], "module": lambda: sys, "class": lambda: Klass, "generator": lambda: (x for x in ()),
        "ordered": lambda: collections.OrderedDict([(u"a", 1)]), "defaultdict": lambda: collections.defaultdict(int, {u"a": 1}),
        "namedtuple": lambda: Point(1, 2), "text": lambda: Text(u"t"), "number": lambda: Number(7), "list": lambda: List([1, List()]),
        "bytearray": lambda: bytearray(b"ab"), "memoryview": lambda: memoryview(b"ab"), "stat": lambda: tuple(os.stat("/"))[:3],
        "statresult": lambda: os.stat("/"), "uname": os.uname, "loop": lambda: loop, "deep": lambda: deep, "bigint": lambda: 1 << 100,
        "blob": lambda: mitogen.core.Blob(b"b"), "secret": lambda: mitogen.core.Secret(u"s"), "kwargs": lambda: mitogen.core.Kwargs({u"a": 1}),
        "true": lambda: True, "text list": lambda: [Text(u"a"), Text(u"b"), u"c"], "float": lambda: 0.25, "shared": lambda: [[1]] * 3,
        "surrogate": lambda: u"\udc80", "callerror": lambda: mitogen.core.CallError(u"said"),
    }
    return values[kind]()


class Strange(Exception):
    def __str__(self):
        raise RuntimeError("no")


def fail(kind):
    if kind == "value":
        raise ValueError("no way")
    if kind == "exit":
        sys.exit(3)
    if kind == "interrupt":
        raise KeyboardInterrupt()
    if kind == "generator":
        raise GeneratorExit()
    if kind == "strange":
        raise Strange()
    if kind == "unicode":
        raise ValueError(u"gr\xfc\xdfe")
    if kind == "bytes":
        raise ValueError(b"\xff\xfe")
    if kind == "long":
        raise ValueError("begin " + "x" * 100000 + " end")
    if kind == "multi":
        raise ValueError("one\ntwo")
    if kind == "recursion":
        fail(kind)
    if kind == "callerror":
        raise mitogen.core.CallError("inner")


def fall(depth):
    if depth:
        return fall(depth - 1)
    return innermost_function()


def innermost_function():
    raise KeyError("deep down")


def set_recursion_limit(n):
    sys.setrecursionlimit(n)


counter = [0]


def count(*args):
    counter[0] += 1
    return counter[0]


def say(text, stream="stdout", raw=False):
    file = getattr(sys, stream)
    if raw:
        os.write(file.fileno(), text)
    else:
        file.write(text)


def printing(n):
    for i in range(n):
        print("line %d" % i)


def long_line(size):
    os.write(1, u"\xe4".encode("utf-8") * size + b"\n")


def log(level, text, name="some.logger"):
    import logging
    logging.getLogger(name).log(level, text)


def has_module(name):
    return name in sys.modules


def read_stdin():
    return sys.stdin.read(), os.read(0, 10)


def stdio_facts():
    return [os.fstat(fd).st_mode & 0o170000 for fd in (0, 1, 2)]


def open_fds():
    return sorted(int(fd) for fd in os.listdir("/proc/self/fd"))


@mitogen.core.takes_econtext
def econtext_facts(econtext):
    assert econtext.router.broker is econtext.broker
    assert econtext.context.context_id == mitogen.context_id
    assert econtext.channel.handle == 101
    for name in ("importer", "stdout_log", "stderr_log", "stream", "config"):
        getattr(econtext, name)
    return (mitogen.is_master, mitogen.context_id, mitogen.parent_id, mitogen.parent_ids, econtext.master.context_id,
            econtext.parent.context_id, econtext.router.max_message_size)


@mitogen.core.takes_router
def wait_for_message(handle, router, timeout=None):
    """Nested wait on the main thread."""
    receiver = mitogen.core.Receiver(router, handle)
    try:
        router.context_by_id(0).send(mitogen.core.Message.pickled(u"ready", handle=5000))
        return receiver.get(timeout).unpickle()
    finally:
        receiver.close()


@mitogen.core.takes_router
def ask_master(handle, value, router):
    return router.context_by_id(0).send_await(mitogen.core.Message.pickled(value, handle=handle))


def ask_master_large(handle, size):
    return ask_master(handle, b"x" * size, router=sys.modules["mitogen.core"].router)


@mitogen.core.takes_router
def ask_from_threads(handle, n, router):
    """Threads of user code wait for the master, while this one works."""
    import threading
    results = []

    def ask(i):
        for j in range(5):
            value = router.context_by_id(0).send_await(mitogen.core.Message.pickled([i, j], handle=handle), 20)
            results.append(list(value) == [i, j])
    threads = [threading.Thread(target=ask, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    spin(0.05)
    for t in threads:
        t.join()
    return len(results), all(results)


background = []


@mitogen.core.takes_router
def start_background(handle, router):
    """A thread that outlives the call and echoes what comes to a handle."""
    import threading
    receiver = mitogen.core.Receiver(router, handle)

    def serve():
        for msg in receiver:
            msg.reply(msg.unpickle())
    t = threading.Thread(target=serve)
    t.daemon = True
    t.start()
    background.append((receiver, t))


def stop_background():
    receiver, t = background.pop()
    receiver.close()
    t.join(20)
    alive = getattr(t, "is_alive", None) or t.isAlive
    return alive()


def latch_between_threads(n):
    import threading
    latch = mitogen.core.Latch()
    back = mitogen.core.Latch()

    def work():
        while 1:
            try:
                item = latch.get()
            except mitogen.core.LatchError:
                return
            back.put(item * 2)
    threads = [threading.Thread(target=work) for _ in range(3)]
    for t in threads:
        t.start()
    total = 0
    for i in range(n):
        latch.put(i)
        total += back.get(timeout=20)
    latch.close()
    for t in threads:
        t.join(20)
    return total


def latch_timeout(in_thread):
    import threading
    latch = mitogen.core.Latch()
    said = []

    def work():
        begin = time.time()
        try:
            latch.get(timeout=0.05)
        except mitogen.core.TimeoutError:
            said.append(time.time() - begin >= 0.045)
        try:
            latch.get(block=False)
        except mitogen.core.TimeoutError:
            said.append(True)
    if in_thread:
        t = threading.Thread(target=work)
        t.start()
        t.join(20)
    else:
        work()
    return said


@mitogen.core.takes_econtext
def defer_facts(econtext):
    said = []
    econtext.broker.defer(said.append, 1)
    value = econtext.broker.defer_sync(lambda: 7)
    try:
        econtext.broker.defer_sync(lambda: 1 // 0)
    except ZeroDivisionError:
        said.append(2)
    return value, said


def fork_and(what):
    pid = os.fork()
    if pid == 0:
        if what == "exit":
            os._exit(7)
        if what == "sys.exit":
            sys.exit(7)
        if what == "raise":
            raise ValueError("in the fork")
        if what == "print":
            print("from the fork")
        if what == "wait":
            try:
                mitogen.core.Latch().get()
            except mitogen.core.Error as e:
                print(e)
        if what == "log":
            import logging
            logging.getLogger("forked").error("from the fork")
        return "must not be seen"
    return os.waitpid(pid, 0)[1]


def fork_and_linger(seconds):
    """The forked process outlives the context."""
    pid = os.fork()
    if pid == 0:
        time.sleep(seconds)
        os._exit(0)
    return pid


def run_command(*argv):
    import subprocess
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    return process.communicate(b"")[0], process.returncode


def run_loud_command(command):
    import subprocess
    return subprocess.call(["/bin/sh", "-c", command])


def kill_self(number):
    os.kill(os.getpid(), number)
    time.sleep(5)


def alarm_raises(seconds):
    """A signal handler of user code ends a nested wait."""
    def on_alarm(number, frame):
        raise ValueError("alarm")
    old = signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        time.sleep(20)
    except ValueError:
        return "alarm"
    finally:
        signal.signal(signal.SIGALRM, old)


def alarm_in_wait(seconds):
    def on_alarm(number, frame):
        raise ValueError("alarm")
    old = signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        mitogen.core.Latch().get(timeout=20)
    except ValueError:
        return "alarm"
    finally:
        signal.signal(signal.SIGALRM, old)


class Alarm(BaseException):
    pass


def alarm_while_logging(rounds):
    import logging
    logger = logging.getLogger("busy")

    def on_alarm(number, frame):
        raise Alarm()
    old = signal.signal(signal.SIGALRM, on_alarm)
    struck = 0
    for i in range(rounds):
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.0005 + i % 10 * 0.0001)
            for _ in range(1000):
                logger.error("record")
        except Alarm:
            struck += 1
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, old)
    return struck


def recurse_and_log(depth):
    import logging
    logging.getLogger("deep").warning("%d", depth)
    return recurse_and_log(depth + 1)


def fork_after(seconds):
    end = time.time() + seconds
    while time.time() < end:
        pass
    pid = os.fork()
    if not pid:
        return
    return os.waitpid(pid, 0)[1]


@mitogen.core.takes_router
def make_context(name, router):
    return mitogen.core.Context(router, 77, name)


@mitogen.core.takes_router
def context_facts(context, router):
    return context.context_id, context.name, context == router.context_by_id(context.context_id)


@mitogen.core.takes_router
def make_sender(router):
    receiver = mitogen.core.Receiver(router)
    background.append((receiver, None))
    return receiver.to_sender()


def receive_next(timeout):
    return background.pop()[0].get(timeout).unpickle()


def put_to_sender(sender, values):
    for value in values:
        sender.send(value)
    sender.close()


@mitogen.core.takes_router
def call_self(router):
    return router.myself().call_async(os.getpid).handle


@mitogen.core.takes_router
def call_sibling(context_id, router):
    return router.context_by_id(context_id).call(os.getpid)


@mitogen.core.takes_router
def wait_respondent(context_id, router):
    context = router.context_by_id(context_id)
    receiver = context.send_async(mitogen.core.Message(handle=12345))
    router.context_by_id(0).send(mitogen.core.Message.pickled(u"ready", handle=5000))
    return receiver.get().unpickle()


@mitogen.main()
def main(router):
    raise AssertionError("mitogen.main must do nothing here")


def flood(n, size):
    """Write more than anybody reads."""
    line = "x" * size
    for _ in range(n):
        print(line)
    return n


@mitogen.core.takes_router
def flood_messages(n, size, router):
    for _ in range(n):
        router.context_by_id(0).send(mitogen.core.Message(handle=6000, data=b"x" * size))
    return n


@mitogen.core.takes_econtext
def shut_down(econtext):
    econtext.broker.shutdown()
    time.sleep(20)


def argv():
    return sys.argv


def names_in_main():
    return sorted(n for n in vars(sys.modules["__main__"]) if n[:2] != "__")



def error_names():
    core = mitogen.core
    return [issubclass(getattr(core, n), core.Error) for n in ("CallError", "ChannelError", "LatchError", "StreamError", "TimeoutError")]


def import_missing():
    import surely_not_there  # noqa


def from_import():
    from mitogen.core import CALL_FUNCTION, IS_DEAD, Blob, Channel, Secret
    return [CALL_FUNCTION, IS_DEAD, Blob.__name__, Channel.__name__, Secret.__name__]


def thread_count():
    return len(os.listdir("/proc/self/task"))


def limit_threads():
    """From now on no thread can be started (not for root: see the test)."""
    import resource
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
