/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* Values of properties as text in a URI, by the property's type alone: a new property needs no
 * code here. */

/* Texts, lists of texts, flags, numbers and choices can be written; objects cannot. */
gboolean mitogen_uri_value_is_writable (GParamSpec *pspec);
gboolean mitogen_uri_value_is_list (GParamSpec *pspec);

/* @text: decoded; NULL: the option has no "=", which is true, no text, or an empty list. For a list
 * it is one more entry. @value: zero-filled or of the property's type.
 * FALSE: this is no value for it. */
gboolean mitogen_uri_value_add (GParamSpec *pspec, const char *text, GValue *value);

/* Returns: (transfer full): what a value has to be, such as "a number from 0 to 65535" */
char *mitogen_uri_value_describe (GParamSpec *pspec);

gboolean mitogen_uri_value_equal (GParamSpec *pspec, const GValue *a, const GValue *b);

/* Appends "name=value", after @separator; more than once for a list. */
void mitogen_uri_value_append (GString *uri,
                               const char *separator,
                               GParamSpec *pspec,
                               const GValue *value);

/* Appends @text with all escaped but letters, digits, "-", ".", "_", "~" and @others. */
void mitogen_uri_append_escaped (GString *uri, const char *text, const char *others);

G_END_DECLS
