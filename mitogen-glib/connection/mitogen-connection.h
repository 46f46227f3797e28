/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-prompt.h"
#include "mitogen-terminal.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_CONNECTION (mitogen_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (MitogenConnection, mitogen_connection, MITOGEN, CONNECTION, GObject)

/**
 * MitogenConnectionClass:
 * @parent_class: the parent class
 * @get_argv: makes the command that ends in a Python interpreter; see
 *   [vfunc@Mitogen.Connection.get_argv]
 * @get_name: names the context; see [vfunc@Mitogen.Connection.get_name]
 * @handle_prompt: deals with what may be a question; see
 *   [vfunc@Mitogen.Connection.handle_prompt]
 *
 * The class structure of connections.
 *
 * Since: 1.0
 */
struct _MitogenConnectionClass
{
  GObjectClass parent_class;

  char **(*get_argv) (MitogenConnection *self,
                      MitogenContext *via,
                      const char *const *python_argv,
                      GError **error);
  char *(*get_name) (MitogenConnection *self);
  gboolean (*handle_prompt) (MitogenConnection *self, MitogenPrompt *prompt);

  /*< private >*/
  gpointer _reserved[9];
};

MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_connection_get_remote_name (MitogenConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_connection_set_remote_name (MitogenConnection *self, const char *remote_name);
MITOGEN_AVAILABLE_IN_ALL
const char *const *mitogen_connection_get_python_path (MitogenConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_connection_set_python_path (MitogenConnection *self, const char *const *python_path);
MITOGEN_AVAILABLE_IN_ALL
guint mitogen_connection_get_connect_timeout (MitogenConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_connection_set_connect_timeout (MitogenConnection *self, guint connect_timeout);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_connection_get_debug (MitogenConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_connection_set_debug (MitogenConnection *self, gboolean debug);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_connection_get_profiling (MitogenConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_connection_set_profiling (MitogenConnection *self, gboolean profiling);
MITOGEN_AVAILABLE_IN_ALL
guint mitogen_connection_get_max_message_size (MitogenConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_connection_set_max_message_size (MitogenConnection *self, guint max_message_size);

MITOGEN_AVAILABLE_IN_ALL
GMountOperation *mitogen_connection_get_interaction (MitogenConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_connection_set_interaction (MitogenConnection *self, GMountOperation *interaction);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_connection_set_password (MitogenConnection *self, const char *password);
MITOGEN_AVAILABLE_IN_ALL
MitogenTerminal mitogen_connection_get_terminal (MitogenConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_connection_set_terminal (MitogenConnection *self, MitogenTerminal terminal);

MITOGEN_AVAILABLE_IN_ALL
char **mitogen_connection_get_argv (MitogenConnection *self,
                                    MitogenContext *via,
                                    const char *const *python_argv,
                                    GError **error);
MITOGEN_AVAILABLE_IN_ALL
char *mitogen_connection_get_name (MitogenConnection *self);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_connection_handle_prompt (MitogenConnection *self, MitogenPrompt *prompt);

G_END_DECLS
