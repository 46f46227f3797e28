/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a command in a container writes, as the daemon packs it: frames of a header of eight bytes,
 * which are the number of a standard stream, three zeros and a length, and as many bytes. */
typedef struct
{
  guint8 header[8];
  guint n_header; /* how much of it has come */
  gsize left;     /* of the frame */
} MitogenEngineUnpacker;

enum
{
  MITOGEN_ENGINE_IN = 0, /* nobody needs to hear what was typed */
  MITOGEN_ENGINE_OUT = 1,
  MITOGEN_ENGINE_ERR = 2,
  MITOGEN_ENGINE_DAEMON = 3, /* words of its own */
};

typedef struct
{
  guint8 stream;
  const guint8 *data;
  gsize size; /* 0: there is no more */
} MitogenEnginePiece;

/* Takes of *@data up to the end of the next piece of a frame, or everything. FALSE: this is
 * something else. */
gboolean mitogen_engine_unpacker_next (MitogenEngineUnpacker *self,
                                       const guint8 **data,
                                       gsize *size,
                                       MitogenEnginePiece *piece,
                                       GError **error);
/* FALSE: it has ended in the middle of a frame. */
gboolean mitogen_engine_unpacker_is_between (const MitogenEngineUnpacker *self);

G_END_DECLS
