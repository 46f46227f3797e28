/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-diagnosis-private.h"

#include <string.h>

#define MAX_LINES        100
#define MAX_LINE_LENGTH  400
#define MAX_PARTIAL_LINE (64 * 1024)

/* As it came: much may be said, and only the last of it is looked at. */
typedef struct
{
  gsize length; /* of the whole line */
  char start[MAX_LINE_LENGTH];
} Line;

struct _MitogenDiagnosis
{
  GQueue lines; /* of Line */
};

MitogenDiagnosis *
mitogen_diagnosis_new (void)
{
  return g_new0 (MitogenDiagnosis, 1);
}

void
mitogen_diagnosis_free (MitogenDiagnosis *self)
{
  g_queue_clear_full (&self->lines, g_free);
  g_free (self);
}

char *
mitogen_diagnosis_clean (const char *text, gsize length)
{
  g_autofree char *valid = g_utf8_make_valid (text, MIN (length, MAX_LINE_LENGTH));
  GString *clean = g_string_new (NULL);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '\t')
        g_string_append_c (clean, ' ');
      else if (!g_unichar_iscntrl (c))
        g_string_append_unichar (clean, c);
    }
  if (length > MAX_LINE_LENGTH)
    g_string_append (clean, "…");
  return g_strchomp (g_string_free (clean, FALSE));
}

void
mitogen_diagnosis_add_line (MitogenDiagnosis *self, const char *line, gsize length)
{
  Line *entry = self->lines.length < MAX_LINES ? g_new (Line, 1) : g_queue_pop_head (&self->lines);

  entry->length = length;
  memcpy (entry->start, line, MIN (length, MAX_LINE_LENGTH));
  g_queue_push_tail (&self->lines, entry);
}

static char *
join (MitogenDiagnosis *self, const char *indentation)
{
  GString *text = g_string_new (NULL);

  for (GList *l = self->lines.head; l != NULL; l = l->next)
    {
      Line *line = l->data;
      g_autofree char *clean = mitogen_diagnosis_clean (line->start, line->length);

      if (*clean != '\0')
        g_string_append_printf (text, "%s%s\n", indentation, clean);
    }
  return g_string_free (text, FALSE);
}

char *
mitogen_diagnosis_to_string (MitogenDiagnosis *self)
{
  return g_strchomp (join (self, "  "));
}

char *
mitogen_diagnosis_to_lines (MitogenDiagnosis *self)
{
  return join (self, "");
}

void
mitogen_diagnosis_clear (MitogenDiagnosis *self)
{
  g_queue_clear_full (&self->lines, g_free);
}

gsize
mitogen_line_buffer_feed (MitogenLineBuffer *self, const guint8 *data, gsize size)
{
  const guint8 *newline = memchr (data, '\n', size);
  gsize used = newline != NULL ? (gsize) (newline - data) + 1 : size;

  if (self->partial == NULL)
    self->partial = g_byte_array_new ();
  g_byte_array_append (self->partial, data, used);
  if (newline == NULL && self->partial->len < MAX_PARTIAL_LINE)
    return 0;
  if (newline != NULL)
    g_byte_array_set_size (self->partial, self->partial->len - 1);
  return used;
}

void
mitogen_line_buffer_clear (MitogenLineBuffer *self)
{
  g_clear_pointer (&self->partial, g_byte_array_unref);
}
