# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""python3-execnet as a contestant, through its public interface.

It has no call: a loop on the far end of a channel answers each item, which is
the quickest way it offers.
"""

import execnet

import bench_util

GETPID = 'import os\nfor _ in channel: channel.send(os.getpid())'
LENGTH = 'for data in channel: channel.send(len(data))'
BLOB = 'data = b"x" * %d\nfor _ in channel: channel.send(data)'


class Child:
    def __init__(self, gateway):
        self.gateway = gateway
        self.channels = {}

    def ask(self, source, item):
        channel = self.channel(source)
        channel.send(item)
        return channel.receive()

    def channel(self, source):
        if source not in self.channels:
            self.channels[source] = self.gateway.remote_exec(source)
        return self.channels[source]


class ExecnetPeer(bench_util.Peer):
    def __init__(self):
        self.group = execnet.Group()
        self.blob_source = None

    def connect(self, python=bench_util.PYTHON):
        spec = 'popen' if python is None else 'popen//python=' + python
        return Child(self.group.makegateway(spec))

    def disconnect(self, child):
        child.gateway.exit()
        child.gateway.join()

    def close(self):
        self.group.terminate(timeout=1)

    def getpid(self, child):
        return child.ask(GETPID, None)

    def getpids(self, child, count):
        channel = child.channel(GETPID)
        for _ in range(count):
            channel.send(None)
        return [channel.receive() for _ in range(count)]

    def length(self, child, data):
        return child.ask(LENGTH, data)

    def keep_blob(self, child, size):
        self.blob_source = BLOB % size

    def blob(self, child):
        return child.ask(self.blob_source, None)

    def start(self, child, source):
        return child.gateway.remote_exec(source).waitclose

    def ping(self, child):
        child.gateway.remote_status()


if __name__ == '__main__':
    bench_util.main(ExecnetPeer)
