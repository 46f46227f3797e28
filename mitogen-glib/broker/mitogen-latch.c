/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-latch.h"
#include "broker/mitogen-io-private.h"
#include "broker/mitogen-mailbox-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/**
 * MitogenLatch:
 *
 * A queue between threads whose sleepers leave at once when it is closed.
 *
 * It serves as a signal from a thread of the program to another that waits: values
 * are handed out in the order they were put in, each to one getter. All methods may
 * be called from any thread; [method@Mitogen.Latch.get] blocks, so not from one
 * that runs a main loop.
 *
 * Since: 1.0
 */
struct _MitogenLatch
{
  GObject parent_instance;

  MitogenMailbox *values; /* of GVariant */
};

G_DEFINE_FINAL_TYPE (MitogenLatch, mitogen_latch, G_TYPE_OBJECT)

static void
mitogen_latch_finalize (GObject *object)
{
  MitogenLatch *self = MITOGEN_LATCH (object);

  mitogen_mailbox_unref (self->values);
  G_OBJECT_CLASS (mitogen_latch_parent_class)->finalize (object);
}

static void
mitogen_latch_class_init (MitogenLatchClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = mitogen_latch_finalize;
}

static gpointer
value_ref (gpointer value)
{
  return g_variant_ref (value);
}

static void
value_unref (gpointer value)
{
  g_variant_unref (value);
}

static void
mitogen_latch_init (MitogenLatch *self)
{
  self->values = mitogen_mailbox_new_full (value_ref, value_unref, MITOGEN_ERROR_LATCH);
}

/**
 * mitogen_latch_new:
 *
 * Creates an empty latch.
 *
 * Returns: (transfer full): a new latch
 *
 * Since: 1.0
 */
MitogenLatch *
mitogen_latch_new (void)
{
  return g_object_new (MITOGEN_TYPE_LATCH, NULL);
}

static void
set_closed_error (GError **error)
{
  g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_LATCH, _ ("The latch is closed"));
}

/**
 * mitogen_latch_put:
 * @self: a latch
 * @value: the value; a floating reference is consumed
 * @error: return location for an error
 *
 * Adds a value and wakes one thread that waits for it.
 *
 * Fails with `MITOGEN_ERROR_LATCH` if the latch is closed. May be called from any
 * thread.
 *
 * Returns: whether the value was added
 *
 * Since: 1.0
 */
gboolean
mitogen_latch_put (MitogenLatch *self, GVariant *value, GError **error)
{
  g_autoptr (GVariant) owned = NULL;

  g_return_val_if_fail (MITOGEN_IS_LATCH (self), FALSE);
  g_return_val_if_fail (value != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  owned = g_variant_ref_sink (value);
  if (mitogen_mailbox_deliver (self->values, owned))
    return TRUE;
  set_closed_error (error);
  return FALSE;
}

/**
 * mitogen_latch_get:
 * @self: a latch
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 * @block: whether to wait at all
 * @error: return location for an error
 *
 * Takes the oldest value, waiting for one if there is none.
 *
 * Fails with `MITOGEN_ERROR_TIMED_OUT` if the time is over, or at once if there is
 * no value and @block is false; with `MITOGEN_ERROR_LATCH` if the latch is closed,
 * also while waiting. May be called from any thread but the broker's.
 *
 * Returns: (transfer full): the value
 *
 * Since: 1.0
 */
GVariant *
mitogen_latch_get (MitogenLatch *self, gint timeout, gboolean block, GError **error)
{
  g_return_val_if_fail (MITOGEN_IS_LATCH (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);
  g_return_val_if_fail (!block || !mitogen_in_broker_thread (), NULL);

  return mitogen_mailbox_pop (self->values, block ? timeout : 0, NULL, error);
}

/**
 * mitogen_latch_get_async:
 * @self: a latch
 * @timeout: how long to wait, in milliseconds, or -1 for as long as it takes
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when there is a value
 * @user_data: passed to @callback
 *
 * Takes the oldest value as soon as there is one: see [method@Mitogen.Latch.get].
 *
 * Since: 1.0
 */
void
mitogen_latch_get_async (MitogenLatch *self,
                         gint timeout,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GTask *task;

  g_return_if_fail (MITOGEN_IS_LATCH (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, mitogen_latch_get_async);
  mitogen_mailbox_pop_task (self->values, timeout, task, NULL, NULL, NULL);
}

/**
 * mitogen_latch_get_finish:
 * @self: a latch
 * @result: the result
 * @error: return location for an error
 *
 * Completes [method@Mitogen.Latch.get_async].
 *
 * Returns: (transfer full): the value
 *
 * Since: 1.0
 */
GVariant *
mitogen_latch_get_finish (MitogenLatch *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * mitogen_latch_is_empty:
 * @self: a latch
 *
 * Tells whether [method@Mitogen.Latch.get] would wait. Another thread may change
 * that at any moment. May be called from any thread.
 *
 * Returns: whether there is no value
 *
 * Since: 1.0
 */
gboolean
mitogen_latch_is_empty (MitogenLatch *self)
{
  g_return_val_if_fail (MITOGEN_IS_LATCH (self), TRUE);
  return mitogen_mailbox_get_length (self->values) == 0;
}

/**
 * mitogen_latch_close:
 * @self: a latch
 *
 * Closes the latch: every thread that waits leaves with `MITOGEN_ERROR_LATCH`, and
 * nothing can be put in any more. Values already in it can still be taken. May be
 * called from any thread, more than once.
 *
 * Since: 1.0
 */
void
mitogen_latch_close (MitogenLatch *self)
{
  g_return_if_fail (MITOGEN_IS_LATCH (self));
  mitogen_mailbox_close (self->values, _ ("The latch is closed"));
}
