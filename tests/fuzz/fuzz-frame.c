/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "fuzz.h"
#include "wire/mitogen-frame-private.h"

/* Every header that is accepted says all that its bytes do. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  MitogenFrameHeader header;
  guint8 again[MITOGEN_FRAME_HEADER_SIZE];
  gboolean known;

  if (size < MITOGEN_FRAME_HEADER_SIZE)
    return 0;

  known = data[0] == 0x4d && data[1] >= 0x49 && data[1] <= 0x4b;
  if (mitogen_frame_header_unpack (&header, data) != known)
    g_error ("header %02x%02x is taken for what it is not", data[0], data[1]);
  if (!known)
    return 0;

  mitogen_frame_header_pack (&header, again);
  if (memcmp (again, data, sizeof again) != 0)
    g_error ("a header changes when it is packed again");

  return 0;
}
