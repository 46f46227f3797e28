/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program that brings its remote modules along in its GResource, which is linked into it.
 */
#include <mitogen-glib/mitogen.h>

int
main (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenRouter) router = mitogen_router_new (NULL);
  MitogenModuleResponder *responder = mitogen_router_get_responder (router);
  g_autoptr (MitogenContext) machine = NULL;
  g_autoptr (GVariant) known = NULL;
  g_autofree char *text = NULL;

  if (!mitogen_module_responder_add_resource (responder,
                                              "resource:///org/example/Inventory/remote/", &error))
    g_error ("%s", error->message);
  machine = mitogen_router_local (router, NULL, NULL, &error);
  if (machine == NULL)
    g_error ("%s", error->message);
  known = mitogen_context_call (machine, "inventory:describe", NULL, NULL, G_VARIANT_TYPE_VARDICT,
                                -1, NULL, &error);
  if (known == NULL)
    g_error ("%s\n%s", error->message, mitogen_error_get_remote_traceback (error));
  text = g_variant_print (known, FALSE);
  g_print ("%s: %s\n", mitogen_context_get_name (machine), text);
  return 0;
}
