/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What must hold whoever asks: nothing is left of a connection that is cancelled, a secret is seen
 * nowhere, and a person may take their time. */

#include "real-util.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  const char *name;
  MitogenConnection *(*make) (void);
  const char *asks;
  const char *password;
  const char *user;
} Kind;

static MitogenConnection *
make_ssh (void)
{
  return real_ssh ("mg-other", NULL);
}

static MitogenConnection *
make_sudo (void)
{
  return real_connection (MITOGEN_TYPE_SUDO_CONNECTION, NULL);
}

static MitogenConnection *
make_su (void)
{
  return real_connection (MITOGEN_TYPE_SU_CONNECTION, NULL);
}

static MitogenConnection *
make_doas (void)
{
  return real_connection (MITOGEN_TYPE_DOAS_CONNECTION, NULL);
}

static const Kind kinds[] = {
  { "ssh", make_ssh, "mg-other", "pw-other", "mg-other" },
  { "sudo", make_sudo, "sudo", "pw-asked", "root" },
  { "su", make_su, "su", "pw-root", "root" },
  { "doas", make_doas, "doas", "pw-asked", "root" },
};

/* ---- cancellation ---- */

typedef struct
{
  MitogenRouter *router;
  MitogenConnection *connection;
  GCancellable *cancellable;
  GAsyncResult *result;
} Attempt;

static void
attempt_begin (Attempt *self, Fixture *fixture, const Kind *kind, RealPerson *person)
{
  self->router = fixture->router;
  self->connection = kind->make ();
  self->cancellable = g_cancellable_new ();
  self->result = NULL;
  real_set_person (self->connection, person);
  mitogen_router_connect_async (fixture->router, self->connection, NULL, self->cancellable,
                                test_keep_result, &self->result);
}

/* Cancelled, unless it was too late for that. */
static gboolean
attempt_end (Attempt *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context = NULL;

  test_wait_result (&self->result);
  context = mitogen_router_connect_finish (self->router, self->result, &error);
  if (context == NULL)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  else
    g_assert_true (mitogen_context_shutdown (context, TRUE, NULL, NULL));
  g_object_unref (self->result);
  g_object_unref (self->cancellable);
  g_object_unref (self->connection);
  return context == NULL;
}

static gboolean
on_time (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_REMOVE;
}

/* At moments that have no event to wait for. */
static void
cancel_after (Fixture *fixture, const Kind *kind, guint ms)
{
  g_autoptr (RealPerson) person = real_person_new (kind->asks, kind->password, NULL);
  Attempt attempt;
  guint source;

  attempt_begin (&attempt, fixture, kind, person);
  source = g_timeout_add (ms, on_time, attempt.cancellable);
  if (!attempt_end (&attempt) && g_main_context_find_source_by_id (NULL, source) != NULL)
    g_source_remove (source);
}

static void
cancel_when_asked (Fixture *fixture, const Kind *kind)
{
  g_autoptr (RealPerson) person = real_person_new (kind->asks, REAL_SILENT, NULL);
  Attempt attempt;

  attempt_begin (&attempt, fixture, kind, person);
  test_wait (real_person_count_asked (person) == 1);
  g_cancellable_cancel (attempt.cancellable);
  g_assert_true (attempt_end (&attempt));
  /* The dialogue goes away. */
  test_wait (real_person_was_aborted (person));
  real_person_check (person);
}

/* The answer is on its way. */
static void
cancel_when_answered (Fixture *fixture, const Kind *kind)
{
  g_autoptr (RealPerson) person = real_person_new (kind->asks, kind->password, NULL);
  Attempt attempt;

  attempt_begin (&attempt, fixture, kind, person);
  test_wait (real_person_count_asked (person) == 1);
  g_main_context_iteration (NULL, FALSE);
  g_cancellable_cancel (attempt.cancellable);
  attempt_end (&attempt);
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  TestCensus census;

  test_census_take (&census);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_test_message ("%s", kinds[i].name);
      cancel_when_asked (fixture, &kinds[i]);
      cancel_when_answered (fixture, &kinds[i]);
      for (guint ms = 0; ms < 150; ms = ms * 3 / 2 + 3)
        cancel_after (fixture, &kinds[i], ms);
      test_census_check (&census);
      real_check_nothing_left ();
    }
}

/* The router ends instead. */
static void
test_shutdown_while_asked (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (RealPerson) person = real_person_new (kinds[i].asks, REAL_SILENT, NULL);
      g_autoptr (MitogenConnection) connection = kinds[i].make ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      MitogenRouter *router = test_router_new ();

      real_set_person (connection, person);
      mitogen_router_connect_async (router, connection, NULL, NULL, test_keep_result, &result);
      test_wait (real_person_count_asked (person) == 1);
      test_router_end (g_object_ref (router));
      test_wait_result (&result);
      g_assert_null (mitogen_router_connect_finish (router, result, &error));
      g_assert_nonnull (error);
      g_object_unref (router);
    }
  real_check_nothing_left ();
}

/* ---- time ---- */

static gboolean
on_timeout (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
pass_time (guint ms)
{
  gboolean is_over = FALSE;

  g_timeout_add (ms, on_timeout, &is_over);
  test_wait (is_over);
}

/* Until the question comes the limit counts, so it is to be long for a machine as busy as this. */
static guint
measure_limit (Fixture *fixture, const Kind *kind)
{
  g_autoptr (MitogenConnection) connection = kind->make ();
  g_autoptr (RealPerson) person = real_person_new (kind->asks, kind->password, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context = NULL;
  gint64 began = g_get_monotonic_time ();

  real_set_person (connection, person);
  mitogen_router_connect_async (fixture->router, connection, NULL, NULL, test_keep_result, &result);
  test_wait_result (&result);
  context = mitogen_router_connect_finish (fixture->router, result, &error);
  g_assert_no_error (error);
  return MAX (4000, 8 * (g_get_monotonic_time () - began) / 1000);
}

static MitogenContext *
connect_slowly (Fixture *fixture,
                const Kind *kind,
                MitogenConnection *connection,
                guint limit_ms,
                GError **error)
{
  g_autoptr (RealPerson) person = real_person_new (kind->asks, REAL_SILENT, NULL);
  g_autoptr (GAsyncResult) result = NULL;

  mitogen_connection_set_connect_timeout (connection, limit_ms);
  real_set_person (connection, person);
  mitogen_router_connect_async (fixture->router, connection, NULL, NULL, test_keep_result, &result);
  test_wait (real_person_count_asked (person) == 1);
  pass_time (limit_ms + limit_ms / 4);
  g_assert_null (result);
  real_person_answer (person, kind->password);
  test_wait_result (&result);
  real_person_check (person);
  return mitogen_router_connect_finish (fixture->router, result, error);
}

/* Twice for each kind: the limit stands still while a person is asked, and goes on afterwards. */
static void
test_time_limit (Fixture *fixture, gconstpointer data)
{
  static const char *const deaf[] = { "/bin/sh", "-c", "exec cat >/dev/null", NULL };

  for (guint i = 0; i < 2; i++)
    {
      guint limit_ms = measure_limit (fixture, &kinds[i]);
      g_autoptr (MitogenConnection) connection = kinds[i].make ();
      g_autoptr (MitogenConnection) hangs = kinds[i].make ();
      g_autoptr (GError) error = NULL;
      g_autoptr (MitogenContext) context =
          connect_slowly (fixture, &kinds[i], connection, limit_ms, &error);

      g_assert_no_error (error);
      real_assert_user (context, kinds[i].user);
      mitogen_connection_set_python_path (hangs, deaf);
      g_assert_null (connect_slowly (fixture, &kinds[i], hangs, limit_ms, &error));
      g_test_message ("%s", error->message);
      g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
    }
}

/* ---- secrets ---- */

static GString *logged;
static GMutex logged_lock;

static GLogWriterOutput
keep_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  g_autofree char *text = g_log_writer_format_fields (level, fields, n_fields, FALSE);

  g_mutex_lock (&logged_lock);
  for (gsize i = 0; i < n_fields; i++)
    if (fields[i].length < 0)
      g_string_append_printf (logged, "%s=%s ", fields[i].key, (const char *) fields[i].value);
  g_string_append_printf (logged, "%s\n", text);
  g_mutex_unlock (&logged_lock);
  return G_LOG_WRITER_HANDLED;
}

/* Also that it would be found: the first word is in the environment of this program. */
static void
assert_secret (const char *secret)
{
  g_autofree char *known = real_control ("find MITOGEN_REAL_BASE");
  g_autofree char *found = real_control ("find %s", secret);

  g_assert_cmpstr (known, !=, "");
  g_assert_cmpstr (found, ==, "");
}

/* In the middle of the dialogue, and when it is over. */
static void
check_secret (Fixture *fixture, const Kind *kind)
{
  g_autoptr (MitogenConnection) connection = kind->make ();
  g_autoptr (RealPerson) person =
      real_person_new (kind->asks, "pw-wrong-one", kind->asks, REAL_SILENT, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenContext) context = NULL;

  mitogen_connection_set_debug (connection, TRUE);
  real_set_person (connection, person);
  mitogen_router_connect_async (fixture->router, connection, NULL, NULL, test_keep_result, &result);
  test_wait (real_person_count_asked (person) == 2 || result != NULL);
  assert_secret ("pw-wrong-one");
  real_person_answer (person, kind->password);
  test_wait_result (&result);
  context = mitogen_router_connect_finish (fixture->router, result, &error);
  g_assert_no_error (error);
  real_assert_user (context, kind->user);
  assert_secret ("pw-wrong-one");
  assert_secret (kind->password);
}

/* The process's own standard streams are those of the driver, which would show what is printed. */
static void
test_secrets (Fixture *fixture, gconstpointer data)
{
  real_set_variable (fixture, "G_MESSAGES_DEBUG", "all");
  logged = g_string_new (NULL);
  g_log_set_writer_func (keep_log, NULL, NULL);
  g_log_structured ("Mitogen-Test", G_LOG_LEVEL_DEBUG, "MESSAGE", "logs are kept");
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    check_secret (fixture, &kinds[i]);
  test_router_end (fixture->router);
  fixture->router = test_router_new ();
  g_mutex_lock (&logged_lock);
  test_assert_contains (logged->str, "logs are kept");
  g_assert_null (strstr (logged->str, "pw-"));
  g_string_free (g_steal_pointer (&logged), TRUE);
  logged = g_string_new (NULL);
  g_mutex_unlock (&logged_lock);
}

/* What is sent into the context, byte for byte, and what has become of it there. */
static void
test_core_sent (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = real_home_file ("sent");
  g_autofree char *text =
      g_strdup_printf ("#!/bin/sh\ntee %s | (ssh \"$@\"; kill 0) | cat\n", path);
  g_autofree char *program = real_shared_file ("ssh-and-tee", text, 0755);
  g_autoptr (MitogenConnection) connection =
      real_ssh ("mg-other", "ssh-path", program, "password", "pw-other", NULL);
  g_autofree char *sent = NULL;
  gsize length;

  g_autoptr (MitogenContext) context = real_connect (fixture->router, connection, NULL);
  g_autofree char *known = NULL;
  g_autofree char *found = NULL;

  real_assert_user (context, "mg-other");
  known = real_control ("memory %d mg-other", test_context_pid (context));
  g_assert_cmpstr (known, !=, "");
  found = real_control ("memory %d pw-other", test_context_pid (context));
  g_assert_cmpstr (found, ==, "");
  g_assert_true (g_file_get_contents (path, &sent, &length, NULL));
  g_assert_cmpuint (length, >, 4096);
  for (gsize i = 0; i + 8 <= length; i++)
    g_assert_true (memcmp (sent + i, "pw-other", 8) != 0);
  g_unlink (path);
  g_unlink (program);
}

int
main (int argc, char **argv)
{
  real_init (&argc, &argv);
  real_add (NULL, "/prompting/cancel", test_cancel);
  real_add (NULL, "/prompting/shutdown-while-asked", test_shutdown_while_asked);
  real_add (NULL, "/prompting/time-limit", test_time_limit);
  real_add (NULL, "/prompting/secrets", test_secrets);
  real_add (NULL, "/prompting/core-sent", test_core_sent);
  return g_test_run ();
}
