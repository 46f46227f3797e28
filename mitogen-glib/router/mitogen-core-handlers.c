/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the program's own threads have the I/O thread do about handlers. */

#include "router/mitogen-core-private.h"

/* ---- a message that the program refuses ---- */

typedef struct
{
  MitogenCore *core;
  MitogenMessage *message;
} Refused;

static void
refused_run (gpointer data)
{
  Refused *refused = data;
  g_autoptr (MitogenStream) from =
      mitogen_core_stream_by_id (refused->core, mitogen_message_get_src_id (refused->message));

  mitogen_core_refuse_by_policy (refused->core, refused->message, from);
}

static void
refused_free (gpointer data)
{
  Refused *refused = data;

  mitogen_message_unref (refused->message);
  mitogen_core_unref (refused->core);
  g_free (refused);
}

void
mitogen_core_refuse_later (MitogenCore *self, MitogenMessage *message)
{
  Refused *refused = g_new (Refused, 1);

  refused->core = mitogen_core_ref (self);
  refused->message = mitogen_message_ref (message);
  mitogen_io_post (mitogen_core_get_io (self), refused_run, refused, refused_free);
}

/* ---- a handle that is taken over ---- */

typedef struct
{
  MitogenCore *core;
  MitogenHandler *handler;
} Replaced;

static void
replaced_run (gpointer data)
{
  Replaced *replaced = data;
  const MitogenHandlerSpec *spec = mitogen_handler_get_spec (replaced->handler);
  g_autoptr (MitogenMessage) dead =
      mitogen_core_new_dead (replaced->core, mitogen_core_get_id (replaced->core), spec->handle,
                             "its handle was taken over");

  spec->func (dead, NULL, spec->data);
}

static void
replaced_free (gpointer data)
{
  Replaced *replaced = data;

  mitogen_handler_unref (replaced->handler);
  mitogen_core_unref (replaced->core);
  g_free (replaced);
}

guint32
mitogen_core_take_handle (MitogenCore *self, const MitogenHandlerSpec *spec, GError **error)
{
  Replaced *replaced = g_new0 (Replaced, 1);
  guint32 handle =
      mitogen_handlers_replace (mitogen_core_get_handlers (self), spec, &replaced->handler, error);

  if (replaced->handler == NULL)
    {
      g_free (replaced);
      return handle;
    }
  replaced->core = mitogen_core_ref (self);
  mitogen_io_post (mitogen_core_get_io (self), replaced_run, replaced, replaced_free);
  return handle;
}
