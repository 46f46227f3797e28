/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-connection.h"

G_BEGIN_DECLS

#define MITOGEN_TYPE_DOAS_CONNECTION (mitogen_doas_connection_get_type ())

MITOGEN_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (MitogenDoasConnection,
                      mitogen_doas_connection,
                      MITOGEN,
                      DOAS_CONNECTION,
                      MitogenConnection)

MITOGEN_AVAILABLE_IN_ALL
MitogenConnection *mitogen_doas_connection_new (void);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_doas_connection_get_username (MitogenDoasConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_doas_connection_set_username (MitogenDoasConnection *self, const char *username);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_doas_connection_get_doas_path (MitogenDoasConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_doas_connection_set_doas_path (MitogenDoasConnection *self, const char *doas_path);
MITOGEN_AVAILABLE_IN_ALL
const char *mitogen_doas_connection_get_password_prompt (MitogenDoasConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_doas_connection_set_password_prompt (MitogenDoasConnection *self,
                                                  const char *password_prompt);
MITOGEN_AVAILABLE_IN_ALL
const char *const *mitogen_doas_connection_get_incorrect_prompts (MitogenDoasConnection *self);
MITOGEN_AVAILABLE_IN_ALL
void mitogen_doas_connection_set_incorrect_prompts (MitogenDoasConnection *self,
                                                    const char *const *incorrect_prompts);

G_END_DECLS
