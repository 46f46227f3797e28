# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# Module mitogen.core, second half: everything that a child which only answers calls does not need. Executed in the globals of core_hot.py.
# No import statements here: on Python 2.7 they would look inside the package first.


def crashed():
    import traceback
    traceback.print_exc()
    os._exit(1)
