/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-requests-private.h"
#include "python/mitogen-answer-private.h"
#include "python/mitogen-modules-private.h"
#include "connection/mitogen-relay-private.h"
#include "router/mitogen-context-private.h"
#include "router/mitogen-peers-private.h"
#include "router/mitogen-router-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/* Contexts that contexts have asked for: on the I/O thread from the request to the answer, so that
 * it works while the program is busy, and without any public object, of which the program is given
 * one afterwards. */

/* How many contexts one context may have asked for, and all of them. */
#define MAX_PENDING 32
#define MAX_LIVE    512
#define MAX_ALL     4096

/* How long the program may think about a request. */
#define AUTHORIZE_MS 30000

typedef struct
{
  MitogenCore *core;  /* not referenced: its table of handlers owns this */
  GHashTable *wanted; /* set of Wanted: pending, live, and perhaps ended since; I/O thread */
} Requests;

/* One request. */
typedef struct
{
  gatomicrefcount ref_count;
  MitogenCore *core;
  MitogenMessage *message; /* NULL: it has been answered */
  MitogenRequest request;
  MitogenContextNode *via;
  MitogenContextNode *node; /* NULL: not begun */
  MitogenRelay *relay;
  GSource *timer; /* while the program is asked */
  gint64 asked_at;
} Wanted;

static Wanted *
wanted_ref (Wanted *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
wanted_unref (gpointer data)
{
  Wanted *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->relay, mitogen_relay_unref);
  g_clear_pointer (&self->message, mitogen_message_unref);
  g_clear_pointer (&self->via, mitogen_context_node_unref);
  g_clear_pointer (&self->node, mitogen_context_node_unref);
  mitogen_request_clear (&self->request);
  mitogen_core_unref (self->core);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Wanted, wanted_unref)

static Wanted *
wanted_new (MitogenCore *core, MitogenMessage *message)
{
  Wanted *self = g_new0 (Wanted, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->core = mitogen_core_ref (core);
  self->message = mitogen_message_ref (message);
  self->asked_at = g_get_monotonic_time ();
  return self;
}

/* The timer has a reference. */
static void
clear_timer (Wanted *self)
{
  if (self->timer == NULL)
    return;
  g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  wanted_unref (self);
}

/* ---- the answer ---- */

static void
refuse (Wanted *self, const char *why)
{
  g_autoptr (MitogenMessage) message = g_steal_pointer (&self->message);
  g_autofree char *text = g_strconcat ("mitogen.core.StreamError: ", why, NULL);

  clear_timer (self);
  if (message != NULL)
    mitogen_answer_error (self->core, message, text);
}

static void
accept (Wanted *self)
{
  g_autoptr (MitogenMessage) message = g_steal_pointer (&self->message);
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();

  mitogen_pickle_writer_begin_tuple (writer);
  mitogen_pickle_writer_add_int (writer, mitogen_context_node_get_id (self->node));
  mitogen_pickle_writer_add_text (writer, mitogen_context_node_get_name (self->node), -1);
  mitogen_pickle_writer_end_tuple (writer);
  mitogen_answer (self->core, message, writer);
}

/* ---- what the program sees of it: in the router's context ---- */

typedef struct
{
  MitogenWeak *router;
  MitogenDispatcher *dispatcher;
  Wanted *wanted;
} Notice;

static void
notice_free (gpointer data)
{
  Notice *notice = data;

  mitogen_weak_unref (notice->router);
  mitogen_dispatcher_unref (notice->dispatcher);
  wanted_unref (notice->wanted);
  g_free (notice);
}

/* FALSE: there is nobody to be told. */
static gboolean
post_notice (Wanted *self, MitogenDispatchFunc func)
{
  g_autoptr (MitogenDispatcher) dispatcher = NULL;
  g_autoptr (MitogenWeak) router = mitogen_core_get_owner (self->core, &dispatcher);
  Notice *notice;

  if (router == NULL)
    return FALSE;
  notice = g_new (Notice, 1);
  notice->router = g_steal_pointer (&router);
  notice->dispatcher = mitogen_dispatcher_ref (dispatcher);
  notice->wanted = wanted_ref (self);
  mitogen_dispatcher_post (dispatcher, func, notice, notice_free);
  return TRUE;
}

static void
announce_run (gpointer data)
{
  Notice *notice = data;
  Wanted *wanted = notice->wanted;
  g_autoptr (MitogenRouter) router = mitogen_weak_get (notice->router);
  g_autoptr (MitogenContext) via = NULL;
  g_autoptr (MitogenContext) context = NULL;

  if (router == NULL ||
      mitogen_context_node_get_state (wanted->node) != MITOGEN_CONTEXT_NODE_CONNECTED)
    return;
  via = mitogen_router_context_by_id (router, mitogen_context_node_get_id (wanted->via), NULL);
  context =
      mitogen_context_new (wanted->core, wanted->node, via, G_OBJECT (wanted->request.connection),
                           mitogen_dispatcher_get_context (notice->dispatcher));
  mitogen_router_adopt_context (router, context);
}

/* ---- making it ---- */

static void
on_relay_done (const GError *error, gpointer data)
{
  Wanted *self = data;

  if (error != NULL)
    {
      refuse (self, error->message);
      return;
    }
  post_notice (self, announce_run);
  accept (self);
}

static char *
make_provisional_name (Wanted *self, const char *template)
{
  g_autofree char *own = mitogen_dialogue_make_name (template, 0);

  return g_strconcat (mitogen_context_node_get_name (self->via), ".", own, NULL);
}

/* The program's thinking is part of the time. */
static guint
get_rest_of_time (Wanted *self, guint timeout_ms)
{
  gint64 used = (g_get_monotonic_time () - self->asked_at) / 1000;

  return used + 1000 < timeout_ms ? timeout_ms - used : 1000;
}

/* Nobody is ever asked on behalf of a context: it gives the password with its request, or none. */
static void
make_prompter (Wanted *self, MitogenBootstrapSpec *spec)
{
  GMainContext *context = mitogen_io_get_context (mitogen_core_get_io (self->core));
  g_autoptr (MitogenDispatcher) dispatcher = mitogen_dispatcher_get (context);
  g_autoptr (MitogenPassword) password = mitogen_connection_dup_password (self->request.connection);
  g_auto (MitogenPlace) place = { 0 };

  if (spec->method == NULL || spec->method->terminal == MITOGEN_TERMINAL_NONE)
    return;
  place.method = g_strdup (self->request.method);
  place.host = g_strdup (mitogen_context_node_get_name (self->via));
  spec->prompter = mitogen_prompter_new (dispatcher, NULL, password, &place, NULL,
                                         G_OBJECT (self->request.connection));
}

static void
begin (Wanted *self)
{
  g_auto (MitogenBootstrapSpec) spec = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *provisional = NULL;
  guint32 id;

  if (!mitogen_core_allocate_ids (self->core, 1, &id))
    {
      refuse (self, _ ("this process has no ids left to give"));
      return;
    }
  if (!mitogen_connect_make_request_spec (self->core, self->request.connection, self->via, id,
                                          &self->request.extra, &spec, &error))
    {
      refuse (self, error->message);
      return;
    }
  spec.timeout_ms = get_rest_of_time (self, spec.timeout_ms);
  make_prompter (self, &spec);
  provisional = make_provisional_name (self, spec.name);
  self->node = mitogen_context_node_new (id, provisional, mitogen_context_node_get_id (self->via));
  mitogen_context_node_set_is_python (self->node);
  mitogen_core_hold (self->core, id);
  mitogen_core_add_node (self->core, self->node);
  mitogen_modules_welcome (self->core, self->node);
  self->relay = mitogen_relay_new (self->core, self->node, self->via, &spec, on_relay_done,
                                   wanted_ref (self), wanted_unref);
  if (!mitogen_relay_start (self->relay))
    refuse (self, _ ("The router has been shut down"));
  g_clear_pointer (&self->relay, mitogen_relay_unref);
}

/* ---- asking the program ---- */

typedef struct
{
  Wanted *wanted;
  gboolean allowed;
} Decision;

static void
decision_run (gpointer data)
{
  Decision *decision = data;
  Wanted *wanted = decision->wanted;

  clear_timer (wanted);
  if (wanted->message == NULL) /* too late */
    return;
  if (decision->allowed)
    begin (wanted);
  else
    refuse (wanted, _ ("the program does not allow it"));
}

static void
decision_free (gpointer data)
{
  Decision *decision = data;

  wanted_unref (decision->wanted);
  g_free (decision);
}

static void
ask_run (gpointer data)
{
  Notice *notice = data;
  Wanted *wanted = notice->wanted;
  g_autoptr (MitogenRouter) router = mitogen_weak_get (notice->router);
  Decision *decision = g_new0 (Decision, 1);

  decision->wanted = wanted_ref (wanted);
  if (router != NULL)
    {
      guint32 via_id = mitogen_context_node_get_id (wanted->via);
      g_autoptr (MitogenContext) context = mitogen_router_context_by_id (router, via_id, NULL);

      g_signal_emit_by_name (router, "authorize-connect", context, wanted->request.method,
                             wanted->request.options, &decision->allowed);
    }
  mitogen_io_post (mitogen_core_get_io (wanted->core), decision_run, decision, decision_free);
}

static void
on_no_decision (gpointer data)
{
  g_autoptr (Wanted) self = wanted_ref (data);

  refuse (self, _ ("the program has not allowed it in time"));
}

static void
ask (Wanted *self)
{
  guint timeout = mitogen_connection_get_connect_timeout (self->request.connection);

  if (!post_notice (self, ask_run))
    {
      refuse (self, _ ("the program does not allow it"));
      return;
    }
  self->timer =
      mitogen_io_add_timeout (mitogen_core_get_io (self->core), MIN (timeout, AUTHORIZE_MS),
                              on_no_decision, wanted_ref (self));
}

/* ---- who may ---- */

/* Forgets those that have ended; counts the others. */
static void
count (Requests *self, guint32 via_id, guint *pending, guint *live)
{
  GHashTableIter iter;
  gpointer key;

  *pending = *live = 0;
  g_hash_table_iter_init (&iter, self->wanted);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      Wanted *wanted = key;
      gboolean over = wanted->message == NULL;

      if (over && (wanted->node == NULL || mitogen_context_node_get_state (wanted->node) ==
                                               MITOGEN_CONTEXT_NODE_DISCONNECTED))
        g_hash_table_iter_remove (&iter);
      else if (mitogen_context_node_get_id (wanted->via) == via_id)
        *(over ? live : pending) += 1;
    }
}

static gboolean
check_quota (Requests *self, Wanted *wanted)
{
  guint pending;
  guint live;

  count (self, mitogen_context_node_get_id (wanted->via), &pending, &live);
  if (pending < MAX_PENDING && live < MAX_LIVE && g_hash_table_size (self->wanted) < MAX_ALL)
    return TRUE;
  refuse (wanted, _ ("it has asked for too many contexts already"));
  return FALSE;
}

static gboolean
check_via (Wanted *self)
{
  MitogenContextNode *via =
      mitogen_core_node_by_id (self->core, mitogen_message_get_src_id (self->message));

  self->via = via;
  if (via != NULL && mitogen_context_node_is_python (via) &&
      mitogen_context_node_get_state (via) == MITOGEN_CONTEXT_NODE_CONNECTED)
    return TRUE;
  refuse (self, _ ("this program makes contexts for those in Python that it has connected itself"));
  return FALSE;
}

static void
decide (Wanted *self, MitogenConnectPolicy policy)
{
  switch (policy)
    {
    case MITOGEN_CONNECT_POLICY_ALLOW:
      begin (self);
      break;
    case MITOGEN_CONNECT_POLICY_ASK:
      ask (self);
      break;
    case MITOGEN_CONNECT_POLICY_REFUSE:
    default:
      refuse (self, _ ("this program makes no contexts for others"));
      break;
    }
}

/* The broker exits: nobody will be answered any more. */
static void
drop_all (Requests *self)
{
  g_autoptr (GList) all = g_hash_table_get_keys (self->wanted);

  for (GList *l = all; l != NULL; l = l->next)
    {
      Wanted *wanted = l->data;

      g_clear_pointer (&wanted->message, mitogen_message_unref);
      clear_timer (wanted);
    }
  g_hash_table_remove_all (self->wanted);
}

static void
on_connect_request (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  Requests *self = data;
  MitogenCoreOptions options = mitogen_core_get_options (self->core);
  Wanted *wanted;
  g_autoptr (GError) error = NULL;

  if (mitogen_message_is_dead (message) && from == NULL)
    drop_all (self);
  if (mitogen_message_is_dead (message) || mitogen_message_get_reply_to (message) == 0)
    return;
  wanted = wanted_new (self->core, message);
  if (!check_via (wanted) || !check_quota (self, wanted))
    {
      wanted_unref (wanted);
      return;
    }
  g_hash_table_add (self->wanted, wanted);
  if (mitogen_request_read (message, options.max_message_size, &wanted->request, &error))
    decide (wanted, options.connect_policy);
  else
    refuse (wanted, error->message);
}

/* ---- leaving ---- */

static void
on_detaching (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  MitogenCore *core = data;

  if (mitogen_message_is_dead (message))
    return;
  if (mitogen_peers_detach (mitogen_core_get_peers (core), mitogen_message_get_src_id (message)))
    mitogen_answer_none (core, message);
  else
    mitogen_core_refuse_by_policy (core, message, from);
}

/* ---- registering ---- */

static void
requests_free (gpointer data)
{
  Requests *self = data;

  g_hash_table_unref (self->wanted);
  g_free (self);
}

static Requests *
requests_new (MitogenCore *core)
{
  Requests *self = g_new0 (Requests, 1);

  self->core = core;
  self->wanted = g_hash_table_new_full (NULL, NULL, wanted_unref, NULL);
  return self;
}

static void
add_handler (MitogenCore *core,
             guint32 handle,
             MitogenAccept accept,
             MitogenHandlerFunc func,
             gpointer data,
             GDestroyNotify destroy)
{
  MitogenHandlerSpec spec = {
    .handle = handle,
    .persist = TRUE,
    .respondent = MITOGEN_ID_NONE,
    .accept = accept,
    .func = func,
    .data = data,
    .destroy = destroy,
  };

  mitogen_handlers_add (mitogen_core_get_handlers (core), &spec, NULL);
}

void
mitogen_requests_serve (MitogenCore *core)
{
  g_autoptr (MitogenHandler) served =
      mitogen_handlers_lookup (mitogen_core_get_handlers (core), MITOGEN_HANDLE_CONNECT_REQUEST);
  g_autoptr (MitogenModules) modules = NULL;

  if (served != NULL)
    return;
  modules = mitogen_modules_get (core);
  /* The data of those that another thread has added meanwhile stays, and this is freed. */
  add_handler (core, MITOGEN_HANDLE_DETACHING, MITOGEN_ACCEPT_IMMEDIATE_CHILD, on_detaching, core,
               NULL);
  add_handler (core, MITOGEN_HANDLE_CONNECT_REQUEST, MITOGEN_ACCEPT_ANY, on_connect_request,
               requests_new (core), requests_free);
}
