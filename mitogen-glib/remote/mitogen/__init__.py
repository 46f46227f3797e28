# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# In a child the package `mitogen` is made by the core (install() in core_hot.py); this file only marks the folder.
