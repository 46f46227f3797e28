/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What reads Python source without running it. Any thread; nothing here fails: what cannot be
 * understood is passed over. */

/* More names than this, and longer ones (in bytes), are left out. */
#define MITOGEN_MAX_IMPORTS       10000
#define MITOGEN_MAX_IMPORT_LENGTH 1000

/* What the top level of a module imports, also under if, try, with, for, while, match and in the
 * body of a class, but not in functions: the full name of everything that may be a module, each
 * once, a package before what is in it. “import a.b” gives a and a.b; “from a import b” gives a
 * and a.b, since b may be a module. Names are as seen from the @module: “from . import b”
 * in the package p, or in p.m, is p.b. Python 2 looks in the package first unless told not to
 * (absolute_import), so there “import a” gives a, and then p.a. Left out: __future__, mitogen and
 * what is in it, and the @module itself. Returns an array of char * that frees them. */
GPtrArray *mitogen_scan_imports (GBytes *source, const char *module, gboolean is_package);

/* Where in a script its top level says “if __name__ == '__main__':”, in any spelling of it, also
 * with further conditions after “and”: the offset of the “if”, or -1. What comes before it defines
 * functions, what comes after it is for the program only. @uses_mitogen_main: (out) (optional):
 * whether “mitogen.main()” or “Mitogen.main()” decorates or is called before that and outside of
 * functions, so that the whole of the script may run where it is not the program. */
gssize mitogen_find_main_guard (GBytes *source, gboolean *uses_mitogen_main);

G_END_DECLS
