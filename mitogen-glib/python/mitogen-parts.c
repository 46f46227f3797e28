/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-parts-private.h"
#include "python/mitogen-answer-private.h"
#include "wire/mitogen-pickle-private.h"

#include <string.h>

#define RESOURCE_PATH "/org/mitogen/remote/"

static const struct
{
  const char *module;
  const char *resource;
  MitogenPart needs; /* itself: nothing */
} parts[] = {
  [MITOGEN_PART_PARENT] = { "mitogen.parent", RESOURCE_PATH "parent.z", MITOGEN_PART_PARENT },
  [MITOGEN_PART_RELAY] = { "mitogen.relay", RESOURCE_PATH "relay.z", MITOGEN_PART_PARENT },
  [MITOGEN_PART_FORK] = { "mitogen.fork", RESOURCE_PATH "fork.z", MITOGEN_PART_RELAY },
  [MITOGEN_PART_DEBUG] = { "mitogen.debug", RESOURCE_PATH "debug.z", MITOGEN_PART_DEBUG },
  [MITOGEN_PART_REQUESTS] = { "mitogen.requests", RESOURCE_PATH "requests.z",
                              MITOGEN_PART_REQUESTS },
  [MITOGEN_PART_DETACH] = { "mitogen.detach", RESOURCE_PATH "detach.z", MITOGEN_PART_DETACH },
  [MITOGEN_PART_STREAMS] = { "mitogen.streams", RESOURCE_PATH "streams.z", MITOGEN_PART_STREAMS },
};

/* Requests of a context that does not read what it is sent are dropped while this much waits. */
#define MAX_UNREAD (4 * 1024 * 1024)

#define MAX_MODULE_NAME 1024

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

/* ---- contexts that ask ---- */

static gboolean
find_part (MitogenMessage *message, MitogenPart *part)
{
  gsize size;
  const char *name = g_bytes_get_data (mitogen_message_get_bytes (message), &size);

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (strlen (parts[i].module) == size && memcmp (parts[i].module, name, size) == 0)
      {
        *part = i;
        return TRUE;
      }
  return FALSE;
}

/* To a context that another process has connected: nobody here knows what it has, and it ignores
 * what it has already. */
static void
send_blindly (MitogenCore *core, guint32 id, MitogenPart part)
{
  g_autoptr (MitogenMessage) message = make_load_module (id, part);

  if (parts[part].needs != part)
    send_blindly (core, id, parts[part].needs);
  mitogen_core_send (core, message);
}

/* Whoever has started a context has to let it leave. */
static void
prepare_via (MitogenCore *core, MitogenContextNode *node)
{
  g_autoptr (MitogenContextNode) via =
      mitogen_core_node_by_id (core, mitogen_context_node_get_via_id (node));

  if (via != NULL && mitogen_context_node_is_python (via))
    mitogen_parts_push (core, via, MITOGEN_PART_DETACH);
}

static void
send_part (MitogenCore *core, guint32 id, MitogenPart part)
{
  g_autoptr (MitogenContextNode) node = mitogen_core_node_by_id (core, id);

  if (node == NULL)
    {
      send_blindly (core, id, part);
      return;
    }
  if (part == MITOGEN_PART_DETACH)
    prepare_via (core, node);
  mitogen_parts_push (core, node, part);
}

/* A context of the original that asks for a module: it waits for one, for ever. */
static void
send_no_module (MitogenCore *core, MitogenMessage *request)
{
  gsize size;
  const char *name = g_bytes_get_data (mitogen_message_get_bytes (request), &size);
  g_autoptr (MitogenPickleWriter) writer = NULL;
  g_autoptr (MitogenMessage) answer = NULL;
  MitogenFrameHeader header = { .encoding = MITOGEN_ENCODING_LEGACY,
                                .dst_id = mitogen_message_get_src_id (request),
                                .handle = MITOGEN_HANDLE_LOAD_MODULE };

  if (size == 0 || size > MAX_MODULE_NAME || !g_utf8_validate (name, size, NULL))
    return;
  writer = mitogen_pickle_writer_new ();
  mitogen_pickle_writer_begin_tuple (writer);
  mitogen_pickle_writer_add_text (writer, name, size);
  mitogen_pickle_writer_add_none (writer);
  mitogen_pickle_writer_add_none (writer); /* no path: there is no such module */
  mitogen_pickle_writer_add_none (writer);
  mitogen_pickle_writer_add_empty_tuple (writer);
  mitogen_pickle_writer_end_tuple (writer);
  answer = mitogen_message_new_segments (&header, mitogen_pickle_writer_end (writer));
  mitogen_core_send (core, answer);
}

void
mitogen_parts_on_get_module (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  MitogenCore *core = data;
  MitogenPart part;

  if (mitogen_message_is_dead (message))
    return;
  if (from != NULL && mitogen_stream_get_pending_bytes (from) > MAX_UNREAD)
    mitogen_core_complain (core, from, "it does not read what it asks for", message);
  else if (mitogen_message_get_reply_to (message) == 0)
    send_no_module (core, message);
  else if (!find_part (message, &part))
    mitogen_core_refuse (core, message, "no such part of the core");
  else
    {
      send_part (core, mitogen_message_get_src_id (message), part);
      mitogen_answer_none (core, message);
    }
}
