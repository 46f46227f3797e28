/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* For a setter: @text, a member of @object, becomes a copy of @value, and @pspec (nullable) is
 * notified of, if that is a change. */
void mitogen_text_property_set (gpointer object, char **text, const char *value, GParamSpec *pspec);

G_END_DECLS
