#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Measure the child against floors, interleaved, and print medians and ratios.

Usage: measure-child.py [--rounds N] [PYTHON ...]

connect: from the start of the process to the reply of its first call, beside bare interpreters that do next to nothing.
call: one call of posix.getpid after the other, beside a bare poll/read/pickle/write loop in the same Python.
bulk: 16 MiB as argument and as reply. memory: PSS of an idle child beside a sleeping interpreter.
"""

import os
import select
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import master
from master import HEADER, MAGIC, Child

ECHO = r"""
import os, select, struct, sys
try: import cPickle as pickle
except ImportError: import _pickle as pickle
p = select.poll(); p.register(0, 1); h = struct.Struct(">H6L")
while 1:
    p.poll(); d = os.read(0, 65536)
    if not d: os._exit(0)
    m, dst, src, auth, handle, reply, n = h.unpack_from(d)
    chain, mod, cls, name, args, kw = pickle.loads(d[26:])
    r = pickle.dumps(getattr(sys.modules[mod], name)(*args, **kw), 2)
    os.write(1, h.pack(m, 0, dst, dst, reply, 0, len(r)) + r)
"""
CALL = master.dumps((None, "posix", None, "getpid", (), {}))
REQUEST = HEADER.pack(MAGIC, 3, 0, 0, 101, 1001, len(CALL)) + CALL


def environment():
    env = dict(os.environ)
    env.pop("PYTHONUNBUFFERED", None)
    return env


def run_bare(python, code):
    begin = time.perf_counter()
    subprocess.Popen([python, "-c", code], env=environment(), stdin=subprocess.DEVNULL, close_fds=True).wait()
    return (time.perf_counter() - begin) * 1e3


def run_child(python):
    begin = time.perf_counter()
    child = Child(python, wait=False, stderr=None)
    os.write(child.fd_out, child.preamble + REQUEST)
    data = b""
    while True:
        data += os.read(child.fd_in, 65536)
        if HEADER.pack(MAGIC, 0, 3, 3, 1001, 0, 0)[:22] in data:
            break
    took = (time.perf_counter() - begin) * 1e3
    child.process.kill()
    child.close()
    return took


def calls(fd, n):
    """Microseconds per call, sequentially, with as little of our own as possible."""
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    begin = time.perf_counter()
    for _ in range(n):
        os.write(fd, REQUEST)
        poller.poll()
        os.read(fd, 65536)
    return (time.perf_counter() - begin) / n * 1e6


def echo_process(python):
    a, b = socket.socketpair()
    process = subprocess.Popen([python, "-c", ECHO], stdin=b, stdout=b, env=environment())
    b.close()
    return a, process


def pss(pid):
    with open("/proc/%d/smaps_rollup" % pid) as f:
        return [int(line.split()[1]) for line in f if line.startswith("Pss:")][0] / 1024.0


def connect_times(python, rounds):
    what = (("-c pass", lambda: run_bare(python, "import os; os._exit(0)")),
            ("zlib, select, struct", lambda: run_bare(python, "import zlib,select,struct")),
            ("child, first reply", lambda: run_child(python)))
    times = [[f() for _, f in what] for _ in range(rounds)]
    medians = [statistics.median(column) for column in zip(*times)]
    for (name, _), t in zip(what, medians):
        print("  connect  %-22s %6.1f ms   %.2f x" % (name, t, t / medians[1]))


def call_times(python, rounds):
    child = Child(python, stderr=None)
    echo, process = echo_process(python)
    rows = []
    calls(child.fd_in, 500), calls(echo.fileno(), 500)
    for _ in range(rounds):
        rows.append((calls(echo.fileno(), 500), calls(child.fd_in, 500)))
    bare, ours = (statistics.median(column) for column in zip(*rows))
    print("  call     %-22s %6.1f us   1.00 x" % ("bare echo", bare))
    print("  call     %-22s %6.1f us   %.2f x" % ("child", ours, ours / bare))
    process.kill()
    process.wait()
    echo.close()
    child.shutdown()
    child.close()


def bulk_times(python, rounds):
    child = Child(python, stderr=None)
    size = 16 << 20
    data = b"\xa5" * size
    builtins = "builtins" if child.hello["version"][0] == "3" else "__builtin__"
    call = master.dumps((None, builtins, None, "len", (data,), {}))
    to_child, from_child = [], []
    for _ in range(rounds):
        begin = time.perf_counter()
        child.send(101, call, 1001)
        child.reply(1001)
        to_child.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        child.start("operator:mul", b"\xa5", size)
        want = size + 26 + 8
        while want > 0:
            select.select([child.fd_in], [], [])
            want -= len(os.read(child.fd_in, 1 << 20))
        from_child.append(time.perf_counter() - begin)
    print("  16 MiB   argument %.0f MiB/s, reply %.0f MiB/s" % (16 / statistics.median(to_child), 16 / statistics.median(from_child)))
    child.process.kill()
    child.close()


def memory(python):
    bare = subprocess.Popen([python, "-c", "import time; time.sleep(60)"], env=environment())
    time.sleep(0.3)
    floor = pss(bare.pid)
    bare.kill()
    bare.wait()
    child = Child(python, stderr=None)
    time.sleep(0.2)
    idle = pss(child.process.pid)
    child.call("os:getpid")
    time.sleep(0.1)
    called = pss(child.process.pid)
    child.shutdown()
    child.close()
    print("  PSS      bare %.1f MiB, child %.1f (%.2f x), after a call %.1f" % (floor, idle, idle / floor, called))


def main():
    args = sys.argv[1:]
    rounds = 20
    if "--rounds" in args:
        i = args.index("--rounds")
        rounds = int(args[i + 1])
        del args[i:i + 2]
    for python in args or ["/usr/bin/python3"]:
        print(python)
        connect_times(python, rounds)
        call_times(python, rounds)
        bulk_times(python, max(3, rounds // 3))
        memory(python)


if __name__ == "__main__":
    main()
