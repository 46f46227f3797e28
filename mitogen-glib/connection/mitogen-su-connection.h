/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_SU_CONNECTION (mitogen_su_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenSuConnection,
                      mitogen_su_connection,
                      MITOGEN,
                      SU_CONNECTION,
                      MitogenConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_su_connection_new (void);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_su_connection_get_username (MitogenSuConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_su_connection_set_username (MitogenSuConnection *self, const char *username);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_su_connection_get_su_path (MitogenSuConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_su_connection_set_su_path (MitogenSuConnection *self, const char *su_path);
MITOGEN_AVAILABLE_IN_ALL
gboolean mitogen_su_connection_get_login (MitogenSuConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_su_connection_set_login (MitogenSuConnection *self, gboolean login);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_su_connection_get_password_prompt (MitogenSuConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_su_connection_set_password_prompt (MitogenSuConnection *self,
                                                const char *password_prompt);
MITOGEN_AVAILABLE_IN_ALL
const char *const *mitogen_su_connection_get_incorrect_prompts (MitogenSuConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_su_connection_set_incorrect_prompts (MitogenSuConnection *self,
                                                  const char *const *incorrect_prompts);

G_END_DECLS
