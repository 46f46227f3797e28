#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Logs in to a host, becomes root there, and asks in the terminal for what that needs."""
import getpass
import sys

import gi
gi.require_version('Mitogen', '1.0')
from gi.repository import GLib, Mitogen

host = sys.argv[1]
ask = Mitogen.TtyOperation()
with Mitogen.Router() as router:
    try:
        root = router.sudo(via=router.ssh(host, interaction=ask), interaction=ask)
        print(root.call(getpass.getuser), 'on', host)
    except GLib.Error as error:
        sys.exit(error.message)
