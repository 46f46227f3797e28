/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The last words of OpenSSH's client, of many versions, and what is made of them. */

#include "connection/mitogen-method-private.h"
#include "connection/mitogen-ssh-connection.h"
#include "connection/mitogen-ssh-failure-private.h"
#include "wire/mitogen-error.h"

#include <string.h>

#define EXITED(status) ((status) << 8)

typedef struct
{
  const char *said;
  int status;
  const char *sentence; /* a part of it; NULL: nothing is known */
  gint code;
  gboolean busy;
  guint n_answers;
} Row;

#define FINGERPRINT "SHA256:xD6UcDvVDpRNIKew3CVJtajlPujToVumgISXdunBUfY"
#define CHANGED                                                                                    \
  "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n"                                  \
  "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n"                                  \
  "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n"                                  \
  "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\n"                                        \
  "The fingerprint for the ED25519 key sent by the remote host is\n" FINGERPRINT ".\n"             \
  "Please contact your system administrator.\n"                                                    \
  "Add correct host key in /home/me/.ssh/known_hosts to get rid of this message.\n"                \
  "Offending RSA key in /home/me/.ssh/known_hosts:3\n"

static const Row rows[] = {
  /* Keys of hosts */
  { "No ED25519 host key is known for [web1]:2222 and you have requested strict checking.\n"
    "Host key verification failed.\n",
    255, "the key of [web1]:2222 is not known", MITOGEN_ERROR_HOST_KEY },
  { "Host key verification failed.\n", 255, "not accepted", MITOGEN_ERROR_HOST_KEY },
  { CHANGED "Host key for web1 has changed and you have requested strict checking.\n"
            "Host key verification failed.\n",
    255,
    "it is now ED25519 " FINGERPRINT "; the one that was known is in "
    "/home/me/.ssh/known_hosts:3",
    MITOGEN_ERROR_HOST_KEY },
  { CHANGED "Password authentication is disabled to avoid man-in-the-middle attacks.\n"
            "me@web1: Permission denied (publickey,password).\n",
    255, "has changed", MITOGEN_ERROR_HOST_KEY },
  { "@       WARNING: REVOKED HOST KEY DETECTED!               @\n"
    "RSA host key for web1 was revoked and you have requested strict checking.\n"
    "Host key verification failed.\n",
    255, "revoked", MITOGEN_ERROR_HOST_KEY },
  { "Certificate invalid: name is not a listed principal\nHost key verification failed.\n", 255,
    "not valid: name is not a listed principal", MITOGEN_ERROR_HOST_KEY },

  /* Logins */
  { "me@web1: Permission denied (publickey,password).\n", 255,
    "does not let the user in; what it would accept is publickey,password, but no password was "
    "given",
    MITOGEN_ERROR_PASSWORD },
  { "Permission denied, please try again.\nme@web1: Permission denied (publickey,password).\n", 255,
    "refused what it was answered", MITOGEN_ERROR_PASSWORD, FALSE, 2 },
  { "Permission denied (publickey).\n", 255, "accept is publickey", MITOGEN_ERROR_PASSWORD },
  { "web1: Permission denied (publickey).\n", 255, "accept is publickey", MITOGEN_ERROR_PASSWORD },
  { "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @\n"
    "Permissions 0644 for '/k' are too open.\nLoad key \"/k\": bad permissions\n"
    "me@web1: Permission denied (publickey).\n",
    255, "can be read by others", MITOGEN_ERROR_PASSWORD },
  { "Warning: Identity file /nope not accessible: No such file or directory.\n"
    "me@web1: Permission denied (publickey).\n",
    255, "the file of the key cannot be read", MITOGEN_ERROR_PASSWORD },
  { "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\n"
    "Disconnected from 10.0.0.1 port 22\n",
    255, "too many keys", MITOGEN_ERROR_PASSWORD },
  { "Permission denied, please try again.\n"
    "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\n",
    255, "refused as many answers", MITOGEN_ERROR_PASSWORD, FALSE, 2 },
  { "Password change required but no TTY available.\n", 1, "expired", MITOGEN_ERROR_PASSWORD },
  { "This account is currently not available.\n", 1, "no shell", MITOGEN_ERROR_PASSWORD },
  { "\"System is going down. Unprivileged users are not permitted to log in anymore.\n"
    "Connection closed by 10.0.0.1 port 22\n",
    255, "closed the connection during the login", MITOGEN_ERROR_STREAM },

  /* The way there */
  { "ssh: connect to host web1 port 22: Connection refused\n", 255, "refused the connection",
    MITOGEN_ERROR_STREAM },
  { "ssh: Could not resolve hostname web9: Name or service not known\n", 255,
    "no host known as web9", MITOGEN_ERROR_STREAM },
  { "ssh: connect to host web1 port 22: No route to host\n", 255, "no way", MITOGEN_ERROR_STREAM },
  { "ssh: connect to host web1 port 22: Network is unreachable\n", 255, "network",
    MITOGEN_ERROR_STREAM },
  { "ssh: connect to host web1 port 22: Connection timed out\n", 255, "does not answer",
    MITOGEN_ERROR_TIMED_OUT },
  { "Connection timed out during banner exchange\nConnection to 10.0.0.1 port 22 timed out\n", 255,
    "does not answer as a server", MITOGEN_ERROR_TIMED_OUT },
  { "debug1: kex_exchange_identification: banner line 0: Exceeded MaxStartups\n"
    "kex_exchange_identification: Connection closed by remote host\n",
    255, "logins under way", MITOGEN_ERROR_STREAM, TRUE },
  { "kex_exchange_identification: read: Connection reset by peer\n"
    "Connection reset by 10.0.0.1 port 22\n",
    255, "too many logins", MITOGEN_ERROR_STREAM, TRUE },
  { "kex_exchange_identification: Connection closed by remote host\n"
    "Connection closed by 10.0.0.1 port 22\n",
    255, "too many logins", MITOGEN_ERROR_STREAM, TRUE },
  { "ssh_exchange_identification: Connection closed by remote host\n", 255, "too many logins",
    MITOGEN_ERROR_STREAM, TRUE },
  { "ssh_exchange_identification: read: Connection reset by peer\n", 255, "too many logins",
    MITOGEN_ERROR_STREAM, TRUE },
  { "kex_exchange_identification: banner line contains invalid characters\n"
    "banner exchange: Connection to 10.0.0.1 port 80: invalid format\n",
    255, "no server for ssh", MITOGEN_ERROR_STREAM },
  { "Unable to negotiate with 10.0.0.1 port 22: no matching key exchange method found. Their "
    "offer: diffie-hellman-group1-sha1\n",
    255, "too little in common: 10.0.0.1 port 22: no matching", MITOGEN_ERROR_STREAM },
  { "channel 0: open failed: administratively prohibited: open failed\n"
    "stdio forwarding failed\n"
    "kex_exchange_identification: Connection closed by remote host\n",
    255, "in between does not let", MITOGEN_ERROR_STREAM },
  { "Connection reset by 10.0.0.1 port 22\n", 255, "during the login", MITOGEN_ERROR_STREAM },

  /* The client */
  { "command-line: line 0: Bad configuration option: knownhostscommand\n", 255,
    "does not know the option knownhostscommand", MITOGEN_ERROR_STREAM },
  { "command-line line 0: unsupported option \"accept-new\".\n", 255,
    "does not know the option accept-new", MITOGEN_ERROR_STREAM },
  { "Bad owner or permissions on /home/me/.ssh/config\n", 255, "/home/me/.ssh/config",
    MITOGEN_ERROR_STREAM },
  { "Cannot execute command-line and remote command.\n", 255, "RemoteCommand",
    MITOGEN_ERROR_STREAM },

  /* The other side */
  { "mitogen: no Python interpreter found (tried python3 python; PATH is /bin)\n", 127,
    "on the host (tried python3 python; PATH is /bin): install", MITOGEN_ERROR_NO_INTERPRETER },
  { "bash: line 1: /opt/python: No such file or directory\n", 127, "no such Python",
    MITOGEN_ERROR_NO_INTERPRETER },
  { "sh: 1: /etc: Permission denied\n", 126, "cannot be started", MITOGEN_ERROR_NO_INTERPRETER },
  { "bash: cannot create temp file for here-document: No space left on device\n", 1, "full",
    MITOGEN_ERROR_STREAM },
  { "bash: /home/me/.log: Read-only file system\n", 1, "only be read", MITOGEN_ERROR_STREAM },
  { "whatever\n", 1, NULL, 0 },
  { "", 255, NULL, 0 },
  /* What runs over there may say the same words as the client. */
  { "ssh: connect to host web2 port 22: Connection refused\n", 1, NULL, 0 },
};

static void
check_row (const Row *row)
{
  MitogenFailure failure = { .said = row->said,
                             .has_status = TRUE,
                             .wait_status = EXITED (row->status),
                             .n_answers = row->n_answers };
  gint code = 0;
  gboolean busy = FALSE;
  g_autofree char *what = mitogen_ssh_failure_explain (&failure, &code, &busy);

  g_test_message ("%s%s", row->said, what);
  if (row->sentence == NULL)
    {
      g_assert_null (what);
      return;
    }
  g_assert_nonnull (what);
  g_assert_nonnull (strstr (what, row->sentence));
  g_assert_null (strstr (what, "{}"));
  g_assert_cmpint (code, ==, row->code);
  g_assert_cmpint (busy, ==, row->busy);
}

static void
test_failures (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    check_row (&rows[i]);
}

/* ---- in mid-session ---- */

static void
test_losses (void)
{
  static const struct
  {
    const char *said;
    const char *sentence;
  } losses[] = {
    { "Timeout, server web1 not responding.", "not answered" },
    { "Connection to web1 closed by remote host.", "the host closed" },
    { "client_loop: send disconnect: Broken pipe", "was lost" },
    { "packet_write_wait: Connection to 10.0.0.1 port 22: Broken pipe", "was lost" },
    { "Write failed: Broken pipe", "was lost" },
    { "Connection reset by 10.0.0.1 port 22", "was lost" },
    { "Read from remote host web1: Connection reset by peer", "was lost" },
    { "Read from remote host web1: Connection timed out", "not answered" },
    { "client_loop: send disconnect: No route to host", "way to the host" },
    { "ssh_dispatch_run_fatal: Connection to 10.0.0.1 port 22: message authentication code "
      "incorrect",
      "was lost" },
    { "Corrupted MAC on input.", "not what it had sent" },
    { "Received disconnect from 10.0.0.1 port 22:11: Logged out", "the host closed" },
    { "a last word", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (losses); i++)
    {
      MitogenFailure failure = {
        .said = losses[i].said, .has_status = TRUE, .wait_status = EXITED (255), .started = TRUE
      };
      gint code;
      gboolean busy = FALSE;
      g_autofree char *what = mitogen_ssh_failure_explain (&failure, &code, &busy);

      g_test_message ("%s", losses[i].said);
      g_assert_cmpint (what != NULL, ==, losses[i].sentence != NULL);
      g_assert_true (what == NULL || strstr (what, losses[i].sentence) != NULL);
      g_assert_false (busy);
    }
}

/* ---- a key that has changed ---- */

static void
test_appeal (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_ssh_connection_new ("web1");
  g_autoptr (MitogenMethod) method =
      mitogen_connection_get_method (connection)->make_method (connection, TRUE, NULL);
  MitogenFailure failure = { .said = CHANGED
                             "Host key for web1 has changed and you have requested strict "
                             "checking.\nHost key verification failed.\n",
                             .has_status = TRUE,
                             .wait_status = EXITED (255) };
  g_auto (MitogenQuestion) question = { 0 };
  g_autofree char *line = NULL;

  /* Nobody has told which key it is. */
  g_assert_false (method->funcs->appeal (method, &failure, &question));

  g_assert_null (method->funcs->see_key (method, "web1\nx", "ssh-rsa", "AAAA", "f"));
  g_assert_null (method->funcs->see_key (method, "web1", "ssh-ed25519", "AAAA", FINGERPRINT));
  g_assert_true (method->funcs->appeal (method, &failure, &question));
  g_assert_cmpint (question.kind, ==, MITOGEN_PROMPT_HOST_KEY);
  g_assert_true (question.changed);
  g_assert_cmpstr (question.fingerprint, ==, FINGERPRINT);
  g_assert_cmpstr (question.text, ==,
                   "Host key for web1 has changed and you have requested strict checking.\n"
                   "Offending RSA key in /home/me/.ssh/known_hosts:3");

  method->funcs->overrule (method);
  g_assert_null (method->funcs->see_key (method, "web1", "ssh-ed25519", "BBBB", "another"));
  line = method->funcs->see_key (method, "web1", "ssh-ed25519", "AAAA", FINGERPRINT);
  g_assert_cmpstr (line, ==, "web1 ssh-ed25519 AAAA\n");
  mitogen_question_clear (&question);
  g_assert_false (method->funcs->appeal (method, &failure, &question));
}

static void
test_no_appeal (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_ssh_connection_new ("web1");
  g_autoptr (MitogenMethod) method =
      mitogen_connection_get_method (connection)->make_method (connection, TRUE, NULL);
  MitogenFailure revoked = { .said = CHANGED "@  WARNING: REVOKED HOST KEY DETECTED!  @\n"
                                             "Host key verification failed.\n",
                             .has_status = TRUE,
                             .wait_status = EXITED (255) };
  MitogenFailure unknown = { .said = "Host key verification failed.\n",
                             .has_status = TRUE,
                             .wait_status = EXITED (255) };
  g_auto (MitogenQuestion) question = { 0 };

  g_assert_null (method->funcs->see_key (method, "web1", "ssh-ed25519", "AAAA", FINGERPRINT));
  g_assert_false (method->funcs->appeal (method, &revoked, &question));
  g_assert_false (method->funcs->appeal (method, &unknown, &question));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ssh-failure/failures", test_failures);
  g_test_add_func ("/ssh-failure/losses", test_losses);
  g_test_add_func ("/ssh-failure/appeal", test_appeal);
  g_test_add_func ("/ssh-failure/no-appeal", test_no_appeal);
  return g_test_run ();
}
