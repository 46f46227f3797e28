# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

import multiprocessing


def count():
    return multiprocessing.cpu_count()
