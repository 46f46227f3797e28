/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-parts-private.h"
#include "python/mitogen-answer-private.h"
#include "python/mitogen-load-module-private.h"

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
  [MITOGEN_PART_IMPORTER] = { "mitogen.importer", RESOURCE_PATH "importer.z",
                              MITOGEN_PART_IMPORTER },
  [MITOGEN_PART_RESOURCES] = { "mitogen.resources", RESOURCE_PATH "resources.z",
                               MITOGEN_PART_IMPORTER },
  [MITOGEN_PART_FORWARD] = { "mitogen.forward", RESOURCE_PATH "forward.z", MITOGEN_PART_PARENT },
};

static MitogenMessage *
make_load_module (guint32 dst_id, MitogenPart part)
{
  g_autoptr (GBytes) code =
      g_resources_lookup_data (parts[part].resource, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  g_autoptr (MitogenMessage) message = NULL;

  g_assert (code != NULL);
  message = mitogen_load_module_new_part (parts[part].module, code);
  return mitogen_load_module_for (message, dst_id);
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

void
mitogen_parts_answer (MitogenCore *core, MitogenMessage *request)
{
  MitogenPart part;

  if (!find_part (request, &part))
    {
      mitogen_core_refuse (core, request, "no such part of the core");
      return;
    }
  send_part (core, mitogen_message_get_src_id (request), part);
  mitogen_answer_none (core, request);
}
