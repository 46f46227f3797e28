/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <mitogen.h>

G_BEGIN_DECLS

/* No test waits longer than this for anything: what is later than that never comes. Under TSan it
 * may be, for everything takes ten times as long. */
#ifdef __SANITIZE_THREAD__
#define TEST_PATIENCE_MS 180000
#else
#define TEST_PATIENCE_MS 60000
#endif

void test_init (int *argc, char ***argv);
/* The same without a GSubprocess, whose traces keep a process from being forked. */
void test_init_for_fork (int *argc, char ***argv);

/* ---- paths ---- */

/* A file of tests/integration/remote. Returns: (transfer full) */
char *test_remote_file (const char *name);
/* Interpreters of different versions that are there. Returns: (transfer none) */
const char *const *test_pythons (void);
#define TEST_PYTHON "/usr/bin/python3"

/* ---- waiting ---- */

/* One turn of the default main context, which takes 10 ms at most. FALSE: out of patience. */
gboolean test_iterate (GMainContext *context, gint64 deadline);
gint64 test_deadline (void);

#define test_wait_in(context, condition)                                                           \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 deadline_ = test_deadline ();                                                           \
    while (!(condition))                                                                           \
      if (!test_iterate ((context), deadline_))                                                    \
        g_error ("%s:%d: waited in vain for: %s", __FILE__, __LINE__, #condition);                 \
  }                                                                                                \
  G_STMT_END
#define test_wait(condition) test_wait_in (NULL, condition)

/* A GAsyncReadyCallback: data is the place of a GAsyncResult pointer. */
void test_keep_result (GObject *source, GAsyncResult *result, gpointer data);
/* Waits for one in the default main context. */
GAsyncResult *test_wait_result (GAsyncResult **result);

/* ---- what must not leak ---- */

typedef struct
{
  guint descriptors;
  guint children;
  guint brokers;
} TestCensus;

void test_census_take (TestCensus *census);
/* Waits until there is no more of anything than there was. */
void test_census_check (const TestCensus *before);
guint test_count_descriptors (void);
guint test_count_children (void);
/* In kilobytes. */
gsize test_resident_size (void);
/* That it has not grown by more than this since; not where the tools that watch it grow, too. */
void test_assert_grown_less (gsize before, gsize kilobytes);
gboolean test_process_exists (gint pid);
/* The same for one that is not our child: it may have ended without having been reaped. */
gboolean test_process_runs (gint pid);

/* ---- routers and contexts ---- */

typedef struct
{
  TestCensus census;
  MitogenRouter *router;
  MitogenContext *context; /* NULL where the test wants none */
} Fixture;

typedef void (*FixtureFunc) (Fixture *fixture, gconstpointer data);

/* With a router; with a local context in it, whose Python is @data if that is not NULL. */
void test_add_router (const char *path, FixtureFunc func);
void test_add_local (const char *path, FixtureFunc func);
void test_add_local_python (const char *path, const char *python, FixtureFunc func);

MitogenRouter *test_router_new (void);
/* Shuts it down, waits and drops it. */
void test_router_end (MitogenRouter *router);
MitogenConnection *test_connection_new (const char *const *python_path);
/* A connection whose python is the arguments. */
MitogenConnection *test_connection_argv (const char *first, ...) G_GNUC_NULL_TERMINATED;
MitogenContext *test_local (MitogenRouter *router);
MitogenContext *test_connect (MitogenRouter *router, MitogenConnection *connection);
/* The same through @via, NULL for none, with the interpreter @python. */
MitogenContext *test_connect_via (MitogenRouter *router, MitogenContext *via, const char *python);
/* Only begins to. */
MitogenContext *test_start_via (MitogenRouter *router, MitogenContext *via, const char *python);
/* Connects in vain. Returns: (transfer full): why */
GError *test_connect_fails (MitogenRouter *router, MitogenConnection *connection);
gint test_context_pid (MitogenContext *context);

/* Calls that must succeed; @args floating or NULL. */
GVariant *test_call (MitogenContext *context, const char *function, GVariant *args);
GVariant *
test_call_typed (MitogenContext *context, const char *function, GVariant *args, const char *type);
/* A call that must fail. */
GError *test_call_fails (MitogenContext *context, const char *function, GVariant *args);
/* The bytes of a C string, without its end. Returns: (transfer floating) */
GVariant *test_bytes (const char *text);
void test_assert_alive (MitogenContext *context);
void test_assert_contains (const char *text, const char *part);
void test_assert_value (GVariant *value, const char *expected);

/* Counts the emissions of `disconnected` and keeps the last reason. */
typedef struct
{
  guint count;
  GError *reason;
  GThread *thread;
} Ending;

void test_watch_ending (MitogenContext *context, Ending *ending);
void test_ending_clear (Ending *ending);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Ending, test_ending_clear)

G_END_DECLS
