/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Functions of this program that children call, and the list of contexts. */

#include "test-util.h"

/* ---- a call in a thread, so that this one can run the exported function ---- */

typedef struct
{
  MitogenContext *context;
  const char *function;
  GVariant *args;
  GVariant *value;
  GError *error;
} Calling;

static void
on_called (GObject *source, GAsyncResult *result, gpointer data)
{
  Calling *calling = data;

  calling->value = mitogen_context_call_finish (MITOGEN_CONTEXT (source), result, &calling->error);
}

/* Calls a function of it_exports, which calls back, while the main context is iterated. */
static GVariant *
call_through (MitogenContext *context, const char *function, GVariant *args)
{
  Calling calling = { 0 };

  mitogen_context_call_async (context, function, args, NULL, NULL, TEST_PATIENCE_MS, NULL,
                              on_called, &calling);
  test_wait (calling.value != NULL || calling.error != NULL);
  g_assert_no_error (calling.error);
  return calling.value;
}

static GVariant *
call_exported (MitogenContext *context, const char *name, const char *args, const char *kwargs)
{
  GVariant *parts[3] = {
    g_variant_new_string (name),
    g_variant_new_variant (g_variant_new_parsed (args)),
    g_variant_new_parsed (kwargs),
  };

  return call_through (context, "it_exports:call", g_variant_new_tuple (parts, 3));
}

static char *
call_in_vain (MitogenContext *context, const char *name)
{
  g_autoptr (GVariant) text =
      call_through (context, "it_exports:call_fails", g_variant_new ("(s)", name));

  return g_variant_dup_string (text, NULL);
}

/* ---- functions ---- */

typedef struct
{
  GThread *thread;
  guint calls;
  guint destroyed;
  MitogenCall *kept;
} Service;

/* Functions are given back when their router goes, after the test. */
static Service *
service_new (void)
{
  static Service services[16];
  static guint n;

  g_assert_cmpuint (n, <, G_N_ELEMENTS (services));
  services[n].thread = g_thread_self ();
  return &services[n++];
}

static void
service_destroy (gpointer data)
{
  Service *service = data;

  g_assert_true (g_thread_self () == service->thread);
  service->destroyed++;
}

static void
describe (MitogenCall *call, gpointer data)
{
  Service *service = data;
  g_autofree char *args = g_variant_print (mitogen_call_get_args (call), FALSE);
  g_autofree char *kwargs = g_variant_print (mitogen_call_get_kwargs (call), FALSE);
  g_autofree char *text =
      g_strdup_printf ("%s %s %s", mitogen_call_get_function (call), args, kwargs);

  g_assert_true (g_thread_self () == service->thread);
  service->calls++;
  g_assert_true (mitogen_call_return_value (call, g_variant_new_string (text), NULL));
  /* The second answer goes nowhere. */
  g_assert_true (mitogen_call_return_value (call, g_variant_new_string ("again"), NULL));
}

static void
fail (MitogenCall *call, gpointer data)
{
  g_autoptr (GError) error =
      g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no such thing");

  mitogen_call_return_error (call, error);
}

static void
raise_exception (MitogenCall *call, gpointer data)
{
  mitogen_call_return_exception (call, "app.Oops", "it is\nbad", data);
  mitogen_call_return_exception (call, "app.Again", "ignored", NULL);
}

static void
raise_long (MitogenCall *call, gpointer data)
{
  g_autofree char *text = g_strnfill (20000, 'x');

  mitogen_call_return_exception (call, "app.Long", text, data);
}

static void
forget (MitogenCall *call, gpointer data)
{
}

static void
keep (MitogenCall *call, gpointer data)
{
  Service *service = data;

  service->kept = g_object_ref (call);
}

static void
unsendable (MitogenCall *call, gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (mitogen_call_return_value (call, g_variant_new_handle (0), &error));
  g_assert_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE);
  mitogen_call_return_error (call, error);
}

static void export(Fixture *fixture, const char *name, MitogenExportedFunc func, Service *service)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mitogen_router_export_function (fixture->router, name, MITOGEN_POLICY_ANY, func,
                                                 service, service_destroy, &error));
  g_assert_no_error (error);
}

/* ---- tests ---- */

static void
test_answered (Fixture *fixture, gconstpointer data)
{
  Service *service = service_new ();
  g_autoptr (GVariant) plain = NULL;
  g_autoptr (GVariant) full = NULL;

  export(fixture, "app:describe", describe, service);
  plain = call_exported (fixture->context, "app:describe", "()", "@a{sv} {}");
  test_assert_value (plain, "'app:describe () {}'");
  full = call_exported (fixture->context, "app:describe", "(1, 'two')", "{'three': <3>}");
  test_assert_value (full, "\"app:describe (1, 'two') {'three': <int64 3>}\"");
  g_assert_cmpuint (service->calls, ==, 2);
}

static void
test_errors (Fixture *fixture, gconstpointer data)
{
  Service *service = service_new ();
  g_autofree char *failed = NULL;
  g_autofree char *forgotten = NULL;
  g_autofree char *type = NULL;
  g_autofree char *unknown = NULL;

  export(fixture, "app:fail", fail, service);
  export(fixture, "app:forget", forget, service);
  export(fixture, "app:unsendable", unsendable, service);
  failed = call_in_vain (fixture->context, "app:fail");
  test_assert_contains (failed, "there is no such thing");
  test_assert_contains (failed, "g-io-error-quark");
  forgotten = call_in_vain (fixture->context, "app:forget");
  test_assert_contains (forgotten, "without an answer");
  type = call_in_vain (fixture->context, "app:unsendable");
  test_assert_contains (type, "MitogenError");
  unknown = call_in_vain (fixture->context, "app:unknown");
  test_assert_contains (unknown, "app:unknown");
}

static void
test_exceptions (Fixture *fixture, gconstpointer data)
{
  static char traceback[] = "  File \"app.c\", line 1, in oops\n";
  static char long_traceback[10001];
  struct
  {
    const char *name;
    MitogenExportedFunc func;
    char *traceback;
    const char *expected;
  } cases[] = {
    { "app:plain", raise_exception, NULL, "app.Oops: it is\nbad\n" },
    { "app:traced", raise_exception, traceback,
      "app.Oops: it is\nbad\n  File \"app.c\", line 1, in oops\n" },
    { "app:too-traced", raise_exception, long_traceback, "app.Oops: it is\nbad\n" },
    { "app:long", raise_long, traceback, NULL },
  };

  memset (long_traceback, ' ', sizeof long_traceback - 1);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = NULL;

      g_assert_true (mitogen_router_export_function (fixture->router, cases[i].name,
                                                     MITOGEN_POLICY_ANY, cases[i].func,
                                                     cases[i].traceback, NULL, NULL));
      text = call_in_vain (fixture->context, cases[i].name);
      if (cases[i].expected != NULL)
        g_assert_cmpstr (text, ==, cases[i].expected);
      else
        g_assert_true (g_str_has_prefix (text, "app.Long: xxx") && g_str_has_suffix (text, "x…\n"));
    }
}

static gpointer
answer_in_thread (gpointer data)
{
  g_autoptr (MitogenCall) call = data;

  g_assert_true (mitogen_call_return_value (call, g_variant_new_string ("late"), NULL));
  return NULL;
}

static void
test_answered_later (Fixture *fixture, gconstpointer data)
{
  Service *service = service_new ();
  Calling calling = { 0 };
  GVariant *parts[3] = { g_variant_new_string ("app:keep"),
                         g_variant_new_variant (g_variant_new ("()")),
                         g_variant_new_parsed ("@a{sv} {}") };

  export(fixture, "app:keep", keep, service);
  mitogen_context_call_async (fixture->context, "it_exports:call", g_variant_new_tuple (parts, 3),
                              NULL, NULL, TEST_PATIENCE_MS, NULL, on_called, &calling);
  test_wait (service->kept != NULL);
  g_assert_cmpuint (mitogen_call_get_source_id (service->kept), ==,
                    mitogen_context_get_id (fixture->context));
  g_thread_join (g_thread_new ("answer", answer_in_thread, service->kept));
  test_wait (calling.value != NULL || calling.error != NULL);
  g_assert_no_error (calling.error);
  test_assert_value (calling.value, "'late'");
  g_variant_unref (calling.value);
}

static void
test_policy (Fixture *fixture, gconstpointer data)
{
  Service *service = service_new ();
  g_autofree char *refused = NULL;

  g_assert_true (mitogen_router_export_function (fixture->router, "app:private",
                                                 MITOGEN_POLICY_PARENTS, describe, service,
                                                 service_destroy, NULL));
  refused = call_in_vain (fixture->context, "app:private");
  test_assert_contains (refused, "may not call");
  g_assert_cmpuint (service->calls, ==, 0);
}

static void
test_names (Fixture *fixture, gconstpointer data)
{
  Service *service = service_new ();
  g_autoptr (GError) twice = NULL;
  g_autoptr (GError) invalid = NULL;
  g_autofree char *gone = NULL;

  export(fixture, "app:one", describe, service);
  g_assert_false (mitogen_router_export_function (fixture->router, "app:one", MITOGEN_POLICY_ANY,
                                                  describe, service, service_destroy, &twice));
  g_assert_error (twice, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_assert_false (mitogen_router_export_function (fixture->router, "one", MITOGEN_POLICY_ANY,
                                                  describe, NULL, NULL, &invalid));
  g_assert_error (invalid, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  test_wait (service->destroyed == 1);
  g_assert_true (mitogen_router_unexport_function (fixture->router, "app:one"));
  g_assert_false (mitogen_router_unexport_function (fixture->router, "app:one"));
  test_wait (service->destroyed == 2);
  gone = call_in_vain (fixture->context, "app:one");
  test_assert_contains (gone, "app:one");
}

static void
test_garbage (Fixture *fixture, gconstpointer data)
{
  Service *service = service_new ();
  g_autoptr (GVariant) text = NULL;

  export(fixture, "app:describe", describe, service);
  text = call_through (fixture->context, "it_exports:garbage", NULL);
  test_assert_contains (g_variant_get_string (text, NULL), "not a call of a function");
  g_assert_cmpuint (service->calls, ==, 0);
}

static void
count (MitogenCall *call, gpointer data)
{
  Service *service = data;

  g_assert_true (mitogen_call_return_value (call, g_variant_new_uint32 (service->calls++), NULL));
}

static void
test_order (Fixture *fixture, gconstpointer data)
{
  Service *service = service_new ();
  g_autoptr (GVariant) values = NULL;

  export(fixture, "app:count", count, service);
  values = call_through (fixture->context, "it_exports:flood",
                         g_variant_new ("(su)", "app:count", 2000));
  g_assert_cmpuint (g_variant_n_children (values), ==, 2000);
  for (guint i = 0; i < 2000; i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (values, i);
      g_autoptr (GVariant) number = g_variant_get_variant (child);

      g_assert_cmpint (g_variant_get_int64 (number), ==, i);
    }
}

/* ---- the list of contexts ---- */

typedef struct
{
  guint added;
  guint removed;
  guint changes;
} Changes;

static void
on_added (MitogenRouter *router, MitogenContext *context, Changes *changes)
{
  g_assert_true (MITOGEN_IS_CONTEXT (context));
  changes->added++;
}

static void
on_removed (MitogenRouter *router, MitogenContext *context, Changes *changes)
{
  g_assert_cmpint (mitogen_context_get_state (context), ==, MITOGEN_CONTEXT_STATE_DISCONNECTED);
  changes->removed++;
}

static void
on_items_changed (GListModel *list, guint position, guint removed, guint added, Changes *changes)
{
  changes->changes += removed + added;
}

static void
test_list (Fixture *fixture, gconstpointer data)
{
  GListModel *list = mitogen_router_get_contexts (fixture->router);
  Changes changes = { 0 };
  g_autoptr (GPtrArray) contexts = g_ptr_array_new_with_free_func (g_object_unref);

  g_assert_true (g_list_model_get_item_type (list) == MITOGEN_TYPE_CONTEXT);
  g_signal_connect (fixture->router, "context-added", G_CALLBACK (on_added), &changes);
  g_signal_connect (fixture->router, "context-removed", G_CALLBACK (on_removed), &changes);
  g_signal_connect (list, "items-changed", G_CALLBACK (on_items_changed), &changes);
  for (guint i = 0; i < 5; i++)
    g_ptr_array_add (contexts, test_local (fixture->router));
  test_wait (g_list_model_get_n_items (list) == 5);
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (MitogenContext) item = g_list_model_get_item (list, i);

      g_assert_true (item == contexts->pdata[i]);
    }
  g_assert_null (g_list_model_get_item (list, 5));

  g_assert_true (mitogen_context_shutdown (contexts->pdata[1], TRUE, NULL, NULL));
  test_wait (g_list_model_get_n_items (list) == 4);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (MitogenContext) item = g_list_model_get_item (list, i);

      g_assert_true (item == contexts->pdata[i < 1 ? i : i + 1]);
    }
  mitogen_router_shutdown (fixture->router);
  test_wait (g_list_model_get_n_items (list) == 0);
  g_assert_cmpuint (changes.added, ==, 5);
  g_assert_cmpuint (changes.removed, ==, 5);
  g_assert_cmpuint (changes.changes, ==, 10);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  test_add_local ("/exports/answered", test_answered);
  test_add_local ("/exports/errors", test_errors);
  test_add_local ("/exports/exceptions", test_exceptions);
  test_add_local ("/exports/answered-later", test_answered_later);
  test_add_local ("/exports/policy", test_policy);
  test_add_local ("/exports/names", test_names);
  test_add_local ("/exports/garbage", test_garbage);
  test_add_local ("/exports/order", test_order);
  test_add_router ("/contexts/list", test_list);
  return g_test_run ();
}
