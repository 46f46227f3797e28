# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What a machine has: runs in contexts, under any Python from 2.7 on."""

from . import disks, processors


def describe(path='/'):
    """Return what is known of the machine on which this runs."""
    return {'processors': processors.count(), 'disk': disks.describe(path)}
