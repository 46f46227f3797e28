/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-place-private.h"
#include "connection/mitogen-diagnosis-private.h"
#include "connection/mitogen-fork-connection.h"
#include "connection/mitogen-local-connection.h"
#include "connection/mitogen-self-connection.h"
#include "router/mitogen-context.h"

#include <string.h>

/* A name that others have given themselves is not shown at any length. */
#define MAX_NAME 80

/* One step of the way. */
static void
step_init (MitogenPlace *step, MitogenConnection *connection)
{
  const MitogenConnectionMethod *method = mitogen_connection_get_method (connection);
  g_autofree char *called = NULL;
  GString *name;

  *step = (MitogenPlace){ 0 };
  if (method != NULL)
    {
      step->method = g_strdup (method->name);
      if (method->describe != NULL)
        method->describe (connection, step);
      return;
    }
  /* A class of the program's own is known by what it calls its contexts. */
  called = mitogen_connection_get_name (connection);
  name = g_string_new (called);
  g_string_replace (name, ".{pid}", "", 0);
  g_string_replace (name, "{pid}", "", 0);
  step->method = g_string_free (name, FALSE);
}

/* Such that no two steps look alike. */
static void
add_key (GString *key, const MitogenPlace *step)
{
  if (key->len > 0)
    g_string_append_c (key, ' ');
  g_string_append_uri_escaped (key, step->method, "/", TRUE);
  if (step->user == NULL && step->host == NULL)
    return;
  g_string_append_c (key, ':');
  if (step->user != NULL)
    g_string_append_uri_escaped (key, step->user, NULL, TRUE);
  if (step->host == NULL)
    return;
  if (step->user != NULL)
    g_string_append_c (key, '@');
  g_string_append_uri_escaped (key, step->host, "[]:", TRUE);
}

/* What only runs another process in the same place. */
static gboolean
stays (MitogenConnection *connection)
{
  return MITOGEN_IS_LOCAL_CONNECTION (connection) || MITOGEN_IS_FORK_CONNECTION (connection) ||
         MITOGEN_IS_SELF_CONNECTION (connection);
}

/* "bastion", "sudo:root" */
static char *
name_step (const MitogenPlace *step)
{
  if (step->host != NULL)
    return g_strdup (step->host);
  return step->user != NULL ? g_strdup_printf ("%s:%s", step->method, step->user)
                            : g_strdup (step->method);
}

/* Of a context that this process has not made: it is called what somebody else says. */
static char *
name_foreign (MitogenContext *context)
{
  const char *name = mitogen_context_get_name (context);

  return mitogen_diagnosis_clean (name, MIN (strlen (name), MAX_NAME));
}

static void
add_step (MitogenPlace *self, GPtrArray *through, char *name, gboolean is_host)
{
  if (is_host && self->host == NULL)
    self->host = name;
  else
    g_ptr_array_add (through, name);
}

/* FALSE: it cannot be told for certain where that is. */
static gboolean
add_context (MitogenPlace *self, GPtrArray *through, GString *key, MitogenContext *context)
{
  MitogenConnection *connection = mitogen_context_get_connection (context);
  g_auto (MitogenPlace) step = { 0 };

  if (connection == NULL)
    {
      add_step (self, through, name_foreign (context), TRUE);
      return FALSE;
    }
  if (stays (connection))
    return TRUE;
  step_init (&step, connection);
  /* The program's own class leads to what it is called. */
  add_step (self, through, name_step (&step),
            step.host != NULL || mitogen_connection_get_method (connection) == NULL);
  add_key (key, &step);
  return TRUE;
}

void
mitogen_place_init (MitogenPlace *self, MitogenConnection *connection, MitogenContext *via)
{
  g_autoptr (GPtrArray) through = g_ptr_array_new ();
  GString *key = g_string_new (NULL);
  gboolean is_certain = TRUE;

  step_init (self, connection);
  add_key (key, self);
  for (MitogenContext *context = via; context != NULL; context = mitogen_context_get_via (context))
    if (!add_context (self, through, key, context))
      is_certain = FALSE;
  g_ptr_array_add (through, NULL);
  self->through = (char **) g_ptr_array_steal (through, NULL);
  /* Nothing is remembered of a place that somebody else may take. */
  self->key = g_string_free (key, !is_certain);
}
