/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-ssh-method-private.h"

typedef struct
{
  MitogenMethod parent;
} MitogenSshMethod;

static const MitogenMethodFuncs ssh_funcs = {
  .read = mitogen_method_read_any,
};

MitogenMethod *
mitogen_ssh_method_new (MitogenConnection *connection, gboolean direct, GError **error)
{
  /* The terminal asks, not a program of the desktop that the environment names. */
  static const char *const environment[] = { "SSH_ASKPASS_REQUIRE=never", NULL };
  MitogenSshMethod *self = mitogen_method_new (sizeof (MitogenSshMethod), &ssh_funcs);

  self->parent.terminal =
      mitogen_connection_can_answer (connection) ? MITOGEN_TERMINAL_BESIDE : MITOGEN_TERMINAL_NONE;
  self->parent.environment = g_strdupv ((char **) environment);
  /* Questions go to the terminal, so nothing but the first stage reads the stream. */
  self->parent.eager = TRUE;
  return &self->parent;
}
