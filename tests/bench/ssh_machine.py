#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Run a contestant where there is an sshd: ssh_machine.py PROGRAM ARGUMENT...

The machine is that of tests/remote/real_system.py: namespaces in which nothing of the real one
changes. The hosts "near" and "far" are the same sshd; the way to "far" is a proxy in this process
that delays each byte by FAR_MS, since not every kernel has netem. "shared" is near over one
connection that is open already. Exits with 77 and the reason where that cannot be had.
"""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'remote'))

import real_system  # noqa: E402

SKIPPED = 77
FAR_MS = 50
FAR_PORT = 2222
USER = 'mg-free'
CHUNK = 65536

# The exchange of keys that OpenSSH prefers takes 110 ms of a processor, the same for everybody and
# half of all there would be to measure.
SSHD = '''KexAlgorithms curve25519-sha256
ListenAddress 127.0.0.1
Port 22
HostKey {base}/hostkey
PidFile none
UsePAM yes
PrintMotd no
UseDNS no
MaxStartups 1000
'''
CLIENT = '''Host near far shared
    HostName 127.0.0.1
    User %(user)s
    IdentityFile %(base)s/bench-key
    IdentitiesOnly yes
    HostKeyAlias 127.0.0.1
    UserKnownHostsFile %(base)s/known_hosts
Host far
    Port %(far_port)d
Host shared
    ControlPath %(base)s/shared
'''


class Delay:
    """A link: what comes in goes on FAR_MS later, in both directions."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        threading.Thread(target=self.run, daemon=True).start()
        self.ready.wait()

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(
            asyncio.start_server(self.accept, '127.0.0.1', FAR_PORT, limit=CHUNK))
        self.ready.set()
        self.loop.run_forever()

    async def accept(self, reader, writer):
        there = await asyncio.open_connection('127.0.0.1', 22, limit=CHUNK)
        await asyncio.gather(self.carry(reader, there[1]), self.carry(there[0], writer))

    async def carry(self, reader, writer):
        while True:
            try:
                data = await reader.read(CHUNK)
            except OSError:
                data = b''
            self.loop.call_later(FAR_MS / 1000, self.deliver, writer, data)
            if not data:
                return

    @staticmethod
    def deliver(writer, data):
        if data:
            writer.write(data)
        else:
            writer.close()


def keep_out_of_home():
    """The configuration in the home of who runs this is not to count."""
    home = real_system.BASE + '/client'
    os.makedirs(home + '/.ssh', 0o700)
    lines = Path('/etc/passwd').read_text(encoding='utf-8').splitlines()
    fields = [line.split(':') for line in lines]
    for entry in fields:
        if entry[2] == '0':
            entry[5] = home
    real_system.write('/etc/passwd', ''.join(':'.join(entry) + '\n' for entry in fields))
    os.environ['HOME'] = home


def set_up():
    real_system.setup()
    real_system.SSHD = SSHD
    sshd = real_system.Sshd()
    key = real_system.BASE + '/bench-key'
    real_system.run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', key)
    with open(key + '.pub', encoding='utf-8') as public:
        real_system.write(real_system.home(USER) + '/.ssh/authorized_keys', public.read())
    keep_out_of_home()
    real_system.write('/etc/ssh/ssh_config', CLIENT % {
        'user': USER, 'base': real_system.BASE, 'far_port': FAR_PORT})
    return sshd


def share():
    """The connection that "shared" goes over."""
    subprocess.run(['ssh', '-M', '-N', '-f', 'shared'], stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def main():
    try:
        real_system.enter()
        sshd = set_up()
    except real_system.Missing as missing:
        print(missing, file=sys.stderr)
        return SKIPPED
    Delay()
    share()
    try:
        # A peer's threads do not matter: each of its ssh is a process of its own.
        return subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, check=False).returncode
    finally:
        sshd.process.send_signal(signal.SIGTERM)


if __name__ == '__main__':
    sys.exit(main())
