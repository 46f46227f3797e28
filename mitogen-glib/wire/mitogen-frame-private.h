/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MITOGEN_FRAME_HEADER_SIZE        26
#define MITOGEN_DEFAULT_MAX_MESSAGE_SIZE (128u * 1024u * 1024u)

/* What the first field of a header says of the payload. A 0.3.3 peer knows only LEGACY: a
 * stream to one writes nothing else. All three are accepted. */
typedef enum
{
  MITOGEN_ENCODING_LEGACY = 0x4d49,
  MITOGEN_ENCODING_PICKLE = 0x4d4a,
  MITOGEN_ENCODING_RAW = 0x4d4b,
} MitogenEncoding;

enum
{
  MITOGEN_HANDLE_GET_MODULE = 100,
  MITOGEN_HANDLE_CALL_FUNCTION = 101,
  MITOGEN_HANDLE_FORWARD_LOG = 102,
  MITOGEN_HANDLE_ADD_ROUTE = 103,
  MITOGEN_HANDLE_DEL_ROUTE = 104,
  MITOGEN_HANDLE_ALLOCATE_ID = 105,
  MITOGEN_HANDLE_SHUTDOWN = 106,
  MITOGEN_HANDLE_LOAD_MODULE = 107,
  MITOGEN_HANDLE_FORWARD_MODULE = 108,
  MITOGEN_HANDLE_DETACHING = 109,
  MITOGEN_HANDLE_CALL_SERVICE = 110,
  MITOGEN_HANDLE_GET_RESOURCE = 112,
  MITOGEN_HANDLE_LOAD_RESOURCE = 113,
  /* From here on ours: sent only to a peer known to be ours. */
  MITOGEN_HANDLE_RELAY_OPEN = 200,
  MITOGEN_HANDLE_RELAY_CONTROL = 201,
  MITOGEN_HANDLE_EXPECT_ROUTE = 202,
  MITOGEN_HANDLE_CONNECT_REQUEST = 203,
  MITOGEN_HANDLE_HELLO = 204,
  /* A value of reply_to, never a handle: the message is dead. */
  MITOGEN_IS_DEAD = 999,
  MITOGEN_FIRST_DYNAMIC_HANDLE = 1000,
};

typedef struct
{
  MitogenEncoding encoding;
  guint32 dst_id;
  guint32 src_id;
  guint32 auth_id;
  guint32 handle;
  guint32 reply_to;
  guint32 length;
} MitogenFrameHeader;

void mitogen_frame_header_pack (const MitogenFrameHeader *header,
                                guint8 bytes[MITOGEN_FRAME_HEADER_SIZE]);

/* FALSE: the first field is none of the three encodings; the stream is corrupt. */
gboolean mitogen_frame_header_unpack (MitogenFrameHeader *header,
                                      const guint8 bytes[MITOGEN_FRAME_HEADER_SIZE]);

G_END_DECLS
