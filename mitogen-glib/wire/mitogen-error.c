/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "wire/mitogen-error-private.h"

#include <string.h>

/* What Python said of an exception, kept apart from the GError's one line. */
typedef struct
{
  char *type;
  char *message;
  char *traceback;
} MitogenErrorPrivate;

static void
mitogen_error_private_init (MitogenErrorPrivate *priv)
{
  priv->type = NULL;
  priv->message = NULL;
  priv->traceback = NULL;
}

static void
mitogen_error_private_copy (const MitogenErrorPrivate *source, MitogenErrorPrivate *target)
{
  target->type = g_strdup (source->type);
  target->message = g_strdup (source->message);
  target->traceback = g_strdup (source->traceback);
}

static void
mitogen_error_private_clear (MitogenErrorPrivate *priv)
{
  g_free (priv->type);
  g_free (priv->message);
  g_free (priv->traceback);
}

/* GLib's macro casts a byte pointer, which clang has doubts about. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-align"

/**
 * mitogen_error_quark:
 *
 * Gets the error domain of this library.
 *
 * May be called from any thread.
 *
 * Returns: the quark of `MITOGEN_ERROR`
 *
 * Since: 1.0
 */
G_DEFINE_EXTENDED_ERROR (MitogenError, mitogen_error)

#pragma GCC diagnostic pop

static const char *
find_line_start (const char *text, const char *end)
{
  while (end > text && end[-1] != '\n')
    end--;

  return end;
}

/* The traceback: the last lines of @text, as long as each is indented by two
 * spaces, from the first of them that names a file. Returns the end of @text
 * where there is none. */
static const char *
find_traceback (const char *text)
{
  const char *end = text + strlen (text);
  const char *found = end;
  const char *line_end = end;

  while (line_end > text && line_end[-1] == '\n')
    line_end--;

  while (line_end > text)
    {
      const char *line = find_line_start (text, line_end);

      if (!g_str_has_prefix (line, "  "))
        break;
      if (g_str_has_prefix (line, "  File "))
        found = line;
      line_end = line > text ? line - 1 : text;
    }

  return found;
}

/* The length of "module.Class" at the start of @text, 0 where it does not start
 * with "module.Class: " (a CallError may hold any text). */
static gsize
measure_type (const char *text)
{
  gsize length = strcspn (text, " \t\r\n:");

  if (length > 0 && text[length] == ':' && (text[length + 1] == ' ' || text[length + 1] == '\0'))
    return length;
  if (length > 0 && text[length] == '\0' && strchr (text, '.') != NULL)
    return length;

  return 0;
}

GError *
mitogen_error_new_remote (const char *text, gssize length)
{
  g_autofree char *head = g_utf8_make_valid (text, length);
  const char *traceback = find_traceback (head);
  g_autofree char *saved_traceback = *traceback != '\0' ? g_strdup (traceback) : NULL;
  GError *error;
  MitogenErrorPrivate *priv;
  gsize head_length, type_length;
  const char *message;

  head_length = (gsize) (traceback - head);
  while (head_length > 0 && head[head_length - 1] == '\n')
    head_length--;
  head[head_length] = '\0';

  type_length = measure_type (head);
  message = head + type_length;
  if (type_length > 0 && *message == ':')
    message++;
  if (type_length > 0 && *message == ' ')
    message++;

  error = g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_CALL, head);
  priv = mitogen_error_get_private (error);
  priv->message = g_strdup (message);
  if (type_length > 0)
    priv->type = g_strndup (head, type_length);
  /* "KeyError: " and nothing more reads better as "KeyError". */
  if (type_length > 0 && *message == '\0')
    error->message[type_length] = '\0';
  priv->traceback =
      saved_traceback != NULL ? g_strchomp (g_steal_pointer (&saved_traceback)) : NULL;

  return error;
}

static const MitogenErrorPrivate *
get_remote_part (const GError *error)
{
  if (!g_error_matches (error, MITOGEN_ERROR, MITOGEN_ERROR_CALL))
    return NULL;

  return mitogen_error_get_private (error);
}

/**
 * mitogen_error_get_remote_type:
 * @error: any error
 *
 * Gets the name of the exception class that a called function raised, such as
 * `builtins.ValueError`.
 *
 * The string belongs to @error. May be called from any thread.
 *
 * Returns: (nullable) (transfer none): the name, or %NULL where @error is not
 *   a [error@Mitogen.Error.CALL] or the remote side named no class
 *
 * Since: 1.0
 */
const char *
mitogen_error_get_remote_type (const GError *error)
{
  const MitogenErrorPrivate *priv;

  g_return_val_if_fail (error != NULL, NULL);

  priv = get_remote_part (error);

  return priv != NULL ? priv->type : NULL;
}

/**
 * mitogen_error_get_remote_message:
 * @error: any error
 *
 * Gets the text of the exception that a called function raised, without its
 * class and traceback. It may have several lines or be empty.
 *
 * The string belongs to @error. May be called from any thread.
 *
 * Returns: (nullable) (transfer none): the text, or %NULL where @error is not
 *   a [error@Mitogen.Error.CALL]
 *
 * Since: 1.0
 */
const char *
mitogen_error_get_remote_message (const GError *error)
{
  const MitogenErrorPrivate *priv;

  g_return_val_if_fail (error != NULL, NULL);

  priv = get_remote_part (error);

  return priv != NULL ? priv->message : NULL;
}

/**
 * mitogen_error_get_remote_traceback:
 * @error: any error
 *
 * Gets where in the remote program an exception was raised: lines as Python
 * prints them, outermost call first, without the heading.
 *
 * The string belongs to @error. May be called from any thread.
 *
 * Returns: (nullable) (transfer none): the traceback, or %NULL where @error is
 *   not a [error@Mitogen.Error.CALL] or came without one
 *
 * Since: 1.0
 */
const char *
mitogen_error_get_remote_traceback (const GError *error)
{
  const MitogenErrorPrivate *priv;

  g_return_val_if_fail (error != NULL, NULL);

  priv = get_remote_part (error);

  return priv != NULL ? priv->traceback : NULL;
}
