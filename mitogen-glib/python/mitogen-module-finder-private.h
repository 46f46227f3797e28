/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "wire/mitogen-error.h"

G_BEGIN_DECLS

/* Dotted words of letters (also beyond ASCII), digits, "_" and "-", at most 1000 bytes. Python is
 * as lenient: importlib.import_module("migrations.0001_initial"). */
gboolean mitogen_module_name_is_valid (const char *name);

/* ---- what was found: immutable, references are atomic ---- */

typedef struct
{
  const char *name;
  const char *path; /* UTF-8, for tracebacks; a namespace package: that of its first portion */
  GBytes *source;   /* the file's own bytes; NULL: a namespace package */
  gboolean is_package;
  const char *const *children; /* suffixes of the direct submodules, sorted; NULL: no package */
} MitogenModule;

MitogenModule *mitogen_module_ref (MitogenModule *self);
void mitogen_module_unref (MitogenModule *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenModule, mitogen_module_unref)

/* ---- where to find it ----
 *
 * Any thread may call any of this at any time. Places are searched in the order in which they were
 * added, with Python's rules; modules that were added one by one come before all of them.
 *
 * Names may come from anybody: no file outside the places is ever opened. The package "mitogen" is
 * the library's own, and is in none of them. */

typedef struct _MitogenModuleFinder MitogenModuleFinder;

MitogenModuleFinder *mitogen_module_finder_new (void);
MitogenModuleFinder *mitogen_module_finder_ref (MitogenModuleFinder *self);
void mitogen_module_finder_unref (MitogenModuleFinder *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenModuleFinder, mitogen_module_finder_unref)

/* Larger sources and data files are MITOGEN_ERROR_TOO_LARGE. 16 MiB by default. */
void mitogen_module_finder_set_max_size (MitogenModuleFinder *self, gsize max_size);

/* A directory, a zip archive, or a folder in one ("/x/app.zip/lib"); "" is the current directory.
 * Relative ones stay where they are when the current directory changes. What was added already is
 * not added again. */
gboolean
mitogen_module_finder_add_path (MitogenModuleFinder *self, const char *path, GError **error);
/* "resource:///org/example/App/remote/" or "/org/example/App/remote/", of the global resources. */
gboolean
mitogen_module_finder_add_resource (MitogenModuleFinder *self, const char *path, GError **error);
/* Replaces one of the same name. "a" is a package when there is an "a.b", and need not be added
 * then. A NULL @path: "<added>/a/b.py". */
gboolean mitogen_module_finder_add_module (MitogenModuleFinder *self,
                                           const char *name,
                                           GBytes *source,
                                           gboolean is_package,
                                           const char *path,
                                           GError **error);
/* UTF-8, for messages. */
char **mitogen_module_finder_get_paths (MitogenModuleFinder *self);

/* MITOGEN_ERROR_MODULE_NOT_FOUND says what was searched, or that what is there cannot be sent, as
 * extension modules. Others: MITOGEN_ERROR_TOO_LARGE, G_IO_ERROR. Reads files. */
MitogenModule *
mitogen_module_finder_find (MitogenModuleFinder *self, const char *name, GError **error);
/* Whether it would be found. Opens no source, and no directory that it has seen and that has not
 * changed since. */
gboolean mitogen_module_finder_has (MitogenModuleFinder *self, const char *name);
/* Whether the file and the children are still what they were. Opens no file. */
gboolean mitogen_module_finder_is_current (MitogenModuleFinder *self, MitogenModule *module);

/* For many questions in a row: until it is released, each directory is looked at once at most, so
 * that files that come meanwhile may be missed. What goes is noticed, as ever. */
void mitogen_module_finder_hold (MitogenModuleFinder *self);
void mitogen_module_finder_release (MitogenModuleFinder *self);

/* ---- data files beside the modules of a package ----
 *
 * What does not exist, also the package, is G_IO_ERROR_NOT_FOUND. */

/* @name: "data/x.txt". */
GBytes *mitogen_module_finder_read_resource (MitogenModuleFinder *self,
                                             const char *package,
                                             const char *name,
                                             GError **error);
/* @directory: "" or "data". Sorted; names of directories end with "/". Compiled code is left out.
 */
char **mitogen_module_finder_list_resources (MitogenModuleFinder *self,
                                             const char *package,
                                             const char *directory,
                                             GError **error);

G_END_DECLS
