/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Commands in containers of an engine that is none, and as hostile as can be. */

#include "broker/mitogen-fd-private.h"
#include "unit-engine.h"
#include "wire/mitogen-error.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *
read_all (int fd)
{
  GString *text = g_string_new (NULL);
  char c;

  while (unit_read (fd, &c, 1))
    g_string_append_c (text, c);
  return g_string_free (text, FALSE);
}

static void
check_output (UnitEngineRun *self, const char *out, const char *err)
{
  g_autofree char *out_text = read_all (self->out_fd);
  g_autofree char *err_text = read_all (self->err_fd);

  g_assert_cmpstr (out_text, ==, out);
  g_assert_cmpstr (err_text, ==, err);
}

static void
send_term (gpointer data)
{
  UnitEngineRun *self = data;

  g_assert_true (mitogen_process_send_signal (self->process, SIGTERM));
}

static void
send_kill (gpointer data)
{
  UnitEngineRun *self = data;

  mitogen_process_send_signal (self->process, SIGKILL);
}

/* ---- when all is well ---- */

static void
test_exec (void)
{
  UnitEngineRun self = { .container = "web" };
  g_autofree char *request = NULL;

  unit_engine_start (&self, unit_no_rules);
  unit_write (self.in_fd, "hello\n", 6);
  mitogen_fd_close (&self.in_fd);
  unit_engine_await_exit (&self);
  check_output (&self, "hello\n", "bye\n");
  g_assert_cmphex (self.wait_status, ==, W_EXITCODE (7, 0));
  g_assert_no_error (mitogen_engine_run_get_error (self.run));
  request = stand_in_engine_dup_request (self.engine, CREATE_EXEC);
  g_assert_nonnull (strstr (request, "\"Cmd\":[\"cat\",\"-\"]"));
  g_assert_nonnull (strstr (request, "\"Env\":[\"A=b c\"]"));
  g_assert_nonnull (strstr (request, "\"User\":\"me\""));
  g_assert_null (strcasestr (request, "\r\nUpgrade:"));
  unit_engine_end (&self);
}

static void
test_temporary (void)
{
  UnitEngineRun self = { .image = "img" };
  g_autofree char *request = NULL;

  unit_engine_start (&self, unit_no_rules);
  unit_write (self.in_fd, "hello\n", 6);
  mitogen_fd_close (&self.in_fd);
  unit_engine_await_exit (&self);
  check_output (&self, "hello\n", "bye\n");
  g_assert_cmphex (self.wait_status, ==, W_EXITCODE (7, 0));
  g_assert_no_error (mitogen_engine_run_get_error (self.run));
  request = stand_in_engine_dup_request (self.engine, CREATE);
  g_assert_nonnull (strstr (request, "\"Entrypoint\":[\"cat\",\"-\"],\"Cmd\":[]"));
  g_assert_nonnull (strstr (request, "\"AutoRemove\":true"));
  g_assert_nonnull (strstr (request, "\"StdinOnce\":true"));
  unit_engine_end (&self);
  g_assert_cmpint (self.n_progress, ==, 0);
}

/* More than all buffers hold, in both directions at once, and what comes back is the same. */
static void
test_bulk (void)
{
  UnitEngineRun self = { .container = "web" };
  const gsize total = 16 * 1024 * 1024;
  g_autofree guint8 *block = g_malloc (64 * 1024);
  g_autofree guint8 *back = g_malloc (64 * 1024);
  gsize written = 0;
  gsize got = 0;

  for (gsize i = 0; i < 64 * 1024; i++)
    block[i] = (guint8) (i * 7 + i / 256);
  unit_engine_start (&self, unit_no_rules);
  g_assert_true (mitogen_fd_set_nonblocking (self.in_fd, NULL));
  while (got < total)
    {
      gssize n = written < total ? write (self.in_fd, block + written % 65536,
                                          MIN (65536 - written % 65536, total - written))
                                 : 0;

      written += (gsize) MAX (n, 0);
      if (!unit_has_input (self.out_fd, n > 0 ? 0 : 1))
        continue;
      n = read (self.out_fd, back, 65536 - got % 65536);
      g_assert_cmpint (n, >, 0);
      g_assert_cmpmem (back, (gsize) n, block + got % 65536, (gsize) n);
      got += (gsize) n;
    }
  mitogen_fd_close (&self.in_fd);
  unit_engine_await_exit (&self);
  unit_engine_end (&self);
}

/* Nobody reads for a moment: it waits in the daemon, not here. */
static void
test_slow_reader (void)
{
  static const StandInRule rules[] = {
    { START_EXEC, STAND_IN_RAW "\1\0\0\0\0\0\0\1x", sizeof STAND_IN_RAW - 1 + 9, STAND_IN_ECHO },
    { NULL },
  };
  UnitEngineRun self = { .container = "web" };
  g_autofree guint8 *block = g_malloc0 (64 * 1024);
  gsize written = 0;
  gint64 since = g_get_monotonic_time ();
  char c;

  unit_engine_start (&self, rules);
  g_assert_true (unit_read (self.out_fd, &c, 1));
  g_assert_true (mitogen_fd_set_nonblocking (self.in_fd, NULL));
  /* Until nothing moves any more. */
  while (g_get_monotonic_time () - since < 300 * G_TIME_SPAN_MILLISECOND)
    {
      gssize n = write (self.in_fd, block, 64 * 1024);

      if (n > 0)
        since = g_get_monotonic_time ();
      else
        g_usleep (1000);
      written += (gsize) MAX (n, 0);
      g_assert_cmpuint (written, <, 16 * 1024 * 1024);
    }
  for (gsize got = 0; got < written;)
    {
      gssize n =
          unit_has_input (self.out_fd, UNIT_PATIENCE_MS) ? read (self.out_fd, block, 65536) : 0;

      g_assert_cmpint (n, >, 0);
      got += (gsize) n;
    }
  mitogen_fd_close (&self.in_fd);
  unit_engine_await_exit (&self);
  unit_engine_end (&self);
}

/* The error output must not hold up what matters. */
static void
test_nobody_reads_errors (void)
{
  GString *answer = g_string_new (STAND_IN_RAW);
  char *text = g_strnfill (32 * 1024, 'e');
  StandInRule rules[] = { { START_EXEC, NULL, 0, STAND_IN_ECHO }, { NULL } };
  UnitEngineRun self = { .container = "web" };

  for (guint i = 0; i < 40; i++)
    {
      g_string_append_len (answer, "\2\0\0\0\0\0\200\0", 8);
      g_string_append (answer, text);
    }
  rules[0].answer = answer->str;
  rules[0].size = answer->len;
  unit_engine_start (&self, rules);
  unit_write (self.in_fd, "hello\n", 6);
  mitogen_fd_close (&self.in_fd);
  {
    g_autofree char *out = read_all (self.out_fd);

    g_assert_cmpstr (out, ==, "hello\n");
  }
  unit_engine_await_exit (&self);
  g_assert_cmphex (self.wait_status, ==, W_EXITCODE (7, 0));
  unit_engine_end (&self);
  g_string_free (answer, TRUE);
  g_free (text);
}

/* The other side has closed what it reads from. */
static void
test_nobody_reads (void)
{
  UnitEngineRun self = { .container = "web" };
  g_autofree char *block = g_strnfill (256 * 1024, 'x');

  unit_engine_start (&self, unit_no_rules);
  mitogen_fd_close (&self.out_fd);
  mitogen_fd_close (&self.err_fd);
  unit_write (self.in_fd, block, 256 * 1024);
  mitogen_fd_close (&self.in_fd);
  unit_engine_await_exit (&self);
  g_assert_cmphex (self.wait_status, ==, W_EXITCODE (7, 0));
  unit_engine_end (&self);
}

static void
test_statuses (void)
{
  static const struct
  {
    const char *answer;
    int wait_status;
    const char *error; /* (nullable) */
  } all[] = {
    { STAND_IN_JSON ("200 OK", "{\"Running\":false,\"ExitCode\":0}"), W_EXITCODE (0, 0), NULL },
    { STAND_IN_JSON ("200 OK", "{\"Running\":false,\"ExitCode\":127}"), W_EXITCODE (127, 0), NULL },
    { STAND_IN_JSON ("200 OK", "{\"Running\":false,\"ExitCode\":137}"), W_EXITCODE (0, 9), NULL },
    { STAND_IN_JSON ("200 OK", "{\"Running\":false,\"ExitCode\":255}"), W_EXITCODE (255, 0), NULL },
    { STAND_IN_JSON ("404 Not Found", "{\"message\":\"gone\"}"), NOT_RUN, "has ended" },
    { STAND_IN_JSON ("500 Oh", "nonsense"), NOT_RUN, "has ended" },
    { "nonsense", NOT_RUN, "connection was lost" },
    { "", NOT_RUN, "connection was lost" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      const StandInRule rules[] = {
        { LOOK, STAND_IN_JSON ("200 OK", "{\"Running\":true,\"ExitCode\":null}"), .uses = 3 },
        { LOOK, all[i].answer },
        { NULL },
      };
      UnitEngineRun self = { .container = "web" };
      const GError *error;

      unit_engine_start (&self, rules);
      mitogen_fd_close (&self.in_fd);
      unit_engine_await_exit (&self);
      g_assert_cmphex (self.wait_status, ==, all[i].wait_status);
      error = mitogen_engine_run_get_error (self.run);
      g_assert_cmpint (error != NULL, ==, all[i].error != NULL);
      if (error != NULL && strstr (error->message, all[i].error) == NULL)
        g_error ("not %s: %s", all[i].error, error->message);
      unit_engine_end (&self);
    }
}

/* ---- versions ---- */

static void
test_other_version (void)
{
#define REFUSED(version)                                                                           \
  "HTTP/1.1 400 Bad Request\r\nApi-Version: " version                                              \
  "\r\nConnection: close\r\n\r\n{\"message\":\"client version 1.41 is not supported\"}"
  static const StandInRule rules[] = {
    { "POST /v1.41/", REFUSED ("1.52") },
    { "POST /v1.47/containers/web/exec ", STAND_IN_JSON ("201 Created", "{\"Id\":\"e1\"}") },
    { "POST /v1.47/exec/e1/start ", STAND_IN_RAW, .then = STAND_IN_ECHO },
    { "GET /v1.47/exec/e1/json ", STAND_IN_JSON ("200 OK", "{\"Running\":false,\"ExitCode\":7}") },
    { NULL },
  };
  UnitEngineRun self = { .container = "web" };

  unit_engine_start (&self, rules);
  mitogen_fd_close (&self.in_fd);
  unit_engine_await_exit (&self);
  g_assert_cmphex (self.wait_status, ==, W_EXITCODE (7, 0));
  g_assert_cmpuint (stand_in_engine_count (self.engine, "POST /v1.41/"), ==, 1);
  unit_engine_end (&self);
}

/* ---- when something is wrong ---- */

typedef struct
{
  const char *name;
  const char *container; /* or the image "img" */
  StandInRule rule;
  GQuark (*domain) (void);
  gint code;
  const char *phrase; /* in the error */
  gboolean removes;   /* the container that it has made */
} Wrong;

#define IN_WEB    "web"
#define ERR(code) mitogen_error_quark, MITOGEN_ERROR_##code
#define IO(code)  g_io_error_quark, G_IO_ERROR_##code

static const Wrong wrong[] = {
  { "no container",
    IN_WEB,
    { CREATE_EXEC, STAND_IN_JSON ("404 Not Found", "{\"message\":\"No such container\"}") },
    IO (NOT_FOUND),
    "no container web" },
  { "slash", "../web", { NULL }, IO (NOT_FOUND), "no container ../web" },
  { "not utf-8", "\xff", { NULL }, IO (INVALID_ARGUMENT), "UTF-8" },
  { "not running",
    IN_WEB,
    { CREATE_EXEC, STAND_IN_JSON ("409 Conflict", "{\"message\":\"x is not running\"}") },
    ERR (STREAM),
    "web is not running" },
  { "paused",
    IN_WEB,
    { CREATE_EXEC, STAND_IN_JSON ("409 Conflict", "{\"message\":\"x is paused, unpause\"}") },
    ERR (STREAM),
    "web is paused" },
  { "improper",
    IN_WEB,
    { CREATE_EXEC, STAND_IN_JSON ("500 Oh", "{\"message\":\"container state improper\"}") },
    ERR (STREAM),
    "web is not running, or paused" },
  { "forbidden",
    IN_WEB,
    { CREATE_EXEC, STAND_IN_JSON ("403 Forbidden", "{\"message\":\"authz: no\"}") },
    ERR (PERMISSION),
    "refused (403): authz: no" },
  { "500",
    IN_WEB,
    { CREATE_EXEC, STAND_IN_JSON ("500 Oh", "{\"message\":\"a\\nb\"}") },
    ERR (STREAM),
    "refused (500): a b" },
  { "500 without JSON",
    IN_WEB,
    { CREATE_EXEC, STAND_IN_JSON ("500 Oh", "plain\n") },
    ERR (STREAM),
    "refused (500): plain" },
  { "500 without anything",
    IN_WEB,
    { CREATE_EXEC, STAND_IN_JSON ("500 Oh", "") },
    ERR (STREAM),
    "refused (500): HTTP 500 Oh" },
  { "redirection",
    IN_WEB,
    { CREATE_EXEC, "HTTP/1.1 301 Moved\r\nApi-Version: 1.41\r\nLocation: /x\r\n\r\n" },
    ERR (STREAM),
    "refused (301)" },
  { "authentication",
    IN_WEB,
    { CREATE_EXEC,
      "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n" },
    ERR (PROTOCOL),
    "no container engine" },
  { "another server",
    IN_WEB,
    { CREATE_EXEC, "HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\n<html>" },
    ERR (PROTOCOL),
    "no container engine: <html>" },
  { "old",
    IN_WEB,
    { CREATE_EXEC, "HTTP/1.1 400 Bad\r\nApi-Version: 1.12\r\n\r\ntoo new" },
    ERR (PROTOCOL),
    "too old: it speaks version 1.12" },
  { "nonsense",
    IN_WEB,
    { CREATE_EXEC, "SSH-2.0-OpenSSH_9.2\r\n" },
    ERR (STREAM),
    "could not be asked" },
  { "nothing", IN_WEB, { CREATE_EXEC, "" }, ERR (STREAM), "could not be asked" },
  { "half a head",
    IN_WEB,
    { CREATE_EXEC, "HTTP/1.1 201 Created\r\nContent-" },
    ERR (STREAM),
    "could not be asked" },
  { "half a body",
    IN_WEB,
    { CREATE_EXEC,
      "HTTP/1.1 201 Created\r\nApi-Version: 1.41\r\nContent-Length: 100\r\n\r\n{\"Id\":" },
    ERR (PROTOCOL),
    "not said what it has made" },
  { "half a chunk",
    IN_WEB,
    { CREATE_EXEC, "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"Id\":" },
    ERR (STREAM),
    "could not be asked" },
  { "no chunk",
    IN_WEB,
    { CREATE_EXEC, "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{\"Id\":" },
    ERR (PROTOCOL),
    "no container engine" },
  { "endless",
    IN_WEB,
    { CREATE_EXEC, STAND_IN_JSON ("201 Created", "{"), .then = STAND_IN_FLOOD },
    ERR (PROTOCOL),
    "too long" },
  { "no id",
    IN_WEB,
    { CREATE_EXEC, STAND_IN_JSON ("201 Created", "{}") },
    ERR (PROTOCOL),
    "not said what it has made" },
  { "a number",
    IN_WEB,
    { CREATE_EXEC, STAND_IN_JSON ("201 Created", "{\"Id\":7}") },
    ERR (PROTOCOL),
    "not said what it has made" },
  { "a list",
    IN_WEB,
    { CREATE_EXEC, STAND_IN_JSON ("201 Created", "[]") },
    ERR (PROTOCOL),
    "not said what it has made" },
  { "an id that is a path",
    IN_WEB,
    { CREATE_EXEC, STAND_IN_JSON ("201 Created", "{\"Id\":\"../x\"}") },
    ERR (PROTOCOL),
    "not said what it has made" },
  { "exec refused",
    IN_WEB,
    { START_EXEC, STAND_IN_JSON ("500 Oh", "{\"message\":\"unable to find user me\"}") },
    ERR (STREAM),
    "unable to find user me" },
  { "exec garbage", IN_WEB, { START_EXEC, "HTTP/1.1" }, ERR (STREAM), "could not be asked" },
  { "exec with an upgrade",
    IN_WEB,
    { START_EXEC, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n" },
    ERR (STREAM),
    "could not be asked" },
  { "no frames",
    IN_WEB,
    { START_EXEC, STAND_IN_RAW "hello, world" },
    ERR (PROTOCOL),
    "not packed in frames" },
  { "an unknown frame",
    IN_WEB,
    { START_EXEC, STAND_IN_RAW "\7\0\0\0\0\0\0\1x", sizeof STAND_IN_RAW + 8 },
    ERR (PROTOCOL),
    "not packed in frames" },
  { "half a frame",
    IN_WEB,
    { START_EXEC, STAND_IN_RAW "\1\0\0\0\0\0\0\5x", sizeof STAND_IN_RAW + 8 },
    ERR (PROTOCOL),
    "ends in the middle" },
  { "refused image",
    NULL,
    { CREATE, STAND_IN_JSON ("400 Bad", "{\"message\":\"invalid reference\"}") },
    ERR (STREAM),
    "invalid reference" },
  { "attach refused",
    NULL,
    { ATTACH, STAND_IN_JSON ("409 Conflict",
                             "{\"message\":\"exec: \\\"cat\\\": executable file not found\"}") },
    ERR (NO_INTERPRETER),
    "cat cannot be run in it",
    TRUE },
  { "attach garbage", NULL, { ATTACH, "nonsense" }, ERR (STREAM), "could not be asked", TRUE },
  { "start refused",
    NULL,
    { START,
      STAND_IN_JSON ("400 Bad", "{\"message\":\"runc: exec: \\\"cat\\\": permission denied\"}") },
    ERR (NO_INTERPRETER),
    "permission denied" },
  { "start garbage", NULL, { START, "" }, ERR (STREAM), "could not be asked" },
};

static void
check_wrong (const Wrong *what)
{
  const StandInRule rules[] = { what->rule, { NULL } };
  UnitEngineRun self = { .container = what->container, .image = "img" };
  const GError *error;

  unit_engine_start (&self, rules);
  unit_engine_await_exit (&self);
  g_assert_cmphex (self.wait_status, ==, NOT_RUN);
  error = mitogen_engine_run_get_error (self.run);
  g_assert_nonnull (error);
  if (!g_error_matches (error, what->domain (), what->code) ||
      strstr (error->message, what->phrase) == NULL)
    g_error ("%s: not %s: %s (%d)", what->name, what->phrase, error->message, error->code);
  if (what->removes)
    stand_in_engine_await (self.engine, REMOVE, 1);
  unit_engine_end (&self);
}

static void
test_wrong (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_test_message ("%s", wrong[i].name);
      check_wrong (&wrong[i]);
    }
}

static void
test_no_daemon (void)
{
  g_autofree char *file = NULL;
  int fd = g_file_open_tmp ("no-socket-XXXXXX", &file, NULL);
  const struct
  {
    const char *path;
    const char *phrase;
  } all[] = {
    { "/nonexistent/engine.sock", "there is no daemon of docker at unix:///stand-in" },
    { file, "unix:///stand-in is no socket" },
    { "/dev/null/x", "could not be asked" },
  };

  close (fd);
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      UnitEngineRun self = { .container = "web", .path = all[i].path };
      const GError *error;

      unit_engine_start (&self, unit_no_rules);
      unit_engine_await_exit (&self);
      error = mitogen_engine_run_get_error (self.run);
      g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
      g_assert_nonnull (strstr (error->message, all[i].phrase));
      unit_engine_end (&self);
    }
  g_unlink (file);
}

static void
test_refused_daemon (void)
{
  UnitEngineRun self = { .container = "web" };
  g_autofree char *path = NULL;
  const GError *error;
  const StandInRule *const rules[] = { unit_no_rules, NULL };
  StandInEngine *dead = stand_in_engine_new (rules);

  /* Another name of a socket that nobody listens at any more. */
  path = g_strconcat (stand_in_engine_get_path (dead), ".left", NULL);
  g_assert_cmpint (link (stand_in_engine_get_path (dead), path), ==, 0);
  stand_in_engine_die (dead);
  self.path = path;
  unit_engine_start (&self, unit_no_rules);
  unit_engine_await_exit (&self);
  error = mitogen_engine_run_get_error (self.run);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
  g_assert_nonnull (strstr (error->message, "is it running?"));
  unit_engine_end (&self);
  g_unlink (path);
  stand_in_engine_free (dead);
}

/* ---- silence ---- */

static const struct
{
  const char *container;
  StandInRule rule;
  gboolean made; /* and so removed */
} silent[] = {
  { "web", { CREATE_EXEC, NULL, 0, STAND_IN_HOLD } },
  { "web", { CREATE_EXEC, "HTTP/1.1 201 Cr", 0, STAND_IN_HOLD } },
  { "web", { CREATE_EXEC, STAND_IN_JSON ("201 Created", "{"), 0, STAND_IN_HOLD } },
  { "web", { START_EXEC, NULL, 0, STAND_IN_HOLD } },
  { NULL, { CREATE, STAND_IN_JSON ("404 No", "{"), 0, STAND_IN_HOLD } },
  { NULL, { ATTACH, NULL, 0, STAND_IN_HOLD }, TRUE },
};

/* Whose time is over is told at once; what was made is removed. */
static void
test_silence (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (silent); i++)
    {
      const StandInRule rules[] = { silent[i].rule, { NULL } };
      UnitEngineRun self = { .container = silent[i].container, .image = "img" };

      unit_engine_start (&self, rules);
      stand_in_engine_await (self.engine, silent[i].rule.request, 1);
      unit_run (self.io, send_term, &self);
      unit_engine_await_exit (&self);
      g_assert_cmphex (self.wait_status, ==, W_EXITCODE (0, SIGTERM));
      if (silent[i].made)
        stand_in_engine_await (self.engine, REMOVE, 1);
      unit_engine_end (&self);
    }
}

/* As the last one, but nobody wants to hear of it; and the broker ends at once. */
static void
test_forgotten (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (silent); i++)
    {
      const StandInRule rules[] = { silent[i].rule, { NULL } };
      UnitEngineRun self = { .container = silent[i].container, .image = "img" };

      unit_engine_start (&self, rules);
      stand_in_engine_await (self.engine, silent[i].rule.request, 1);
      unit_run (self.io, unit_engine_free_process, &self);
      if (silent[i].made)
        stand_in_engine_await (self.engine, REMOVE, 1);
      unit_engine_end (&self);
      g_assert_cmpint (self.n_exited, ==, 0);
    }
}

/* A container that is made when nobody wants it any more. */
static void
test_made_too_late (void)
{
  UnitEngineRun self = { .image = "img" };

  unit_engine_start (&self, unit_no_rules);
  unit_run (self.io, unit_engine_free_process, &self);
  stand_in_engine_await (self.engine, REMOVE, stand_in_engine_count (self.engine, CREATE));
  unit_engine_end (&self);
  g_assert_cmpint (self.n_exited, ==, 0);
}

static void
test_removal_hangs (void)
{
  static const StandInRule rules[] = { { WAIT, NULL, 0, STAND_IN_HOLD },
                                       { REMOVE, NULL, 0, STAND_IN_HOLD },
                                       { NULL } };
  UnitEngineRun self = { .image = "img" };

  unit_engine_start (&self, rules);
  stand_in_engine_await (self.engine, START, 1);
  unit_run (self.io, unit_engine_free_process, &self);
  stand_in_engine_await (self.engine, REMOVE, 1);
  unit_engine_end (&self);
}

static void
ignore_shutdown (gpointer data)
{
}

static void
add_client (gpointer data)
{
  static const MitogenIoClientFuncs funcs = { .shutdown = ignore_shutdown,
                                              .force = unit_engine_free_process };
  UnitEngineRun *self = data;

  mitogen_io_add_client (self->io, &funcs, self);
}

/* The broker has no time left, and the command would not end by itself. */
static void
test_last_word (void)
{
  static const StandInRule rules[] = { { WAIT, NULL, 0, STAND_IN_HOLD }, { NULL } };
  UnitEngineRun self = { .image = "img" };

  unit_engine_start (&self, rules);
  stand_in_engine_await (self.engine, START, 1);
  unit_run (self.io, add_client, &self);
  mitogen_io_shutdown (self.io);
  g_assert_true (mitogen_io_join (self.io, UNIT_PATIENCE_MS));
  stand_in_engine_await (self.engine, REMOVE, 1);
  mitogen_io_unref (self.io);
  self.io = NULL;
  unit_engine_end (&self);
}

/* Its output has ended, and then it says nothing more. */
static void
test_status_hangs (void)
{
  static const struct
  {
    const char *container;
    StandInRule rule;
  } all[] = {
    { "web", { LOOK, NULL, 0, STAND_IN_HOLD } },
    { "web", { LOOK, STAND_IN_JSON ("200 OK", "{\"Running\":true,\"ExitCode\":0}") } },
    { NULL, { WAIT, STAND_IN_JSON ("200 OK", ""), 0, STAND_IN_HOLD } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      const StandInRule rules[] = { all[i].rule, { NULL } };
      UnitEngineRun self = { .container = all[i].container, .image = "img" };

      unit_engine_start (&self, rules);
      mitogen_fd_close (&self.in_fd);
      unit_engine_await_exit (&self);
      g_assert_cmphex (self.wait_status, ==, NOT_RUN);
      g_assert_error (mitogen_engine_run_get_error (self.run), MITOGEN_ERROR, MITOGEN_ERROR_STREAM);
      unit_engine_end (&self);
    }
}

/* ---- signals ---- */

static void
test_signal_exec (void)
{
  static const StandInRule rules[] = {
    { START_EXEC, STAND_IN_RAW "\1\0\0\0\0\0\0\1x", sizeof STAND_IN_RAW + 8, STAND_IN_ECHO },
    { NULL },
  };
  UnitEngineRun self = { .container = "web" };
  char c;

  unit_engine_start (&self, rules);
  g_assert_true (unit_read (self.out_fd, &c, 1));
  unit_run (self.io, send_term, &self);
  unit_engine_await_exit (&self);
  g_assert_cmphex (self.wait_status, ==, W_EXITCODE (7, 0));
  unit_engine_end (&self);
}

static void
test_signal_temporary (void)
{
  static const StandInRule rules[] = { { WAIT, NULL, 0, STAND_IN_HOLD }, { NULL } };
  UnitEngineRun self = { .image = "img" };

  unit_engine_start (&self, rules);
  stand_in_engine_await (self.engine, START, 1);
  unit_run (self.io, send_kill, &self);
  stand_in_engine_await (self.engine, KILL "9 ", 1);
  unit_engine_end (&self);
  g_assert_cmpuint (self.n_exited, ==, 0);
}

/* ---- nothing stays ---- */

static guint
count_fds (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
test_census (void)
{
  guint before;

  test_exec ();
  before = count_fds ();
  for (guint i = 0; i < 3; i++)
    {
      test_exec ();
      test_temporary ();
      test_made_too_late ();
    }
  g_assert_cmpuint (count_fds (), ==, before);
}

int
main (int argc, char *argv[])
{
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-run/exec", test_exec);
  g_test_add_func ("/engine-run/temporary", test_temporary);
  g_test_add_func ("/engine-run/bulk", test_bulk);
  g_test_add_func ("/engine-run/slow-reader", test_slow_reader);
  g_test_add_func ("/engine-run/nobody-reads-errors", test_nobody_reads_errors);
  g_test_add_func ("/engine-run/nobody-reads", test_nobody_reads);
  g_test_add_func ("/engine-run/statuses", test_statuses);
  g_test_add_func ("/engine-run/other-version", test_other_version);
  g_test_add_func ("/engine-run/wrong", test_wrong);
  g_test_add_func ("/engine-run/no-daemon", test_no_daemon);
  g_test_add_func ("/engine-run/refused-daemon", test_refused_daemon);
  g_test_add_func ("/engine-run/silence", test_silence);
  g_test_add_func ("/engine-run/forgotten", test_forgotten);
  g_test_add_func ("/engine-run/made-too-late", test_made_too_late);
  g_test_add_func ("/engine-run/removal-hangs", test_removal_hangs);
  g_test_add_func ("/engine-run/last-word", test_last_word);
  g_test_add_func ("/engine-run/status-hangs", test_status_hangs);
  g_test_add_func ("/engine-run/signal-exec", test_signal_exec);
  g_test_add_func ("/engine-run/signal-temporary", test_signal_temporary);
  g_test_add_func ("/engine-run/census", test_census);
  return g_test_run ();
}
