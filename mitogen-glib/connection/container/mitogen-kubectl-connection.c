/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/container/mitogen-kubectl-connection.h"
#include "connection/container/mitogen-container-program-private.h"
#include "connection/mitogen-text-property-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

/**
 * MitogenKubectlConnection:
 *
 * A context in a container of a pod of Kubernetes, by `kubectl exec`.
 *
 * The context runs in the account of the container: Kubernetes has no other to choose, so
 * [property@Mitogen.ContainerConnection:username] must be unset.
 *
 * A cluster ends a stream on which nothing has been sent for some hours, four if it is not set up
 * otherwise.
 *
 * Since: 1.0
 */
struct _MitogenKubectlConnection
{
  MitogenContainerConnection parent_instance;

  char *pod_container;
  char *pod_namespace;
  char **kubectl_args;
};

G_DEFINE_FINAL_TYPE (MitogenKubectlConnection,
                     mitogen_kubectl_connection,
                     MITOGEN_TYPE_CONTAINER_CONNECTION)

typedef enum
{
  PROP_POD = 1,
  PROP_POD_CONTAINER,
  PROP_POD_NAMESPACE,
  PROP_KUBECTL_ARGS,
} MitogenKubectlConnectionProperty;

static GParamSpec *properties[PROP_KUBECTL_ARGS + 1];

/* Without a terminal (--tty), which would change what is sent. */
static const char *const argv[] = {
  "{kubectl-args}", "exec", "--stdin", "--namespace={pod-namespace}", "--container={pod-container}",
  "{pod}",          "--",   NULL
};

static const MitogenWords words[] = {
  { "namespaces \"*\" not found", MITOGEN_ERROR_STREAM, N_ ("there is no such name space") },
  { "(notfound): pods ", MITOGEN_ERROR_STREAM, N_ ("there is no such pod") },
  { "error from server (notfound)", MITOGEN_ERROR_STREAM,
    N_ ("there is no such pod, or what else was named") },
  { "pod does not exist", MITOGEN_ERROR_STREAM, N_ ("there is no such pod") },
  { "the server doesn't have a resource type", MITOGEN_ERROR_STREAM,
    N_ ("there is no such pod, or what else was named") },
  { "container * is not valid for pod", MITOGEN_ERROR_STREAM,
    N_ ("there is no such container in the pod") },
  { "container * not found in pod", MITOGEN_ERROR_STREAM,
    N_ ("there is no such container in the pod") },
  { "unable to upgrade connection: container not found", MITOGEN_ERROR_STREAM,
    N_ ("the container does not run") },
  { "in a completed pod", MITOGEN_ERROR_STREAM, N_ ("the pod has ended") },
  { "does not have a host assigned", MITOGEN_ERROR_STREAM, N_ ("the pod does not run yet") },
  { "unable to upgrade connection: forbidden", MITOGEN_ERROR_PERMISSION,
    N_ ("the cluster does not let the account start anything in the pod") },
  { "(forbidden)", MITOGEN_ERROR_PERMISSION,
    N_ ("the cluster does not let the account start anything in the pod") },
  { "(unauthorized)", MITOGEN_ERROR_PERMISSION, N_ ("the cluster does not know the account") },
  { "must be logged in to the server", MITOGEN_ERROR_PERMISSION,
    N_ ("the cluster does not know the account") },
  { "context \"*\" does not exist", MITOGEN_ERROR_STREAM,
    N_ ("there is no such context in kubectl's configuration") },
  { "no context exists with the name", MITOGEN_ERROR_STREAM,
    N_ ("there is no such context in kubectl's configuration") },
  { "context was not found for specified context", MITOGEN_ERROR_STREAM,
    N_ ("there is no such context in kubectl's configuration") },
  { "error loading config file", MITOGEN_ERROR_STREAM,
    N_ ("kubectl's configuration cannot be read") },
  { "error: stat *: no such file", MITOGEN_ERROR_STREAM,
    N_ ("kubectl's configuration cannot be read") },
  { "did you specify the right host or port", MITOGEN_ERROR_STREAM,
    N_ ("the cluster cannot be reached") },
  { "unable to connect to the server: *i/o timeout", MITOGEN_ERROR_TIMED_OUT,
    N_ ("the cluster does not answer") },
  { "unable to connect to the server: *x509: ", MITOGEN_ERROR_STREAM,
    N_ ("the cluster is not the one that is known, by its certificate") },
  { "unable to connect to the server", MITOGEN_ERROR_STREAM, N_ ("the cluster cannot be reached") },
  { "error dialing backend", MITOGEN_ERROR_STREAM,
    N_ ("the cluster does not reach the host of the pod") },
  { NULL, 0, NULL },
};

static const MitogenContainerProgram program = {
  .method = { .name = "kubectl",
              .make_method = mitogen_container_program_make_method,
              .describe = mitogen_container_connection_describe },
  .program = "kubectl",
  .argv = argv,
  .user = MITOGEN_CONTAINER_USER_NONE,
  .eager = TRUE,
  .words = words,
};

static void
mitogen_kubectl_connection_finalize (GObject *object)
{
  MitogenKubectlConnection *self = MITOGEN_KUBECTL_CONNECTION (object);

  g_free (self->pod_container);
  g_free (self->pod_namespace);
  g_strfreev (self->kubectl_args);
  G_OBJECT_CLASS (mitogen_kubectl_connection_parent_class)->finalize (object);
}

static void
mitogen_kubectl_connection_get_property (GObject *object,
                                         guint id,
                                         GValue *value,
                                         GParamSpec *pspec)
{
  MitogenKubectlConnection *self = MITOGEN_KUBECTL_CONNECTION (object);

  switch ((MitogenKubectlConnectionProperty) id)
    {
    case PROP_POD:
      g_value_set_string (value, mitogen_kubectl_connection_get_pod (self));
      break;
    case PROP_POD_CONTAINER:
      g_value_set_string (value, self->pod_container);
      break;
    case PROP_POD_NAMESPACE:
      g_value_set_string (value, self->pod_namespace);
      break;
    case PROP_KUBECTL_ARGS:
      g_value_set_boxed (value, self->kubectl_args);
      break;
    default:
      G_OBJECT_CLASS (mitogen_kubectl_connection_parent_class)
          ->get_property (object, id, value, pspec);
    }
}

static void
mitogen_kubectl_connection_set_property (GObject *object,
                                         guint id,
                                         const GValue *value,
                                         GParamSpec *pspec)
{
  MitogenKubectlConnection *self = MITOGEN_KUBECTL_CONNECTION (object);

  switch ((MitogenKubectlConnectionProperty) id)
    {
    case PROP_POD:
      mitogen_kubectl_connection_set_pod (self, g_value_get_string (value));
      break;
    case PROP_POD_CONTAINER:
      mitogen_kubectl_connection_set_pod_container (self, g_value_get_string (value));
      break;
    case PROP_POD_NAMESPACE:
      mitogen_kubectl_connection_set_pod_namespace (self, g_value_get_string (value));
      break;
    case PROP_KUBECTL_ARGS:
      mitogen_kubectl_connection_set_kubectl_args (self, g_value_get_boxed (value));
      break;
    default:
      G_OBJECT_CLASS (mitogen_kubectl_connection_parent_class)
          ->set_property (object, id, value, pspec);
    }
}

/* What is set under one name has changed under the other. */
static void
mitogen_kubectl_connection_notify (GObject *object, GParamSpec *pspec)
{
  GObjectClass *parent = G_OBJECT_CLASS (mitogen_kubectl_connection_parent_class);

  if (g_str_equal (pspec->name, "container"))
    g_object_notify_by_pspec (object, properties[PROP_POD]);
  if (parent->notify != NULL)
    parent->notify (object, pspec);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  /**
   * MitogenKubectlConnection:pod: (getter get_pod) (setter set_pod)
   *
   * The pod: its name, or what else kubectl takes for one, such as `deploy/web`. It is
   * [property@Mitogen.ContainerConnection:container] under the name that it has here.
   *
   * Since: 1.0
   */
  properties[PROP_POD] = g_param_spec_string ("pod", NULL, NULL, NULL, flags);
  /**
   * MitogenKubectlConnection:pod-container: (getter get_pod_container) (setter set_pod_container)
   *
   * Which container of the pod (`--container`); if unset, the one that the pod says, or its
   * first.
   *
   * Since: 1.0
   */
  properties[PROP_POD_CONTAINER] = g_param_spec_string ("pod-container", NULL, NULL, NULL, flags);
  /**
   * MitogenKubectlConnection:pod-namespace: (getter get_pod_namespace) (setter set_pod_namespace)
   *
   * The name space of the pod (`--namespace`); if unset, that of kubectl's configuration.
   *
   * Since: 1.0
   */
  properties[PROP_POD_NAMESPACE] = g_param_spec_string ("pod-namespace", NULL, NULL, NULL, flags);
  /**
   * MitogenKubectlConnection:kubectl-args: (getter get_kubectl_args) (setter set_kubectl_args)
   *
   * Further options of kubectl, such as `--context=work`, as they are written on its command
   * line before `exec`.
   *
   * Since: 1.0
   */
  properties[PROP_KUBECTL_ARGS] =
      g_param_spec_boxed ("kubectl-args", NULL, NULL, G_TYPE_STRV, flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_kubectl_connection_class_init (MitogenKubectlConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mitogen_kubectl_connection_finalize;
  object_class->get_property = mitogen_kubectl_connection_get_property;
  object_class->set_property = mitogen_kubectl_connection_set_property;
  object_class->notify = mitogen_kubectl_connection_notify;
  install_properties (object_class);
  /**
   * MitogenKubectlConnection:kubectl-path:
   *
   * The program, on the host where the connection begins; `kubectl` in `PATH` if unset.
   *
   * Since: 1.0
   */
  mitogen_container_program_install (MITOGEN_CONTAINER_CONNECTION_CLASS (klass), &program,
                                     "kubectl-path");
}

static void
mitogen_kubectl_connection_init (MitogenKubectlConnection *self)
{
}

/**
 * mitogen_kubectl_connection_new:
 *
 * Creates a connection into a container of a pod.
 *
 * Returns: (transfer full): a new connection
 *
 * Since: 1.0
 */
MitogenConnection *
mitogen_kubectl_connection_new (void)
{
  return g_object_new (MITOGEN_TYPE_KUBECTL_CONNECTION, NULL);
}

/**
 * mitogen_kubectl_connection_get_pod: (get-property pod)
 * @self: a connection
 *
 * Gets which pod is meant.
 *
 * Returns: (nullable): the name of a pod
 *
 * Since: 1.0
 */
const char *
mitogen_kubectl_connection_get_pod (MitogenKubectlConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_KUBECTL_CONNECTION (self), NULL);
  return mitogen_container_connection_get_container (MITOGEN_CONTAINER_CONNECTION (self));
}

/**
 * mitogen_kubectl_connection_set_pod: (set-property pod)
 * @self: a connection
 * @pod: (nullable): the name of a pod
 *
 * Sets which pod is meant.
 *
 * Since: 1.0
 */
void
mitogen_kubectl_connection_set_pod (MitogenKubectlConnection *self, const char *pod)
{
  g_return_if_fail (MITOGEN_IS_KUBECTL_CONNECTION (self));
  mitogen_container_connection_set_container (MITOGEN_CONTAINER_CONNECTION (self), pod);
}

/**
 * mitogen_kubectl_connection_get_pod_container: (get-property pod-container)
 * @self: a connection
 *
 * Gets which container of the pod is meant.
 *
 * Returns: (nullable): the name of a container; nothing for the usual one
 *
 * Since: 1.0
 */
const char *
mitogen_kubectl_connection_get_pod_container (MitogenKubectlConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_KUBECTL_CONNECTION (self), NULL);
  return self->pod_container;
}

/**
 * mitogen_kubectl_connection_set_pod_container: (set-property pod-container)
 * @self: a connection
 * @pod_container: (nullable): the name of a container; nothing for the usual one
 *
 * Sets which container of the pod is meant.
 *
 * Since: 1.0
 */
void
mitogen_kubectl_connection_set_pod_container (MitogenKubectlConnection *self,
                                              const char *pod_container)
{
  g_return_if_fail (MITOGEN_IS_KUBECTL_CONNECTION (self));
  mitogen_text_property_set (self, &self->pod_container, pod_container,
                             properties[PROP_POD_CONTAINER]);
}

/**
 * mitogen_kubectl_connection_get_pod_namespace: (get-property pod-namespace)
 * @self: a connection
 *
 * Gets the name space of the pod.
 *
 * Returns: (nullable): a name space; nothing for that of kubectl's configuration
 *
 * Since: 1.0
 */
const char *
mitogen_kubectl_connection_get_pod_namespace (MitogenKubectlConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_KUBECTL_CONNECTION (self), NULL);
  return self->pod_namespace;
}

/**
 * mitogen_kubectl_connection_set_pod_namespace: (set-property pod-namespace)
 * @self: a connection
 * @pod_namespace: (nullable): a name space; nothing for that of kubectl's configuration
 *
 * Sets the name space of the pod.
 *
 * Since: 1.0
 */
void
mitogen_kubectl_connection_set_pod_namespace (MitogenKubectlConnection *self,
                                              const char *pod_namespace)
{
  g_return_if_fail (MITOGEN_IS_KUBECTL_CONNECTION (self));
  mitogen_text_property_set (self, &self->pod_namespace, pod_namespace,
                             properties[PROP_POD_NAMESPACE]);
}

/**
 * mitogen_kubectl_connection_get_kubectl_args: (get-property kubectl-args)
 * @self: a connection
 *
 * Gets further options.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): options
 *
 * Since: 1.0
 */
const char *const *
mitogen_kubectl_connection_get_kubectl_args (MitogenKubectlConnection *self)
{
  g_return_val_if_fail (MITOGEN_IS_KUBECTL_CONNECTION (self), NULL);
  return (const char *const *) self->kubectl_args;
}

/**
 * mitogen_kubectl_connection_set_kubectl_args: (set-property kubectl-args)
 * @self: a connection
 * @kubectl_args: (nullable) (array zero-terminated=1): options
 *
 * Sets further options: see [property@Mitogen.KubectlConnection:kubectl-args].
 *
 * Since: 1.0
 */
void
mitogen_kubectl_connection_set_kubectl_args (MitogenKubectlConnection *self,
                                             const char *const *kubectl_args)
{
  g_return_if_fail (MITOGEN_IS_KUBECTL_CONNECTION (self));
  g_strfreev (self->kubectl_args);
  self->kubectl_args = g_strdupv ((char **) kubectl_args);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_KUBECTL_ARGS]);
}
