/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Options as they are written on sudo's command line. */
typedef struct
{
  char *user;
  char *role;
  char *type;
  gboolean preserve_env;
  gboolean set_home;
  gboolean login;
  GStrvBuilder *others; /* to be handed on as they are */
} MitogenSudoArgs;

/* @args: (nullable): options only, without a command. Fails for what sudo does not know, and for
 * what makes no sense here. */
gboolean mitogen_sudo_args_parse (MitogenSudoArgs *self, const char *const *args, GError **error);
void mitogen_sudo_args_clear (MitogenSudoArgs *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MitogenSudoArgs, mitogen_sudo_args_clear)

G_END_DECLS
