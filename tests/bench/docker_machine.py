#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Run a contestant where there is a Docker daemon: docker_machine.py PROGRAM ARGUMENT...

The machine is that of tests/remote/real_system.py. In it run containers "bench-0" and so on, with
nothing in them but the programs of this machine. Exits with 77 and the reason where that cannot be had.
"""

import io
import os
import subprocess
import sys
import tarfile
from multiprocessing.pool import ThreadPool
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'remote'))

import real_system  # noqa: E402

SKIPPED = 77
IMAGE = 'bench'
CONTAINERS = 20


def image():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w') as tar:
        for name in ('usr', 'etc', 'proc', 'sys', 'dev', 'tmp', 'run', 'root'):
            made = tarfile.TarInfo(name)
            made.type, made.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(made)
        for name in ('bin', 'sbin', 'lib', 'lib64'):
            made = tarfile.TarInfo(name)
            made.type, made.linkname = tarfile.SYMTYPE, 'usr/' + name
            tar.addfile(made)
    return out.getvalue()


def docker(*arguments, **kwargs):
    done = subprocess.run(('docker',) + arguments, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, **kwargs)
    if done.returncode:
        raise real_system.Missing('docker: ' + done.stdout.decode(errors='replace').strip())


def start_container(number):
    docker('run', '--detach', '--name', 'bench-%d' % number, '--network', 'none',
           '--volume', '/usr:/usr:ro', '--volume', '/etc:/etc:ro', IMAGE, 'sleep', '1000000')


def set_up():
    real_system.which('docker')
    real_system.setup()
    engine = real_system.Docker()
    os.environ.update(DOCKER_HOST='unix://' + engine.path, DOCKER_CONFIG=real_system.BASE)
    docker('import', '-', IMAGE, input=image())
    with ThreadPool(CONTAINERS) as pool:
        pool.map(start_container, range(CONTAINERS))
    return engine


def main():
    try:
        real_system.enter()
        engine = set_up()
    except real_system.Missing as missing:
        print(missing, file=sys.stderr)
        return SKIPPED
    try:
        return subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, check=False).returncode
    finally:
        engine.stop()


if __name__ == '__main__':
    sys.exit(main())
