/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <mitogen-glib/mitogen.h>

/* Logs in to a host, becomes root there, and asks in the terminal for what that needs. */
int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  g_autoptr (GMountOperation) ask = mitogen_tty_operation_new ();
  g_autoptr (MitogenConnection) ssh = NULL;
  g_autoptr (MitogenConnection) sudo = mitogen_sudo_connection_new ();
  g_autoptr (MitogenContext) there = NULL;
  g_autoptr (MitogenContext) root = NULL;
  g_autoptr (GVariant) name = NULL;

  if (argc != 2)
    g_error ("Usage: %s HOST", argv[0]);
  ssh = mitogen_ssh_connection_new (argv[1]);
  mitogen_connection_set_interaction (ssh, ask);
  mitogen_connection_set_interaction (sudo, ask);

  there = mitogen_router_connect (router, ssh, NULL, NULL, &error);
  if (there != NULL)
    root = mitogen_router_connect (router, sudo, there, NULL, &error);
  if (root != NULL)
    name = mitogen_context_call (root, "getpass:getuser", NULL, NULL, G_VARIANT_TYPE_STRING, -1,
                                 NULL, &error);
  if (name == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  g_print ("%s on %s\n", g_variant_get_string (name, NULL), argv[1]);
  return 0;
}
