/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-handlers-private.h"
#include "unit-util.h"
#include "wire/mitogen-error.h"

static void
on_message (MitogenMessage *message, MitogenStream *from, gpointer data)
{
}

static void
on_destroyed (gpointer data)
{
  g_atomic_int_inc ((gint *) data);
}

static guint32
add (MitogenHandlers *handlers, guint32 handle, guint32 respondent, gint *destroyed, GError **error)
{
  const MitogenHandlerSpec spec = {
    .handle = handle,
    .persist = TRUE,
    .respondent = respondent,
    .func = on_message,
    .data = destroyed,
    .destroy = on_destroyed,
  };

  return mitogen_handlers_add (handlers, &spec, error);
}

static void
test_allocation (void)
{
  MitogenHandlers *handlers = mitogen_handlers_new ();
  gint destroyed = 0;
  guint32 last = 0;

  for (guint i = 0; i < 1000; i++)
    {
      guint32 handle = add (handlers, 0, MITOGEN_ID_NONE, &destroyed, NULL);

      /* Reserved ones, and what means "dead", are never given. */
      g_assert_cmpuint (handle, >=, MITOGEN_FIRST_DYNAMIC_HANDLE);
      g_assert_cmpuint (handle, >, last);
      last = handle;
      /* One that was given back is not given out again at once: an answer may still come. */
      if (i % 2 == 0)
        g_assert_true (mitogen_handlers_remove (handlers, handle));
    }
  mitogen_handlers_free (handlers);
  g_assert_cmpint (destroyed, ==, 1000);
}

static void
test_allocation_skips_taken (void)
{
  MitogenHandlers *handlers = mitogen_handlers_new ();
  gint destroyed = 0;
  guint32 first = add (handlers, 0, MITOGEN_ID_NONE, &destroyed, NULL);

  g_assert_cmpuint (add (handlers, first + 1, MITOGEN_ID_NONE, &destroyed, NULL), ==, first + 1);
  g_assert_cmpuint (add (handlers, 0, MITOGEN_ID_NONE, &destroyed, NULL), ==, first + 2);
  mitogen_handlers_free (handlers);
}

static void
test_duplicate (void)
{
  MitogenHandlers *handlers = mitogen_handlers_new ();
  g_autoptr (GError) error = NULL;
  gint destroyed = 0;

  g_assert_cmpuint (add (handlers, 123, MITOGEN_ID_NONE, &destroyed, &error), ==, 123);
  g_assert_cmpuint (add (handlers, 123, MITOGEN_ID_NONE, &destroyed, &error), ==, 0);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpint (destroyed, ==, 1);
  g_assert_true (mitogen_handlers_remove (handlers, 123));
  g_assert_false (mitogen_handlers_remove (handlers, 123));
  g_assert_cmpint (destroyed, ==, 2);
  g_assert_cmpuint (add (handlers, 123, MITOGEN_ID_NONE, &destroyed, NULL), ==, 123);
  mitogen_handlers_free (handlers);
  g_assert_cmpint (destroyed, ==, 3);
}

static void
test_lookup (void)
{
  MitogenHandlers *handlers = mitogen_handlers_new ();
  gint destroyed = 0;
  guint32 handle = add (handlers, 0, 5, &destroyed, NULL);
  MitogenHandler *handler = mitogen_handlers_lookup (handlers, handle);

  g_assert_null (mitogen_handlers_lookup (handlers, handle + 1));
  g_assert_cmpuint (mitogen_handler_get_spec (handler)->handle, ==, handle);
  g_assert_cmpuint (mitogen_handler_get_spec (handler)->respondent, ==, 5);
  /* Whoever found it can use it though it is removed meanwhile. */
  g_assert_true (mitogen_handlers_remove (handlers, handle));
  g_assert_cmpint (destroyed, ==, 0);
  mitogen_handler_unref (handler);
  g_assert_cmpint (destroyed, ==, 1);
  mitogen_handlers_free (handlers);
}

static void
test_respondents (void)
{
  MitogenHandlers *handlers = mitogen_handlers_new ();
  gint destroyed = 0;
  guint32 of_seven[3];
  GPtrArray *stolen;

  for (guint i = 0; i < 3; i++)
    {
      of_seven[i] = add (handlers, 0, 7, &destroyed, NULL);
      add (handlers, 0, 8, &destroyed, NULL);
      add (handlers, 0, MITOGEN_ID_NONE, &destroyed, NULL);
    }
  mitogen_handlers_remove (handlers, of_seven[1]);
  stolen = mitogen_handlers_steal_of_respondent (handlers, 7);
  g_assert_cmpuint (stolen->len, ==, 2);
  for (guint i = 0; i < 3; i++)
    g_assert_false (mitogen_handlers_remove (handlers, of_seven[i]));
  g_ptr_array_unref (stolen);
  g_assert_cmpint (destroyed, ==, 3);

  stolen = mitogen_handlers_steal_of_respondent (handlers, 7);
  g_assert_cmpuint (stolen->len, ==, 0);
  g_ptr_array_unref (stolen);
  stolen = mitogen_handlers_steal_of_respondent (handlers, MITOGEN_ID_NONE);
  g_assert_cmpuint (stolen->len, ==, 0);
  g_ptr_array_unref (stolen);
  mitogen_handlers_free (handlers);
  g_assert_cmpint (destroyed, ==, 9);
}

static void
test_close (void)
{
  MitogenHandlers *handlers = mitogen_handlers_new ();
  g_autoptr (GError) error = NULL;
  gint destroyed = 0;
  GPtrArray *stolen;

  add (handlers, 0, 7, &destroyed, NULL);
  add (handlers, 200, MITOGEN_ID_NONE, &destroyed, NULL);
  stolen = mitogen_handlers_close (handlers);
  g_assert_cmpuint (stolen->len, ==, 2);
  g_ptr_array_unref (stolen);
  g_assert_cmpuint (add (handlers, 0, 7, &destroyed, &error), ==, 0);
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL);
  g_assert_cmpint (destroyed, ==, 3);
  mitogen_handlers_free (handlers);
}

/* ---- threads ---- */

typedef struct
{
  MitogenHandlers *handlers;
  gint destroyed;
  guint added;
} User;

static gpointer
add_and_remove (gpointer data)
{
  User *user = data;

  for (guint i = 0; i < 5000; i++)
    {
      guint32 handle = add (user->handlers, 0, i % 4, &user->destroyed, NULL);
      G_GNUC_UNUSED G_GNUC_UNUSED g_autoptr (MitogenHandler) handler =
          mitogen_handlers_lookup (user->handlers, handle);

      user->added++;
      /* Another thread may have taken all of the respondent's. */
      mitogen_handlers_remove (user->handlers, handle);
    }
  return NULL;
}

static void
test_threads (void)
{
  MitogenHandlers *handlers = mitogen_handlers_new ();
  User users[4] = { 0 };
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (users); i++)
    {
      users[i].handlers = handlers;
      threads[i] = g_thread_new ("user", add_and_remove, &users[i]);
    }
  for (guint i = 0; i < 500; i++)
    g_ptr_array_unref (mitogen_handlers_steal_of_respondent (handlers, i % 4));
  for (guint i = 0; i < G_N_ELEMENTS (users); i++)
    g_thread_join (threads[i]);
  mitogen_handlers_free (handlers);
  for (guint i = 0; i < G_N_ELEMENTS (users); i++)
    g_assert_cmpint (users[i].destroyed, ==, (gint) users[i].added);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/handlers/allocation", test_allocation);
  g_test_add_func ("/handlers/allocation-skips-taken", test_allocation_skips_taken);
  g_test_add_func ("/handlers/duplicate", test_duplicate);
  g_test_add_func ("/handlers/lookup", test_lookup);
  g_test_add_func ("/handlers/respondents", test_respondents);
  g_test_add_func ("/handlers/close", test_close);
  g_test_add_func ("/handlers/threads", test_threads);
  return g_test_run ();
}
