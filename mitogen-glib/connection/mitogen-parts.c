/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-parts-private.h"
#include "wire/mitogen-pickle-private.h"

#define RESOURCE_PATH "/org/mitogen/remote/"

static const struct
{
  const char *module;
  const char *resource;
  MitogenPart needs; /* itself: nothing */
} parts[] = {
  [MITOGEN_PART_PARENT] = { "mitogen.parent", RESOURCE_PATH "parent.z", MITOGEN_PART_PARENT },
  [MITOGEN_PART_RELAY] = { "mitogen.relay", RESOURCE_PATH "relay.z", MITOGEN_PART_PARENT },
};

/* The empty path says that this is no module to be imported. */
static MitogenMessage *
make_load_module (guint32 dst_id, MitogenPart part)
{
  g_autoptr (GBytes) code =
      g_resources_lookup_data (parts[part].resource, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();
  MitogenFrameHeader header = { .encoding = MITOGEN_ENCODING_LEGACY,
                                .dst_id = dst_id,
                                .handle = MITOGEN_HANDLE_LOAD_MODULE };

  g_assert (code != NULL);
  mitogen_pickle_writer_begin_tuple (writer);
  mitogen_pickle_writer_add_text (writer, parts[part].module, -1);
  mitogen_pickle_writer_add_none (writer);
  mitogen_pickle_writer_add_text (writer, "", -1);
  mitogen_pickle_writer_add_bytes (writer, code);
  mitogen_pickle_writer_add_empty_tuple (writer);
  mitogen_pickle_writer_end_tuple (writer);
  return mitogen_message_new_segments (&header, mitogen_pickle_writer_end (writer));
}

void
mitogen_parts_push (MitogenCore *core, MitogenContextNode *node, MitogenPart part)
{
  g_autoptr (MitogenMessage) message = NULL;

  g_assert (mitogen_io_is_current (mitogen_core_get_io (core)));
  if (!mitogen_context_node_add_part (node, part))
    return;
  if (parts[part].needs != part)
    mitogen_parts_push (core, node, parts[part].needs);
  message = make_load_module (mitogen_context_node_get_id (node), part);
  mitogen_core_send (core, message);
}
