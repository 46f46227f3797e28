/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <mitogen-glib/mitogen.h>

static gboolean
tell (MitogenRouter *router, const char *uri, GMountOperation *ask, GError **error)
{
  g_autoptr (MitogenContext) context =
      mitogen_router_connect_uri (router, uri, ask, NULL, NULL, error);
  g_autoptr (GVariant) name = NULL;
  g_autoptr (GVariant) host = NULL;

  if (context != NULL)
    name = mitogen_context_call (context, "getpass:getuser", NULL, NULL, G_VARIANT_TYPE_STRING, -1,
                                 NULL, error);
  if (name != NULL)
    host = mitogen_context_call (context, "socket:gethostname", NULL, NULL, G_VARIANT_TYPE_STRING,
                                 -1, NULL, error);
  if (host != NULL)
    g_print ("%s is %s in %s\n", uri, g_variant_get_string (name, NULL),
             g_variant_get_string (host, NULL));
  return host != NULL;
}

/* Says who and where it is at the end of each way: docker://web ssh://admin@web1,podman://shop */
int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (GMountOperation) ask = mitogen_tty_operation_new ();

  for (int i = 1; i < argc; i++)
    if (!tell (router, argv[i], ask, &error))
      {
        g_printerr ("%s\n", error->message);
        return 1;
      }
  return 0;
}
