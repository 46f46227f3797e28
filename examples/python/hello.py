#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import json
import os

import gi
gi.require_version('Mitogen', '1.0')
from gi.repository import Mitogen

with Mitogen.Router() as router:
    children = [router.local() for _ in range(3)]
    print(len(children[0].call(os.listdir, '/')), 'names in /')

    for msg in Mitogen.Select([child.start_call(os.getpid) for child in children]):
        print(msg.receiver.context.name, 'is process', msg.unpickle())

    try:
        children[0].call(json.loads, "{'a': 1}")
    except Mitogen.CallError as error:
        print(error, error.traceback, sep='\n')
