/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-ssh-method-private.h"
#include "connection/mitogen-ssh-command-private.h"
#include "connection/mitogen-ssh-failure-private.h"
#include "connection/mitogen-ssh-prompt-private.h"

#include <string.h>

typedef struct
{
  MitogenMethod parent;
  MitogenSshPrompts prompts;

  /* The key that was reported last, as a line of known_hosts; and the one that a person lets pass
   * although another is known. */
  char *seen;
  char *seen_type;
  char *seen_fingerprint;
  char *allowed;
} MitogenSshMethod;

static MitogenReading
ssh_read (MitogenMethod *method, const MitogenSaid *said, MitogenQuestion *question)
{
  return mitogen_ssh_prompts_read (&((MitogenSshMethod *) method)->prompts, said, question);
}

static char *
ssh_explain (MitogenMethod *method, const MitogenFailure *failure, gint *code, gboolean *busy)
{
  return mitogen_ssh_failure_explain (failure, code, busy);
}

/* ---- keys that have changed ---- */

/* The parts come from the client, which has them from the host: a space would begin another. */
static gboolean
is_part (const char *text)
{
  return text != NULL && *text != '\0' && strpbrk (text, " \t\r\n#") == NULL;
}

static char *
ssh_see_key (MitogenMethod *method,
             const char *host,
             const char *key_type,
             const char *key,
             const char *fingerprint)
{
  MitogenSshMethod *self = (MitogenSshMethod *) method;

  if (!is_part (host) || !is_part (key_type) || !is_part (key))
    return NULL;
  g_free (self->seen);
  g_free (self->seen_type);
  g_free (self->seen_fingerprint);
  self->seen = g_strdup_printf ("%s %s %s\n", host, key_type, key);
  self->seen_type = g_strdup (key_type);
  self->seen_fingerprint = g_strdup (fingerprint);
  return g_strcmp0 (self->allowed, self->seen) == 0 ? g_strdup (self->seen) : NULL;
}

static gboolean
ssh_appeal (MitogenMethod *method, const MitogenFailure *failure, MitogenQuestion *question)
{
  MitogenSshMethod *self = (MitogenSshMethod *) method;

  /* What was let pass already is not asked for twice. */
  if (self->seen == NULL || g_strcmp0 (self->allowed, self->seen) == 0 ||
      !mitogen_ssh_failure_is_changed_key (failure))
    return FALSE;
  question->kind = MITOGEN_PROMPT_HOST_KEY;
  question->changed = TRUE;
  question->key_type = g_strdup (self->seen_type);
  question->fingerprint = g_strdup (self->seen_fingerprint);
  question->text = mitogen_ssh_failure_quote_changed_key (failure);
  return TRUE;
}

static void
ssh_overrule (MitogenMethod *method)
{
  MitogenSshMethod *self = (MitogenSshMethod *) method;

  g_free (self->allowed);
  self->allowed = g_strdup (self->seen);
}

/* ---- life ---- */

static void
ssh_clear (MitogenMethod *method)
{
  MitogenSshMethod *self = (MitogenSshMethod *) method;

  mitogen_ssh_prompts_clear (&self->prompts);
  g_free (self->seen);
  g_free (self->seen_type);
  g_free (self->seen_fingerprint);
  g_free (self->allowed);
}

static const MitogenMethodFuncs ssh_funcs = {
  .read = ssh_read,
  .explain = ssh_explain,
  .appeal = ssh_appeal,
  .overrule = ssh_overrule,
  .see_key = ssh_see_key,
  .clear = ssh_clear,
};

MitogenMethod *
mitogen_ssh_method_new (MitogenConnection *connection, gboolean direct, GError **error)
{
  /* The terminal asks, or we do; not a program of the desktop that the environment names. */
  static const char *const environment[] = { "SSH_ASKPASS_REQUIRE=never", NULL };
  MitogenSshConnection *ssh = MITOGEN_SSH_CONNECTION (connection);
  MitogenSshMethod *self = mitogen_method_new (sizeof (MitogenSshMethod), &ssh_funcs);

  self->prompts.hostname = mitogen_ssh_command_dup_host (ssh);
  self->parent.terminal =
      mitogen_connection_can_answer (connection) ? MITOGEN_TERMINAL_BESIDE : MITOGEN_TERMINAL_NONE;
  self->parent.environment = g_strdupv ((char **) environment);
  /* Questions go to the terminal, so nothing but the first stage reads the stream. */
  self->parent.eager = TRUE;
  if (direct && mitogen_connection_get_interaction (connection) != NULL)
    self->parent.askpass = g_strdup (mitogen_ssh_connection_get_ssh_path (ssh));
  return &self->parent;
}
