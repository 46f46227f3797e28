/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-uri-scheme-private.h"
#include "connection/container/mitogen-buildah-connection.h"
#include "connection/container/mitogen-chroot-connection.h"
#include "connection/container/mitogen-distrobox-connection.h"
#include "connection/container/mitogen-docker-connection.h"
#include "connection/container/mitogen-flatpak-connection.h"
#include "connection/container/mitogen-flatpak-host-connection.h"
#include "connection/container/mitogen-incus-connection.h"
#include "connection/container/mitogen-jail-connection.h"
#include "connection/container/mitogen-kubectl-connection.h"
#include "connection/container/mitogen-lxc-connection.h"
#include "connection/container/mitogen-lxd-connection.h"
#include "connection/container/mitogen-machinectl-connection.h"
#include "connection/container/mitogen-nspawn-connection.h"
#include "connection/container/mitogen-podman-connection.h"
#include "connection/container/mitogen-setns-connection.h"
#include "connection/container/mitogen-toolbox-connection.h"
#include "connection/mitogen-doas-connection.h"
#include "connection/mitogen-fork-connection.h"
#include "connection/mitogen-local-connection.h"
#include "connection/mitogen-pkexec-connection.h"
#include "connection/mitogen-self-connection.h"
#include "connection/mitogen-ssh-connection.h"
#include "connection/mitogen-su-connection.h"
#include "connection/mitogen-sudo-connection.h"
#include "connection/mitogen-uri-value-private.h"

#include <string.h>

/* Slashes lead to another machine, or what looks like one. */
static const MitogenUriScheme schemes[] = {
  { "buildah", mitogen_buildah_connection_get_type, "container", TRUE, FALSE },
  { "chroot", mitogen_chroot_connection_get_type, "directory", FALSE, FALSE },
  { "distrobox", mitogen_distrobox_connection_get_type, "container", TRUE, FALSE },
  { "doas", mitogen_doas_connection_get_type, "username", FALSE, TRUE },
  { "docker", mitogen_docker_connection_get_type, "container", TRUE, TRUE },
  { "flatpak", mitogen_flatpak_connection_get_type, "container", TRUE, FALSE },
  { "flatpak-host", mitogen_flatpak_host_connection_get_type, NULL, FALSE, TRUE },
  { "fork", mitogen_fork_connection_get_type, NULL, FALSE, TRUE },
  { "incus", mitogen_incus_connection_get_type, "container", TRUE, FALSE },
  { "jail", mitogen_jail_connection_get_type, "container", TRUE, FALSE },
  { "kubectl", mitogen_kubectl_connection_get_type, "pod", TRUE, FALSE },
  { "local", mitogen_local_connection_get_type, NULL, FALSE, TRUE },
  { "lxc", mitogen_lxc_connection_get_type, "container", TRUE, FALSE },
  { "lxd", mitogen_lxd_connection_get_type, "container", TRUE, FALSE },
  { "machinectl", mitogen_machinectl_connection_get_type, "container", TRUE, FALSE },
  { "nspawn", mitogen_nspawn_connection_get_type, "directory", FALSE, TRUE },
  { "pkexec", mitogen_pkexec_connection_get_type, "username", FALSE, TRUE },
  { "podman", mitogen_podman_connection_get_type, "container", TRUE, TRUE },
  { "self", mitogen_self_connection_get_type, NULL, FALSE, TRUE },
  { "setns", mitogen_setns_connection_get_type, "container", TRUE, TRUE },
  { "ssh", mitogen_ssh_connection_get_type, "hostname", TRUE, FALSE },
  { "su", mitogen_su_connection_get_type, "username", FALSE, TRUE },
  { "sudo", mitogen_sudo_connection_get_type, "username", FALSE, TRUE },
  { "toolbox", mitogen_toolbox_connection_get_type, "container", TRUE, FALSE },
};

const MitogenUriScheme *
mitogen_uri_scheme_by_name (const char *name, gsize length)
{
  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    if (strlen (schemes[i].name) == length &&
        g_ascii_strncasecmp (schemes[i].name, name, length) == 0)
      return &schemes[i];
  return NULL;
}

const MitogenUriScheme *
mitogen_uri_scheme_by_type (GType type)
{
  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    if (schemes[i].get_type () == type)
      return &schemes[i];
  return NULL;
}

char *
mitogen_uri_scheme_list (void)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    g_ptr_array_add (names, (gpointer) schemes[i].name);
  g_ptr_array_add (names, NULL);
  return g_strjoinv (", ", (char **) names->pdata);
}

gboolean
mitogen_uri_scheme_has_user (const MitogenUriScheme *self, GObjectClass *klass)
{
  return self->main != NULL && !g_str_equal (self->main, "username") &&
         g_object_class_find_property (klass, "username") != NULL;
}

gboolean
mitogen_uri_scheme_has_port (const MitogenUriScheme *self, GObjectClass *klass)
{
  return self->main != NULL && g_object_class_find_property (klass, "port") != NULL;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  const GParamSpec *const *first = a;
  const GParamSpec *const *second = b;

  return strcmp ((*first)->name, (*second)->name);
}

GPtrArray *
mitogen_uri_scheme_list_options (GObjectClass *klass)
{
  GPtrArray *options = g_ptr_array_new ();
  guint n;
  g_autofree GParamSpec **all = g_object_class_list_properties (klass, &n);

  for (guint i = 0; i < n; i++)
    if (mitogen_uri_value_is_writable (all[i]))
      g_ptr_array_add (options, all[i]);
  g_ptr_array_sort (options, compare_names);
  return options;
}
