/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-answer-private.h"

void
mitogen_answer (MitogenCore *core, MitogenMessage *message, MitogenPickleWriter *writer)
{
  MitogenFrameHeader header = { .encoding = MITOGEN_ENCODING_LEGACY,
                                .dst_id = mitogen_message_get_src_id (message),
                                .handle = mitogen_message_get_reply_to (message) };
  g_autoptr (MitogenMessage) answer =
      mitogen_message_new_segments (&header, mitogen_pickle_writer_end (writer));

  if (header.handle != 0)
    mitogen_core_send (core, answer);
}

void
mitogen_answer_none (MitogenCore *core, MitogenMessage *message)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();

  mitogen_pickle_writer_add_none (writer);
  mitogen_answer (core, message, writer);
}

void
mitogen_answer_error (MitogenCore *core, MitogenMessage *message, const char *text)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();

  mitogen_pickle_writer_add_call_error (writer, text);
  mitogen_answer (core, message, writer);
}
