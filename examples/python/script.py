#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A whole program in one file: what it calls elsewhere is sent there from here."""

import collections
import os

import gi
gi.require_version('Mitogen', '1.0')
from gi.repository import Mitogen


def count_names(path):
    """Runs in contexts, which have this file except for what is called only here."""
    return collections.Counter(name[0] for name in os.listdir(path)).most_common(3)


@Mitogen.main()
def main(router):
    children = [router.local() for _ in range(3)]
    for path, child in zip(['/', '/usr', '/usr/bin'], children):
        print(child.name, 'finds in', path, child.call(count_names, path))
