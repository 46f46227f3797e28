/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Images that an engine, which is none, has to fetch before. */

#include "broker/mitogen-fd-private.h"
#include "engine/mitogen-engine-credentials-private.h"
#include "unit-engine.h"
#include "wire/mitogen-error.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* ---- fetching ---- */

static const StandInRule missing[] = {
  { CREATE, STAND_IN_JSON ("404 Not Found", "{\"message\":\"No such image: img\"}"), .uses = 1 },
  { NULL },
};

#define NEWS                                                                                       \
  "{\"status\":\"Pulling from img\",\"id\":\"latest\"}\r\n"                                        \
  "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":5,\"total\":10},\"id\":\"a\"}\r\n"

static void
fetch (UnitEngineRun *self, const char *answer, StandInThen then)
{
  const StandInRule rules[] = { missing[0], { FETCH, answer, 0, then }, { NULL } };

  self->image = "img";
  unit_engine_start (self, rules);
}

static void
test_fetch (void)
{
  UnitEngineRun self = { 0 };

  fetch (&self, STAND_IN_JSON ("200 OK", NEWS), STAND_IN_CLOSE);
  mitogen_fd_close (&self.in_fd);
  unit_engine_await_exit (&self);
  g_assert_no_error (mitogen_engine_run_get_error (self.run));
  g_assert_cmphex (self.wait_status, ==, W_EXITCODE (7, 0));
  g_assert_cmpint (self.n_progress, >, 0);
  g_assert_cmpuint (self.done, ==, 5);
  g_assert_cmpuint (self.total, ==, 10);
  g_assert_cmpint (self.clock_stands, ==, FALSE);
  g_assert_cmpuint (stand_in_engine_count (self.engine, CREATE), ==, 2);
  unit_engine_end (&self);
}

static void
test_fetch_policy (void)
{
  UnitEngineRun always = { .image = "img", .pull = MITOGEN_ENGINE_RUN_PULL_ALWAYS };
  UnitEngineRun never = { .image = "img", .pull = MITOGEN_ENGINE_RUN_PULL_NEVER };
  static const StandInRule fetched[] = { { FETCH, STAND_IN_JSON ("200 OK", NEWS) }, { NULL } };

  unit_engine_start (&always, fetched);
  mitogen_fd_close (&always.in_fd);
  unit_engine_await_exit (&always);
  g_assert_cmphex (always.wait_status, ==, W_EXITCODE (7, 0));
  g_assert_cmpuint (stand_in_engine_count (always.engine, FETCH), ==, 1);
  g_assert_cmpuint (stand_in_engine_count (always.engine, CREATE), ==, 1);
  unit_engine_end (&always);

  unit_engine_start (&never, missing);
  unit_engine_await_exit (&never);
  g_assert_error (mitogen_engine_run_get_error (never.run), G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpuint (stand_in_engine_count (never.engine, "POST /v1.41/images"), ==, 0);
  unit_engine_end (&never);
}

static void
test_fetch_wrong (void)
{
  static const struct
  {
    const char *answer;
    gint code;
    const char *phrase;
  } all[] = {
    { STAND_IN_JSON ("404 Not Found", "{\"message\":\"manifest unknown\"}"), MITOGEN_ERROR_STREAM,
      "img:latest could not be fetched: manifest unknown" },
    { STAND_IN_JSON ("200 OK", NEWS "{\"error\":\"no space left\"}"), MITOGEN_ERROR_STREAM,
      "no space left" },
    { STAND_IN_JSON ("200 OK", NEWS "nonsense"), MITOGEN_ERROR_PROTOCOL, "no JSON" },
    { STAND_IN_JSON ("200 OK", NEWS "{\"status\":"), MITOGEN_ERROR_PROTOCOL, "in the middle" },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"sta", MITOGEN_ERROR_STREAM,
      "could not be fetched" },
    { "", MITOGEN_ERROR_STREAM, "could not be asked" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      UnitEngineRun self = { 0 };
      const GError *error;

      fetch (&self, all[i].answer, STAND_IN_CLOSE);
      unit_engine_await_exit (&self);
      error = mitogen_engine_run_get_error (self.run);
      g_assert_error (error, MITOGEN_ERROR, all[i].code);
      if (strstr (error->message, all[i].phrase) == NULL)
        g_error ("not %s: %s", all[i].phrase, error->message);
      g_assert_cmpint (self.clock_stands, ==, FALSE);
      g_assert_cmpuint (stand_in_engine_count (self.engine, CREATE), ==, 1);
      unit_engine_end (&self);
    }
}

static void
test_fetch_cancelled (void)
{
  UnitEngineRun self = { 0 };

  fetch (&self, STAND_IN_JSON ("200 OK", NEWS), STAND_IN_HOLD);
  unit_wait (g_atomic_int_get (&self.n_progress) > 0);
  g_assert_true (g_atomic_int_get (&self.clock_stands));
  unit_run (self.io, unit_engine_free_process, &self);
  unit_engine_end (&self);
  g_assert_cmpint (self.n_exited, ==, 0);
}

/* ---- credentials ---- */

static void
check_credentials (const char *folder, const char *registry, const char *expected)
{
  g_autofree char *helper = NULL;
  g_autofree char *made = mitogen_engine_find_credentials (registry, folder, &helper);
  g_autofree char *text = NULL;
  gsize size;

  if (made == NULL)
    {
      g_assert_cmpstr (helper, ==, expected);
      return;
    }
  g_assert_null (strpbrk (made, "+/\r\n"));
  g_strdelimit (made, "-", '+');
  g_strdelimit (made, "_", '/');
  text = (char *) g_base64_decode (made, &size);
  text = g_realloc (text, size + 1);
  text[size] = '\0';
  g_assert_cmpstr (text, ==, expected);
}

static void
test_credentials (void)
{
  /* "me:pass?>word", "no colon", and what is no base64. */
  static const char config[] =
      "{\"auths\":{"
      "\"https://index.docker.io/v1/\":{\"auth\":\"bWU6cGFzcz8+d29yZA==\"},"
      "\"localhost:5000\":{\"identitytoken\":\"t\"},"
      "\"https://quay.io/v2/\":{\"auth\":\"bm8gY29sb24=\"},"
      "\"a\":{\"auth\":\"?\"},\"b\":{\"auth\":7},\"c\":7},"
      "\"credsStore\":\"pass\",\"credHelpers\":{\"gcr.io\":\"gcloud\"}}";
  g_autofree char *folder = g_dir_make_tmp ("engine-fetch-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "config.json", NULL);

  check_credentials (folder, "docker.io", NULL);
  g_assert_true (g_file_set_contents (path, "{\"auths\":[", -1, NULL));
  check_credentials (folder, "docker.io", NULL);
  g_assert_true (g_file_set_contents (path, config, -1, NULL));
  check_credentials (folder, "docker.io",
                     "{\"username\":\"me\",\"password\":\"pass?>word\","
                     "\"serveraddress\":\"https://index.docker.io/v1/\"}");
  check_credentials (folder, "localhost:5000",
                     "{\"identitytoken\":\"t\",\"serveraddress\":\"localhost:5000\"}");
  check_credentials (folder, "quay.io", "docker-credential-pass");
  check_credentials (folder, "localhost", "docker-credential-pass");
  check_credentials (folder, "gcr.io", "docker-credential-gcloud");
  check_credentials (folder, "a", "docker-credential-pass");
  check_credentials (folder, "b", "docker-credential-pass");
  check_credentials (folder, "c", "docker-credential-pass");
  g_unlink (path);
  g_rmdir (folder);
}

int
main (int argc, char *argv[])
{
  signal (SIGPIPE, SIG_IGN);
  g_setenv ("DOCKER_CONFIG", "/nonexistent", TRUE); /* not what this user has */
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-fetch/fetch", test_fetch);
  g_test_add_func ("/engine-fetch/policy", test_fetch_policy);
  g_test_add_func ("/engine-fetch/wrong", test_fetch_wrong);
  g_test_add_func ("/engine-fetch/cancelled", test_fetch_cancelled);
  g_test_add_func ("/engine-fetch/credentials", test_credentials);
  return g_test_run ();
}
