/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-find-func-private.h"

struct _MitogenFindFunc
{
  gatomicrefcount ref_count;
  MitogenDispatcher *dispatcher;
  MitogenFind find;
  gpointer data;
  GDestroyNotify destroy;
};

MitogenFindFunc *
mitogen_find_func_new (MitogenDispatcher *dispatcher,
                       MitogenFind find,
                       gpointer data,
                       GDestroyNotify destroy)
{
  MitogenFindFunc *self = g_new0 (MitogenFindFunc, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->dispatcher = mitogen_dispatcher_ref (dispatcher);
  self->find = find;
  self->data = data;
  self->destroy = destroy;
  return self;
}

MitogenFindFunc *
mitogen_find_func_ref (MitogenFindFunc *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
find_func_free (gpointer data)
{
  MitogenFindFunc *self = data;

  if (self->destroy != NULL)
    self->destroy (self->data);
  mitogen_dispatcher_unref (self->dispatcher);
  g_free (self);
}

void
mitogen_find_func_unref (MitogenFindFunc *self)
{
  if (g_atomic_ref_count_dec (&self->ref_count))
    mitogen_dispatcher_destroy_data (self->dispatcher, self, find_func_free);
}

/* ---- asking ---- */

typedef struct
{
  MitogenFindFunc *func;
  char *name;
  gboolean settled; /* done has been called */
  MitogenFindDone done;
  gpointer data;
} Question;

static void
question_free (gpointer data)
{
  Question *self = data;

  mitogen_find_func_unref (self->func);
  g_free (self->name);
  g_free (self);
}

static void
settle (Question *self, const char *source, gboolean is_package)
{
  if (self->settled)
    return;
  self->settled = TRUE;
  self->done (source, is_package, self->data);
}

static void
question_run (gpointer data)
{
  Question *self = data;
  gboolean is_package = FALSE;
  g_autofree char *source = NULL;

  source = self->func->find (self->name, &is_package, self->func->data);
  settle (self, source, is_package);
}

/* Also when nobody is left who could run it. */
static void
question_over (gpointer data)
{
  settle (data, NULL, FALSE);
  question_free (data);
}

/* A program that blocks in a call, outside of any main loop, cannot run it in its own thread; but
 * then its main context is nobody's, and may be this thread's for a while. */
static gboolean
run_here (Question *self)
{
  GMainContext *context = mitogen_dispatcher_get_context (self->func->dispatcher);

  if (!g_main_context_acquire (context))
    return FALSE;
  question_run (self);
  g_main_context_release (context);
  return TRUE;
}

void
mitogen_find_func_ask (MitogenFindFunc *self, const char *name, MitogenFindDone done, gpointer data)
{
  Question *question = g_new0 (Question, 1);

  question->func = mitogen_find_func_ref (self);
  question->name = g_strdup (name);
  question->done = done;
  question->data = data;
  if (run_here (question))
    {
      question_free (question);
      return;
    }
  mitogen_dispatcher_post (self->dispatcher, question_run, question, question_over);
}
