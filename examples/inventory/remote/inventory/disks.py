# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import os
import pkgutil


def describe(path):
    """Return how large the file system of a path is, as a text."""
    # A data file is read where it is: in the program.
    units = json.loads(pkgutil.get_data(__package__, 'units.json').decode('utf-8'))
    state = os.statvfs(path)
    size = float(state.f_blocks * state.f_frsize)
    for unit in units:
        if size < 1024:
            break
        size /= 1024
    return '%.1f %s' % (size, unit)
