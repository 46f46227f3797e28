# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The probes, written once for every contestant that is driven from Python.

A contestant gives a class with the methods of `Peer`; `main` runs one probe of
it and prints one JSON object a line: {"key": ..., "values": [...]}.
"""

import itertools
import json
import mmap
import os
import statistics
import struct
import subprocess
import sys
import time
from multiprocessing.pool import ThreadPool

import module_tree

PYTHON = os.environ.get('BENCH_PYTHON', '/usr/bin/python3')
TAP = os.environ.get('BENCH_TAP')
STAND_IN = os.environ.get('BENCH_STAND_IN')
LINK = os.environ.get('BENCH_LINK')
MIB = 1 << 20
BULK = 16 * MIB
BATCH = 100
PING_GAP = 0.005
THREADS = 16
CHILDREN_FOR_PSS = 10
SMALL = 64
LARGE = 65536
SMALL_FOR_LARGE = 50
FORWARD_SECONDS = 0.5
HANDLE_SEND = 2000
HANDLE_COUNT = 2001
LEVELS = 3
FAR_MS = 50
MODULES_FAR_MS = 20
CHILDREN_FOR_MODULES = 20

SLEEP = 'import time\ntime.sleep(%f)\n'
BUSY = 'import time\nend = time.time() + %f\nwhile time.time() < end: pass\n'


class Peer:
    """What a contestant must be able to do; `child` is whatever `connect` gives."""

    def connect(self, python=PYTHON):
        """Start a local child and return it once it can be called; None leaves the choice."""

    def disconnect(self, child):
        """End the child and wait for it."""

    def close(self):
        """End everything."""

    def getpid(self, child):
        """Call os.getpid() there and return its result."""

    def getpids(self, child, count):
        """Start `count` calls of os.getpid(), then collect the results."""

    def length(self, child, data):
        """Send `data` as the argument of len() and return the result."""

    def keep_blob(self, child, size):
        """Make `size` bytes there once, for `blob` to fetch."""

    def blob(self, child):
        """Call a function that returns those bytes."""

    def start(self, child, source):
        """Start running Python source there; return a function that waits for its end."""

    def ping(self, child):
        """Send a message that the child's I/O side answers; wait for the answer."""

    def forward(self, pair, count, size):
        """Have one stand-in send messages to the other; return once all are there."""

    def connect_through(self, via, python=PYTHON):
        """Start a child of the context `via`."""

    def connect_docker(self, container):
        """Start a child in that container of docker_machine.py."""
        raise NotImplementedError

    def connect_ssh(self, host):
        """Start a child on that host of ssh_machine.py."""

    def load_modules(self):
        """Get ready for `run_modules`: the package of module_tree.py is in BENCH_TREE."""

    def run_modules(self, children):
        """Start bench_app.run() in each of the children, then collect the results."""

    def minify(self, source):
        """Remove comments and docstrings from Python source; ValueError where it cannot."""


def emit(key, values):
    print(json.dumps({'key': key, 'values': values}), flush=True)


def elapsed(function, *args):
    start = time.perf_counter()
    function(*args)
    return time.perf_counter() - start


def memory_kib(pid, field):
    """One field of /proc/PID/smaps_rollup, in KiB."""
    with open('/proc/%s/smaps_rollup' % pid) as rollup:
        for line in rollup:
            if line.startswith(field + ':'):
                return int(line.split()[1])
    raise LookupError(field)


def fan_out(function, count):
    with ThreadPool(THREADS) as pool:
        return pool.map(lambda _: function(), range(count), chunksize=1)


def connect_and_call(peer, children, python=PYTHON):
    child = peer.connect(python)
    assert peer.getpid(child) > 0
    children.append(child)


def connections(peer, count, python):
    values = []
    for _ in range(count + 1):
        children = []
        values.append(elapsed(connect_and_call, peer, children, python) * 1e3)
        peer.disconnect(children[0])
    return values[1:]


def probe_connect(peer, count):
    emit('connect', connections(peer, count, None))
    emit('connect-named', connections(peer, count, PYTHON))


def call_batch(peer, child):
    for _ in range(BATCH):
        peer.getpid(child)


def probe_call(peer, count):
    child = peer.connect()
    call_batch(peer, child)
    emit('call', [elapsed(call_batch, peer, child) / BATCH * 1e6 for _ in range(count // BATCH)])


def probe_pipeline(peer, count):
    child = peer.connect()
    peer.getpid(child)
    emit('pipeline', [count / elapsed(peer.getpids, child, count)])


def probe_bulk(peer, count):
    child = peer.connect()
    data = b'x' * BULK
    assert peer.length(child, data) == BULK
    emit('bulk-argument', [BULK / MIB / elapsed(peer.length, child, data) for _ in range(count)])
    peer.keep_blob(child, BULK)
    assert len(peer.blob(child)) == BULK
    emit('bulk-reply', [BULK / MIB / elapsed(peer.blob, child) for _ in range(count)])


def probe_children(peer, count):
    children = []
    took = elapsed(fan_out, lambda: connect_and_call(peer, children), count)
    assert len(children) == count
    emit('children', [took])


def pss_mib(peer, children):
    pids = [peer.getpid(child) for child in children]
    time.sleep(0.3)
    return [memory_kib(pid, 'Pss') / 1024 for pid in pids]


def probe_memory(peer, count):
    children = [peer.connect()]
    emit('memory-alone', pss_mib(peer, children))
    children += [peer.connect() for _ in range(CHILDREN_FOR_PSS - 1)]
    emit('memory-ten', [statistics.mean(pss_mib(peer, children))])


def pings_during(peer, child, source, seconds):
    wait = peer.start(child, source % seconds)
    end = time.perf_counter() + seconds * 0.9
    values = []
    while time.perf_counter() < end:
        values.append(elapsed(peer.ping, child) * 1e3)
        time.sleep(PING_GAP)
    wait()
    return values


def probe_responsive(peer, count):
    child = peer.connect()
    peer.getpid(child)
    peer.ping(child)
    for name, source in (('sleep', SLEEP), ('busy', BUSY)):
        values = pings_during(peer, child, source, count / 1000)
        emit('responsive-' + name, values)
        emit('responsive-%s-worst' % name, [max(values)])


def probe_size(peer, count):
    """What the tap, standing in for the interpreter, saw while connecting."""
    report = os.environ['BENCH_TAP_REPORT']
    peer.connect(python=TAP)
    with open(report, 'rb') as file, \
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        command_line, sent = struct.unpack_from('=QQ', view)
    emit('size-command-line', [command_line])
    emit('size-sent', [sent / 1024])


def probe_contexts(peer, count):
    peer.disconnect(peer.connect())
    before = memory_kib('self', 'Rss')
    children = []
    fan_out(lambda: connect_and_call(peer, children), count)
    emit('contexts', [(memory_kib('self', 'Rss') - before) / count])


def rates(peer, pair, count, size):
    peer.forward(pair, count // 10, size)
    end = time.perf_counter() + FORWARD_SECONDS
    while True:
        yield count / elapsed(peer.forward, pair, count, size) / 1e3
        if time.perf_counter() > end:
            return


def probe_forward(peer, count):
    pair = [peer.connect(python=STAND_IN) for _ in range(2)]
    emit('forward-small', list(rates(peer, pair, count, SMALL)))
    emit('forward-large', list(rates(peer, pair, count // SMALL_FOR_LARGE, LARGE)))


def connect_chain(peer):
    chain = [peer.connect()]
    while len(chain) < LEVELS:
        chain.append(peer.connect_through(chain[-1]))
    peer.getpid(chain[-1])
    return chain[0]


def probe_chain(peer, count):
    values = []
    for _ in range(count):
        start = time.perf_counter()
        first = connect_chain(peer)
        values.append((time.perf_counter() - start) * 1e3)
        peer.disconnect(first)
    emit('chain', values)


def time_far(peer, delay_ms):
    via = peer.connect(python=[LINK, str(delay_ms), '0', PYTHON])
    peer.getpid(via)
    start = time.perf_counter()
    peer.getpid(peer.connect_through(via))
    took = (time.perf_counter() - start) * 1e3
    peer.disconnect(via)
    return took


def probe_far(peer, count):
    near = [time_far(peer, 0) for _ in range(count)]
    far = [time_far(peer, FAR_MS) for _ in range(count)]
    emit('far', far)
    emit('far-round-trips', [(b - a) / (2 * FAR_MS) for a, b in zip(near, far)])


def run_modules(peer, children):
    results = peer.run_modules(children)
    assert [count for count, _ in results] == [module_tree.N_MODULES] * len(children)


def time_modules(peer, python=PYTHON):
    child = peer.connect(python)
    peer.getpid(child)
    took = elapsed(run_modules, peer, [child]) * 1e3
    peer.disconnect(child)
    return took


def probe_modules(peer, count):
    """Each time with a peer that has sent nothing yet; then once more with the same one."""
    peer.load_modules()
    cold, warm, trips = [], [], []
    for _ in range(count):
        other = type(peer)()
        cold.append(time_modules(other))
        warm.append(time_modules(other))
        near = time_modules(other, [LINK, '0', '0', PYTHON])
        far = time_modules(other, [LINK, str(MODULES_FAR_MS), '0', PYTHON])
        trips.append((far - near) / (2 * MODULES_FAR_MS))
        other.close()
    emit('modules', cold)
    emit('modules-again', warm)
    emit('modules-round-trips', trips)


def probe_modules_many(peer, count):
    peer.load_modules()
    values = []
    for _ in range(count):
        other = type(peer)()
        children = fan_out(lambda: other.connect(PYTHON), CHILDREN_FOR_MODULES)
        for child in children:
            other.getpid(child)
        values.append(elapsed(run_modules, other, children))
        other.close()
    emit('modules-many', values)


def time_ssh(peer, host):
    start = time.perf_counter()
    child = peer.connect_ssh(host)
    peer.getpid(child)
    took = (time.perf_counter() - start) * 1e3
    peer.disconnect(child)
    return took


def probe_ssh_connect(peer, count):
    time_ssh(peer, 'near')
    emit('ssh-connect', [time_ssh(peer, 'near') for _ in range(count)])


def time_true(host):
    return elapsed(subprocess.check_call, ['ssh', host, 'true']) * 1e3


def probe_ssh_far(peer, count):
    far, trips = [], []
    for _ in range(count):
        near = time_ssh(peer, 'near')
        far.append(time_ssh(peer, 'far'))
        least = time_true('far') - time_true('near')
        trips.append((far[-1] - near - least) / (2 * FAR_MS))
    emit('ssh-far', far)
    emit('ssh-far-round-trips', trips)


def probe_ssh_many(peer, count):
    children = []

    def connect():
        child = peer.connect_ssh('near')
        assert peer.getpid(child) > 0
        children.append(child)

    emit('ssh-many', [elapsed(fan_out, connect, count)])
    assert len(children) == count


def probe_ssh_call(peer, count):
    child = peer.connect_ssh('near')
    peer.getpid(child)
    emit('ssh-call', [elapsed(peer.getpid, child) * 1e3 for _ in range(count)])


def time_docker(peer):
    start = time.perf_counter()
    child = peer.connect_docker('bench-0')
    peer.getpid(child)
    took = time.perf_counter() - start
    peer.disconnect(child)
    return took * 1e3


def probe_docker_connect(peer, count):
    time_docker(peer)
    emit('docker-connect', [time_docker(peer) for _ in range(count)])


def probe_docker_many(peer, count):
    children = []
    numbers = itertools.count()

    def connect():
        child = peer.connect_docker('bench-%d' % next(numbers))
        assert peer.getpid(child) > 0
        children.append(child)

    emit('docker-many', [elapsed(fan_out, connect, count)])
    assert len(children) == count


def list_library(count):
    """So many files of the standard library, of all sizes."""
    found = []
    for folder, folders, names in os.walk(os.path.dirname(os.__file__)):
        folders[:] = [name for name in folders if not name.endswith('-packages')]
        found += [os.path.join(folder, name) for name in names if name.endswith('.py')]
    found.sort()
    return found[::max(len(found) // count, 1)]


def probe_minify(peer, count):
    """Only what the peer can minify counts."""
    size = took = 0
    for path in list_library(count):
        with open(path, 'rb') as file:
            source = file.read()
        start = time.perf_counter()
        try:
            peer.minify(source)
        except ValueError:
            continue
        took += time.perf_counter() - start
        size += len(source)
    emit('minify', [size / MIB / took])


def main(make_peer):
    probe = globals()['probe_' + sys.argv[1].replace('-', '_')]
    peer = make_peer()
    try:
        probe(peer, int(sys.argv[2]))
    finally:
        peer.close()
