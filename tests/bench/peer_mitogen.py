# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""python3-mitogen as a contestant, through its public interface."""

import importlib
import os
import struct
import sys

import mitogen.core
import mitogen.master
import mitogen.minify
import mitogen.utils

import bench_util
import module_tree

UNKNOWN_HANDLE = 999999

KEEP_BLOB = '''
import sys, types
module = types.ModuleType('bench_blob')
module.data = b'x' * %d
module.get = lambda: module.data
sys.modules['bench_blob'] = module
'''


def get():
    """Stands for the function that KEEP_BLOB leaves in the child."""


get.__module__ = 'bench_blob'


class MitogenPeer(bench_util.Peer):
    def __init__(self):
        self.broker = mitogen.master.Broker()
        self.router = mitogen.master.Router(self.broker)

    def connect(self, python=bench_util.PYTHON):
        return self.router.local(python_path=python)

    def disconnect(self, child):
        child.shutdown(wait=True)

    def close(self):
        self.broker.shutdown()
        self.broker.join()

    def getpid(self, child):
        return child.call(os.getpid)

    def getpids(self, child, count):
        receivers = [child.call_async(os.getpid) for _ in range(count)]
        return [receiver.get().unpickle() for receiver in receivers]

    def length(self, child, data):
        return child.call(len, data)

    def keep_blob(self, child, size):
        child.call(exec, KEEP_BLOB % size, {})

    def blob(self, child):
        return child.call(get)

    def start(self, child, source):
        return child.call_async(exec, source, {}).get

    def ping(self, child):
        try:
            child.send_async(mitogen.core.Message(handle=UNKNOWN_HANDLE)).get()
        except mitogen.core.ChannelError:
            return
        raise AssertionError('an unknown handle answered')

    def forward(self, pair, count, size):
        origin, target = pair
        all_there = target.send_async(mitogen.core.Message(
            handle=bench_util.HANDLE_COUNT, data=struct.pack('>L', count)))
        origin.send(mitogen.core.Message(
            handle=bench_util.HANDLE_SEND, data=struct.pack('>3L', target.context_id, count, size)))
        all_there.get()

    def connect_through(self, via, python=bench_util.PYTHON):
        return self.router.local(via=via, python_path=python)

    def connect_ssh(self, host):
        return self.router.ssh(hostname=host, python_path=bench_util.PYTHON)

    def connect_docker(self, container):
        return self.router.docker(container=container, python_path=bench_util.PYTHON)

    def load_modules(self):
        sys.path.insert(0, os.environ['BENCH_TREE'])
        importlib.import_module(module_tree.PACKAGE)

    def run_modules(self, children):
        run = sys.modules[module_tree.PACKAGE].run
        receivers = [child.call_async(run) for child in children]
        return [receiver.get().unpickle() for receiver in receivers]

    def minify(self, source):
        mitogen.minify.minimize_source(source)


if __name__ == '__main__':
    bench_util.main(MitogenPeer)
