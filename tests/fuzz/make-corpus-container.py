# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Wrote corpus-container: containers, users, and what programs say of them."""

import os

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'corpus-container')
BUILDAH, DISTROBOX, INCUS, JAIL, KUBECTL, LXC, LXD, TOOLBOX = range(8)

INPUTS = {
    'buildah': (BUILDAH, b'web', b'alice:staff', b'Error: reading build container "web": container not known\n'),
    'buildah-lacks': (BUILDAH, b'web', b'', b'process failed to start with error: exec: "x": executable file not found in '
                      b'$PATHprocess exited with error: exec: not started\n'),
    'distrobox': (DISTROBOX, b'web', b'', b'Cannot find container web\nCreate it now, out of image x:36? [Y/n]: '),
    'distrobox-name': (DISTROBOX, b'$(id)', b'', b''),
    'incus': (INCUS, b'far:web', b'1000:100', b'Error: Instance is not running\n'),
    'jail': (JAIL, b'3', b'alice', b'jexec: jail_attach(3): Operation not permitted\n'),
    'kubectl': (KUBECTL, b'deploy/web', b'', b'Error from server (NotFound): pods "web" not found\n'),
    'kubectl-reach': (KUBECTL, b'web', b'', b'Unable to connect to the server: dial tcp 10.1.1.1:6443: i/o timeout\n'),
    'kubectl-user': (KUBECTL, b'web', b'alice', b''),
    'lxc': (LXC, b'a b', b'1000', b'lxc-attach: web: attach.c: lxc_attach: 993 Failed to get init pid\n'),
    'lxc-option': (LXC, b'-n', b'0', b''),
    'lxd': (LXD, b'web', b'4294967293', b'Error: The remote "far" doesn\'t exist\n'),
    'lxd-number': (LXD, b'web', b'4294967294', b''),
    'toolbox': (TOOLBOX, b'web', b'', b'Error: container web not found\nUse the \'create\' command\n'),
}

if __name__ == '__main__':
    os.makedirs(FOLDER, exist_ok=True)
    for name, (which, container, user, said) in INPUTS.items():
        with open(os.path.join(FOLDER, name), 'wb') as output:
            output.write(bytes([which, 1]) + container + b'\0' + user + b'\0' + said)
