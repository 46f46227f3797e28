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

  GMutex lock;
  GCond cond;
  GQueue values; /* of GVariant */
  gboolean closed;
};

G_DEFINE_FINAL_TYPE (MitogenLatch, mitogen_latch, G_TYPE_OBJECT)

static void
mitogen_latch_finalize (GObject *object)
{
  MitogenLatch *self = MITOGEN_LATCH (object);

  g_queue_clear_full (&self->values, (GDestroyNotify) g_variant_unref);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (mitogen_latch_parent_class)->finalize (object);
}

static void
mitogen_latch_class_init (MitogenLatchClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = mitogen_latch_finalize;
}

static void
mitogen_latch_init (MitogenLatch *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
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
  gboolean closed;

  g_return_val_if_fail (MITOGEN_IS_LATCH (self), FALSE);
  g_return_val_if_fail (value != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  owned = g_variant_ref_sink (value);
  g_mutex_lock (&self->lock);
  closed = self->closed;
  if (!closed)
    {
      g_queue_push_tail (&self->values, g_steal_pointer (&owned));
      g_cond_signal (&self->cond);
    }
  g_mutex_unlock (&self->lock);

  if (closed)
    set_closed_error (error);
  return !closed;
}

static GVariant *
get_locked (MitogenLatch *self, gint timeout, gboolean block, GError **error)
{
  gint64 deadline = g_get_monotonic_time () + (gint64) timeout * G_TIME_SPAN_MILLISECOND;
  gboolean in_time = block;

  while (g_queue_is_empty (&self->values))
    {
      if (self->closed)
        {
          set_closed_error (error);
          return NULL;
        }
      if (!in_time)
        {
          g_propagate_error (error, mitogen_timed_out_error (block ? timeout : 0));
          return NULL;
        }
      if (timeout < 0)
        g_cond_wait (&self->cond, &self->lock);
      else
        in_time = g_cond_wait_until (&self->cond, &self->lock, deadline);
    }
  return g_queue_pop_head (&self->values);
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
  GVariant *value;

  g_return_val_if_fail (MITOGEN_IS_LATCH (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);
  g_return_val_if_fail (!block || !mitogen_in_broker_thread (), NULL);

  g_mutex_lock (&self->lock);
  value = get_locked (self, timeout, block, error);
  g_mutex_unlock (&self->lock);
  return value;
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
  gboolean empty;

  g_return_val_if_fail (MITOGEN_IS_LATCH (self), TRUE);
  g_mutex_lock (&self->lock);
  empty = g_queue_is_empty (&self->values);
  g_mutex_unlock (&self->lock);
  return empty;
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
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}
