/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-uri-value-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Beside letters and digits. They mean nothing to a shell there, nor to what splits URIs. */
#define HARMLESS_IN_VALUE "/:@+="

void
mitogen_uri_append_escaped (GString *uri, const char *text, const char *others)
{
  g_string_append_uri_escaped (uri, text, others, FALSE);
}

gboolean
mitogen_uri_value_is_list (GParamSpec *pspec)
{
  return pspec->value_type == G_TYPE_STRV;
}

gboolean
mitogen_uri_value_is_writable (GParamSpec *pspec)
{
  return (pspec->flags & G_PARAM_READABLE) != 0 && (pspec->flags & G_PARAM_WRITABLE) != 0 &&
         (mitogen_uri_value_is_list (pspec) || G_IS_PARAM_SPEC_STRING (pspec) ||
          G_IS_PARAM_SPEC_BOOLEAN (pspec) || G_IS_PARAM_SPEC_ENUM (pspec) ||
          G_IS_PARAM_SPEC_INT (pspec) || G_IS_PARAM_SPEC_UINT (pspec));
}

/* ---- from text ---- */

static void
add_to_list (const char *text, GValue *value)
{
  const char *const *old = g_value_get_boxed (value);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (old != NULL)
    g_strv_builder_addv (builder, (const char **) old);
  if (text != NULL)
    g_strv_builder_add (builder, text);
  g_value_take_boxed (value, g_strv_builder_end (builder));
}

static gboolean
set_flag (const char *text, GValue *value)
{
  if (text != NULL && !g_str_equal (text, "true") && !g_str_equal (text, "false"))
    return FALSE;
  g_value_set_boolean (value, text == NULL || g_str_equal (text, "true"));
  return TRUE;
}

static gboolean
set_choice (GParamSpec *pspec, const char *text, GValue *value)
{
  const GEnumValue *choice =
      text != NULL ? g_enum_get_value_by_nick (G_PARAM_SPEC_ENUM (pspec)->enum_class, text) : NULL;

  if (choice != NULL)
    g_value_set_enum (value, choice->value);
  return choice != NULL;
}

static gboolean
set_int (GParamSpec *pspec, const char *text, GValue *value)
{
  GParamSpecInt *range = G_PARAM_SPEC_INT (pspec);
  gint64 number;

  if (text == NULL ||
      !g_ascii_string_to_signed (text, 10, range->minimum, range->maximum, &number, NULL))
    return FALSE;
  g_value_set_int (value, (int) number);
  return TRUE;
}

static gboolean
set_uint (GParamSpec *pspec, const char *text, GValue *value)
{
  GParamSpecUInt *range = G_PARAM_SPEC_UINT (pspec);
  guint64 number;

  if (text == NULL ||
      !g_ascii_string_to_unsigned (text, 10, range->minimum, range->maximum, &number, NULL))
    return FALSE;
  g_value_set_uint (value, (guint) number);
  return TRUE;
}

gboolean
mitogen_uri_value_add (GParamSpec *pspec, const char *text, GValue *value)
{
  if (!G_IS_VALUE (value))
    g_value_init (value, pspec->value_type);
  if (mitogen_uri_value_is_list (pspec))
    add_to_list (text, value);
  else if (G_IS_PARAM_SPEC_STRING (pspec))
    g_value_set_string (value, text);
  else if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    return set_flag (text, value);
  else if (G_IS_PARAM_SPEC_ENUM (pspec))
    return set_choice (pspec, text, value);
  else if (G_IS_PARAM_SPEC_INT (pspec))
    return set_int (pspec, text, value);
  else
    return set_uint (pspec, text, value);
  return TRUE;
}

static char *
list_choices (GEnumClass *choices)
{
  g_autoptr (GPtrArray) nicks = g_ptr_array_new ();

  for (guint i = 0; i < choices->n_values; i++)
    g_ptr_array_add (nicks, (gpointer) choices->values[i].value_nick);
  g_ptr_array_add (nicks, NULL);
  return g_strjoinv (", ", (char **) nicks->pdata);
}

char *
mitogen_uri_value_describe (GParamSpec *pspec)
{
  g_autofree char *choices = NULL;

  if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    return g_strdup (_ ("true or false"));
  if (G_IS_PARAM_SPEC_INT (pspec))
    return g_strdup_printf (_ ("a number from %d to %d"), G_PARAM_SPEC_INT (pspec)->minimum,
                            G_PARAM_SPEC_INT (pspec)->maximum);
  if (G_IS_PARAM_SPEC_UINT (pspec))
    return g_strdup_printf (_ ("a number from %u to %u"), G_PARAM_SPEC_UINT (pspec)->minimum,
                            G_PARAM_SPEC_UINT (pspec)->maximum);
  if (!G_IS_PARAM_SPEC_ENUM (pspec))
    return g_strdup (_ ("text"));
  choices = list_choices (G_PARAM_SPEC_ENUM (pspec)->enum_class);
  return g_strdup_printf (_ ("one of: %s"), choices);
}

/* ---- to text ---- */

static gboolean
lists_are_equal (const char *const *a, const char *const *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return g_strv_equal (a, b);
}

gboolean
mitogen_uri_value_equal (GParamSpec *pspec, const GValue *a, const GValue *b)
{
  if (mitogen_uri_value_is_list (pspec))
    return lists_are_equal (g_value_get_boxed (a), g_value_get_boxed (b));
  return g_param_values_cmp (pspec, a, b) == 0;
}

/* @text: (nullable): then there is no "=" */
static void
append_option (GString *uri, const char *separator, GParamSpec *pspec, const char *text)
{
  g_string_append (uri, separator);
  g_string_append (uri, pspec->name);
  if (text == NULL)
    return;
  g_string_append_c (uri, '=');
  mitogen_uri_append_escaped (uri, text, HARMLESS_IN_VALUE);
}

static void
append_list (GString *uri, const char *separator, GParamSpec *pspec, const char *const *list)
{
  if (list == NULL || list[0] == NULL)
    append_option (uri, separator, pspec, NULL);
  for (guint i = 0; list != NULL && list[i] != NULL; i++)
    append_option (uri, i == 0 ? separator : "&", pspec, list[i]);
}

void
mitogen_uri_value_append (GString *uri,
                          const char *separator,
                          GParamSpec *pspec,
                          const GValue *value)
{
  char number[32];

  if (mitogen_uri_value_is_list (pspec))
    append_list (uri, separator, pspec, g_value_get_boxed (value));
  else if (G_IS_PARAM_SPEC_STRING (pspec))
    append_option (uri, separator, pspec, g_value_get_string (value));
  else if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    append_option (uri, separator, pspec, g_value_get_boolean (value) ? "true" : "false");
  else if (G_IS_PARAM_SPEC_ENUM (pspec))
    append_option (uri, separator, pspec,
                   g_enum_get_value (G_PARAM_SPEC_ENUM (pspec)->enum_class,
                                     g_value_get_enum (value))
                       ->value_nick);
  else
    {
      if (G_IS_PARAM_SPEC_INT (pspec))
        g_snprintf (number, sizeof number, "%d", g_value_get_int (value));
      else
        g_snprintf (number, sizeof number, "%u", g_value_get_uint (value));
      append_option (uri, separator, pspec, number);
    }
}
