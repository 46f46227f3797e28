/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-request-methods-private.h"
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
#include "connection/mitogen-ssh-connection.h"
#include "connection/mitogen-su-connection.h"
#include "connection/mitogen-sudo-connection.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_NAME_SIZE 255
#define MAX_TEXT_SIZE 4096
#define MAX_TEXTS     100

static const struct
{
  const char *name;
  GType (*get_type) (void);
} methods[] = {
  { "buildah", mitogen_buildah_connection_get_type },
  { "chroot", mitogen_chroot_connection_get_type },
  { "distrobox", mitogen_distrobox_connection_get_type },
  { "doas", mitogen_doas_connection_get_type },
  { "docker", mitogen_docker_connection_get_type },
  { "flatpak", mitogen_flatpak_connection_get_type },
  { "flatpak_host", mitogen_flatpak_host_connection_get_type },
  { "fork", mitogen_fork_connection_get_type },
  { "incus", mitogen_incus_connection_get_type },
  { "jail", mitogen_jail_connection_get_type },
  { "kubectl", mitogen_kubectl_connection_get_type },
  { "local", mitogen_local_connection_get_type },
  { "lxc", mitogen_lxc_connection_get_type },
  { "lxd", mitogen_lxd_connection_get_type },
  { "machinectl", mitogen_machinectl_connection_get_type },
  { "nspawn", mitogen_nspawn_connection_get_type },
  { "pkexec", mitogen_pkexec_connection_get_type },
  { "podman", mitogen_podman_connection_get_type },
  { "setns", mitogen_setns_connection_get_type },
  { "ssh", mitogen_ssh_connection_get_type },
  { "su", mitogen_su_connection_get_type },
  { "sudo", mitogen_sudo_connection_get_type },
  { "toolbox", mitogen_toolbox_connection_get_type },
};

/* The engines are asked by their client programs there: this program asks none for others. */
static void
prepare (MitogenConnection *connection, const char *method)
{
  if (MITOGEN_IS_ENGINE_CONNECTION (connection))
    {
      g_autofree char *path = g_strconcat (method, "-path", NULL);

      g_object_set (connection, path, method, NULL);
    }
}

MitogenConnection *
mitogen_request_make_connection (const char *method, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    if (g_str_equal (methods[i].name, method))
      {
        MitogenConnection *connection = g_object_new (methods[i].get_type (), NULL);

        prepare (connection, method);
        return connection;
      }
  g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_PERMISSION,
                       _ ("there is no such way to make a context"));
  return NULL;
}

/* ---- values ---- */

/* The property of the option's name is set, if the value is one for it. */
typedef gboolean (*TakeFunc) (MitogenConnection *connection, GParamSpec *pspec, GVariant *value);

static gboolean
get_text (GVariant *value, gsize max_size, const char **text)
{
  gsize size;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return FALSE;
  *text = g_variant_get_string (value, &size);
  return size > 0 && size <= max_size;
}

static gboolean
take_text (MitogenConnection *connection, GParamSpec *pspec, GVariant *value)
{
  const char *text;

  if (!get_text (value, MAX_TEXT_SIZE, &text))
    return FALSE;
  g_object_set (connection, pspec->name, text, NULL);
  return TRUE;
}

/* It becomes part of the context's name, which is shown to people; "{" would stand for more. */
static gboolean
take_name (MitogenConnection *connection, GParamSpec *pspec, GVariant *value)
{
  const char *text;

  if (!get_text (value, MAX_NAME_SIZE, &text) || strchr (text, '{') != NULL)
    return FALSE;
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (!g_unichar_isprint (g_utf8_get_char (p)))
      return FALSE;
  g_object_set (connection, pspec->name, text, NULL);
  return TRUE;
}

static gboolean
take_texts (MitogenConnection *connection, GParamSpec *pspec, GVariant *value)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) texts = NULL;
  const char *text;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("av")) ||
      g_variant_n_children (value) > MAX_TEXTS)
    return FALSE;
  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) boxed = g_variant_get_child_value (value, i);
      g_autoptr (GVariant) item = g_variant_get_variant (boxed);

      if (!get_text (item, MAX_TEXT_SIZE, &text))
        return FALSE;
      g_strv_builder_add (builder, text);
    }
  texts = g_strv_builder_end (builder);
  g_object_set (connection, pspec->name, texts, NULL);
  return TRUE;
}

static gboolean
take_flag (MitogenConnection *connection, GParamSpec *pspec, GVariant *value)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return FALSE;
  g_object_set (connection, pspec->name, g_variant_get_boolean (value), NULL);
  return TRUE;
}

static gboolean
take_number (MitogenConnection *connection, GParamSpec *pspec, GVariant *value)
{
  GParamSpecUInt *range = G_PARAM_SPEC_UINT (pspec);
  gint64 number;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    return FALSE;
  number = g_variant_get_int64 (value);
  if (number < range->minimum || number > range->maximum)
    return FALSE;
  g_object_set (connection, pspec->name, (guint) number, NULL);
  return TRUE;
}

static gboolean
take_word (MitogenConnection *connection, GParamSpec *pspec, GVariant *value)
{
  const GEnumValue *choice = NULL;
  const char *text;

  if (get_text (value, MAX_NAME_SIZE, &text))
    choice = g_enum_get_value_by_nick (G_PARAM_SPEC_ENUM (pspec)->enum_class, text);
  if (choice == NULL)
    return FALSE;
  g_object_set (connection, pspec->name, choice->value, NULL);
  return TRUE;
}

/* True, False, or a word. */
static gboolean
take_choice (MitogenConnection *connection, GParamSpec *pspec, GVariant *value)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return take_word (connection, pspec, value);
  g_object_set (connection, pspec->name, (int) g_variant_get_boolean (value), NULL);
  return TRUE;
}

/* ---- options ---- */

/* Paths and the words of programs are those of the host of the context that asks, where it could
 * start anything anyway. What would be left to it by ssh-args, is not worth knowing all of them. */
static const struct
{
  const char *methods; /* a space around each */
  const char *name;
  TakeFunc take;
} options[] = {
  { " buildah ", "buildah_path", take_text },
  { " ssh ", "check_host_keys", take_choice },
  { " chroot ", "chroot_path", take_text },
  { " ssh ", "compression", take_flag },
  { " buildah distrobox docker flatpak incus jail lxc lxd machinectl podman setns toolbox ",
    "container", take_name },
  { " chroot nspawn ", "directory", take_name },
  { " distrobox ", "distrobox_path", take_text },
  { " doas ", "doas_path", take_text },
  { " docker setns ", "docker_path", take_text },
  { " docker flatpak_host podman ", "environment", take_texts },
  { " flatpak ", "flatpak_path", take_text },
  { " flatpak_host ", "flatpak_spawn_path", take_text },
  { " ssh ", "hostname", take_name },
  { " ssh ", "identities_only", take_flag },
  { " ssh ", "identity_file", take_text },
  { " docker nspawn podman ", "image", take_name },
  { " doas su ", "incorrect_prompts", take_texts },
  { " incus setns ", "incus_path", take_text },
  { " jail ", "jexec_path", take_text },
  { " ssh ", "keepalive_count", take_number },
  { " ssh ", "keepalive_enabled", take_flag },
  { " ssh ", "keepalive_interval", take_number },
  { " setns ", "kind", take_word },
  { " kubectl ", "kubectl_args", take_texts },
  { " kubectl ", "kubectl_path", take_text },
  { " su sudo ", "login", take_flag },
  { " lxc ", "lxc_attach_path", take_text },
  { " setns ", "lxc_info_path", take_text },
  { " lxd setns ", "lxc_path", take_text },
  { " nspawn ", "machine", take_name },
  { " setns ", "machinectl_path", take_text },
  { " doas pkexec ssh su sudo ", "password", take_text },
  { " doas su ", "password_prompt", take_text },
  { " setns ", "pid", take_number },
  { " pkexec ", "pkexec_path", take_text },
  { " kubectl ", "pod", take_name },
  { " kubectl ", "pod_container", take_name },
  { " kubectl ", "pod_namespace", take_name },
  { " podman setns ", "podman_path", take_text },
  { " ssh ", "port", take_number },
  { " sudo ", "preserve_env", take_flag },
  { " sudo ", "selinux_role", take_text },
  { " sudo ", "selinux_type", take_text },
  { " sudo ", "set_home", take_flag },
  { " ssh ", "ssh_debug_level", take_number },
  { " ssh ", "ssh_path", take_text },
  { " su ", "su_path", take_text },
  { " sudo ", "sudo_args", take_texts },
  { " sudo ", "sudo_path", take_text },
  { " nspawn ", "systemd_nspawn_path", take_text },
  { " machinectl ", "systemd_run_path", take_text },
  { " toolbox ", "toolbox_path", take_text },
  { " doas pkexec ssh su sudo ", "username", take_name },
  { " buildah chroot docker incus jail lxc lxd machinectl nspawn podman setns ", "username",
    take_name },
  { " docker flatpak_host podman ", "working_directory", take_text },
};

MitogenRequestOption
mitogen_request_take_option (MitogenConnection *connection,
                             const char *method,
                             const char *key,
                             GVariant *value)
{
  g_autofree char *word = g_strdup_printf (" %s ", method);

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    if (g_str_equal (options[i].name, key) && strstr (options[i].methods, word) != NULL)
      {
        g_autofree char *name = g_strdelimit (g_strdup (key), "_", '-');
        GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (connection), name);

        return options[i].take (connection, pspec, value) ? MITOGEN_REQUEST_OPTION_TAKEN
                                                          : MITOGEN_REQUEST_OPTION_WRONG;
      }
  return MITOGEN_REQUEST_OPTION_UNKNOWN;
}
