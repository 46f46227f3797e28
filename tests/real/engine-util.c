/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine-util.h"

#include <string.h>

void
engine_add_root (const char *path, FixtureFunc func)
{
  g_autofree char *docker = g_strconcat ("/docker", path, NULL);
  g_autofree char *podman = g_strconcat ("/podman", path, NULL);

  real_add ("root", docker, func);
  real_add ("root", podman, func);
}

void
engine_add (const char *path, FixtureFunc func)
{
  g_autofree char *rootless = g_strconcat ("/rootless", path, NULL);

  engine_add_root (path, func);
  real_add ("mg-free", rootless, func);
}

const char *
engine_name (void)
{
  static char *name;

  if (name == NULL)
    {
      g_auto (GStrv) parts = g_strsplit (g_test_get_path (), "/", 3);

      name = g_strdup (parts[1]);
    }
  return name;
}

gboolean
engine_is_docker (void)
{
  return g_str_equal (engine_name (), "docker");
}

static char *address;

gboolean
engine_start (void)
{
  if (address == NULL)
    address = real_engine (engine_name ());
  return address != NULL;
}

const char *
engine_address (void)
{
  return address;
}

MitogenConnection *
engine_connection (const char *first_property, ...)
{
  MitogenConnection *connection =
      real_connection (engine_is_docker () ? MITOGEN_TYPE_DOCKER_CONNECTION
                                           : MITOGEN_TYPE_PODMAN_CONNECTION,
                       "address", address, NULL);
  va_list args;

  va_start (args, first_property);
  if (first_property != NULL)
    g_object_set_valist (G_OBJECT (connection), first_property, args);
  va_end (args);
  return connection;
}

MitogenConnection *
engine_enter (const char *kind, const char *container)
{
  real_container (engine_name (), kind, container);
  return engine_connection ("container", container, NULL);
}

MitogenConnection *
engine_temporary (const char *kind)
{
  g_autofree char *image = real_image (engine_name (), kind);

  return engine_connection ("image", image, "network", "none", NULL);
}

void
engine_check_containers (const char *names)
{
  real_check_containers (engine_name (), names);
}

void
engine_assert_alive (MitogenContext *context)
{
  engine_assert_value (context, "math:factorial", g_variant_new ("(i)", 5), "int64 120");
}

void
engine_assert_value (MitogenContext *context,
                     const char *function,
                     GVariant *args,
                     const char *expected)
{
  g_autoptr (GVariant) value = test_call (context, function, args);

  test_assert_value (value, expected);
}

GError *
engine_fails (MitogenRouter *router, MitogenConnection *connection, const char *parts)
{
  GError *error = real_connect_fails (router, connection, NULL);
  g_auto (GStrv) words = g_strsplit (parts, "|", -1);

  for (guint i = 0; words[i] != NULL; i++)
    test_assert_contains (error->message, words[i]);
  g_object_unref (connection);
  return error;
}

void
engine_assert_fails (MitogenRouter *router, MitogenConnection *connection, const char *parts)
{
  g_error_free (engine_fails (router, connection, parts));
}
