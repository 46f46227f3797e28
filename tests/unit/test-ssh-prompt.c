/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What OpenSSH's client, of many versions, writes on its terminal, and what is made of it. */

#include "connection/mitogen-ssh-prompt-private.h"

#include <string.h>

#define FINGERPRINT "SHA256:xD6UcDvVDpRNIKew3CVJtajlPujToVumgISXdunBUfY"
#define MD5         "7b:2a:9e:31:0f:c5:55:3e:3e:53:dc:26:4d:13:50:3f"

typedef struct
{
  MitogenReading reading;
  MitogenPromptKind kind;
  const char *line;
  const char *above;
  const char *subject;
} Row;

#define NOTHING  MITOGEN_READING_NOTHING
#define PERHAPS  MITOGEN_READING_PERHAPS
#define QUESTION MITOGEN_READING_QUESTION

static const Row rows[] = {
  /* The client's own: 5.x to 10.x */
  { QUESTION, MITOGEN_PROMPT_PASSWORD, "\rme@web1's password: ", "", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_PASSWORD, "\rme@fe80::1%eth0's password: ", "\n", "me@fe80::1%eth0" },
  { QUESTION, MITOGEN_PROMPT_PASSWORD, "DOM\\me@web1's password: ", "", "DOM\\me@web1" },
  { QUESTION, MITOGEN_PROMPT_PASSPHRASE, "\rEnter passphrase for key '/home/me/.ssh/id it's': ", "",
    "/home/me/.ssh/id it's" },
  { QUESTION, MITOGEN_PROMPT_PASSPHRASE, "Enter passphrase for RSA key 'me@here': ", "",
    "me@here" },
  { QUESTION, MITOGEN_PROMPT_PASSPHRASE, "\rEnter PIN for ED25519-SK key /home/me/.ssh/id_sk: ", "",
    "ED25519-SK key /home/me/.ssh/id_sk" },
  { QUESTION, MITOGEN_PROMPT_PASSPHRASE,
    "\rEnter PIN and confirm user presence for ECDSA-SK key /k: ", "", "ECDSA-SK key /k" },
  { QUESTION, MITOGEN_PROMPT_PASSPHRASE, "\rEnter PIN for 'SSH key': ", "", "SSH key" },
  { QUESTION, MITOGEN_PROMPT_PASSWORD, "\rEnter me@web1's old password: ", "", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_NEW_PASSWORD, "\rEnter me@web1's new password: ", "", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_NEW_PASSWORD, "\rRetype me@web1's new password: ", "", "me@web1" },

  /* The server's, 8.8 and later */
  { QUESTION, MITOGEN_PROMPT_PASSWORD, "\r(me@web1) Password: ", "", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_PASSWORD, "\r(me@web1) Passwort: ", "", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_PASSWORD, "\r(me@web1) Password for me@REALM: ", "", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_PASSWORD, "\r(me@web1) First Factor: ", "", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_PASSWORD, "\r(me@web1) (current) UNIX password: ", "", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_PASSWORD, "\r(me@web1) Current password: ", "", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_NEW_PASSWORD, "\r(me@web1) New password: ", "", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_NEW_PASSWORD, "\r(me@web1) Enter new UNIX password: ", "", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_NEW_PASSWORD, "\r(me@web1) Retype new password: ", "", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_CODE, "\r(me@web1) Verification code: ", "", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_CODE, "\r(me@web1) One-time password (OATH) for `me': ", "",
    "me@web1" },
  { QUESTION, MITOGEN_PROMPT_CODE, "\r(me@web1) Second Factor (optional): ", "", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_CODE, "\r(me@web1) Enter PASSCODE: ", "", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_CODE, "\rPasscode or option (1-2): ",
    "(me@web1) Duo two-factor login for me\n\nEnter a passcode or select one of the following:\n\n"
    " 1. Duo Push\n 2. Phone call\n\n",
    "me@web1" },
  { QUESTION, MITOGEN_PROMPT_OTHER, "\r(me@web1) Do you accept the terms? [yes/no] ", "",
    "me@web1" },

  /* Nothing tells where these end, but that nothing follows. */
  { PERHAPS, MITOGEN_PROMPT_PASSWORD, "\r(me@web1) Password:", "", "me@web1" },
  { PERHAPS, MITOGEN_PROMPT_PASSWORD, "\r(me@web1) Parole", "", "me@web1" },
  { PERHAPS, MITOGEN_PROMPT_PASSWORD, "\rPassword: ", "", NULL },
  { PERHAPS, MITOGEN_PROMPT_PASSWORD, "Password:", "", NULL },
  { PERHAPS, MITOGEN_PROMPT_CODE, "\rVerification code: ", "", NULL },
  { PERHAPS, MITOGEN_PROMPT_OTHER, "\rAccept updated hostkeys? (yes/no): ", "", NULL },
  { PERHAPS, MITOGEN_PROMPT_OTHER, "\rWhat is your quest? ", "", NULL },
  { PERHAPS, MITOGEN_PROMPT_OTHER, "\rMot de passe : ", "", NULL },

  /* Not from the client: the server has put something above it, or moved the cursor. */
  { QUESTION, MITOGEN_PROMPT_PASSWORD,
    "Enter passphrase for key '/home/me/.ssh/id': ", "(me@web1) Welcome\n", "me@web1" },
  { QUESTION, MITOGEN_PROMPT_PASSWORD, "\r(me@web1) \rEnter passphrase for key '/k': ", "",
    "me@web1" },
  { PERHAPS, MITOGEN_PROMPT_OTHER, "Enter passphrase for key '/home/me/.ssh/id': ", "Welcome\n",
    NULL },
  { PERHAPS, MITOGEN_PROMPT_OTHER, "\rx\rEnter passphrase for key '/k': ", "", NULL },
  { PERHAPS, MITOGEN_PROMPT_OTHER, "\r\vEnter passphrase for key '/k': ", "", NULL },
  { PERHAPS, MITOGEN_PROMPT_OTHER, "Are you sure you want to continue connecting (yes/no)? ",
    "Welcome\n", NULL },
  { PERHAPS, MITOGEN_PROMPT_OTHER, "Please type 'yes' or 'no': ", "", NULL },

  /* No questions */
  { NOTHING, 0, "\r", "", NULL },
  { NOTHING, 0, "\rme@web1's pass", "", NULL },
  { NOTHING, 0, "debug1: Authenticating", "", NULL },
  { NOTHING, 0, "Last login yesterday", "", NULL },
  { NOTHING, 0, "   \t ", "", NULL },
};

static MitogenSaid
make_said (const char *line, const char *above, guint n_answers)
{
  return (MitogenSaid){
    .line = line, .length = strlen (line), .since = above, .above = above, .n_answers = n_answers
  };
}

static void
check_row (const Row *row)
{
  MitogenSshPrompts prompts = { 0 };
  MitogenSaid said = make_said (row->line, row->above, 0);
  g_auto (MitogenQuestion) question = { 0 };

  g_test_message ("%s", row->line);
  g_assert_cmpint (mitogen_ssh_prompts_read (&prompts, &said, &question), ==, row->reading);
  said.quiet = TRUE;
  if (row->reading != QUESTION)
    {
      g_assert_null (question.text);
      g_assert_cmpint (mitogen_ssh_prompts_read (&prompts, &said, &question), ==,
                       row->reading == PERHAPS ? QUESTION : NOTHING);
    }
  if (row->reading != NOTHING)
    {
      g_assert_cmpint (question.kind, ==, row->kind);
      g_assert_cmpstr (question.subject, ==, row->subject);
      g_assert_true (g_utf8_validate (question.text, -1, NULL));
      g_assert_false (question.again);
    }
  mitogen_ssh_prompts_clear (&prompts);
}

static void
test_texts (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    check_row (&rows[i]);
}

/* ---- host keys ---- */

typedef struct
{
  const char *above;
  const char *line;
  const char *key_type;
  const char *fingerprint;
  gboolean changed;
} KeyRow;

#define HOST "The authenticity of host 'web1 (10.0.0.1)' can't be established"

static const KeyRow key_rows[] = {
  /* 5.x, 6.x */
  { HOST ".\nRSA key fingerprint is " MD5 ".\n",
    "Are you sure you want to continue connecting (yes/no)? ", "RSA", MD5, FALSE },
  { HOST
    "\nbut keys of different type are already known for this host.\nECDSA key fingerprint is " MD5
    ".\nNo matching host key fingerprint found in DNS.\n",
    "Are you sure you want to continue connecting (yes/no)? ", "ECDSA", MD5, FALSE },
  /* 6.8 to 7.x */
  { HOST ".\nED25519 key fingerprint is " FINGERPRINT
         ".\n+--[ED25519 256]--+\n|    .o+   |\n+----+\n",
    "Are you sure you want to continue connecting (yes/no)? ", "ED25519", FINGERPRINT, FALSE },
  { HOST ".\nECDSA key fingerprint is " FINGERPRINT ".\nECDSA key fingerprint is MD5:" MD5 ".\n",
    "Are you sure you want to continue connecting (yes/no)? ", "ECDSA", FINGERPRINT, FALSE },
  /* 8.0 */
  { HOST ".\nED25519 key fingerprint is " FINGERPRINT ".\n",
    "Are you sure you want to continue connecting (yes/no/[fingerprint])? ", "ED25519", FINGERPRINT,
    FALSE },
  /* 8.4, 9.x */
  { HOST ".\nED25519 key fingerprint is " FINGERPRINT
         ".\nThis key is not known by any other names.\n",
    "Are you sure you want to continue connecting (yes/no/[fingerprint])? ", "ED25519", FINGERPRINT,
    FALSE },
  { HOST ".\nED25519-CERT key fingerprint is " FINGERPRINT
         ".\nThis host key is known by the following other names/addresses:\n"
         "    ~/.ssh/known_hosts:3: [web1]:2222\n",
    "Are you sure you want to continue connecting (yes/no/[fingerprint])? ", "ED25519-CERT",
    FINGERPRINT, FALSE },
  /* 10.2 */
  { HOST ".\nED25519 key fingerprint is: " FINGERPRINT
         "\nThis key is not known by any other names.\n",
    "Are you sure you want to continue connecting (yes/no/[fingerprint])? ", "ED25519", FINGERPRINT,
    FALSE },
  /* The address has another one. */
  { "Warning: the ECDSA host key for 'web1' differs from the key for the IP address '10.0.0.1'\n"
    "Offending key for IP in /home/me/.ssh/known_hosts:1\n"
    "Matching host key in /home/me/.ssh/known_hosts:2\n",
    "Are you sure you want to continue connecting (yes/no)? ", NULL, NULL, TRUE },
};

static void
check_key (const KeyRow *row, const MitogenSaid *said)
{
  MitogenSshPrompts prompts = { 0 };
  g_auto (MitogenQuestion) question = { 0 };
  g_auto (MitogenQuestion) second = { 0 };
  MitogenSaid insisting = make_said ("\rPlease type 'yes', 'no' or the fingerprint: ", "\n", 1);

  g_assert_cmpint (mitogen_ssh_prompts_read (&prompts, said, &question), ==, QUESTION);
  g_assert_cmpint (question.kind, ==, MITOGEN_PROMPT_HOST_KEY);
  g_assert_cmpstr (question.key_type, ==, row->key_type);
  g_assert_cmpstr (question.fingerprint, ==, row->fingerprint);
  g_assert_cmpint (question.changed, ==, row->changed);
  g_assert_nonnull (strstr (question.text, "web1"));
  g_assert_null (strstr (question.text, "Are you sure"));

  g_assert_cmpint (mitogen_ssh_prompts_read (&prompts, &insisting, &second), ==, QUESTION);
  g_assert_true (second.again);
  g_assert_cmpstr (second.text, ==, question.text);
  g_assert_cmpstr (second.fingerprint, ==, row->fingerprint);
  mitogen_ssh_prompts_clear (&prompts);
}

static void
test_host_keys (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (key_rows); i++)
    {
      g_autofree char *whole = g_strconcat (key_rows[i].above, key_rows[i].line, NULL);
      MitogenSaid on_terminal = make_said (key_rows[i].line, key_rows[i].above, 0);
      MitogenSaid requested = make_said (whole, "", 0);

      requested.is_request = TRUE;
      check_key (&key_rows[i], &on_terminal);
      check_key (&key_rows[i], &requested);
    }
}

/* ---- one after another ---- */

typedef struct
{
  const char *line;
  MitogenPromptKind kind;
  gboolean again;
} Step;

static void
check_steps (const Step *steps, guint n)
{
  MitogenSshPrompts prompts = { 0 };

  for (guint i = 0; i < n; i++)
    {
      MitogenSaid said = make_said (steps[i].line, "\n", i);
      g_auto (MitogenQuestion) question = { 0 };

      said.quiet = TRUE;
      g_test_message ("%u: %s", i, steps[i].line);
      g_assert_cmpint (mitogen_ssh_prompts_read (&prompts, &said, &question), ==, QUESTION);
      g_assert_cmpint (question.kind, ==, steps[i].kind);
      g_assert_cmpint (question.again, ==, steps[i].again);
    }
  mitogen_ssh_prompts_clear (&prompts);
}

#define PASSWORD MITOGEN_PROMPT_PASSWORD
#define CODE     MITOGEN_PROMPT_CODE

static void
test_series (void)
{
  static const Step wrong[] = { { "\rme@h's password: ", PASSWORD, FALSE },
                                { "\rme@h's password: ", PASSWORD, TRUE },
                                { "\rme@h's password: ", PASSWORD, TRUE } };
  static const Step two_keys[] = {
    { "\rEnter passphrase for key '/a': ", MITOGEN_PROMPT_PASSPHRASE, FALSE },
    { "\rEnter passphrase for key '/b': ", MITOGEN_PROMPT_PASSPHRASE, FALSE },
    { "\rEnter passphrase for key '/b': ", MITOGEN_PROMPT_PASSPHRASE, TRUE },
    { "\rme@h's password: ", PASSWORD, FALSE },
  };
  static const Step totp[] = { { "\r(me@h) Password: ", PASSWORD, FALSE },
                               { "\r(me@h) Verification code: ", CODE, FALSE },
                               { "\r(me@h) Verification code: ", CODE, TRUE } };
  static const Step code_first[] = { { "\r(me@h) Verification code: ", CODE, FALSE },
                                     { "\r(me@h) Password: ", PASSWORD, FALSE } };
  static const Step translated[] = { { "\r(me@h) Passwort: ", PASSWORD, FALSE },
                                     { "\r(me@h) Passwort: ", PASSWORD, TRUE },
                                     { "\r(me@h) Code zur Prüfung: ", CODE, FALSE },
                                     { "\r(me@h) Ihre Zahl: ", CODE, FALSE } };
  /* The server gives up one way to ask, and the client takes the other. */
  static const Step other_way[] = { { "\r(me@h) Password: ", PASSWORD, FALSE },
                                    { "\rme@h's password: ", PASSWORD, TRUE } };
  /* The host in between has another account. */
  static const Step jump[] = { { "\rme@jump's password: ", PASSWORD, FALSE },
                               { "\r(root@h) Password: ", PASSWORD, FALSE },
                               { "\rroot@h's password: ", PASSWORD, TRUE } };
  static const Step expired[] = {
    { "\r(me@h) Password: ", PASSWORD, FALSE },
    { "\r(me@h) Current password: ", PASSWORD, FALSE },
    { "\r(me@h) New password: ", MITOGEN_PROMPT_NEW_PASSWORD, FALSE },
    { "\r(me@h) Retype new password: ", MITOGEN_PROMPT_NEW_PASSWORD, FALSE },
    { "\r(me@h) New password: ", MITOGEN_PROMPT_NEW_PASSWORD, FALSE },
  };

  check_steps (wrong, G_N_ELEMENTS (wrong));
  check_steps (two_keys, G_N_ELEMENTS (two_keys));
  check_steps (totp, G_N_ELEMENTS (totp));
  check_steps (code_first, G_N_ELEMENTS (code_first));
  check_steps (translated, G_N_ELEMENTS (translated));
  check_steps (other_way, G_N_ELEMENTS (other_way));
  check_steps (jump, G_N_ELEMENTS (jump));
  check_steps (expired, G_N_ELEMENTS (expired));
}

/* Looked at twice, since nobody has answered: it is not asked again. */
static void
test_unanswered (void)
{
  MitogenSshPrompts prompts = { 0 };

  for (guint i = 0; i < 3; i++)
    {
      MitogenSaid said = make_said ("\r(me@h) Passwort: ", "\n", 0);
      g_auto (MitogenQuestion) question = { 0 };

      g_assert_cmpint (mitogen_ssh_prompts_read (&prompts, &said, &question), ==, QUESTION);
      g_assert_cmpint (question.kind, ==, PASSWORD);
      g_assert_false (question.again);
    }
  mitogen_ssh_prompts_clear (&prompts);
}

/* Whose password it is: the host is only named if it is another one. */
static void
test_subject (void)
{
  static const struct
  {
    const char *line;
    const char *subject;
  } lines[] = {
    { "\r(me@web1) Password: ", "me" },
    { "\rme@WEB1's password: ", "me" },
    { "\rme@realm@web1's password: ", "me@realm" },
    { "\r(me@jump) Password: ", "me@jump" },
    { "\rEnter passphrase for key 'me@web1': ", "me@web1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      MitogenSshPrompts prompts = { .hostname = g_strdup ("web1") };
      MitogenSaid said = make_said (lines[i].line, "", 0);
      g_auto (MitogenQuestion) question = { 0 };

      g_assert_cmpint (mitogen_ssh_prompts_read (&prompts, &said, &question), ==, QUESTION);
      g_assert_cmpstr (question.subject, ==, lines[i].subject);
      mitogen_ssh_prompts_clear (&prompts);
    }
}

/* What the server says of a password beside the terminal. */
static void
test_reason (void)
{
  MitogenSshPrompts prompts = { 0 };
  MitogenSaid first = make_said ("\r(me@h) Password: ", "", 0);
  MitogenSaid second = make_said ("\rme@h's password: ", "\n", 1);
  MitogenSaid third = make_said ("\rme@h's password: ", "\n", 2);
  g_auto (MitogenQuestion) question = { 0 };

  g_assert_cmpint (mitogen_ssh_prompts_read (&prompts, &first, &question), ==, QUESTION);
  mitogen_question_clear (&question);
  second.since = "\nYour account has expired; ask somebody.\n";
  g_assert_cmpint (mitogen_ssh_prompts_read (&prompts, &second, &question), ==, QUESTION);
  g_assert_true (question.again);
  g_assert_cmpstr (question.text, ==, "Your account has expired; ask somebody.\nme@h's password:");
  mitogen_question_clear (&question);
  third.since = "\nPermission denied, please try again.\n";
  g_assert_cmpint (mitogen_ssh_prompts_read (&prompts, &third, &question), ==, QUESTION);
  g_assert_true (question.again);
  g_assert_cmpstr (question.text, ==, "me@h's password:");
  mitogen_ssh_prompts_clear (&prompts);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ssh-prompt/texts", test_texts);
  g_test_add_func ("/ssh-prompt/host-keys", test_host_keys);
  g_test_add_func ("/ssh-prompt/series", test_series);
  g_test_add_func ("/ssh-prompt/unanswered", test_unanswered);
  g_test_add_func ("/ssh-prompt/subject", test_subject);
  g_test_add_func ("/ssh-prompt/reason", test_reason);
  return g_test_run ();
}
