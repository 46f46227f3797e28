/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-exports-private.h"
#include "broker/mitogen-worker-private.h"
#include "router/mitogen-function-call-private.h"
#include "router/mitogen-router-private.h"
#include "wire/mitogen-error.h"
#include "wire/mitogen-pickle-private.h"

#include <glib/gi18n-lib.h>

/* Requests that are not answered yet may take so much memory; one of any size may come. */
#define MAX_WAITING (64 * 1024 * 1024)

/* A function: its calls, and at last the notice that it is no longer needed, go through one
 * dispatcher, so they stay in order. */
typedef struct
{
  gatomicrefcount ref_count;
  MitogenDispatcher *dispatcher;
  MitogenExport what;
} Export;

struct _MitogenExports
{
  MitogenCore *core; /* not owned: the core's handler owns us */
  GMutex lock;
  GHashTable *by_name; /* protected by lock */
  gboolean serving;    /* protected by lock */
};

/* ---- one function ---- */

static void
export_destroy (gpointer data)
{
  Export *entry = data;

  if (entry->what.destroy != NULL)
    entry->what.destroy (entry->what.data);
  if (entry->what.policy_destroy != NULL)
    entry->what.policy_destroy (entry->what.policy_data);
  mitogen_dispatcher_unref (entry->dispatcher);
  g_free (entry);
}

/* The program's data is freed in its own thread. */
static void
export_unref (gpointer data)
{
  Export *entry = data;

  if (g_atomic_ref_count_dec (&entry->ref_count))
    mitogen_dispatcher_destroy_data (entry->dispatcher, entry, export_destroy);
}

static Export *
lookup (MitogenExports *self, const char *name)
{
  Export *entry;

  g_mutex_lock (&self->lock);
  entry = g_hash_table_lookup (self->by_name, name);
  if (entry != NULL)
    g_atomic_ref_count_inc (&entry->ref_count);
  g_mutex_unlock (&self->lock);
  return entry;
}

/* ---- one call: in the thread of the function ---- */

/* ---- reading a request: a CALL_FUNCTION tuple ---- */

typedef struct
{
  char *name;
  GVariant *args;
  GVariant *kwargs;
} Request;

static void
request_clear (Request *request)
{
  g_free (request->name);
  g_clear_pointer (&request->args, g_variant_unref);
  g_clear_pointer (&request->kwargs, g_variant_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Request, request_clear)

/* Text, or NULL for what is None or something else. */
static const char *
get_text (GVariant *tuple, gsize index)
{
  g_autoptr (GVariant) child = g_variant_get_child_value (tuple, index);

  /* The tuple keeps the text alive. */
  return g_variant_is_of_type (child, G_VARIANT_TYPE_STRING) ? g_variant_get_string (child, NULL)
                                                             : NULL;
}

static gboolean
read_request (MitogenMessage *message, Request *request, GError **error)
{
  g_autoptr (GVariant) tuple = mitogen_message_unpickle (message, error);
  const char *module;
  const char *class_name;
  const char *function;

  if (tuple == NULL)
    return FALSE;
  if (!g_variant_is_of_type (tuple, G_VARIANT_TYPE ("(******)")))
    {
      g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
                           _ ("The request is not a call of a function"));
      return FALSE;
    }
  module = get_text (tuple, 1);
  class_name = get_text (tuple, 2);
  function = get_text (tuple, 3);
  request->args = g_variant_get_child_value (tuple, 4);
  request->kwargs = g_variant_get_child_value (tuple, 5);
  if (module == NULL || function == NULL ||
      !g_variant_is_of_type (request->args, G_VARIANT_TYPE_TUPLE) ||
      !g_variant_is_of_type (request->kwargs, G_VARIANT_TYPE_VARDICT))
    {
      g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
                           _ ("The request is not a call of a function"));
      return FALSE;
    }
  request->name = class_name != NULL ? g_strdup_printf ("%s:%s.%s", module, class_name, function)
                                     : g_strdup_printf ("%s:%s", module, function);
  return TRUE;
}

/* ---- from the I/O thread through a thread that reads requests to the program's own ---- */

typedef struct
{
  MitogenCore *core;
  MitogenMessage *message;
  gboolean from_parent;
  gboolean from_neighbour;
  Request request;
  Export *entry; /* NULL: not looked up yet */
} Work;

static gint waiting; /* atomic: bytes of requests on their way */

static gint
work_size (Work *work)
{
  return sizeof *work + 512 + mitogen_message_get_size (work->message);
}

static void
work_free (gpointer data)
{
  Work *work = data;

  g_atomic_int_add (&waiting, -work_size (work));
  request_clear (&work->request);
  if (work->entry != NULL)
    export_unref (work->entry);
  mitogen_message_unref (work->message);
  mitogen_core_unref (work->core);
  g_free (work);
}

static void
refuse_caller (Work *work)
{
  g_autoptr (GError) error =
      g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_PERMISSION, _ ("Context %u may not call “%s”"),
                   mitogen_message_get_src_id (work->message), work->request.name);

  mitogen_call_refuse (work->core, work->message, error);
}

static gboolean
pass_policy (Work *work)
{
  const MitogenExport *what = &work->entry->what;
  g_autoptr (MitogenRouter) router = NULL;

  if (what->policy_func == NULL)
    return TRUE;
  router = mitogen_core_dup_router (work->core);
  if (router == NULL)
    return FALSE;
  mitogen_message_set_origin (work->message, G_OBJECT (router));
  return what->policy_func (router, work->message, what->policy_data);
}

/* In the thread of the function. */
static void
work_run (gpointer data)
{
  Work *work = data;
  g_autoptr (MitogenCall) call = NULL;

  g_assert (!mitogen_in_broker_thread ());
  if (!pass_policy (work))
    {
      refuse_caller (work);
      return;
    }
  call = mitogen_call_new (work->core, work->message, work->request.name, work->request.args,
                           work->request.kwargs);
  work->entry->what.func (call, work->entry->what.data);
}

static gboolean
is_allowed (Work *work)
{
  switch (work->entry->what.policy)
    {
    case MITOGEN_POLICY_ANY:
      return TRUE;
    case MITOGEN_POLICY_PARENTS:
      return work->from_parent;
    case MITOGEN_POLICY_IMMEDIATE_CHILD:
      return work->from_neighbour;
    default:
      return FALSE;
    }
}

static gboolean
find_function (Work *work, GError **error)
{
  if (!read_request (work->message, &work->request, error))
    return FALSE;

  work->entry = lookup (mitogen_core_get_exports (work->core), work->request.name);
  if (work->entry == NULL)
    g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PERMISSION,
                 _ ("No function “%s” is exported here"), work->request.name);
  else if (!is_allowed (work))
    g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_PERMISSION, _ ("Context %u may not call “%s”"),
                 mitogen_message_get_src_id (work->message), work->request.name);
  else
    return TRUE;
  return FALSE;
}

/* In the reading thread: a large request takes its time, and the broker has none. */
static void
work_read (gpointer data)
{
  Work *work = data;
  g_autoptr (GError) error = NULL;

  if (find_function (work, &error))
    {
      mitogen_dispatcher_post (work->entry->dispatcher, work_run, work, work_free);
      return;
    }
  mitogen_call_refuse (work->core, work->message, error);
  work_free (work);
}

static void
push_work (Work *work)
{
  static MitogenWorker reader = MITOGEN_WORKER_INIT ("mitogen-calls", work_read);

  mitogen_worker_push (&reader, work);
}

/* On the I/O thread. */
static void
on_call (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  MitogenExports *self = data;
  Work *work;

  if (mitogen_message_is_dead (message))
    return;

  work = g_new0 (Work, 1);
  work->core = mitogen_core_ref (self->core);
  work->message = mitogen_message_ref (message);
  work->from_parent = mitogen_core_is_accepted (self->core, MITOGEN_ACCEPT_PARENTS, message, from);
  work->from_neighbour =
      mitogen_core_is_accepted (self->core, MITOGEN_ACCEPT_IMMEDIATE_CHILD, message, from);
  if (g_atomic_int_add (&waiting, work_size (work)) <= MAX_WAITING)
    push_work (work);
  else
    {
      g_autoptr (GError) error =
          g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE,
                               _ ("Too many calls are waiting here: try again later"));

      mitogen_call_refuse (self->core, message, error);
      work_free (work);
    }
}

/* With the lock held. The handle is served from the first function on. */
static gboolean
serve (MitogenExports *self, GError **error)
{
  MitogenHandlerSpec spec = {
    .handle = MITOGEN_HANDLE_CALL_FUNCTION,
    .persist = TRUE,
    .respondent = MITOGEN_ID_NONE,
    .accept = MITOGEN_ACCEPT_ANY, /* each function has a policy of its own */
    .func = on_call,
    .data = self,
  };

  if (!self->serving)
    self->serving = mitogen_handlers_add (mitogen_core_get_handlers (self->core), &spec, error);
  return self->serving;
}

/* ---- the table ---- */

static gboolean
insert (MitogenExports *self, const char *name, Export *entry, GError **error)
{
  if (g_hash_table_contains (self->by_name, name))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, _ ("“%s” is exported already"), name);
      return FALSE;
    }
  if (!serve (self, error))
    return FALSE;
  g_hash_table_insert (self->by_name, g_strdup (name), entry);
  return TRUE;
}

gboolean
mitogen_exports_add (MitogenExports *self,
                     const char *name,
                     const MitogenExport *what,
                     GError **error)
{
  Export *entry;
  gboolean added;

  entry = g_new0 (Export, 1);
  g_atomic_ref_count_init (&entry->ref_count);
  entry->dispatcher = mitogen_dispatcher_get_thread_default ();
  entry->what = *what;

  g_mutex_lock (&self->lock);
  added = mitogen_function_name_is_valid (name, error) && insert (self, name, entry, error);
  g_mutex_unlock (&self->lock);
  if (!added)
    export_unref (entry);
  return added;
}

/* Data are not copied: in a copy of the process they are, with everything else. */
void
mitogen_exports_copy (MitogenExports *self, MitogenExports *from)
{
  GHashTableIter iter;
  gpointer name;
  gpointer entry;

  g_hash_table_iter_init (&iter, from->by_name);
  while (g_hash_table_iter_next (&iter, &name, &entry))
    {
      MitogenExport what = ((Export *) entry)->what;

      what.destroy = NULL;
      what.policy_destroy = NULL;
      mitogen_exports_add (self, name, &what, NULL);
    }
}

gboolean
mitogen_exports_remove (MitogenExports *self, const char *name)
{
  gpointer key = NULL;
  gpointer entry = NULL;

  g_mutex_lock (&self->lock);
  g_hash_table_steal_extended (self->by_name, name, &key, &entry);
  g_mutex_unlock (&self->lock);

  g_free (key);
  if (entry != NULL)
    export_unref (entry);
  return entry != NULL;
}

MitogenExports *
mitogen_exports_new (MitogenCore *core)
{
  MitogenExports *self = g_new0 (MitogenExports, 1);

  self->core = core;
  g_mutex_init (&self->lock);
  self->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, export_unref);
  return self;
}

void
mitogen_exports_free (MitogenExports *self)
{
  g_hash_table_unref (self->by_name);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/**
 * mitogen_router_export_function:
 * @self: a router
 * @name: what others call it, as `package.module:function`
 * @policy: who may call it
 * @func: (scope notified) (closure data) (destroy destroy): the function
 * @data: passed to @func
 * @destroy: frees @data
 * @error: return location for an error
 *
 * Makes a function of this program callable from other contexts, in the main context
 * that is thread-default now.
 *
 * With `MITOGEN_POLICY_PARENTS`, only contexts above this one may call it, and that is
 * what to choose unless there is a reason: children are not trusted. A program at the
 * root of its tree has none above it, and lets its children call a function with
 * `MITOGEN_POLICY_ANY`.
 *
 * Fails with `G_IO_ERROR_INVALID_ARGUMENT` if @name is not a name,
 * `G_IO_ERROR_EXISTS` if it is exported already, and `MITOGEN_ERROR_CHANNEL` if the
 * router has been shut down. May be called from any thread.
 *
 * Returns: whether it is exported
 *
 * Since: 1.0
 */
gboolean
mitogen_router_export_function (MitogenRouter *self,
                                const char *name,
                                MitogenPolicy policy,
                                MitogenExportedFunc func,
                                gpointer data,
                                GDestroyNotify destroy,
                                GError **error)
{
  return mitogen_router_export_function_full (self, name, policy, NULL, NULL, NULL, func, data,
                                              destroy, error);
}

/**
 * mitogen_router_export_function_full:
 * @self: a router
 * @name: what others call it, as `package.module:function`
 * @policy: who may call it
 * @policy_func: (nullable) (scope notified) (closure policy_data) (destroy policy_destroy):
 *   decides about each call that @policy lets through
 * @policy_data: passed to @policy_func
 * @policy_destroy: frees @policy_data
 * @func: (scope notified) (closure data) (destroy destroy): the function
 * @data: passed to @func
 * @destroy: frees @data
 * @error: return location for an error
 *
 * Makes a function of this program callable, like
 * [method@Mitogen.Router.export_function], by a policy of the program's own.
 *
 * @policy_func gets the message that asks for the call, before @func and in the same
 * main context. A call that it refuses fails with `MITOGEN_ERROR_PERMISSION`. It is
 * for the question who calls; about the arguments @func decides best. May be called
 * from any thread.
 *
 * Returns: whether it is exported
 *
 * Since: 1.0
 */
gboolean
mitogen_router_export_function_full (MitogenRouter *self,
                                     const char *name,
                                     MitogenPolicy policy,
                                     MitogenPolicyFunc policy_func,
                                     gpointer policy_data,
                                     GDestroyNotify policy_destroy,
                                     MitogenExportedFunc func,
                                     gpointer data,
                                     GDestroyNotify destroy,
                                     GError **error)
{
  const MitogenExport what = {
    policy, policy_func, policy_data, policy_destroy, func, data, destroy
  };

  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (func != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return mitogen_exports_add (mitogen_core_get_exports (mitogen_router_get_core (self)), name,
                              &what, error);
}

/**
 * mitogen_router_unexport_function:
 * @self: a router
 * @name: the name of an exported function
 *
 * Takes a function back. Calls of it that have begun may still be answered. May be
 * called from any thread.
 *
 * Returns: whether it was exported
 *
 * Since: 1.0
 */
gboolean
mitogen_router_unexport_function (MitogenRouter *self, const char *name)
{
  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  return mitogen_exports_remove (mitogen_core_get_exports (mitogen_router_get_core (self)), name);
}
