/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <mitogen-glib/mitogen.h>

int
main (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (MitogenContext) child = mitogen_router_local (router, NULL, NULL, &error);
  g_autoptr (GVariant) names = NULL;
  g_autoptr (GVariant) value = NULL;

  if (child == NULL)
    g_error ("%s", error->message);
  names = mitogen_context_call (child, "os:listdir", g_variant_new ("(s)", "/"), NULL,
                                G_VARIANT_TYPE_STRING_ARRAY, -1, NULL, &error);
  if (names == NULL)
    g_error ("%s", error->message);
  g_print ("%" G_GSIZE_FORMAT " names in /\n", g_variant_n_children (names));

  value = mitogen_context_call (child, "json:loads", g_variant_new ("(s)", "{'a': 1}"), NULL, NULL,
                                -1, NULL, &error);
  if (value == NULL)
    g_print ("%s\n%s\n", error->message, mitogen_error_get_remote_traceback (error));
  return 0;
}
