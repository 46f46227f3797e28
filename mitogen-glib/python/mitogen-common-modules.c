/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-common-modules-private.h"

#include <stdlib.h>
#include <string.h>

/* Sorted; what a build of Python may lack, such as "ssl", is not among them. */
static const char *const names[] = {
  "abc",         "argparse",  "array",
  "ast",         "atexit",    "base64",
  "bdb",         "binascii",  "bisect",
  "calendar",    "cmath",     "cmd",
  "code",        "codecs",    "codeop",
  "collections", "colorsys",  "contextlib",
  "copy",        "csv",       "datetime",
  "decimal",     "difflib",   "dis",
  "doctest",     "email",     "encodings",
  "errno",       "fcntl",     "filecmp",
  "fileinput",   "fnmatch",   "fractions",
  "functools",   "gc",        "genericpath",
  "getopt",      "getpass",   "gettext",
  "glob",        "grp",       "gzip",
  "hashlib",     "heapq",     "hmac",
  "importlib",   "inspect",   "io",
  "itertools",   "json",      "keyword",
  "linecache",   "locale",    "logging",
  "math",        "mimetypes", "multiprocessing",
  "numbers",     "operator",  "optparse",
  "os",          "pdb",       "pickle",
  "pkgutil",     "platform",  "plistlib",
  "posix",       "posixpath", "pprint",
  "pwd",         "pydoc",     "quopri",
  "random",      "re",        "runpy",
  "sched",       "select",    "shelve",
  "shlex",       "shutil",    "signal",
  "socket",      "stat",      "string",
  "stringprep",  "struct",    "subprocess",
  "sys",         "sysconfig", "tarfile",
  "tempfile",    "textwrap",  "threading",
  "time",        "timeit",    "tokenize",
  "traceback",   "types",     "unicodedata",
  "unittest",    "urllib",    "uuid",
  "warnings",    "wave",      "weakref",
  "xml",         "zipfile",   "zipimport",
};

static int
compare (gconstpointer name, gconstpointer entry)
{
  return strcmp (name, *(const char *const *) entry);
}

gboolean
mitogen_module_is_common (const char *name)
{
  return bsearch (name, names, G_N_ELEMENTS (names), sizeof names[0], compare) != NULL;
}
