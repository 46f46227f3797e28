/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prompt/mitogen-password-private.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

struct _MitogenPassword
{
  gatomicrefcount ref_count;
  gsize length;
  char *text; /* with a line end behind it, and a NUL behind that, in pages of its own */
  gsize mapped;
};

MitogenPassword *
mitogen_password_new (const char *text, gssize length)
{
  MitogenPassword *self = g_new0 (MitogenPassword, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->length = length < 0 ? strlen (text) : (gsize) length;
  self->mapped = self->length + 2;
  self->text =
      mmap (NULL, self->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (self->text == MAP_FAILED)
    g_error ("No memory for a password: %s", g_strerror (errno));
  mlock (self->text, self->mapped); /* a courtesy: the limit may be 0 */
  madvise (self->text, self->mapped, MADV_DONTDUMP);
  memcpy (self->text, text, self->length);
  return self;
}

MitogenPassword *
mitogen_password_ref (MitogenPassword *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_password_unref (MitogenPassword *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  explicit_bzero (self->text, self->mapped);
  munmap (self->text, self->mapped);
  g_free (self);
}

const char *
mitogen_password_get_text (MitogenPassword *self)
{
  return self->text;
}

gsize
mitogen_password_get_length (MitogenPassword *self)
{
  return self->length;
}

typedef struct
{
  gsize size;
  char text[];
} Line;

static void
line_free (gpointer data)
{
  Line *line = data;

  explicit_bzero (line->text, line->size);
  g_free (line);
}

GBytes *
mitogen_password_to_line (MitogenPassword *self)
{
  Line *line = g_malloc (sizeof *line + self->length + 1);

  line->size = self->length + 1;
  memcpy (line->text, self->text, self->length);
  line->text[self->length] = '\n';
  return g_bytes_new_with_free_func (line->text, line->size, line_free, line);
}
