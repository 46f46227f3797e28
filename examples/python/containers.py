#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says who and where it is at the end of each way: docker://web ssh://admin@web1,podman://shop"""
import getpass
import socket
import sys

import gi
gi.require_version('Mitogen', '1.0')
from gi.repository import GLib, Mitogen

ask = Mitogen.TtyOperation()
with Mitogen.Router() as router:
    for uri in sys.argv[1:]:
        try:
            context = router.connect_uri(uri, interaction=ask)
            print(uri, 'is', context.call(getpass.getuser), 'in', context.call(socket.gethostname))
        except GLib.Error as error:
            sys.exit(error.message)
