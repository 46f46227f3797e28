/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "unix/mitogen-unix-connect.h"
#include "broker/mitogen-io-private.h"
#include "router/mitogen-uplink-private.h"
#include "unix/mitogen-unix-handshake-private.h"

#define TIMEOUT_MS 10000

static MitogenRouter *
join (MitogenUnixHandshake *handshake, GError **error)
{
  g_autofree char *name = g_strdup_printf ("unix_listener.%u", handshake->parent_pid);
  const MitogenJoin how = {
    .id = handshake->id,
    .parent_ids = &handshake->parent_id,
    .n_parent_ids = 1,
    .parent_name = name,
    .in_fd = handshake->fd,
    .out_fd = handshake->fd,
    .legacy = TRUE,
  };

  handshake->fd = -1;
  return mitogen_router_new_joined (NULL, &how, error);
}

/**
 * mitogen_unix_connect:
 * @path: (type filename): the path of a listener's socket
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Joins the tree of another process that listens with [class@Mitogen.UnixListener], or
 * with `mitogen.unix.Listener` of the Python library Mitogen.
 *
 * The router that this makes is not the root of its tree: the other process is its parent,
 * [method@Mitogen.Router.context_by_id] with [property@Mitogen.Router:parent-id] gives
 * the context of that, and every other context of the tree can be reached by its id. When
 * the connection ends, [signal@Mitogen.Router::disconnected] is emitted, and the router
 * and the contexts that it has made end.
 *
 * The parent may call the functions that this process exports. So it is to belong to the
 * user of this process, or to root: otherwise this fails with `MITOGEN_ERROR_PERMISSION`.
 * Other errors: `G_IO_ERROR_NOT_FOUND` if there is no such socket,
 * `G_IO_ERROR_CONNECTION_REFUSED` if nobody listens, `G_IO_ERROR_PERMISSION_DENIED`,
 * `MITOGEN_ERROR_CHANNEL` if it hangs up, `MITOGEN_ERROR_PROTOCOL` if it does not answer as
 * a listener does, `MITOGEN_ERROR_TIMED_OUT` if it does not answer within ten seconds, and
 * `G_IO_ERROR_CANCELLED`.
 *
 * May be called from any thread that may block.
 *
 * Returns: (transfer full): a new router
 *
 * Since: 1.0
 */
MitogenRouter *
mitogen_unix_connect (const char *path, GCancellable *cancellable, GError **error)
{
  g_auto (MitogenUnixHandshake) handshake = { .fd = -1 };

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (!mitogen_in_broker_thread (), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!mitogen_unix_handshake_run (&handshake, path, TIMEOUT_MS, cancellable, error))
    return NULL;
  return join (&handshake, error);
}

/* ---- without blocking: a thread waits ---- */

static void
handshake_free (gpointer data)
{
  mitogen_unix_handshake_clear (data);
  g_free (data);
}

static void
run_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_autofree MitogenUnixHandshake *handshake = g_new (MitogenUnixHandshake, 1);
  g_autoptr (GError) error = NULL;

  if (mitogen_unix_handshake_run (handshake, data, TIMEOUT_MS, cancellable, &error))
    g_task_return_pointer (task, g_steal_pointer (&handshake), handshake_free);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/**
 * mitogen_unix_connect_async:
 * @path: (type filename): the path of a listener's socket
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when it has joined, or failed
 * @user_data: passed to @callback
 *
 * Joins the tree of another process without blocking: see [func@Mitogen.unix_connect].
 *
 * Since: 1.0
 */
void
mitogen_unix_connect_async (const char *path,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (path != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (NULL, cancellable, callback, user_data);
  g_task_set_source_tag (task, mitogen_unix_connect_async);
  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, run_in_thread);
}

/**
 * mitogen_unix_connect_finish:
 * @result: the result
 * @error: return location for an error
 *
 * Completes [func@Mitogen.unix_connect_async]. The signals of the router will be emitted in
 * the main context that is thread-default now.
 *
 * Returns: (transfer full): a new router
 *
 * Since: 1.0
 */
MitogenRouter *
mitogen_unix_connect_finish (GAsyncResult *result, GError **error)
{
  g_autofree MitogenUnixHandshake *handshake = NULL;

  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  handshake = g_task_propagate_pointer (G_TASK (result), error);
  return handshake != NULL ? join (handshake, error) : NULL;
}
