/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "bench-util.h"

#include <mitogen-glib/mitogen.h>

G_BEGIN_DECLS

#define BENCH_AT_ONCE 16

void check (GError *error);
MitogenConnection *connection_named (const char *python);
int getpid_there (MitogenContext *context);
GPtrArray *connect_many (MitogenRouter *router,
                         const char *python,
                         GPtrArray *vias,
                         guint count,
                         guint at_once);
typedef MitogenConnection *(*BenchMakeConnection) (const char *target);
GPtrArray *connect_many_to (MitogenRouter *router,
                            BenchMakeConnection make,
                            const char *target,
                            GPtrArray *vias,
                            guint count,
                            guint at_once);
void allow_many_files (void);

/* ---- bench-tree.c ---- */

void probe_tree (guint count);
void probe_chain (guint count);
void probe_far (guint count);

/* ---- bench-modules.c ---- */

void probe_modules (guint count);
void probe_modules_many (guint count);

/* ---- bench-ssh.c ---- */

void probe_ssh_connect (guint count);
void probe_ssh_far (guint count);
void probe_ssh_many (guint count);
void probe_ssh_call (guint count);

/* ---- bench-docker.c ---- */

void probe_docker_connect (guint count);
void probe_docker_many (guint count);

G_END_DECLS
