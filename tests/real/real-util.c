/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "real-util.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <string.h>

/* ---- the machine ---- */

void
real_init (int *argc, char ***argv)
{
  test_init (argc, argv);
  g_assert_nonnull (g_getenv ("MITOGEN_REAL_BASE"));
}

const char *
real_get (const char *name)
{
  g_autofree char *variable = g_strconcat ("MITOGEN_REAL_", name, NULL);
  const char *value = g_getenv (variable);

  if (value == NULL)
    g_error ("the machine has no %s", name);
  return value;
}

guint
real_port (const char *name)
{
  g_autofree char *upper = g_ascii_strup (name, -1);
  g_autofree char *variable = g_strconcat ("PORT_", upper, NULL);

  return atoi (real_get (variable));
}

char *
real_control (const char *format, ...)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autofree char *path = g_build_filename (real_get ("BASE"), "control", NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;
  GString *answer = g_string_new (NULL);
  char buffer[4096];
  gssize n;
  va_list args;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  connection = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), NULL, &error);
  g_assert_no_error (error);
  g_output_stream_printf (g_io_stream_get_output_stream (G_IO_STREAM (connection)), NULL, NULL,
                          &error, "%s\n", line);
  g_assert_no_error (error);
  while ((n = g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)), buffer,
                                   sizeof buffer, NULL, &error)) > 0)
    g_string_append_len (answer, buffer, n);
  g_assert_no_error (error);
  if (g_str_has_prefix (answer->str, "error: "))
    g_error ("%s: %s", line, answer->str);
  return g_string_free (answer, FALSE);
}

void
real_check_nothing_left (void)
{
  gint64 deadline = test_deadline ();
  g_autofree char *left = NULL;

  do
    {
      g_free (left);
      left = real_control ("others");
    }
  while (*left != '\0' && test_iterate (NULL, deadline));
  g_assert_cmpstr (left, ==, "");
}

char *
real_home_file (const char *name)
{
  return g_build_filename (g_get_home_dir (), name, NULL);
}

char *
real_shared_file (const char *name, const char *text, gint mode)
{
  char *path = g_build_filename (real_get ("BASE"), "shared", name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
  return path;
}

/* ---- engines ---- */

char *
real_engine (const char *engine)
{
  g_autofree char *answer = real_control ("engine %s", engine);

  if (g_str_has_prefix (answer, "missing: "))
    {
      g_test_skip (answer);
      return NULL;
    }
  return *answer != '\0' ? g_strconcat ("unix://", answer, NULL) : g_steal_pointer (&answer);
}

char *
real_image (const char *engine, const char *kind)
{
  return real_control ("image %s %s", engine, kind);
}

void
real_container (const char *engine, const char *kind, const char *name)
{
  g_free (real_control ("container %s %s %s", engine, kind, name));
}

gint
real_container_pid (const char *engine, const char *name)
{
  g_autofree char *answer = real_control ("pid %s %s", engine, name);

  return atoi (answer);
}

void
real_container_do (const char *engine, const char *verb, const char *name)
{
  g_free (real_control ("do %s %s %s", engine, verb, name));
}

void
real_check_containers (const char *engine, const char *names)
{
  gint64 deadline = test_deadline ();
  g_autofree char *left = NULL;

  do
    {
      g_free (left);
      left = real_control ("names %s", engine);
      g_strdelimit (left, "\n", ' ');
    }
  while (strcmp (left, names) != 0 && test_iterate (NULL, deadline));
  g_assert_cmpstr (left, ==, names);
}

/* ---- a person ---- */

struct _RealPerson
{
  GMountOperation *operation;
  GPtrArray *script; /* pairs */
  guint at;
  guint asked;
  guint unexpected;
  gboolean aborted;
  GString *heard;
  char *last;
  char *answer; /* that is about to be given */
  char **choices;
  guint source;
};

static int
find_choice (RealPerson *self, const char *beginning)
{
  for (guint i = 0; self->choices[i] != NULL; i++)
    if (g_str_has_prefix (self->choices[i], beginning))
      return i;
  g_error ("no choice %s in: %s", beginning, g_strjoinv (", ", self->choices));
}

static gboolean
reply (gpointer data)
{
  RealPerson *self = data;
  g_autofree char *answer = g_steal_pointer (&self->answer);

  self->source = 0;
  if (strcmp (answer, REAL_REFUSE) == 0)
    g_mount_operation_reply (self->operation, G_MOUNT_OPERATION_ABORTED);
  else if (strcmp (answer, REAL_UNHANDLED) == 0)
    g_mount_operation_reply (self->operation, G_MOUNT_OPERATION_UNHANDLED);
  else
    {
      if (self->choices != NULL)
        g_mount_operation_set_choice (self->operation, find_choice (self, answer));
      else
        g_mount_operation_set_password (self->operation, answer);
      g_mount_operation_reply (self->operation, G_MOUNT_OPERATION_HANDLED);
    }
  return G_SOURCE_REMOVE;
}

void
real_person_answer (RealPerson *self, const char *answer)
{
  g_assert_null (self->answer);
  self->answer = g_strdup (answer);
  self->source = g_idle_add (reply, self);
}

static void
hear (RealPerson *self, const char *message, const char *const *choices)
{
  const char *asked = NULL;
  const char *answer = REAL_REFUSE;

  g_string_append_printf (self->heard, "%s\n", message);
  g_free (self->last);
  self->last = g_strdup (message);
  g_test_message ("asked: %s", message);
  g_clear_pointer (&self->choices, g_strfreev);
  self->choices = g_strdupv ((char **) choices);
  self->asked++;
  if (self->at < self->script->len)
    {
      asked = self->script->pdata[self->at];
      if (strstr (message, asked) != NULL)
        answer = self->script->pdata[self->at + 1];
    }
  if (strcmp (answer, REAL_REFUSE) == 0 && (asked == NULL || strstr (message, asked) == NULL))
    self->unexpected++;
  self->at += 2;
  if (strcmp (answer, REAL_SILENT) != 0)
    real_person_answer (self, answer);
}

static void
on_ask_password (GMountOperation *operation,
                 const char *message,
                 const char *user,
                 const char *domain,
                 GAskPasswordFlags flags,
                 RealPerson *self)
{
  g_assert_true (flags & G_ASK_PASSWORD_NEED_PASSWORD);
  g_assert_true (g_utf8_validate (message, -1, NULL));
  g_signal_stop_emission_by_name (operation, "ask-password");
  hear (self, message, NULL);
}

static void
on_ask_question (GMountOperation *operation,
                 const char *message,
                 const char *const *choices,
                 RealPerson *self)
{
  g_assert_true (g_utf8_validate (message, -1, NULL));
  g_signal_stop_emission_by_name (operation, "ask-question");
  hear (self, message, choices);
}

static void
on_aborted (GMountOperation *operation, RealPerson *self)
{
  self->aborted = TRUE;
}

RealPerson *
real_person_new (const char *asked, ...)
{
  RealPerson *self = g_new0 (RealPerson, 1);
  va_list args;

  self->operation = g_mount_operation_new ();
  self->script = g_ptr_array_new_with_free_func (g_free);
  self->heard = g_string_new (NULL);
  va_start (args, asked);
  for (const char *word = asked; word != NULL; word = va_arg (args, const char *))
    g_ptr_array_add (self->script, g_strdup (word));
  va_end (args);
  g_assert_cmpuint (self->script->len % 2, ==, 0);
  g_signal_connect (self->operation, "ask-password", G_CALLBACK (on_ask_password), self);
  g_signal_connect (self->operation, "ask-question", G_CALLBACK (on_ask_question), self);
  g_signal_connect (self->operation, "aborted", G_CALLBACK (on_aborted), self);
  return self;
}

GMountOperation *
real_person_get_operation (RealPerson *self)
{
  return self->operation;
}

guint
real_person_count_asked (RealPerson *self)
{
  return self->asked;
}

const char *
real_person_get_heard (RealPerson *self)
{
  return self->heard->str;
}

const char *
real_person_get_last (RealPerson *self)
{
  return self->last;
}

gboolean
real_person_was_aborted (RealPerson *self)
{
  return self->aborted;
}

void
real_person_check (RealPerson *self)
{
  if (self->unexpected > 0 || self->at != self->script->len)
    g_error ("the script was not followed (step %u of %u); asked: %s", self->at / 2,
             self->script->len / 2, self->heard->str);
}

void
real_person_free (RealPerson *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  g_signal_handlers_disconnect_by_data (self->operation, self);
  g_object_unref (self->operation);
  g_ptr_array_unref (self->script);
  g_string_free (self->heard, TRUE);
  g_strfreev (self->choices);
  g_free (self->last);
  g_free (self->answer);
  g_free (self);
}

/* ---- connections ---- */

static void
set_properties (MitogenConnection *connection, va_list args)
{
  const char *first_property = va_arg (args, const char *);

  if (first_property != NULL)
    g_object_set_valist (G_OBJECT (connection), first_property, args);
}

MitogenConnection *
real_connection (GType type, ...)
{
  MitogenConnection *connection = g_object_new (type, NULL);
  va_list args;

  va_start (args, type);
  set_properties (connection, args);
  va_end (args);
  mitogen_connection_set_connect_timeout (connection, TEST_PATIENCE_MS);
  return connection;
}

MitogenConnection *
real_ssh (const char *user, ...)
{
  MitogenConnection *connection = real_connection (MITOGEN_TYPE_SSH_CONNECTION, "hostname",
                                                   "127.0.0.1", "username", user, NULL);
  va_list args;

  va_start (args, user);
  set_properties (connection, args);
  va_end (args);
  return connection;
}

void
real_set_person (MitogenConnection *connection, RealPerson *person)
{
  mitogen_connection_set_interaction (connection, real_person_get_operation (person));
}

static MitogenContext *
connect_somehow (MitogenRouter *router,
                 MitogenConnection *connection,
                 MitogenContext *via,
                 GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  mitogen_router_connect_async (router, connection, via, NULL, test_keep_result, &result);
  test_wait_result (&result);
  return mitogen_router_connect_finish (router, result, error);
}

MitogenContext *
real_connect (MitogenRouter *router, MitogenConnection *connection, MitogenContext *via)
{
  g_autoptr (GError) error = NULL;
  MitogenContext *context = connect_somehow (router, connection, via, &error);

  g_assert_no_error (error);
  g_assert_nonnull (context);
  return context;
}

GError *
real_connect_fails (MitogenRouter *router, MitogenConnection *connection, MitogenContext *via)
{
  GError *error = NULL;
  g_autoptr (MitogenContext) context = connect_somehow (router, connection, via, &error);

  g_assert_null (context);
  g_assert_nonnull (error);
  g_test_message ("%s %d: %s", g_quark_to_string (error->domain), error->code, error->message);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  return error;
}

void
real_assert_user (MitogenContext *context, const char *user)
{
  struct passwd *entry = getpwnam (user);
  g_autoptr (GVariant) real = test_call_typed (context, "os:getuid", NULL, "x");
  g_autoptr (GVariant) effective = test_call_typed (context, "os:geteuid", NULL, "x");

  g_assert_nonnull (entry);
  g_assert_cmpint (g_variant_get_int64 (real), ==, entry->pw_uid);
  g_assert_cmpint (g_variant_get_int64 (effective), ==, entry->pw_uid);
}

void
real_assert_works (MitogenRouter *router, MitogenConnection *connection, const char *user)
{
  g_autoptr (MitogenContext) context = real_connect (router, connection, NULL);

  real_assert_user (context, user);
  test_assert_alive (context);
}

void
real_assert_error (const GError *error, gint code, const char *parts)
{
  g_auto (GStrv) words = g_strsplit (parts, "|", -1);

  g_assert_error (error, MITOGEN_ERROR, code);
  for (guint i = 0; words[i] != NULL; i++)
    test_assert_contains (error->message, words[i]);
}

void
real_assert_fails (MitogenRouter *router,
                   MitogenConnection *connection,
                   gint code,
                   const char *parts)
{
  g_autoptr (GError) error = real_connect_fails (router, connection, NULL);

  real_assert_error (error, code, parts);
}

/* The environment must not change while there are threads. */
void
real_set_variable (Fixture *fixture, const char *name, const char *value)
{
  test_router_end (fixture->router);
  if (value != NULL)
    g_setenv (name, value, TRUE);
  else
    g_unsetenv (name);
  fixture->router = test_router_new ();
}

/* ---- tests ---- */

static void
set_up (Fixture *fixture, gconstpointer data)
{
  test_census_take (&fixture->census);
  fixture->router = test_router_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->context);
  test_router_end (g_steal_pointer (&fixture->router));
  test_census_check (&fixture->census);
  real_check_nothing_left ();
}

void
real_add (const char *user, const char *path, FixtureFunc func)
{
  real_add_with (user, path, func, NULL);
}

void
real_add_with (const char *user, const char *path, FixtureFunc func, gconstpointer data)
{
  if (user == NULL || strcmp (user, g_get_user_name ()) == 0)
    g_test_add (path, Fixture, data, set_up, func, tear_down);
}
