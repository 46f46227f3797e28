/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-dialogue-private.h"
#include "broker/mitogen-fd-private.h"
#include "router/mitogen-log-private.h"
#include "spawn/mitogen-signal-name-private.h"
#include "wire/mitogen-error.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* How much may be said before the child is ready: banners, warnings; not a flood. */
#define MAX_DIALOGUE_SIZE (1024 * 1024)

#define MAX_HELLO_SIZE (16 * 1024)

/* A word of a command that is longer is not shown to people. */
#define MAX_SHOWN_WORD 200

/* Before a host that was busy is asked again: the first time, and at most. */
#define FIRST_PAUSE_MS 200
#define MAX_PAUSE_MS   3000

/* Nobody has taken it over. */
static void
end_copy (MitogenBootstrapSpec *spec)
{
  mitogen_fd_close (&spec->copy_fd);
  mitogen_fd_close (&spec->copy_err_fd);
  kill (spec->copy_pid, SIGKILL);
  while (waitpid (spec->copy_pid, NULL, 0) < 0 && errno == EINTR)
    ;
  spec->copy_pid = 0;
}

void
mitogen_bootstrap_spec_clear (MitogenBootstrapSpec *spec)
{
  g_clear_pointer (&spec->preamble, mitogen_preamble_free);
  g_clear_pointer (&spec->argv, g_strfreev);
  g_clear_pointer (&spec->askpass, g_free);
  g_clear_pointer (&spec->askpass_argv, g_strfreev);
  g_clear_pointer (&spec->name, g_free);
  g_clear_pointer (&spec->on_fork, g_free);
  g_clear_pointer (&spec->method, mitogen_method_unref);
  g_clear_pointer (&spec->via, mitogen_context_node_unref);
  g_clear_pointer (&spec->prompter, mitogen_prompter_unref);
  if (spec->copy_pid != 0)
    end_copy (spec);
}

void
mitogen_dialogue_init (MitogenDialogue *self)
{
  *self = (MitogenDialogue){ .diagnosis = mitogen_diagnosis_new () };
}

void
mitogen_dialogue_clear (MitogenDialogue *self)
{
  mitogen_line_buffer_clear (&self->out_line);
  mitogen_line_buffer_clear (&self->err_line);
  g_clear_pointer (&self->diagnosis, mitogen_diagnosis_free);
}

gboolean
mitogen_dialogue_count (MitogenDialogue *self, gsize size)
{
  self->size += size;
  return self->size <= MAX_DIALOGUE_SIZE;
}

guint
mitogen_dialogue_get_pause (guint n_pauses)
{
  guint ms = MIN (FIRST_PAUSE_MS << MIN (n_pauses, 8), MAX_PAUSE_MS);

  return ms + g_random_int_range (0, ms);
}

gboolean
mitogen_dialogue_line_contains (MitogenLineBuffer *line, const char *marker)
{
  return marker != NULL &&
         memmem (line->partial->data, line->partial->len, marker, strlen (marker)) != NULL;
}

gboolean
mitogen_dialogue_is_marker (const MitogenBootstrapSpec *spec, MitogenLineBuffer *line)
{
  return mitogen_dialogue_line_contains (line, spec->preamble->started) ||
         mitogen_dialogue_line_contains (line, spec->preamble->ready);
}

gboolean
mitogen_dialogue_is_lost (const MitogenBootstrapSpec *spec, MitogenLineBuffer *line)
{
  MitogenMethod *method = spec->method;
  g_autofree char *clean = NULL;

  if (method == NULL || method->funcs->is_lost == NULL || line->partial == NULL)
    return FALSE;
  clean = mitogen_diagnosis_clean ((const char *) line->partial->data, line->partial->len);
  return method->funcs->is_lost (method, clean);
}

void
mitogen_dialogue_keep_line (MitogenDialogue *self, MitogenLineBuffer *line)
{
  mitogen_diagnosis_add_line (self->diagnosis, (const char *) line->partial->data,
                              line->partial->len);
}

/* ---- explaining a failure ---- */

static const char *
describe_step (const MitogenBootstrapSpec *spec, MitogenStep step)
{
  if (spec->is_fork && (step == MITOGEN_STEP_INTERPRETER || step == MITOGEN_STEP_CORE))
    return _ ("waiting for the copy to be ready");

  switch (step)
    {
    case MITOGEN_STEP_COMMAND:
      return _ ("starting the command");
    case MITOGEN_STEP_INTERPRETER:
      if (spec->is_copy)
        return _ ("waiting for the copy of this process to speak");
      if (spec->preamble->first_stage == NULL)
        return _ ("waiting for the program to call mitogen_init_child()");
      return _ ("waiting for the Python interpreter to start");
    case MITOGEN_STEP_CORE:
      if (spec->preamble->first_stage == NULL)
        return _ ("waiting for the program to read its configuration");
      return _ ("waiting for the interpreter to load the core");
    case MITOGEN_STEP_GREETING:
      return _ ("waiting for the context's greeting");
    case MITOGEN_STEP_NONE:
    default:
      g_return_val_if_reached ("");
    }
}

/* A long word holds the first stage in another form, or is a program. */
static gboolean
is_code (const MitogenBootstrapSpec *spec, const char *word)
{
  const char *first_stage = spec->preamble->first_stage;

  return (first_stage != NULL && strstr (word, first_stage) != NULL) ||
         strlen (word) > MAX_SHOWN_WORD;
}

/* The command as a person would type it, but for the code of the first stage. */
static char *
describe_command (const MitogenBootstrapSpec *spec)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; spec->argv[i] != NULL; i++)
    {
      const char *word = spec->argv[i];
      g_autofree char *quoted = NULL;

      if (i > 0)
        g_string_append_c (text, ' ');
      if (is_code (spec, word))
        g_string_append (text, "…");
      else
        {
          quoted = g_shell_quote (word);
          g_string_append (text,
                           strpbrk (word, " \t\n'\"\\$`*?;&|<>()[]{}!#~") == NULL && *word != '\0'
                               ? word
                               : quoted);
        }
    }
  return g_string_free (text, FALSE);
}

/* What was said without a line end, such as a prompt that nobody answers. */
static void
add_partial (MitogenDialogue *self, MitogenLineBuffer *line)
{
  if (line->partial != NULL)
    mitogen_dialogue_keep_line (self, line);
  mitogen_line_buffer_clear (line);
}

char *
mitogen_dialogue_ask_method (MitogenDialogue *self,
                             const MitogenBootstrapSpec *spec,
                             MitogenFailure *failure,
                             gint *code,
                             gboolean *busy)
{
  g_autofree char *said = NULL;
  char *what;

  if (spec->method == NULL || spec->method->funcs->explain == NULL)
    return NULL;
  add_partial (self, &self->out_line);
  add_partial (self, &self->err_line);
  said = mitogen_diagnosis_to_lines (self->diagnosis);
  failure->said = said;
  what = spec->method->funcs->explain (spec->method, failure, code, busy);
  failure->said = NULL;
  return what;
}

GError *
mitogen_dialogue_explain (MitogenDialogue *self,
                          const MitogenBootstrapSpec *spec,
                          const char *name,
                          MitogenStep step,
                          gint code,
                          const char *what)
{
  g_autofree char *command = describe_command (spec);
  g_autofree char *said = NULL;
  GString *text = g_string_new (NULL);
  GError *error;

  add_partial (self, &self->out_line);
  add_partial (self, &self->err_line);
  said = mitogen_diagnosis_to_string (self->diagnosis);
  if (step == MITOGEN_STEP_NONE)
    g_string_printf (text, _ ("Connecting to %s failed: %s"), name, what);
  else
    g_string_printf (text, _ ("Connecting to %s failed while %s: %s"), name,
                     describe_step (spec, step), what);
  /* If whoever was to run it elsewhere did not, it has nothing to do with it. */
  if (step != MITOGEN_STEP_NONE || *said != '\0' || !mitogen_method_is_elsewhere (spec->method))
    g_string_append_printf (text, _ ("\nThe command was: %s"), command);
  if (*said != '\0')
    g_string_append_printf (text, _ ("\nThe last lines it said:\n%s"), said);
  error = g_error_new_literal (MITOGEN_ERROR, code, text->str);
  g_string_free (text, TRUE);
  return error;
}

/* ---- when it is live ---- */

void
mitogen_dialogue_log_line (MitogenContextNode *node, MitogenLineBuffer *line, char **last)
{
  g_autofree char *clean =
      mitogen_diagnosis_clean ((const char *) line->partial->data, line->partial->len);
  g_autofree char *text = g_strdup_printf ("%s: %s", mitogen_context_node_get_name (node), clean);

  mitogen_log_own (G_LOG_LEVEL_INFO, text);
  if (*clean == '\0')
    return;
  g_free (*last);
  *last = g_steal_pointer (&clean);
}

char *
mitogen_dialogue_explain_end (MitogenMethod *method, int wait_status, const char *last_line)
{
  g_autofree char *status = mitogen_describe_wait_status (wait_status);
  MitogenFailure failure = {
    .said = last_line, .has_status = TRUE, .wait_status = wait_status, .started = TRUE
  };
  g_autofree char *what = NULL;
  gboolean is_elsewhere = mitogen_method_is_elsewhere (method);
  gboolean busy = FALSE;
  gint code = 0;

  if (method == NULL || (last_line == NULL && !is_elsewhere) || wait_status == 0)
    return g_strdup_printf (_ ("its process %s"), status);
  if (method->funcs->explain != NULL)
    what = method->funcs->explain (method, &failure, &code, &busy);
  /* Then it is not by what was said that it knows. */
  if (is_elsewhere && what != NULL)
    return g_steal_pointer (&what);
  if (last_line == NULL)
    return g_strdup_printf (_ ("its process %s"), status);
  if (what != NULL)
    return g_strdup_printf ("%s (%s)", what, last_line);
  return g_strdup_printf (_ ("its process %s, after it said: %s"), status, last_line);
}

/* ---- the greeting and the name ---- */

GVariant *
mitogen_dialogue_read_hello (MitogenMessage *message, char **what)
{
  g_autoptr (GVariant) info = NULL;
  g_autoptr (GError) error = NULL;

  if (mitogen_message_get_size (message) > MAX_HELLO_SIZE)
    {
      *what = g_strdup (_ ("its greeting is too large"));
      return NULL;
    }
  info = mitogen_message_unpickle (message, &error);
  if (info != NULL && g_variant_is_of_type (info, G_VARIANT_TYPE_VARDICT))
    return g_steal_pointer (&info);

  *what = g_strdup_printf (_ ("its greeting cannot be read: %s"),
                           error != NULL ? error->message : g_variant_get_type_string (info));
  return NULL;
}

char *
mitogen_dialogue_make_name (const char *name, gint64 pid)
{
  g_autofree char *text = pid != 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, pid) : g_strdup ("?");
  GString *made = g_string_new (name);

  g_string_replace (made, "{pid}", text, 0);
  return g_string_free (made, FALSE);
}
