/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-util.h"

G_BEGIN_DECLS

void real_init (int *argc, char ***argv);

/* ---- the machine: see machine.py and control.py ---- */

/* A value of machine.py's environment(). */
const char *real_get (const char *name);
guint real_port (const char *name);
/* What control.py answers. Returns: (transfer full) */
char *real_control (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* Waits until nothing runs but the servers. */
void real_check_nothing_left (void);
/* A file for the program's user, or for one and all. Returns: (transfer full) */
char *real_home_file (const char *name);
char *real_shared_file (const char *name, const char *text, gint mode);

/* ---- engines and other keepers of containers: see engines.py, containers.py and rootfs.py ---- */

/* Starts it unless it runs. Returns: (transfer full): the URL of its socket, if it has one; NULL
 * and the test is skipped, if it cannot run here. */
char *real_engine (const char *engine);
/* What the engine calls it. Returns: (transfer full) */
char *real_image (const char *engine, const char *kind);
/* Has it run, as if nothing had been done to it. */
void real_container (const char *engine, const char *kind, const char *name);
/* Of its first process, as seen from here. */
gint real_container_pid (const char *engine, const char *name);
/* start, stop, restart, kill, pause, unpause, remove; with "-": die, revive. */
void real_container_do (const char *engine, const char *verb, const char *name);
/* Waits until there are no containers but these, which have spaces between. */
void real_check_containers (const char *engine, const char *names);

/* ---- a person: a GMountOperation that follows a script ---- */

typedef struct _RealPerson RealPerson;

/* In place of an answer. */
#define REAL_REFUSE    "\001refuse"    /* presses Cancel */
#define REAL_UNHANDLED "\001unhandled" /* there is no dialogue */
#define REAL_SILENT    "\001silent"    /* does not answer */

/* Pairs of a part of the message and the answer; of a question with choices, the answer is the
 * beginning of one. What is asked besides is refused, and fails the test at the end. */
RealPerson *real_person_new (const char *asked, ...) G_GNUC_NULL_TERMINATED;
GMountOperation *real_person_get_operation (RealPerson *self);
guint real_person_count_asked (RealPerson *self);
/* All that was asked, a line end after each. */
const char *real_person_get_heard (RealPerson *self);
const char *real_person_get_last (RealPerson *self);
/* Whether a question was taken back that is not answered. */
gboolean real_person_was_aborted (RealPerson *self);
/* Answers the question that REAL_SILENT has left open. */
void real_person_answer (RealPerson *self, const char *answer);
/* That everything in the script was asked, and nothing else. */
void real_person_check (RealPerson *self);
void real_person_free (RealPerson *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RealPerson, real_person_free)

/* ---- connections ---- */

/* g_object_new() with time to spare. */
MitogenConnection *real_connection (GType type, ...) G_GNUC_NULL_TERMINATED;
/* To this machine as @user. */
MitogenConnection *real_ssh (const char *user, ...) G_GNUC_NULL_TERMINATED;
void real_set_person (MitogenConnection *connection, RealPerson *person);
/* Both iterate the main context, unlike mitogen_router_connect(). */
MitogenContext *
real_connect (MitogenRouter *router, MitogenConnection *connection, MitogenContext *via);
GError *
real_connect_fails (MitogenRouter *router, MitogenConnection *connection, MitogenContext *via);
/* That functions run there, as @user. */
void real_assert_user (MitogenContext *context, const char *user);
/* Connects, checks and goes away. */
void real_assert_works (MitogenRouter *router, MitogenConnection *connection, const char *user);
/* Fails with MitogenError @code and all of @parts in the message, separated by "|". */
void real_assert_error (const GError *error, gint code, const char *parts);
void real_assert_fails (MitogenRouter *router,
                        MitogenConnection *connection,
                        gint code,
                        const char *parts);

/* For the programs that are started from now on. NULL: not set. */
void real_set_variable (Fixture *fixture, const char *name, const char *value);

/* ---- tests ---- */

/* With a router, if @user, or NULL for all, runs the program. */
void real_add (const char *user, const char *path, FixtureFunc func);
void real_add_with (const char *user, const char *path, FixtureFunc func, gconstpointer data);

G_END_DECLS
