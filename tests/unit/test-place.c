/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-fork-connection.h"
#include "connection/mitogen-local-connection.h"
#include "connection/mitogen-place-private.h"
#include "connection/mitogen-ssh-connection.h"
#include "connection/mitogen-sudo-connection.h"
#include "prompt/mitogen-sentence-private.h"
#include "router/mitogen-context-private.h"
#include "unit-util.h"
#include "wire/mitogen-error.h"

#include <string.h>

/* ---- a class of the program's own ---- */

typedef MitogenConnection Jail;
typedef MitogenConnectionClass JailClass;

static GType jail_get_type (void);
G_DEFINE_TYPE (Jail, jail, MITOGEN_TYPE_CONNECTION)

static char *
jail_get_name (MitogenConnection *connection)
{
  return g_strdup ("jail 1.{pid}");
}

static void
jail_class_init (JailClass *klass)
{
  klass->get_name = jail_get_name;
}

static void
jail_init (Jail *self)
{
}

/* ---- chains of contexts that were never connected ---- */

typedef struct
{
  MitogenIo *io;
  MitogenCore *core;
  GPtrArray *contexts; /* the last is the via */
} Way;

static void
way_init (Way *way)
{
  way->io = unit_io_new ();
  way->core = mitogen_core_new (way->io, 0, NULL, 0);
  way->contexts = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
way_clear (Way *way)
{
  /* A context holds its via. */
  while (way->contexts->len > 0)
    g_ptr_array_remove_index (way->contexts, way->contexts->len - 1);
  g_ptr_array_unref (way->contexts);
  mitogen_core_unref (way->core);
  unit_io_end (way->io);
}

static MitogenContext *
way_end (Way *way)
{
  return way->contexts->len > 0 ? g_ptr_array_index (way->contexts, way->contexts->len - 1) : NULL;
}

/* @connection: (transfer full) (nullable) */
static void
way_add (Way *way, MitogenConnection *connection, const char *name)
{
  MitogenContext *via = way_end (way);
  guint32 id = way->contexts->len + 1;
  g_autoptr (MitogenContextNode) node = mitogen_context_node_new (id, name, id - 1);

  g_ptr_array_add (way->contexts, mitogen_context_new (way->core, node, via, G_OBJECT (connection),
                                                       g_main_context_default ()));
  g_clear_object (&connection);
}

static MitogenConnection *
ssh (const char *user, const char *host, guint port)
{
  return g_object_new (MITOGEN_TYPE_SSH_CONNECTION, "username", user, "hostname", host, "port",
                       port, NULL);
}

static MitogenConnection *
sudo (const char *user)
{
  return g_object_new (MITOGEN_TYPE_SUDO_CONNECTION, "username", user, NULL);
}

/* @connection: (transfer full) */
static void
assert_place (Way *way, MitogenConnection *connection, const char *sentence, const char *key)
{
  const MitogenQuestion question = { .kind = MITOGEN_PROMPT_PASSWORD, .text = (char *) "" };
  g_auto (MitogenPlace) place = { 0 };
  g_autofree char *subject = NULL;

  mitogen_place_init (&place, connection, way_end (way));
  subject = mitogen_sentence_subject (&place, &question);
  g_assert_cmpstr (subject, ==, sentence);
  g_assert_cmpstr (place.key, ==, key);
  g_object_unref (connection);
}

static void
test_direct (void)
{
  Way way;

  way_init (&way);
  assert_place (&way, sudo (NULL), "Password for root by sudo on this computer", "sudo:root");
  assert_place (&way, ssh ("alice", "web1", 0), "Password for alice by ssh on web1",
                "ssh:alice@web1");
  assert_place (&way, ssh (NULL, "web1", 0), "Password for ssh on web1", "ssh:web1");
  assert_place (&way, ssh ("alice", "web1", 2222), "Password for alice by ssh on web1:2222",
                "ssh:alice@web1:2222");
  assert_place (&way, g_object_new (jail_get_type (), NULL), "Password for jail 1 on this computer",
                "jail%201");
  way_clear (&way);
}

static void
test_behind (void)
{
  Way way;

  way_init (&way);
  way_add (&way, ssh ("bob", "bastion", 0), "ssh.bastion");
  assert_place (&way, sudo ("bob"), "Password for bob by sudo on bastion",
                "sudo:bob ssh:bob@bastion");
  assert_place (&way, ssh ("alice", "web1", 0),
                "Password for alice by ssh on web1, through bastion",
                "ssh:alice@web1 ssh:bob@bastion");
  way_add (&way, ssh ("alice", "web1", 0), "ssh.web1");
  assert_place (&way, sudo (NULL), "Password for root by sudo on web1, through bastion",
                "sudo:root ssh:alice@web1 ssh:bob@bastion");
  way_add (&way, mitogen_local_connection_new (), "local.17");
  assert_place (&way, sudo (NULL), "Password for root by sudo on web1, through bastion",
                "sudo:root ssh:alice@web1 ssh:bob@bastion");
  way_add (&way, sudo ("carol"), "sudo.carol");
  assert_place (&way, sudo (NULL),
                "Password for root by sudo on web1, through sudo:carol and bastion",
                "sudo:root sudo:carol ssh:alice@web1 ssh:bob@bastion");
  way_add (&way, sudo (NULL), "sudo.root");
  assert_place (&way, ssh (NULL, "db", 0),
                "Password for ssh on db, through sudo:root, sudo:carol, web1 and bastion",
                "ssh:db sudo:root sudo:carol ssh:alice@web1 ssh:bob@bastion");
  way_clear (&way);
}

static void
test_behind_accounts (void)
{
  Way way;

  way_init (&way);
  way_add (&way, sudo ("bob"), "sudo.bob");
  assert_place (&way, sudo (NULL), "Password for root by sudo on this computer, through sudo:bob",
                "sudo:root sudo:bob");
  way_clear (&way);
}

static void
test_behind_own_class (void)
{
  Way way;

  way_init (&way);
  way_add (&way, g_object_new (jail_get_type (), NULL), "jail.1");
  assert_place (&way, sudo (NULL), "Password for root by sudo on jail 1", "sudo:root jail%201");
  way_clear (&way);
}

/* It says of itself what it is called: its name is shown, but nothing is saved for it. */
static void
test_behind_stranger (void)
{
  Way way;

  way_init (&way);
  way_add (&way, NULL, "stran\033[1mger");
  assert_place (&way, sudo (NULL), "Password for root by sudo on stran[1mger", NULL);
  way_add (&way, ssh (NULL, "web1", 0), "ssh.web1");
  assert_place (&way, sudo (NULL), "Password for root by sudo on web1, through stran[1mger", NULL);
  way_clear (&way);
}

/* Whatever is in the names, two places never have the same key. */
static void
test_keys_differ (void)
{
  static const char *const parts[] = { "a", "a b", "a:b", "a@b", "a@b:c", "a%20b", "ssh:a" };
  g_autoptr (GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Way way;

  way_init (&way);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    for (guint j = 0; j < G_N_ELEMENTS (parts); j++)
      for (guint behind = 0; behind < 2; behind++)
        {
          g_autoptr (MitogenConnection) connection = sudo (parts[i]);
          g_auto (MitogenPlace) place = { 0 };

          way_add (&way, sudo (parts[j]), "between");
          mitogen_place_init (&place, connection, behind == 1 ? way_end (&way) : NULL);
          g_ptr_array_set_size (way.contexts, 0);
          if (behind == 0 && j > 0)
            continue;
          if (!g_hash_table_add (keys, g_strdup (place.key)))
            g_error ("%s twice", place.key);
        }
  way_clear (&way);
}

/* ---- sentences ---- */

static const char *const one[] = { "bastion", NULL };

typedef struct
{
  MitogenPromptKind kind;
  const char *subject;
  const char *text;
  gboolean again;
  const char *expected;
} Case;

static const Case cases[] = {
  { MITOGEN_PROMPT_PASSWORD, NULL, "alice@web1's password:", FALSE,
    "Password for alice by ssh on web1, through bastion" },
  { MITOGEN_PROMPT_PASSWORD, "carol", "Password:", TRUE,
    "Password for carol by ssh on web1, through bastion\nThe last answer was refused." },
  { MITOGEN_PROMPT_PASSWORD, NULL, "Passwort:", TRUE,
    "Password for alice by ssh on web1, through bastion\nThe last answer was refused. "
    "It says: “Passwort:”" },
  { MITOGEN_PROMPT_PASSPHRASE, "/k/id", "Enter passphrase for key '/k/id':", FALSE,
    "Passphrase of the key /k/id by ssh on web1, through bastion" },
  { MITOGEN_PROMPT_PASSPHRASE, NULL, "passphrase:", FALSE,
    "Passphrase of a key by ssh on web1, through bastion" },
  { MITOGEN_PROMPT_CODE, NULL, "Verification code:", FALSE,
    "Code or answer for alice by ssh on web1, through bastion\nIt says: “Verification code:”" },
  { MITOGEN_PROMPT_NEW_PASSWORD, NULL, "Retype new password:", FALSE,
    "New password for alice by ssh on web1, through bastion\nIt says: “Retype new password:”" },
  { MITOGEN_PROMPT_OTHER, NULL, "Colour?\033[31m\n\xe2\x80\xaeredir", FALSE,
    "Answer for alice by ssh on web1, through bastion\nIt says: “Colour? [31m redir”" },
};

static void
test_sentences (void)
{
  const MitogenPlace place = { .method = (char *) "ssh",
                               .user = (char *) "alice",
                               .host = (char *) "web1",
                               .through = (char **) one };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const MitogenQuestion question = { .kind = cases[i].kind,
                                         .subject = (char *) cases[i].subject,
                                         .text = (char *) cases[i].text,
                                         .again = cases[i].again };
      g_autofree char *message = mitogen_sentence_message (&place, &question);

      g_assert_cmpstr (message, ==, cases[i].expected);
    }
}

static void
test_long_words (void)
{
  const MitogenPlace place = { .method = (char *) "ssh", .host = (char *) "web1" };
  g_autofree char *text = g_strnfill (100000, 'x');
  const MitogenQuestion question = { .kind = MITOGEN_PROMPT_OTHER, .text = text };
  g_autofree char *message = mitogen_sentence_message (&place, &question);
  g_autoptr (GError) error = mitogen_sentence_unanswered (&place, &question, FALSE);

  g_assert_cmpuint (strlen (message), <, 1000);
  g_assert_cmpuint (strlen (error->message), <, 1000);
}

/* Whatever the class of the program's own says takes the place of the sentence. */
static void
test_own_message (void)
{
  const MitogenPlace place = { .method = (char *) "ssh", .host = (char *) "web1" };
  const MitogenQuestion question = { .kind = MITOGEN_PROMPT_OTHER,
                                     .text = (char *) "Pin?",
                                     .message = (char *) "The pin of the card" };
  g_autofree char *message = mitogen_sentence_message (&place, &question);

  g_assert_cmpstr (message, ==, "The pin of the card");
}

static void
test_host_key (void)
{
  const MitogenPlace direct = { .method = (char *) "ssh", .host = (char *) "web1" };
  const MitogenQuestion known = { .kind = MITOGEN_PROMPT_HOST_KEY,
                                  .text = (char *) "…",
                                  .key_type = (char *) "RSA",
                                  .fingerprint = (char *) "SHA256:\x1b[0mabc" };
  const MitogenQuestion words = { .kind = MITOGEN_PROMPT_HOST_KEY, .text = (char *) "Sure?" };
  g_autofree char *message = mitogen_sentence_message (&direct, &known);
  g_autofree char *quoted = mitogen_sentence_message (&direct, &words);
  g_autoptr (GError) error = mitogen_sentence_distrusted (&direct, &words);

  g_assert_cmpstr (message, ==,
                   "The key of web1 is not known\n"
                   "There is no proof yet that it is the computer that it should be. "
                   "The fingerprint of its RSA key: SHA256: [0mabc");
  g_assert_nonnull (strstr (quoted, "It says: “Sure?”"));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_HOST_KEY);
  g_assert_cmpstr (error->message, ==,
                   "The key of web1 is not known, and was not accepted\nIt says: “Sure?”");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/place/direct", test_direct);
  g_test_add_func ("/place/behind", test_behind);
  g_test_add_func ("/place/behind-accounts", test_behind_accounts);
  g_test_add_func ("/place/behind-own-class", test_behind_own_class);
  g_test_add_func ("/place/behind-stranger", test_behind_stranger);
  g_test_add_func ("/place/keys-differ", test_keys_differ);
  g_test_add_func ("/sentence/messages", test_sentences);
  g_test_add_func ("/sentence/long-words", test_long_words);
  g_test_add_func ("/sentence/own-message", test_own_message);
  g_test_add_func ("/sentence/host-key", test_host_key);
  return g_test_run ();
}
