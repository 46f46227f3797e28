/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-unpacker-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* The daemons read 32 KiB at once. What is much larger has not been written by one. */
#define MAX_FRAME (16 * 1024 * 1024)

gboolean
mitogen_engine_unpacker_is_between (const MitogenEngineUnpacker *self)
{
  return self->n_header == 0 && self->left == 0;
}

/* FALSE: it is none. */
static gboolean
take_header (MitogenEngineUnpacker *self)
{
  guint32 length;

  memcpy (&length, self->header + 4, sizeof length);
  self->left = GUINT32_FROM_BE (length);
  self->n_header = 0;
  return self->header[0] <= MITOGEN_ENGINE_DAEMON && self->header[1] == 0 && self->header[2] == 0 &&
         self->header[3] == 0 && self->left <= MAX_FRAME;
}

gboolean
mitogen_engine_unpacker_next (MitogenEngineUnpacker *self,
                              const guint8 **data,
                              gsize *size,
                              MitogenEnginePiece *piece,
                              GError **error)
{
  piece->size = 0;
  while (self->left == 0 && *size > 0)
    {
      self->header[self->n_header++] = **data;
      (*data)++;
      (*size)--;
      if (self->n_header == sizeof self->header && !take_header (self))
        {
          g_set_error_literal (error, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL,
                               _ ("what comes from the container is not packed in frames"));
          return FALSE;
        }
    }
  piece->stream = self->header[0];
  piece->data = *data;
  piece->size = MIN (self->left, *size);
  self->left -= piece->size;
  *data += piece->size;
  *size -= piece->size;
  return TRUE;
}
