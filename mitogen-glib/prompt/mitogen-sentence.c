/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prompt/mitogen-sentence-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* So much of what a program says is quoted. */
#define MAX_QUOTED 400

/* ---- what others say ---- */

static gboolean
is_shown (gunichar c)
{
  /* No control of the line, nor of the direction in which it is read. */
  return !g_unichar_iscntrl (c) && g_unichar_type (c) != G_UNICODE_FORMAT &&
         g_unichar_type (c) != G_UNICODE_LINE_SEPARATOR &&
         g_unichar_type (c) != G_UNICODE_PARAGRAPH_SEPARATOR;
}

/* One line, and not a long one. */
static char *
clean (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *line = g_string_new (NULL);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (line->len > MAX_QUOTED)
        {
          g_string_append (line, "…");
          break;
        }
      if (is_shown (c))
        g_string_append_unichar (line, c);
      else if (line->len > 0 && line->str[line->len - 1] != ' ')
        g_string_append_c (line, ' ');
    }
  return g_strstrip (g_string_free (line, FALSE));
}

/* What no prompt says anything by, beside the names that the sentence has. */
static const char *const plain_words[] = { "password", "passphrase", "passcode", "for", "key",
                                           "enter",    "s",          "the",      NULL };

static void
add_words (GHashTable *words, const char *text)
{
  g_auto (GStrv) parts = NULL;
  g_autofree char *lower = NULL;

  if (text == NULL)
    return;
  lower = g_utf8_strdown (text, -1);
  parts = g_strsplit_set (lower, " \t\n:@()[]{}'\"./,-?>", -1);
  for (guint i = 0; parts[i] != NULL; i++)
    if (*parts[i] != '\0')
      g_hash_table_add (words, g_strdup (parts[i]));
}

/* Whether the program's own words tell more than the sentence. */
static gboolean
adds_something (const MitogenPlace *place, const MitogenQuestion *question)
{
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) said = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer word;

  for (guint i = 0; plain_words[i] != NULL; i++)
    add_words (known, plain_words[i]);
  add_words (known, place->method);
  add_words (known, place->user);
  add_words (known, place->host);
  add_words (known, question->subject);
  add_words (said, question->text);
  g_hash_table_iter_init (&iter, said);
  while (g_hash_table_iter_next (&iter, &word, NULL))
    if (!g_hash_table_contains (known, word))
      return TRUE;
  return FALSE;
}

/* ---- where ---- */

static char *
describe_way (const MitogenPlace *place)
{
  GString *way;
  guint n = place->through != NULL ? g_strv_length (place->through) : 0;

  if (n == 0)
    return NULL;
  way = g_string_new (place->through[0]);
  for (guint i = 1; i < n; i++)
    g_string_append_printf (way, i + 1 < n ? _ (", %s") : _ (" and %s"), place->through[i]);
  return g_string_free (way, FALSE);
}

/* "sudo on web1, through bastion" */
static char *
describe_place (const MitogenPlace *place)
{
  g_autofree char *way = describe_way (place);

  if (place->host != NULL && way != NULL)
    return g_strdup_printf (_ ("%s on %s, through %s"), place->method, place->host, way);
  if (place->host != NULL)
    return g_strdup_printf (_ ("%s on %s"), place->method, place->host);
  if (way != NULL)
    return g_strdup_printf (_ ("%s on this computer, through %s"), place->method, way);
  return g_strdup_printf (_ ("%s on this computer"), place->method);
}

const char *
mitogen_sentence_account (const MitogenPlace *place, const MitogenQuestion *question)
{
  switch (question->kind)
    {
    case MITOGEN_PROMPT_PASSPHRASE:
    case MITOGEN_PROMPT_HOST_KEY:
      return NULL;
    case MITOGEN_PROMPT_OTHER:
    case MITOGEN_PROMPT_PASSWORD:
    case MITOGEN_PROMPT_CODE:
    case MITOGEN_PROMPT_NEW_PASSWORD:
    default:
      return question->subject != NULL ? question->subject : place->user;
    }
}

/* ---- what ---- */

typedef struct
{
  const char *with_name; /* %s: for whom, and by what and where */
  const char *without;
} Form;

static const Form forms[] = {
  [MITOGEN_PROMPT_OTHER] = { N_ ("Answer for %s by %s"), N_ ("Answer for %s") },
  [MITOGEN_PROMPT_PASSWORD] = { N_ ("Password for %s by %s"), N_ ("Password for %s") },
  [MITOGEN_PROMPT_PASSPHRASE] = { N_ ("Passphrase of the key %s by %s"),
                                  N_ ("Passphrase of a key by %s") },
  [MITOGEN_PROMPT_CODE] = { N_ ("Code or answer for %s by %s"), N_ ("Code or answer for %s") },
  [MITOGEN_PROMPT_NEW_PASSWORD] = { N_ ("New password for %s by %s"), N_ ("New password for %s") },
};

static char *
describe_host (const MitogenPlace *place)
{
  return g_strdup (place->host != NULL ? place->host : _ ("this computer"));
}

static char *
host_key_subject (const MitogenPlace *place, const MitogenQuestion *question)
{
  g_autofree char *host = describe_host (place);

  return g_strdup_printf (question->changed ? _ ("Warning: the key of %s has changed")
                                            : _ ("The key of %s is not known"),
                          host);
}

/* The formats are those of the table, and their translations. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

char *
mitogen_sentence_subject (const MitogenPlace *place, const MitogenQuestion *question)
{
  const Form *form;
  const char *name = question->kind == MITOGEN_PROMPT_PASSPHRASE
                         ? question->subject
                         : mitogen_sentence_account (place, question);
  g_autofree char *where = NULL;

  if (question->message != NULL)
    return g_strdup (question->message);
  if (question->kind == MITOGEN_PROMPT_HOST_KEY)
    return host_key_subject (place, question);
  form =
      &forms[(guint) question->kind < G_N_ELEMENTS (forms) ? question->kind : MITOGEN_PROMPT_OTHER];
  where = describe_place (place);
  return name != NULL && *name != '\0' ? g_strdup_printf (_ (form->with_name), name, where)
                                       : g_strdup_printf (_ (form->without), where);
}

#pragma GCC diagnostic pop

/* ---- all of it ---- */

static void
add_host_key (GString *message, const MitogenPlace *place, const MitogenQuestion *question)
{
  g_autofree char *type = question->key_type != NULL ? clean (question->key_type) : g_strdup ("");
  g_autofree char *fingerprint =
      question->fingerprint != NULL ? clean (question->fingerprint) : NULL;

  g_string_append_c (message, '\n');
  g_string_append (message,
                   question->changed
                       ? _ ("Somebody may be listening in, or it has been set up anew.")
                       : _ ("There is no proof yet that it is the computer that it should be."));
  if (fingerprint == NULL)
    return;
  g_string_append_c (message, ' ');
  if (place->through != NULL && place->through[0] != NULL)
    g_string_append_printf (message, _ ("The fingerprint of its %s key, as reported by %s: %s"),
                            type, place->through[0], fingerprint);
  else
    g_string_append_printf (message, _ ("The fingerprint of its %s key: %s"), type, fingerprint);
}

static void
add_quoted (GString *text, const char *words)
{
  g_autofree char *said = clean (words);

  if (*said != '\0')
    g_string_append_printf (text, _ ("It says: “%s”"), said);
}

char *
mitogen_sentence_message (const MitogenPlace *place, const MitogenQuestion *question)
{
  g_autofree char *subject = mitogen_sentence_subject (place, question);
  GString *message = g_string_new (subject);
  gboolean is_quoted = question->kind == MITOGEN_PROMPT_HOST_KEY
                           ? question->fingerprint == NULL
                           : question->message == NULL && adds_something (place, question);

  if (question->kind == MITOGEN_PROMPT_HOST_KEY)
    add_host_key (message, place, question);
  else if (question->again)
    g_string_append_printf (message, "\n%s", _ ("The last answer was refused."));
  if (!is_quoted)
    return g_string_free (message, FALSE);
  g_string_append_c (message, strchr (message->str, '\n') != NULL ? ' ' : '\n');
  add_quoted (message, question->text);
  return g_string_free (message, FALSE);
}

char **
mitogen_sentence_choices (const MitogenQuestion *question)
{
  const char *unknown[] = { _ ("Connect"), _ ("Cancel"), NULL };
  const char *changed[] = { _ ("Connect although the key has changed"), _ ("Cancel"), NULL };

  if (question->kind != MITOGEN_PROMPT_HOST_KEY)
    return g_strdupv (question->choices);
  return g_strdupv ((char **) (question->changed ? changed : unknown));
}

/* ---- errors ---- */

static gint
error_code (const MitogenQuestion *question)
{
  return question->kind == MITOGEN_PROMPT_HOST_KEY ? MITOGEN_ERROR_HOST_KEY
                                                   : MITOGEN_ERROR_PASSWORD;
}

/* Whether the password property answers such a question. */
static gboolean
takes_password (const MitogenQuestion *question)
{
  return question->choices == NULL &&
         (question->kind == MITOGEN_PROMPT_PASSWORD || question->kind == MITOGEN_PROMPT_PASSPHRASE);
}

static GError *
make_error (GQuark domain, gint code, const MitogenQuestion *question, GString *text)
{
  GError *error;

  if (domain == MITOGEN_ERROR && question->text != NULL && *question->text != '\0')
    {
      g_string_append_c (text, '\n');
      add_quoted (text, question->text);
    }
  error = g_error_new_literal (domain, code, text->str);
  g_string_free (text, TRUE);
  return error;
}

GError *
mitogen_sentence_unanswered (const MitogenPlace *place,
                             const MitogenQuestion *question,
                             gboolean unhandled)
{
  g_autofree char *subject = mitogen_sentence_subject (place, question);
  GString *text = g_string_new (NULL);

  if (unhandled && takes_password (question))
    g_string_append_printf (text,
                            _ ("%s: the connection's “interaction” does not deal with this "
                               "question, and its “password” is not set"),
                            subject);
  else if (unhandled)
    g_string_append_printf (
        text, _ ("%s: the connection's “interaction” does not deal with this question"), subject);
  else if (takes_password (question))
    g_string_append_printf (text,
                            _ ("%s: there is nobody to ask. Set the connection's “interaction” or "
                               "“password”"),
                            subject);
  else
    g_string_append_printf (text,
                            _ ("%s: there is nobody to ask. Set the connection's “interaction”"),
                            subject);
  return make_error (MITOGEN_ERROR, error_code (question), question, text);
}

GError *
mitogen_sentence_refused (const MitogenPlace *place, const MitogenQuestion *question)
{
  g_autofree char *subject = mitogen_sentence_subject (place, question);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, _ ("%s: it was refused"), subject);
  return make_error (MITOGEN_ERROR, error_code (question), question, text);
}

GError *
mitogen_sentence_distrusted (const MitogenPlace *place, const MitogenQuestion *question)
{
  g_autofree char *subject = mitogen_sentence_subject (place, question);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, _ ("%s, and was not accepted"), subject);
  return make_error (MITOGEN_ERROR, MITOGEN_ERROR_HOST_KEY, question, text);
}

GError *
mitogen_sentence_cancelled (const MitogenPlace *place, const MitogenQuestion *question)
{
  g_autofree char *subject = mitogen_sentence_subject (place, question);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, _ ("%s: cancelled"), subject);
  return make_error (G_IO_ERROR, G_IO_ERROR_FAILED_HANDLED, question, text);
}
