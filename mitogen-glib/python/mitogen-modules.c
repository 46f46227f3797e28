/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-modules-private.h"
#include "broker/mitogen-worker-private.h"
#include "python/mitogen-forget-gone-private.h"
#include "python/mitogen-load-module-private.h"
#include "python/mitogen-module-resources-private.h"
#include "python/mitogen-module-sender-private.h"
#include "python/mitogen-parts-private.h"
#include "router/mitogen-context-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* The most that one neighbour may have asked for without an answer. */
#define MAX_PENDING 10000
/* While this much waits for a context, it gets only so many answers more: its link may be slow. */
#define MAX_UNREAD         (4 * 1024 * 1024)
#define MAX_UNREAD_ANSWERS 1000
/* And no files when it is this much. */
#define MAX_UNREAD_FILES (64 * 1024 * 1024)
/* Longer names are no mistakes. */
#define MAX_NAME 65536

struct _MitogenModules
{
  gatomicrefcount ref_count;
  MitogenModuleStore *store;
  MitogenModuleSender *sender; /* of the thread for modules */

  GMutex lock;         /* protects the rest */
  GHashTable *pending; /* id of a context -> how many of its requests wait */
  GHashTable *unread;  /* id -> how many answers it has been given since it has too much to read */
  GHashTable *called;  /* id -> GHashTable: modules whose functions were called there */
  GHashTable *told;    /* ids of contexts that must be told of changes */
  guint sweep_called_at;
  guint sweep_told_at;
  MitogenFindFunc *find_func;
};

static MitogenModules *
modules_new (MitogenModuleStore *store)
{
  MitogenModules *self = g_new0 (MitogenModules, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->store = mitogen_module_store_ref (store);
  self->sender = mitogen_module_sender_new (self->store);
  self->pending = g_hash_table_new (NULL, NULL);
  self->unread = g_hash_table_new (NULL, NULL);
  self->called = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_hash_table_unref);
  self->told = g_hash_table_new (NULL, NULL);
  return self;
}

MitogenModules *
mitogen_modules_ref (MitogenModules *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_modules_unref (MitogenModules *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_pointer (&self->find_func, mitogen_find_func_unref);
  g_hash_table_unref (self->called);
  g_hash_table_unref (self->told);
  g_hash_table_unref (self->unread);
  g_hash_table_unref (self->pending);
  mitogen_module_sender_free (self->sender);
  mitogen_module_store_unref (self->store);
  g_mutex_clear (&self->lock);
  g_free (self);
}

MitogenModuleStore *
mitogen_modules_get_store (MitogenModules *self)
{
  return self->store;
}

void
mitogen_modules_set_find_func (MitogenModules *self, MitogenFindFunc *func)
{
  MitogenFindFunc *old;

  g_mutex_lock (&self->lock);
  old = self->find_func;
  self->find_func = func != NULL ? mitogen_find_func_ref (func) : NULL;
  g_mutex_unlock (&self->lock);
  if (old != NULL)
    mitogen_find_func_unref (old);
  mitogen_module_store_set_open (self->store, func != NULL);
}

/* ---- what the thread for modules does ---- */

typedef struct _Job Job;
typedef void (*JobFunc) (Job *job);

struct _Job
{
  JobFunc func;
  MitogenCore *core;
  MitogenModules *modules;
  guint32 id;               /* who has asked */
  MitogenContextNode *node; /* for whom it is */
  char **names;
  MitogenMessage *message;
  MitogenMailbox *mailbox; /* where the outcome goes */
  GHashTable *unknown;     /* names that the program's function does not know, either */
};

static void
job_free (Job *job)
{
  g_clear_pointer (&job->node, mitogen_context_node_unref);
  g_strfreev (job->names);
  g_clear_pointer (&job->message, mitogen_message_unref);
  g_clear_pointer (&job->mailbox, mitogen_mailbox_unref);
  g_clear_pointer (&job->unknown, g_hash_table_unref);
  mitogen_modules_unref (job->modules);
  mitogen_core_unref (job->core);
  g_free (job);
}

static void
run_job (gpointer data)
{
  Job *job = data;

  job->func (job);
}

static MitogenWorker worker = MITOGEN_WORKER_INIT ("mitogen-modules", run_job);

static Job *
job_new (MitogenModules *modules, MitogenCore *core, JobFunc func)
{
  Job *job = g_new0 (Job, 1);

  job->func = func;
  job->core = mitogen_core_ref (core);
  job->modules = mitogen_modules_ref (modules);
  return job;
}

/* ---- what only the program knows ---- */

typedef struct
{
  Job *job;
  char *name;
} Inquiry;

/* The job starts again, with more to go by. */
static void
on_found (const char *source, gboolean is_package, gpointer data)
{
  Inquiry *inquiry = data;
  Job *job = inquiry->job;

  if (source == NULL ||
      !mitogen_module_store_add_found (job->modules->store, inquiry->name, source, is_package))
    {
      if (job->unknown == NULL)
        job->unknown = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_hash_table_add (job->unknown, g_strdup (inquiry->name));
    }
  mitogen_worker_push (&worker, job);
  g_free (inquiry->name);
  g_free (inquiry);
}

/* TRUE: the job is no longer ours. */
static gboolean
ask_program (Job *job, const char *name, const GError *error)
{
  g_autoptr (MitogenFindFunc) func = NULL;
  Inquiry *inquiry;

  if (!g_error_matches (error, MITOGEN_ERROR, MITOGEN_ERROR_MODULE_NOT_FOUND) ||
      (job->unknown != NULL && g_hash_table_contains (job->unknown, name)))
    return FALSE;
  g_mutex_lock (&job->modules->lock);
  if (job->modules->find_func != NULL)
    func = mitogen_find_func_ref (job->modules->find_func);
  g_mutex_unlock (&job->modules->lock);
  if (func == NULL)
    return FALSE;

  inquiry = g_new (Inquiry, 1);
  inquiry->job = job;
  inquiry->name = g_strdup (name);
  mitogen_find_func_ask (func, name, on_found, inquiry);
  return TRUE;
}

/* ---- on request ---- */

static void
send_missing (MitogenCore *core, guint32 id, const char *name, gsize length, const char *reason)
{
  g_autoptr (MitogenMessage) answer = mitogen_load_module_new_missing (name, length, reason);
  g_autoptr (MitogenMessage) addressed = mitogen_load_module_for (answer, id);

  mitogen_core_send (core, addressed);
}

static gboolean
begin_pending (MitogenModules *self, guint32 id)
{
  guint waiting;

  g_mutex_lock (&self->lock);
  waiting = GPOINTER_TO_UINT (g_hash_table_lookup (self->pending, GUINT_TO_POINTER (id)));
  if (waiting < MAX_PENDING)
    g_hash_table_insert (self->pending, GUINT_TO_POINTER (id), GUINT_TO_POINTER (waiting + 1));
  g_mutex_unlock (&self->lock);
  return waiting < MAX_PENDING;
}

static void
end_pending (MitogenModules *self, guint32 id)
{
  guint waiting;

  g_mutex_lock (&self->lock);
  waiting = GPOINTER_TO_UINT (g_hash_table_lookup (self->pending, GUINT_TO_POINTER (id)));
  if (waiting > 1)
    g_hash_table_insert (self->pending, GUINT_TO_POINTER (id), GUINT_TO_POINTER (waiting - 1));
  else
    g_hash_table_remove (self->pending, GUINT_TO_POINTER (id));
  g_mutex_unlock (&self->lock);
}

static void
remember_told (MitogenModules *self, MitogenCore *core, guint32 id)
{
  g_mutex_lock (&self->lock);
  mitogen_forget_gone (self->told, core, &self->sweep_told_at);
  g_hash_table_add (self->told, GUINT_TO_POINTER (id));
  g_mutex_unlock (&self->lock);
}

/* FALSE: it may be there by now. */
static gboolean
answer_request (Job *job, guint generation, const GError *error)
{
  MitogenModuleStore *store = job->modules->store;
  gboolean denied = g_error_matches (error, MITOGEN_ERROR, MITOGEN_ERROR_PERMISSION);

  if (!mitogen_module_store_begin_telling (store, generation))
    return FALSE;
  /* Before anybody can know of the answer, and then ask how many there were. */
  mitogen_module_store_count (store, denied ? MITOGEN_COUNT_DENIED : MITOGEN_COUNT_MISSING, 0);
  send_missing (job->core, job->id, job->names[0], strlen (job->names[0]), error->message);
  mitogen_module_store_end_telling (store);
  return TRUE;
}

static void
run_request (Job *job)
{
  MitogenModules *modules = job->modules;
  const char *name = job->names[0];
  g_autoptr (GError) error = NULL;
  guint generation;

  remember_told (modules, job->core, job->id);
  do
    {
      g_clear_error (&error);
      generation = mitogen_module_store_get_generation (modules->store);
      if (mitogen_module_sender_answer (modules->sender, job->core, job->id, name, &error))
        break;
      if (ask_program (job, name, error))
        return;
    }
  while (!answer_request (job, generation, error));
  end_pending (modules, job->id);
  job_free (job);
}

static gboolean
reads_files (Job *job)
{
  g_autoptr (MitogenStream) stream = mitogen_core_stream_by_id (job->core, job->id);

  return stream == NULL || mitogen_stream_get_pending_bytes (stream) <= MAX_UNREAD_FILES;
}

static void
run_resource (Job *job)
{
  if (reads_files (job))
    mitogen_module_resources_answer (job->modules->store, job->core, job->message);
  else
    mitogen_core_refuse (job->core, job->message, "too much waits to be read already");
  end_pending (job->modules, job->id);
  job_free (job);
}

/* ---- unasked ---- */

static void
run_called (Job *job)
{
  g_autoptr (GError) error = NULL;

  if (!mitogen_module_sender_send_ahead (job->modules->sender, job->core, job->node, job->names[0],
                                         &error))
    g_debug ("%s is not sent ahead: %s", job->names[0], error->message);
  job_free (job);
}

static gpointer
outcome_ref (gpointer outcome)
{
  return g_atomic_rc_box_acquire (outcome);
}

static void
outcome_clear (gpointer data)
{
  MitogenOutcome *outcome = data;

  g_clear_error (&outcome->error);
}

void
mitogen_outcome_unref (gpointer outcome)
{
  g_atomic_rc_box_release_full (outcome, outcome_clear);
}

/* @error: (transfer full) (nullable) */
static void
deliver_outcome (MitogenMailbox *mailbox, GError *error)
{
  MitogenOutcome *outcome = g_atomic_rc_box_new0 (MitogenOutcome);

  outcome->error = error;
  mitogen_mailbox_deliver (mailbox, outcome);
  mitogen_outcome_unref (outcome);
}

static void
run_preload (Job *job)
{
  GError *error = NULL;

  for (char **name = job->names; *name != NULL; name++)
    {
      if (mitogen_mailbox_is_closed (job->mailbox) ||
          mitogen_module_sender_send_ahead (job->modules->sender, job->core, job->node, *name,
                                            &error))
        continue;
      if (ask_program (job, *name, error))
        {
          g_error_free (error);
          return;
        }
      g_prefix_error (&error, _ ("Module “%s” cannot be sent: "), *name);
      break;
    }
  deliver_outcome (job->mailbox, error);
  job_free (job);
}

/* Before the caller goes on, so that its next call finds what it has added. */
void
mitogen_modules_announce (MitogenModules *self, MitogenCore *core)
{
  g_autoptr (GPtrArray) overrides = mitogen_module_store_dup_overrides (self->store);
  g_autoptr (MitogenMessage) settings = mitogen_load_module_new_settings (overrides);
  g_autoptr (GList) ids = NULL;

  g_mutex_lock (&self->lock);
  self->sweep_told_at = 0;
  mitogen_forget_gone (self->told, core, &self->sweep_told_at);
  g_hash_table_remove_all (self->called);
  ids = g_hash_table_get_keys (self->told);
  g_mutex_unlock (&self->lock);
  while (!mitogen_module_store_begin_telling (self->store,
                                              mitogen_module_store_get_generation (self->store)))
    ; /* somebody has changed it again */
  for (GList *l = ids; l != NULL; l = l->next)
    {
      g_autoptr (MitogenMessage) message =
          mitogen_load_module_for (settings, GPOINTER_TO_UINT (l->data));

      mitogen_core_send (core, message);
    }
  mitogen_module_store_end_telling (self->store);
}

MitogenMailbox *
mitogen_modules_preload (MitogenModules *self,
                         MitogenCore *core,
                         MitogenContextNode *node,
                         const char *const *names)
{
  Job *job = job_new (self, core, run_preload);
  MitogenMailbox *mailbox =
      mitogen_mailbox_new_full (outcome_ref, mitogen_outcome_unref, MITOGEN_ERROR_CHANNEL);

  job->node = mitogen_context_node_ref (node);
  job->names = g_strdupv ((char **) names);
  job->mailbox = mitogen_mailbox_ref (mailbox);
  mitogen_worker_push (&worker, job);
  return mailbox;
}

/* ---- calls ---- */

/* With the lock held. TRUE: for the first time. */
static gboolean
remember_call (MitogenModules *self, MitogenCore *core, guint32 id, const char *module)
{
  GHashTable *modules = g_hash_table_lookup (self->called, GUINT_TO_POINTER (id));

  if (modules == NULL)
    {
      mitogen_forget_gone (self->called, core, &self->sweep_called_at);
      modules = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_hash_table_insert (self->called, GUINT_TO_POINTER (id), modules);
    }
  return !g_hash_table_contains (modules, module) && g_hash_table_add (modules, g_strdup (module));
}

/* Returns: (transfer full) (nullable) */
static MitogenModules *find_modules (MitogenCore *core);

static void
on_call (MitogenCore *core, MitogenContextNode *node, const char *function)
{
  g_autoptr (MitogenModules) self = find_modules (core);
  g_autofree char *module = NULL;
  gboolean first;
  Job *job;

  if (self == NULL || !mitogen_module_store_is_used (self->store) ||
      !mitogen_context_node_is_python (node))
    return;
  module = g_strndup (function, strcspn (function, ":"));
  g_mutex_lock (&self->lock);
  first = remember_call (self, core, mitogen_context_node_get_id (node), module);
  g_mutex_unlock (&self->lock);
  if (!first || !mitogen_module_name_is_valid (module))
    return;
  job = job_new (self, core, run_called);
  job->node = mitogen_context_node_ref (node);
  job->names = g_new0 (char *, 2);
  job->names[0] = g_steal_pointer (&module);
  mitogen_worker_push (&worker, job);
}

/* ---- contexts that are about to be connected ---- */

typedef struct
{
  MitogenCore *core;
  MitogenContextNode *node;
  MitogenMessage *settings;
} Welcome;

static void
welcome_run (gpointer data)
{
  Welcome *welcome = data;

  mitogen_parts_push (welcome->core, welcome->node, MITOGEN_PART_IMPORTER);
  if (welcome->settings != NULL)
    mitogen_core_send (welcome->core, welcome->settings);
}

static void
welcome_free (gpointer data)
{
  Welcome *welcome = data;

  mitogen_core_unref (welcome->core);
  mitogen_context_node_unref (welcome->node);
  g_clear_pointer (&welcome->settings, mitogen_message_unref);
  g_free (welcome);
}

void
mitogen_modules_welcome (MitogenCore *core, MitogenContextNode *node)
{
  g_autoptr (MitogenModules) self = mitogen_modules_get (core);
  g_autoptr (GPtrArray) overrides = NULL;
  g_autoptr (MitogenMessage) settings = NULL;
  Welcome *welcome;

  if (mitogen_context_node_get_via_id (node) == mitogen_core_get_id (core))
    remember_told (self, core, mitogen_context_node_get_id (node));
  if (!mitogen_context_node_is_python (node) || !mitogen_module_store_is_used (self->store))
    return;
  welcome = g_new0 (Welcome, 1);
  welcome->core = mitogen_core_ref (core);
  welcome->node = mitogen_context_node_ref (node);
  overrides = mitogen_module_store_dup_overrides (self->store);
  if (overrides->len > 0)
    {
      settings = mitogen_load_module_new_settings (overrides);
      welcome->settings = mitogen_load_module_for (settings, mitogen_context_node_get_id (node));
    }
  mitogen_io_post (mitogen_core_get_io (core), welcome_run, welcome, welcome_free);
}

/* ---- what comes in ---- */

typedef struct
{
  MitogenCore *core; /* it owns this */
  MitogenModules *modules;
} Served;

static void
served_free (gpointer data)
{
  Served *served = data;

  mitogen_modules_unref (served->modules);
  g_free (served);
}

/* FALSE: nobody reads what this context would get. */
static gboolean
begin_answer (MitogenModules *self, guint32 id, MitogenStream *from)
{
  gboolean full = from != NULL && mitogen_stream_get_pending_bytes (from) > MAX_UNREAD;
  guint answers = 0;

  g_mutex_lock (&self->lock);
  if (!full)
    g_hash_table_remove (self->unread, GUINT_TO_POINTER (id));
  else
    {
      answers = GPOINTER_TO_UINT (g_hash_table_lookup (self->unread, GUINT_TO_POINTER (id)));
      g_hash_table_insert (self->unread, GUINT_TO_POINTER (id), GUINT_TO_POINTER (answers + 1));
    }
  g_mutex_unlock (&self->lock);
  return answers < MAX_UNREAD_ANSWERS;
}

/* FALSE: whoever asks does not deserve an answer. */
static gboolean
accept (Served *served, MitogenMessage *message, MitogenStream *from)
{
  if (!begin_answer (served->modules, mitogen_message_get_src_id (message), from))
    mitogen_core_complain (served->core, from, "it does not read what it asks for", message);
  else if (from != NULL && !begin_pending (served->modules, mitogen_message_get_src_id (message)))
    mitogen_core_complain (served->core, from, "it asks for more than it could use", message);
  else
    return from != NULL;
  return FALSE;
}

static void
on_module_request (Served *served, MitogenMessage *message, MitogenStream *from)
{
  guint32 id = mitogen_message_get_src_id (message);
  gsize size;
  const char *name = g_bytes_get_data (mitogen_message_get_bytes (message), &size);
  g_autofree char *copy = NULL;
  Job *job;

  if (size == 0 || size > MAX_NAME || !g_utf8_validate (name, size, NULL))
    {
      if (from != NULL)
        mitogen_core_complain (served->core, from, "it asks for what is no name", message);
      return;
    }
  if (!accept (served, message, from))
    return;
  mitogen_module_store_count (served->modules->store, MITOGEN_COUNT_REQUESTS, 0);
  copy = g_strndup (name, size);
  if (strlen (copy) != size || !mitogen_module_name_is_valid (copy))
    {
      send_missing (served->core, id, name, size, _ ("that is not the name of a module"));
      end_pending (served->modules, id);
      return;
    }
  if (!mitogen_core_is_accepted (served->core, MITOGEN_ACCEPT_IMMEDIATE_CHILD, message, from))
    {
      send_missing (served->core, id, name, size, _ ("contexts ask their own parent"));
      end_pending (served->modules, id);
      return;
    }
  job = job_new (served->modules, served->core, run_request);
  job->id = id;
  job->names = g_new0 (char *, 2);
  job->names[0] = g_steal_pointer (&copy);
  mitogen_worker_push (&worker, job);
}

static void
on_get_module (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  Served *served = data;

  if (mitogen_message_is_dead (message))
    return;
  if (mitogen_message_get_reply_to (message) == 0)
    on_module_request (served, message, from);
  else if (!begin_answer (served->modules, mitogen_message_get_src_id (message), from))
    mitogen_core_complain (served->core, from, "it does not read what it asks for", message);
  else
    mitogen_parts_answer (served->core, message);
}

static void
on_get_resource (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  Served *served = data;
  Job *job;

  if (mitogen_message_is_dead (message) || !accept (served, message, from))
    return;
  job = job_new (served->modules, served->core, run_resource);
  job->id = mitogen_message_get_src_id (message);
  job->message = mitogen_message_ref (message);
  mitogen_worker_push (&worker, job);
}

/* ---- one for each router ---- */

static void
serve (MitogenCore *core, MitogenModules *self, guint32 handle, MitogenHandlerFunc func)
{
  Served *served = g_new (Served, 1);
  MitogenHandlerSpec spec = {
    .handle = handle,
    .persist = TRUE,
    .respondent = MITOGEN_ID_NONE,
    .accept = MITOGEN_ACCEPT_ANY,
    .func = func,
    .data = served,
    .destroy = served_free,
  };

  served->core = core;
  served->modules = mitogen_modules_ref (self);
  mitogen_handlers_add (mitogen_core_get_handlers (core), &spec, NULL);
}

static MitogenModules *
find_modules (MitogenCore *core)
{
  g_autoptr (MitogenHandler) handler =
      mitogen_handlers_lookup (mitogen_core_get_handlers (core), MITOGEN_HANDLE_GET_MODULE);
  const MitogenHandlerSpec *spec = handler != NULL ? mitogen_handler_get_spec (handler) : NULL;

  if (spec == NULL || spec->func != on_get_module)
    return NULL;
  return mitogen_modules_ref (((Served *) spec->data)->modules);
}

static MitogenModules *
make_modules (MitogenCore *core, MitogenModuleStore *store)
{
  static GMutex making;
  MitogenModules *self;

  g_mutex_lock (&making);
  self = find_modules (core);
  if (self == NULL)
    {
      /* After a shutdown nothing can be served, but it can still be asked. */
      self = modules_new (store);
      serve (core, self, MITOGEN_HANDLE_GET_MODULE, on_get_module);
      serve (core, self, MITOGEN_HANDLE_GET_RESOURCE, on_get_resource);
      mitogen_context_set_call_watch (on_call);
    }
  g_mutex_unlock (&making);
  return self;
}

MitogenModules *
mitogen_modules_get (MitogenCore *core)
{
  MitogenModules *self = find_modules (core);
  g_autoptr (MitogenModuleStore) store = NULL;

  if (self != NULL)
    return self;
  store = mitogen_module_store_new ();
  return make_modules (core, store);
}

void
mitogen_modules_share (MitogenCore *core, MitogenCore *original)
{
  g_autoptr (MitogenModules) theirs = find_modules (original);

  if (theirs != NULL)
    mitogen_modules_unref (make_modules (core, theirs->store));
}
