/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "connection/mitogen-connection.h"

G_BEGIN_DECLS

/* The ways to make a context that code in contexts may ask for. */

/* Returns: (transfer full) (nullable) */
MitogenConnection *mitogen_request_make_connection (const char *method, GError **error);

typedef enum
{
  MITOGEN_REQUEST_OPTION_UNKNOWN, /* the method has no such option, or none that may be given */
  MITOGEN_REQUEST_OPTION_WRONG,   /* this is no value for it */
  MITOGEN_REQUEST_OPTION_TAKEN,
} MitogenRequestOption;

/* An option of one method only. @value: the word of a child */
MitogenRequestOption mitogen_request_take_option (MitogenConnection *connection,
                                                  const char *method,
                                                  const char *key,
                                                  GVariant *value);

G_END_DECLS
