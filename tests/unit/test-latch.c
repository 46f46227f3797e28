/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-latch.h"
#include "unit-util.h"
#include "wire/mitogen-error.h"

static void
put (MitogenLatch *latch, gint number)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mitogen_latch_put (latch, g_variant_new_int32 (number), &error));
  g_assert_no_error (error);
}

static void
test_fifo (void)
{
  g_autoptr (MitogenLatch) latch = mitogen_latch_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (mitogen_latch_is_empty (latch));
  for (gint i = 0; i < 10; i++)
    put (latch, i);
  g_assert_false (mitogen_latch_is_empty (latch));
  for (gint i = 0; i < 10; i++)
    {
      g_autoptr (GVariant) value = mitogen_latch_get (latch, -1, i % 2, &error);

      g_assert_no_error (error);
      g_assert_false (g_variant_is_floating (value));
      g_assert_cmpint (g_variant_get_int32 (value), ==, i);
    }
  g_assert_true (mitogen_latch_is_empty (latch));
}

static void
test_nothing (void)
{
  g_autoptr (MitogenLatch) latch = mitogen_latch_new ();
  g_autoptr (GError) error = NULL;

  g_assert_null (mitogen_latch_get (latch, 10, TRUE, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_null (mitogen_latch_get (latch, -1, FALSE, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT);
}

static gpointer
get_thread (gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = mitogen_latch_get (data, UNIT_PATIENCE_MS, TRUE, &error);

  if (value == NULL)
    {
      g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_LATCH);
      return GINT_TO_POINTER (-1);
    }
  return GINT_TO_POINTER (g_variant_get_int32 (value));
}

static void
test_close (void)
{
  g_autoptr (MitogenLatch) latch = mitogen_latch_new ();
  g_autoptr (GError) error = NULL;
  GThread *sleepers[4];

  for (guint i = 0; i < G_N_ELEMENTS (sleepers); i++)
    sleepers[i] = g_thread_new ("sleeper", get_thread, latch);
  mitogen_latch_close (latch);
  mitogen_latch_close (latch);
  for (guint i = 0; i < G_N_ELEMENTS (sleepers); i++)
    g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (sleepers[i])), ==, -1);
  g_assert_false (mitogen_latch_put (latch, g_variant_new_int32 (1), &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_LATCH);
  g_clear_error (&error);
  g_assert_null (mitogen_latch_get (latch, 0, TRUE, &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_LATCH);
}

/* As many values as sleepers: each gets one. */
static void
test_threads (void)
{
  for (guint round = 0; round < 50; round++)
    {
      g_autoptr (MitogenLatch) latch = mitogen_latch_new ();
      GThread *sleepers[8];
      gint sum = 0;

      for (guint i = 0; i < G_N_ELEMENTS (sleepers); i++)
        sleepers[i] = g_thread_new ("sleeper", get_thread, latch);
      for (guint i = 0; i < G_N_ELEMENTS (sleepers); i++)
        put (latch, 1 << i);
      for (guint i = 0; i < G_N_ELEMENTS (sleepers); i++)
        sum += GPOINTER_TO_INT (g_thread_join (sleepers[i]));
      g_assert_cmpint (sum, ==, (1 << G_N_ELEMENTS (sleepers)) - 1);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/latch/fifo", test_fifo);
  g_test_add_func ("/latch/nothing", test_nothing);
  g_test_add_func ("/latch/close", test_close);
  g_test_add_func ("/latch/threads", test_threads);
  return g_test_run ();
}
