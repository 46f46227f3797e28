/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "wire/mitogen-value-private.h"

/**
 * mitogen_blob_new:
 * @bytes: what it holds
 *
 * Makes a value that arrives as `bytes` in Python, without copying @bytes.
 *
 * It is an ordinary `ay`: any other way to make one does as well. May be
 * called from any thread.
 *
 * Returns: (transfer none): a new floating reference
 *
 * Since: 1.0
 */
GVariant *
mitogen_blob_new (GBytes *bytes)
{
  g_return_val_if_fail (bytes != NULL, NULL);

  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);
}

/**
 * mitogen_secret_new:
 * @text: a password or another text that no log should show
 *
 * Makes a value that arrives as a `mitogen.core.Secret` in Python: a text
 * whose `repr()` hides it.
 *
 * May be called from any thread.
 *
 * Returns: (transfer none): a new floating reference
 *
 * Since: 1.0
 */
GVariant *
mitogen_secret_new (const char *text)
{
  g_return_val_if_fail (text != NULL, NULL);

  return g_variant_new ("(os)", MITOGEN_VALUE_SECRET_PATH, text);
}

/* Serialised first: what is borrowed from a value that is still a tree does not
 * outlive the moment in which somebody else serialises it. */
static gboolean
is_special (GVariant *value, const char *type, const char *path)
{
  const char *found;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE (type)))
    return FALSE;

  g_variant_get_data (value);
  g_variant_get_child (value, 0, "&o", &found);

  return g_str_equal (found, path);
}

GVariant *
mitogen_value_context_new (guint32 id, const char *name)
{
  return g_variant_new ("(ous)", MITOGEN_VALUE_CONTEXT_PATH, id, name);
}

gboolean
mitogen_value_context_get (GVariant *value, guint32 *id, const char **name)
{
  if (!is_special (value, "(ous)", MITOGEN_VALUE_CONTEXT_PATH))
    return FALSE;

  g_variant_get (value, "(&ou&s)", NULL, id, name);

  return TRUE;
}

GVariant *
mitogen_value_sender_new (guint32 context_id, guint32 handle)
{
  return g_variant_new ("(ouu)", MITOGEN_VALUE_SENDER_PATH, context_id, handle);
}

gboolean
mitogen_value_sender_get (GVariant *value, guint32 *context_id, guint32 *handle)
{
  if (!is_special (value, "(ouu)", MITOGEN_VALUE_SENDER_PATH))
    return FALSE;

  g_variant_get (value, "(&ouu)", NULL, context_id, handle);

  return TRUE;
}

gboolean
mitogen_value_secret_get (GVariant *value, const char **text)
{
  if (!is_special (value, "(os)", MITOGEN_VALUE_SECRET_PATH))
    return FALSE;

  g_variant_get (value, "(&o&s)", NULL, text);

  return TRUE;
}
