/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-setns-connection.h"
#include "connection/container/mitogen-container-connection-private.h"
#include "connection/container/mitogen-enter-command-private.h"
#include "connection/mitogen-text-property-private.h"
#include "mitogen-enums.h"

#include <glib/gi18n-lib.h>

#define N_KINDS (MITOGEN_SETNS_KIND_MACHINECTL + 1)

/**
 * MitogenSetnsConnection:
 *
 * A context in the namespaces of a process, such as the first one of a container: `setns()`.
 *
 * Nothing in the container takes part but its interpreter, and its engine is only asked which
 * process it is: so it works where the engine itself does not let commands be run. It takes the
 * rights of root, or of whoever has made the container. The context has its own processes end with
 * the container, but is no part of it otherwise: it is not in its control groups, and neither
 * seccomp nor AppArmor nor SELinux confine it; of capabilities it has those that the process could
 * have.
 *
 * [property@Mitogen.ContainerConnection:username] is looked for in the `/etc/passwd` and
 * `/etc/group` of the container, and can be a number, too, and have a group after a colon; unset,
 * it is root.
 *
 * Since: 1.0
 */
struct _MitogenSetnsConnection
{
  MitogenContainerConnection parent_instance;

  MitogenSetnsKind kind;
  guint pid;
  char *tools[N_KINDS];
};

G_DEFINE_FINAL_TYPE (MitogenSetnsConnection,
                     mitogen_setns_connection,
                     MITOGEN_TYPE_CONTAINER_CONNECTION)

/* Above those of the parent class. */
typedef enum
{
  PROP_KIND = MITOGEN_CONTAINER_CONNECTION_PROP_PROGRAM_PATH + 1,
  PROP_PID,
  /* The kind of the program is the distance from here. */
  PROP_TOOLS,
} MitogenSetnsConnectionProperty;

static GParamSpec *kind_property;
static GParamSpec *pid_property;
static GParamSpec *tool_properties[N_KINDS];

/* ---- the command ---- */

static const char *
get_container (MitogenSetnsConnection *self)
{
  return mitogen_container_connection_get_container (MITOGEN_CONTAINER_CONNECTION (self));
}

static gboolean
check (MitogenSetnsConnection *self, GError **error)
{
  const char *user =
      mitogen_container_connection_get_username (MITOGEN_CONTAINER_CONNECTION (self));

  if (self->kind != MITOGEN_SETNS_KIND_PROCESS)
    return mitogen_container_connection_check (MITOGEN_CONTAINER_CONNECTION (self), error);
  if (self->pid == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _ ("The connection does not say which process is meant, or which kind "
                              "of container"));
      return FALSE;
    }
  return user == NULL || mitogen_container_check_name (_ ("user"), user, error);
}

static void
add_option (GStrvBuilder *argv, const char *name, const char *value)
{
  g_autofree char *word = g_strconcat (name, value, NULL);

  if (value != NULL)
    g_strv_builder_add (argv, word);
}

static const char *
get_nick (MitogenSetnsKind kind)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (MITOGEN_TYPE_SETNS_KIND);

  return g_enum_get_value (klass, kind)->value_nick;
}

static void
add_place (MitogenSetnsConnection *self, GStrvBuilder *argv)
{
  g_autofree char *pid = g_strdup_printf ("%u", self->pid);

  if (self->kind == MITOGEN_SETNS_KIND_PROCESS)
    {
      add_option (argv, "--pid=", pid);
      return;
    }
  add_option (argv, "--kind=", get_nick (self->kind));
  add_option (argv, "--container=", get_container (self));
  add_option (argv, "--tool=", self->tools[self->kind]);
}

static char **
mitogen_setns_connection_get_argv (MitogenConnection *connection,
                                   MitogenContext *via,
                                   const char *const *python_argv,
                                   GError **error)
{
  MitogenSetnsConnection *self = MITOGEN_SETNS_CONNECTION (connection);
  g_autoptr (GStrvBuilder) argv = NULL;

  if (!check (self, error))
    return NULL;
  argv = g_strv_builder_new ();
  mitogen_enter_command_add (argv, mitogen_connection_is_here (connection, via));
  add_place (self, argv);
  add_option (argv, "--user=",
              mitogen_container_connection_get_username (
                  MITOGEN_CONTAINER_CONNECTION (connection)));
  g_strv_builder_add (argv, "--");
  g_strv_builder_addv (argv, (const char **) python_argv);
  return g_strv_builder_end (argv);
}

/* "setns.web", "setns.1234" */
static char *
mitogen_setns_connection_get_name (MitogenConnection *connection)
{
  MitogenSetnsConnection *self = MITOGEN_SETNS_CONNECTION (connection);

  if (self->kind == MITOGEN_SETNS_KIND_PROCESS)
    return g_strdup_printf ("setns.%u", self->pid);
  return g_strconcat ("setns.", get_container (self), NULL);
}

static MitogenMethod *
make_method (MitogenConnection *connection, gboolean direct, GError **error)
{
  return mitogen_enter_command_new_method ();
}

static const MitogenConnectionMethod method = {
  .name = "setns",
  .make_method = make_method,
  .describe = mitogen_container_connection_describe,
};

/* ---- the object ---- */

static void
mitogen_setns_connection_finalize (GObject *object)
{
  MitogenSetnsConnection *self = MITOGEN_SETNS_CONNECTION (object);

  for (guint i = 0; i < N_KINDS; i++)
    g_free (self->tools[i]);
  G_OBJECT_CLASS (mitogen_setns_connection_parent_class)->finalize (object);
}

static gboolean
is_tool (guint id)
{
  return id > PROP_TOOLS && id < PROP_TOOLS + N_KINDS;
}

static void
set_tool (MitogenSetnsConnection *self, MitogenSetnsKind kind, const char *path)
{
  mitogen_text_property_set (self, &self->tools[kind], path, tool_properties[kind]);
}

static void
mitogen_setns_connection_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenSetnsConnection *self = MITOGEN_SETNS_CONNECTION (object);

  if (id == PROP_KIND)
    g_value_set_enum (value, self->kind);
  else if (id == PROP_PID)
    g_value_set_uint (value, self->pid);
  else if (is_tool (id))
    g_value_set_string (value, self->tools[id - PROP_TOOLS]);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
mitogen_setns_connection_set_property (GObject *object,
                                       guint id,
                                       const GValue *value,
                                       GParamSpec *pspec)
{
  MitogenSetnsConnection *self = MITOGEN_SETNS_CONNECTION (object);

  if (id == PROP_KIND)
    mitogen_setns_connection_set_kind (self, g_value_get_enum (value));
  else if (id == PROP_PID)
    mitogen_setns_connection_set_pid (self, g_value_get_uint (value));
  else if (is_tool (id))
    set_tool (self, id - PROP_TOOLS, g_value_get_string (value));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
add_tool (GObjectClass *object_class, MitogenSetnsKind kind, const char *name)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  tool_properties[kind] = g_param_spec_string (name, NULL, NULL, NULL, flags);
  g_object_class_install_property (object_class, PROP_TOOLS + kind, tool_properties[kind]);
}

static void
add_tools (GObjectClass *object_class)
{
  /**
   * MitogenSetnsConnection:docker-path: (getter get_docker_path) (setter set_docker_path)
   *
   * The program that is asked for a process of kind `docker`, on the host where the connection
   * begins; `docker` in `PATH` if unset.
   *
   * Since: 1.0
   */
  add_tool (object_class, MITOGEN_SETNS_KIND_DOCKER, "docker-path");
  /**
   * MitogenSetnsConnection:podman-path: (getter get_podman_path) (setter set_podman_path)
   *
   * The program that is asked for a process of kind `podman`, on the host where the connection
   * begins; `podman` in `PATH` if unset.
   *
   * Since: 1.0
   */
  add_tool (object_class, MITOGEN_SETNS_KIND_PODMAN, "podman-path");
  /**
   * MitogenSetnsConnection:lxc-info-path: (getter get_lxc_info_path) (setter set_lxc_info_path)
   *
   * The program that is asked for a process of kind `lxc`, on the host where the connection
   * begins; `lxc-info` in `PATH` if unset.
   *
   * Since: 1.0
   */
  add_tool (object_class, MITOGEN_SETNS_KIND_LXC, "lxc-info-path");
  /**
   * MitogenSetnsConnection:lxc-path: (getter get_lxc_path) (setter set_lxc_path)
   *
   * The program that is asked for a process of kind `lxd`, on the host where the connection
   * begins; `lxc` in `PATH` if unset.
   *
   * Since: 1.0
   */
  add_tool (object_class, MITOGEN_SETNS_KIND_LXD, "lxc-path");
  /**
   * MitogenSetnsConnection:incus-path: (getter get_incus_path) (setter set_incus_path)
   *
   * The program that is asked for a process of kind `incus`, on the host where the connection
   * begins; `incus` in `PATH` if unset.
   *
   * Since: 1.0
   */
  add_tool (object_class, MITOGEN_SETNS_KIND_INCUS, "incus-path");
  /**
   * MitogenSetnsConnection:machinectl-path:
   *
   * The program that is asked for a process of kind `machinectl`, on the host where the
   * connection begins; `machinectl` in `PATH` if unset.
   *
   * Since: 1.0
   */
  add_tool (object_class, MITOGEN_SETNS_KIND_MACHINECTL, "machinectl-path");
}

static void
add_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  /**
   * MitogenSetnsConnection:kind: (getter get_kind) (setter set_kind)
   *
   * Who knows the process: which program is asked for it.
   *
   * Since: 1.0
   */
  kind_property = g_param_spec_enum ("kind", NULL, NULL, MITOGEN_TYPE_SETNS_KIND,
                                     MITOGEN_SETNS_KIND_PROCESS, flags);
  g_object_class_install_property (object_class, PROP_KIND, kind_property);
  /**
   * MitogenSetnsConnection:pid: (getter get_pid) (setter set_pid)
   *
   * The process, of kind [enum@Mitogen.SetnsKind.process]: its id on the host where the connection
   * begins.
   *
   * Since: 1.0
   */
  pid_property = g_param_spec_uint ("pid", NULL, NULL, 0, G_MAXINT32, 0, flags);
  g_object_class_install_property (object_class, PROP_PID, pid_property);
  add_tools (object_class);
}

static void
mitogen_setns_connection_class_init (MitogenSetnsConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  MitogenConnectionClass *connection_class = MITOGEN_CONNECTION_CLASS (klass);

  object_class->finalize = mitogen_setns_connection_finalize;
  object_class->get_property = mitogen_setns_connection_get_property;
  object_class->set_property = mitogen_setns_connection_set_property;
  connection_class->get_argv = mitogen_setns_connection_get_argv;
  connection_class->get_name = mitogen_setns_connection_get_name;
  mitogen_connection_class_set_method (connection_class, &method);
  add_properties (object_class);
}

static void
mitogen_setns_connection_init (MitogenSetnsConnection *self)
{
}

/**
 * mitogen_setns_connection_new:
 *
 * Creates a connection into the namespaces of a process.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_setns_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_SETNS_CONNECTION, NULL);
}

/**
 * mitogen_setns_connection_get_kind: (get-property kind)
 * @self: a connection
 *
 * Gets who knows the process.
 *
 * Returns: the kind
 *
 * Since: 1.0
 */
MitogenSetnsKind
mitogen_setns_connection_get_kind (MitogenSetnsConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SETNS_CONNECTION (self), MITOGEN_SETNS_KIND_PROCESS);
  return self->kind;
}

/**
 * mitogen_setns_connection_set_kind: (set-property kind)
 * @self: a connection
 * @kind: the kind
 *
 * Sets who knows the process: which program is asked for it.
 *
 * Since: 1.0
 */
void
mitogen_setns_connection_set_kind (MitogenSetnsConnection *self, MitogenSetnsKind kind)
{
  g_return_if_fail (MITOGEN_IS_SETNS_CONNECTION (self));
  g_return_if_fail (kind < N_KINDS);
  if (self->kind == kind)
    return;
  self->kind = kind;
  g_object_notify_by_pspec (G_OBJECT (self), kind_property);
}

/**
 * mitogen_setns_connection_get_pid: (get-property pid)
 * @self: a connection
 *
 * Gets the id of the process.
 *
 * Returns: the id; 0 for none
 *
 * Since: 1.0
 */
guint
mitogen_setns_connection_get_pid (MitogenSetnsConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SETNS_CONNECTION (self), 0);
  return self->pid;
}

/**
 * mitogen_setns_connection_set_pid: (set-property pid)
 * @self: a connection
 * @pid: the id; 0 for none
 *
 * Sets the id of the process, of kind [enum@Mitogen.SetnsKind.process].
 *
 * Since: 1.0
 */
void
mitogen_setns_connection_set_pid (MitogenSetnsConnection *self, guint pid)
{
  g_return_if_fail (MITOGEN_IS_SETNS_CONNECTION (self));
  g_return_if_fail (pid <= G_MAXINT32);
  if (self->pid == pid)
    return;
  self->pid = pid;
  g_object_notify_by_pspec (G_OBJECT (self), pid_property);
}

/**
 * mitogen_setns_connection_get_docker_path: (get-property docker-path)
 * @self: a connection
 *
 * Gets the program for the kind `docker`.
 *
 * Returns: (nullable): a name that is looked for in `PATH`, or a path; nothing for `docker`
 *
 * Since: 1.0
 */
const char *
mitogen_setns_connection_get_docker_path (MitogenSetnsConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SETNS_CONNECTION (self), NULL);
  return self->tools[MITOGEN_SETNS_KIND_DOCKER];
}

/**
 * mitogen_setns_connection_set_docker_path: (set-property docker-path)
 * @self: a connection
 * @docker_path: (nullable): a name that is looked for in `PATH`, or a path; nothing for `docker`
 *
 * Sets the program that is asked for a process of kind `docker`.
 *
 * Since: 1.0
 */
void
mitogen_setns_connection_set_docker_path (MitogenSetnsConnection *self, const char *docker_path)
{
  g_return_if_fail (MITOGEN_IS_SETNS_CONNECTION (self));
  set_tool (self, MITOGEN_SETNS_KIND_DOCKER, docker_path);
}

/**
 * mitogen_setns_connection_get_podman_path: (get-property podman-path)
 * @self: a connection
 *
 * Gets the program for the kind `podman`.
 *
 * Returns: (nullable): a name that is looked for in `PATH`, or a path; nothing for `podman`
 *
 * Since: 1.0
 */
const char *
mitogen_setns_connection_get_podman_path (MitogenSetnsConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SETNS_CONNECTION (self), NULL);
  return self->tools[MITOGEN_SETNS_KIND_PODMAN];
}

/**
 * mitogen_setns_connection_set_podman_path: (set-property podman-path)
 * @self: a connection
 * @podman_path: (nullable): a name that is looked for in `PATH`, or a path; nothing for `podman`
 *
 * Sets the program that is asked for a process of kind `podman`.
 *
 * Since: 1.0
 */
void
mitogen_setns_connection_set_podman_path (MitogenSetnsConnection *self, const char *podman_path)
{
  g_return_if_fail (MITOGEN_IS_SETNS_CONNECTION (self));
  set_tool (self, MITOGEN_SETNS_KIND_PODMAN, podman_path);
}

/**
 * mitogen_setns_connection_get_lxc_info_path: (get-property lxc-info-path)
 * @self: a connection
 *
 * Gets the program for the kind `lxc`.
 *
 * Returns: (nullable): a name that is looked for in `PATH`, or a path; nothing for `lxc-info`
 *
 * Since: 1.0
 */
const char *
mitogen_setns_connection_get_lxc_info_path (MitogenSetnsConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SETNS_CONNECTION (self), NULL);
  return self->tools[MITOGEN_SETNS_KIND_LXC];
}

/**
 * mitogen_setns_connection_set_lxc_info_path: (set-property lxc-info-path)
 * @self: a connection
 * @lxc_info_path: (nullable): a name that is looked for in `PATH`, or a path; nothing for
 * `lxc-info`
 *
 * Sets the program that is asked for a process of kind `lxc`.
 *
 * Since: 1.0
 */
void
mitogen_setns_connection_set_lxc_info_path (MitogenSetnsConnection *self, const char *lxc_info_path)
{
  g_return_if_fail (MITOGEN_IS_SETNS_CONNECTION (self));
  set_tool (self, MITOGEN_SETNS_KIND_LXC, lxc_info_path);
}

/**
 * mitogen_setns_connection_get_lxc_path: (get-property lxc-path)
 * @self: a connection
 *
 * Gets the program for the kind `lxd`.
 *
 * Returns: (nullable): a name that is looked for in `PATH`, or a path; nothing for `lxc`
 *
 * Since: 1.0
 */
const char *
mitogen_setns_connection_get_lxc_path (MitogenSetnsConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SETNS_CONNECTION (self), NULL);
  return self->tools[MITOGEN_SETNS_KIND_LXD];
}

/**
 * mitogen_setns_connection_set_lxc_path: (set-property lxc-path)
 * @self: a connection
 * @lxc_path: (nullable): a name that is looked for in `PATH`, or a path; nothing for `lxc`
 *
 * Sets the program that is asked for a process of kind `lxd`.
 *
 * Since: 1.0
 */
void
mitogen_setns_connection_set_lxc_path (MitogenSetnsConnection *self, const char *lxc_path)
{
  g_return_if_fail (MITOGEN_IS_SETNS_CONNECTION (self));
  set_tool (self, MITOGEN_SETNS_KIND_LXD, lxc_path);
}

/**
 * mitogen_setns_connection_get_incus_path: (get-property incus-path)
 * @self: a connection
 *
 * Gets the program for the kind `incus`.
 *
 * Returns: (nullable): a name that is looked for in `PATH`, or a path; nothing for `incus`
 *
 * Since: 1.0
 */
const char *
mitogen_setns_connection_get_incus_path (MitogenSetnsConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SETNS_CONNECTION (self), NULL);
  return self->tools[MITOGEN_SETNS_KIND_INCUS];
}

/**
 * mitogen_setns_connection_set_incus_path: (set-property incus-path)
 * @self: a connection
 * @incus_path: (nullable): a name that is looked for in `PATH`, or a path; nothing for `incus`
 *
 * Sets the program that is asked for a process of kind `incus`.
 *
 * Since: 1.0
 */
void
mitogen_setns_connection_set_incus_path (MitogenSetnsConnection *self, const char *incus_path)
{
  g_return_if_fail (MITOGEN_IS_SETNS_CONNECTION (self));
  set_tool (self, MITOGEN_SETNS_KIND_INCUS, incus_path);
}

/**
 * mitogen_setns_connection_get_machinectl_path: (get-property machinectl-path)
 * @self: a connection
 *
 * Gets the program for the kind `machinectl`.
 *
 * Returns: (nullable): a name that is looked for in `PATH`, or a path; nothing for `machinectl`
 *
 * Since: 1.0
 */
const char *
mitogen_setns_connection_get_machinectl_path (MitogenSetnsConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_SETNS_CONNECTION (self), NULL);
  return self->tools[MITOGEN_SETNS_KIND_MACHINECTL];
}

/**
 * mitogen_setns_connection_set_machinectl_path: (set-property machinectl-path)
 * @self: a connection
 * @machinectl_path: (nullable): a name that is looked for in `PATH`, or a path; nothing for
 * `machinectl`
 *
 * Sets the program that is asked for a process of kind `machinectl`.
 *
 * Since: 1.0
 */
void
mitogen_setns_connection_set_machinectl_path (MitogenSetnsConnection *self,
                                              const char *machinectl_path)
{
  g_return_if_fail (MITOGEN_IS_SETNS_CONNECTION (self));
  set_tool (self, MITOGEN_SETNS_KIND_MACHINECTL, machinectl_path);
}
