/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "wire/mitogen-frame-private.h"

#include <string.h>

static guint8 *
put_u32 (guint8 *bytes, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (bytes, &value, sizeof value);

  return bytes + sizeof value;
}

static const guint8 *
get_u32 (const guint8 *bytes, guint32 *value)
{
  guint32 raw;

  memcpy (&raw, bytes, sizeof raw);
  *value = GUINT32_FROM_BE (raw);

  return bytes + sizeof raw;
}

void
mitogen_frame_header_pack (const MitogenFrameHeader *header,
                           guint8 bytes[MITOGEN_FRAME_HEADER_SIZE])
{
  *bytes++ = (header->encoding >> 8) & 0xff;
  *bytes++ = header->encoding & 0xff;
  bytes = put_u32 (bytes, header->dst_id);
  bytes = put_u32 (bytes, header->src_id);
  bytes = put_u32 (bytes, header->auth_id);
  bytes = put_u32 (bytes, header->handle);
  bytes = put_u32 (bytes, header->reply_to);
  put_u32 (bytes, header->length);
}

gboolean
mitogen_frame_header_unpack (MitogenFrameHeader *header,
                             const guint8 bytes[MITOGEN_FRAME_HEADER_SIZE])
{
  guint magic = ((guint) bytes[0] << 8) | bytes[1];

  if (magic < MITOGEN_ENCODING_LEGACY || magic > MITOGEN_ENCODING_RAW)
    return FALSE;

  header->encoding = magic;
  bytes = get_u32 (bytes + 2, &header->dst_id);
  bytes = get_u32 (bytes, &header->src_id);
  bytes = get_u32 (bytes, &header->auth_id);
  bytes = get_u32 (bytes, &header->handle);
  bytes = get_u32 (bytes, &header->reply_to);
  get_u32 (bytes, &header->length);

  return TRUE;
}
