/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-select.h"
#include "router/mitogen-receiver-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/**
 * MitogenSelect:
 *
 * Waits for whichever of several receivers has a message first.
 *
 * The usual way to run something in many contexts at once: begin the calls with
 * [method@Mitogen.Context.start_call], add their receivers, and get messages until
 * none is left. [method@Mitogen.Message.get_receiver] tells where each came from.
 *
 * With [property@Mitogen.Select:oneshot] a receiver is removed when its first message
 * is taken. A select can itself be added to another.
 *
 * Methods may be called from any thread.
 *
 * Since: 1.0
 */
struct _MitogenSelect
{
  GObject parent_instance;

  gboolean oneshot;
  /* A token for each message of a source, so that waiting, time limits and cancelling are
   * those of any mailbox. The token's handle is the number of the source. A token whose
   * message somebody else took is passed over. */
  MitogenMailbox *tokens;

  GMutex lock;
  GHashTable *sources; /* number -> Source; protected by lock */
  guint32 next_number; /* protected by lock */
};

typedef struct
{
  guint32 number;
  GObject *object; /* a receiver or a select */
} Source;

G_DEFINE_FINAL_TYPE (MitogenSelect, mitogen_select, G_TYPE_OBJECT)

typedef enum
{
  PROP_ONESHOT = 1,
} MitogenSelectProperty;

static GParamSpec *properties[PROP_ONESHOT + 1];

/* ---- tokens ---- */

typedef struct
{
  MitogenMailbox *tokens;
  guint32 number;
} Listener;

static void
listener_free (gpointer data)
{
  Listener *listener = data;

  mitogen_mailbox_unref (listener->tokens);
  g_free (listener);
}

static void
deliver_token (MitogenMailbox *tokens, guint32 number)
{
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  g_autoptr (MitogenMessage) token = mitogen_message_new (0, number, nothing);

  mitogen_mailbox_deliver (tokens, token);
}

static void
on_source_delivery (MitogenMailbox *mailbox, gpointer data)
{
  Listener *listener = data;

  deliver_token (listener->tokens, listener->number);
}

/* ---- sources ---- */

static MitogenMailbox *
get_mailbox (GObject *object)
{
  return MITOGEN_IS_SELECT (object) ? MITOGEN_SELECT (object)->tokens
                                    : mitogen_receiver_get_mailbox (MITOGEN_RECEIVER (object));
}

static void
source_free (gpointer data)
{
  Source *source = data;

  mitogen_mailbox_unlisten (get_mailbox (source->object), MITOGEN_MAILBOX_SELECT);
  g_object_unref (source->object);
  g_free (source);
}

/* Returns: (transfer full) (nullable) */
static GObject *
dup_source (MitogenSelect *self, guint32 number)
{
  Source *source;
  GObject *object = NULL;

  g_mutex_lock (&self->lock);
  source = g_hash_table_lookup (self->sources, GUINT_TO_POINTER (number));
  if (source != NULL)
    object = g_object_ref (source->object);
  g_mutex_unlock (&self->lock);
  return object;
}

static gboolean
remove_source (MitogenSelect *self, guint32 number)
{
  gpointer source = NULL;

  g_mutex_lock (&self->lock);
  g_hash_table_steal_extended (self->sources, GUINT_TO_POINTER (number), NULL, &source);
  g_mutex_unlock (&self->lock);

  if (source != NULL)
    source_free (source);
  return source != NULL;
}

/* Returns: (transfer full) (element-type GObject) */
static GPtrArray *
dup_sources (MitogenSelect *self)
{
  GPtrArray *objects = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer source;

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->sources);
  while (g_hash_table_iter_next (&iter, NULL, &source))
    g_ptr_array_add (objects, g_object_ref (((Source *) source)->object));
  g_mutex_unlock (&self->lock);
  return objects;
}

static gboolean
contains (MitogenSelect *self, MitogenSelect *other)
{
  g_autoptr (GPtrArray) objects = NULL;

  if (self == other)
    return TRUE;
  objects = dup_sources (self);
  for (guint i = 0; i < objects->len; i++)
    if (MITOGEN_IS_SELECT (objects->pdata[i]) && contains (objects->pdata[i], other))
      return TRUE;
  return FALSE;
}

/* ---- the object ---- */

static void
mitogen_select_dispose (GObject *object)
{
  MitogenSelect *self = MITOGEN_SELECT (object);

  g_hash_table_remove_all (self->sources);
  G_OBJECT_CLASS (mitogen_select_parent_class)->dispose (object);
}

static void
mitogen_select_finalize (GObject *object)
{
  MitogenSelect *self = MITOGEN_SELECT (object);

  g_hash_table_unref (self->sources);
  mitogen_mailbox_unref (self->tokens);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (mitogen_select_parent_class)->finalize (object);
}

static void
mitogen_select_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  switch ((MitogenSelectProperty) id)
    {
    case PROP_ONESHOT:
      g_value_set_boolean (value, MITOGEN_SELECT (object)->oneshot);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_select_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  switch ((MitogenSelectProperty) id)
    {
    case PROP_ONESHOT:
      MITOGEN_SELECT (object)->oneshot = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_select_class_init (MitogenSelectClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mitogen_select_dispose;
  object_class->finalize = mitogen_select_finalize;
  object_class->get_property = mitogen_select_get_property;
  object_class->set_property = mitogen_select_set_property;

  /**
   * MitogenSelect:oneshot: (getter get_oneshot)
   *
   * Whether a source is removed when a message of it has been taken.
   *
   * Since: 1.0
   */
  properties[PROP_ONESHOT] =
      g_param_spec_boolean ("oneshot", NULL, NULL, TRUE,
                            G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_select_init (MitogenSelect *self)
{
  g_mutex_init (&self->lock);
  self->tokens = mitogen_mailbox_new ();
  self->sources = g_hash_table_new_full (NULL, NULL, NULL, source_free);
  self->next_number = 1;
}

/**
 * mitogen_select_new:
 * @oneshot: whether a source is removed when a message of it has been taken
 *
 * Creates a select without sources.
 *
 * Returns: (transfer full): a new select
 *
 * Since: 1.0
 */
MitogenSelect *
mitogen_select_new (gboolean oneshot)
{
  return g_object_new (MITOGEN_TYPE_SELECT, "oneshot", oneshot, NULL);
}

/**
 * mitogen_select_get_oneshot: (get-property oneshot)
 * @self: a select
 *
 * Tells whether a source is removed when a message of it has been taken.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
mitogen_select_get_oneshot (MitogenSelect *self)
{
  g_return_val_if_fail (MITOGEN_IS_SELECT (self), FALSE);
  return self->oneshot;
}

static gboolean
refuse_source (GError **error, const char *why)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, why);
  return FALSE;
}

/**
 * mitogen_select_add:
 * @self: a select
 * @source: a receiver or another select
 * @error: return location for an error
 *
 * Waits for a source, too. Messages that it has already count.
 *
 * Fails with `G_IO_ERROR_INVALID_ARGUMENT` if the source belongs to a select already,
 * or if selects would wait for each other in a circle.
 *
 * Returns: whether the source was added
 *
 * Since: 1.0
 */
gboolean
mitogen_select_add (MitogenSelect *self, GObject *source, GError **error)
{
  MitogenMailbox *mailbox;
  Listener *listener;
  Source *entry;
  guint32 number;

  g_return_val_if_fail (MITOGEN_IS_SELECT (self), FALSE);
  g_return_val_if_fail (MITOGEN_IS_RECEIVER (source) || MITOGEN_IS_SELECT (source), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (MITOGEN_IS_SELECT (source) && contains (MITOGEN_SELECT (source), self))
    return refuse_source (error, _ ("The select would wait for itself"));

  g_mutex_lock (&self->lock);
  number = self->next_number++;
  g_mutex_unlock (&self->lock);

  mailbox = get_mailbox (source);
  listener = g_new (Listener, 1);
  listener->tokens = mitogen_mailbox_ref (self->tokens);
  listener->number = number;
  if (!mitogen_mailbox_listen (mailbox, MITOGEN_MAILBOX_SELECT, on_source_delivery, listener,
                               listener_free))
    return refuse_source (error,
                          _ ("The source belongs to a select already: remove it there first"));

  entry = g_new (Source, 1);
  entry->number = number;
  entry->object = g_object_ref (source);
  g_mutex_lock (&self->lock);
  g_hash_table_insert (self->sources, GUINT_TO_POINTER (number), entry);
  g_mutex_unlock (&self->lock);

  /* One that came between may get two tokens: the second is passed over. */
  for (guint i = mitogen_mailbox_get_length (mailbox) + mitogen_mailbox_is_closed (mailbox); i > 0;
       i--)
    deliver_token (self->tokens, number);
  return TRUE;
}

/**
 * mitogen_select_remove:
 * @self: a select
 * @source: a source that was added
 *
 * Stops waiting for a source. Messages that it has stay with it.
 *
 * Returns: whether the source was there
 *
 * Since: 1.0
 */
gboolean
mitogen_select_remove (MitogenSelect *self, GObject *source)
{
  GHashTableIter iter;
  gpointer entry;
  guint32 number = 0;

  g_return_val_if_fail (MITOGEN_IS_SELECT (self), FALSE);
  g_return_val_if_fail (G_IS_OBJECT (source), FALSE);

  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->sources);
  while (number == 0 && g_hash_table_iter_next (&iter, NULL, &entry))
    if (((Source *) entry)->object == source)
      number = ((Source *) entry)->number;
  g_mutex_unlock (&self->lock);
  return number != 0 && remove_source (self, number);
}

/**
 * mitogen_select_get_n_sources:
 * @self: a select
 *
 * Gets how many sources there are: with [property@Mitogen.Select:oneshot], how many
 * messages are still to come.
 *
 * Returns: a number
 *
 * Since: 1.0
 */
guint
mitogen_select_get_n_sources (MitogenSelect *self)
{
  guint n;

  g_return_val_if_fail (MITOGEN_IS_SELECT (self), 0);
  g_mutex_lock (&self->lock);
  n = g_hash_table_size (self->sources);
  g_mutex_unlock (&self->lock);
  return n;
}

/**
 * mitogen_select_is_empty:
 * @self: a select
 *
 * Tells whether no source has a message.
 *
 * Returns: whether [method@Mitogen.Select.get] would wait
 *
 * Since: 1.0
 */
gboolean
mitogen_select_is_empty (MitogenSelect *self)
{
  g_autoptr (GPtrArray) objects = NULL;

  g_return_val_if_fail (MITOGEN_IS_SELECT (self), TRUE);
  objects = dup_sources (self);
  for (guint i = 0; i < objects->len; i++)
    {
      GObject *object = objects->pdata[i];

      if (MITOGEN_IS_SELECT (object) ? !mitogen_select_is_empty (MITOGEN_SELECT (object))
                                     : !mitogen_receiver_is_empty (MITOGEN_RECEIVER (object)))
        return FALSE;
    }
  return TRUE;
}

/* ---- getting ---- */

static gboolean
is_exhausted (GObject *object)
{
  if (MITOGEN_IS_SELECT (object))
    return mitogen_select_get_n_sources (MITOGEN_SELECT (object)) == 0;
  return mitogen_mailbox_is_closed (get_mailbox (object)) &&
         mitogen_mailbox_get_length (get_mailbox (object)) == 0;
}

/* Returns: (transfer full) (nullable): what the token announced, unless it is gone. */
static MitogenMessage *
redeem (MitogenSelect *self, MitogenMessage *token)
{
  guint32 number = mitogen_message_get_handle (token);
  g_autoptr (GObject) object = dup_source (self, number);
  MitogenMessage *message;
  gboolean over;

  if (object == NULL)
    return NULL;

  if (MITOGEN_IS_SELECT (object))
    message = mitogen_select_try_get (MITOGEN_SELECT (object));
  else
    message = mitogen_receiver_try_get (MITOGEN_RECEIVER (object));

  /* A nested select goes on until its own sources are used up. */
  over = message != NULL && self->oneshot && MITOGEN_IS_RECEIVER (object);
  if (over || is_exhausted (object))
    remove_source (self, number);
  return message;
}

/**
 * mitogen_select_try_get:
 * @self: a select
 *
 * Takes the next message if a source has one.
 *
 * Returns: (transfer full) (nullable): the message
 *
 * Since: 1.0
 */
MitogenMessage *
mitogen_select_try_get (MitogenSelect *self)
{
  g_return_val_if_fail (MITOGEN_IS_SELECT (self), NULL);

  while (TRUE)
    {
      g_autoptr (MitogenMessage) token = mitogen_mailbox_try_pop (self->tokens);
      MitogenMessage *message;

      if (token == NULL)
        return NULL;
      message = redeem (self, token);
      if (message != NULL)
        return message;
    }
}

static gboolean
check_has_sources (MitogenSelect *self, GError **error)
{
  if (mitogen_select_get_n_sources (self) > 0 || mitogen_mailbox_is_closed (self->tokens))
    return TRUE;
  g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL,
                       _ ("The select has no source left that could give a message"));
  return FALSE;
}

static gint
time_left (gint64 deadline)
{
  if (deadline < 0)
    return -1;
  return MAX (0, (deadline - g_get_monotonic_time ()) / G_TIME_SPAN_MILLISECOND);
}

static gint64
make_deadline (gint timeout)
{
  return timeout < 0 ? -1 : g_get_monotonic_time () + (gint64) timeout * G_TIME_SPAN_MILLISECOND;
}

/**
 * mitogen_select_get:
 * @self: a select
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Takes the next message of any source, waiting for one if there is none.
 *
 * The message may be dead, which is an error only when it is unpickled: so one context
 * that is gone does not hide the answers of others. Fails with `MITOGEN_ERROR_CHANNEL`
 * if there is no source left or the select is closed; with `MITOGEN_ERROR_TIMED_OUT`;
 * with `G_IO_ERROR_CANCELLED`. May be called from any thread that may block.
 *
 * Returns: (transfer full): the message
 *
 * Since: 1.0
 */
MitogenMessage *
mitogen_select_get (MitogenSelect *self, gint timeout, GCancellable *cancellable, GError **error)
{
  gint64 deadline;

  g_return_val_if_fail (MITOGEN_IS_SELECT (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  deadline = make_deadline (timeout);
  while (check_has_sources (self, error))
    {
      g_autoptr (MitogenMessage) token =
          mitogen_mailbox_pop (self->tokens, time_left (deadline), cancellable, error);
      MitogenMessage *message;

      if (token == NULL)
        return NULL;
      message = redeem (self, token);
      if (message != NULL)
        return message;
    }
  return NULL;
}

/* ---- without blocking ---- */

static void wait_for_token (GTask *task);

static void
on_token (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;
  g_autoptr (MitogenMessage) token = g_task_propagate_pointer (G_TASK (result), &error);
  MitogenMessage *message;

  if (token == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  message = redeem (MITOGEN_SELECT (object), token);
  if (message == NULL)
    {
      wait_for_token (g_steal_pointer (&task));
      return;
    }
  g_task_return_pointer (task, message, (GDestroyNotify) mitogen_message_unref);
}

/* @task: (transfer full) */
static void
wait_for_token (GTask *task)
{
  g_autoptr (GTask) owned = task;
  MitogenSelect *self = g_task_get_source_object (task);
  gint64 *deadline = g_task_get_task_data (task);
  GError *error = NULL;
  GTask *wait;

  if (!check_has_sources (self, &error))
    {
      g_task_return_error (owned, error);
      return;
    }
  wait = g_task_new (self, g_task_get_cancellable (task), on_token, g_steal_pointer (&owned));
  g_task_set_source_tag (wait, wait_for_token);
  mitogen_mailbox_pop_task (self->tokens, time_left (*deadline), wait, NULL, NULL, NULL);
}

/**
 * mitogen_select_get_async:
 * @self: a select
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when there is a message
 * @user_data: passed to @callback
 *
 * Takes the next message of any source as soon as there is one: see
 * [method@Mitogen.Select.get].
 *
 * Since: 1.0
 */
void
mitogen_select_get_async (MitogenSelect *self,
                          gint timeout,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  GTask *task;
  gint64 *deadline;

  g_return_if_fail (MITOGEN_IS_SELECT (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mitogen_select_get_async);
  deadline = g_new (gint64, 1);
  *deadline = make_deadline (timeout);
  g_task_set_task_data (task, deadline, g_free);
  wait_for_token (task);
}

/**
 * mitogen_select_get_finish:
 * @self: a select
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Select.get_async].
 *
 * Returns: (transfer full): the message
 *
 * Since: 1.0
 */
MitogenMessage *
mitogen_select_get_finish (MitogenSelect *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * mitogen_select_close:
 * @self: a select
 *
 * Removes all sources and has every wait fail with `MITOGEN_ERROR_CHANNEL`. May be
 * called more than once.
 *
 * Since: 1.0
 */
void
mitogen_select_close (MitogenSelect *self)
{
  g_autoptr (GHashTable) sources = NULL;

  g_return_if_fail (MITOGEN_IS_SELECT (self));
  g_mutex_lock (&self->lock);
  sources = g_steal_pointer (&self->sources);
  self->sources = g_hash_table_new_full (NULL, NULL, NULL, source_free);
  g_mutex_unlock (&self->lock);
  mitogen_mailbox_close (self->tokens, _ ("The select has been closed"));
}
