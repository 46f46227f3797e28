/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What contexts that are made later may do, and how they are started. */

#include "router/mitogen-router-private.h"

/**
 * mitogen_router_get_connect_policy: (get-property connect-policy)
 * @self: a router
 *
 * Gets whether contexts may have others made.
 *
 * Returns: the policy
 *
 * Since: 1.0
 */
MitogenConnectPolicy
mitogen_router_get_connect_policy (MitogenRouter *self)
{
  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), MITOGEN_CONNECT_POLICY_REFUSE);
  return mitogen_core_get_options (mitogen_router_get_core (self)).connect_policy;
}

/**
 * mitogen_router_set_connect_policy: (set-property connect-policy)
 * @self: a router
 * @policy: the policy
 *
 * Decides whether contexts may have others made from now on: see
 * [property@Mitogen.Router:connect-policy].
 *
 * Since: 1.0
 */
void
mitogen_router_set_connect_policy (MitogenRouter *self, MitogenConnectPolicy policy)
{
  MitogenCoreOptions options;

  g_return_if_fail (MITOGEN_IS_ROUTER (self));
  options = mitogen_core_get_options (mitogen_router_get_core (self));
  if (options.connect_policy == policy)
    return;
  options.connect_policy = policy;
  mitogen_core_set_options (mitogen_router_get_core (self), &options);
  g_object_notify (G_OBJECT (self), "connect-policy");
}

/**
 * mitogen_router_enable_debug:
 * @self: a router
 *
 * Has every context made from now on write a debug log to `/tmp/mitogen.PID.log` on
 * its host.
 *
 * Since: 1.0
 */
void
mitogen_router_enable_debug (MitogenRouter *self)
{
  MitogenCoreOptions options;

  g_return_if_fail (MITOGEN_IS_ROUTER (self));
  options = mitogen_core_get_options (mitogen_router_get_core (self));
  options.debug = TRUE;
  mitogen_core_set_options (mitogen_router_get_core (self), &options);
}

/**
 * mitogen_router_set_preexec_func: (skip)
 * @self: a router
 * @func: (nullable): what to run
 * @data: passed to @func
 *
 * Has a function run in every child process that this process starts from now on,
 * between fork and exec: to set its processor affinity, for instance.
 *
 * Other threads may hold any lock at that moment: only async-signal-safe functions
 * may be called. A start takes longer then, the more memory this process has: it is
 * copied, which it is not without such a function.
 *
 * Since: 1.0
 */
void
mitogen_router_set_preexec_func (MitogenRouter *self, GSpawnChildSetupFunc func, gpointer data)
{
  MitogenCoreOptions options;

  g_return_if_fail (MITOGEN_IS_ROUTER (self));
  options = mitogen_core_get_options (mitogen_router_get_core (self));
  options.preexec = func;
  options.preexec_data = data;
  mitogen_core_set_options (mitogen_router_get_core (self), &options);
}
