/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-log-private.h"
#include "broker/mitogen-worker-private.h"

#include <string.h>

/* Bytes of records that wait for a slow writer. */
#define MAX_WAITING       (8 * 1024 * 1024)
#define MAX_LOGGER_LENGTH 200
#define MAX_TEXT_LENGTH   (64 * 1024)

typedef struct
{
  GLogLevelFlags level;
  char *text;
  /* Of a child's record only; NULL otherwise. */
  char *context_name;
  char *logger;
  guint32 context_id;
  gint python_level;
} Record;

typedef struct
{
  MitogenWeak *router;
  MitogenWeak *context; /* NULL: none */
  Record *record;
} LogEmission;

static void
record_free (Record *record)
{
  g_free (record->text);
  g_free (record->context_name);
  g_free (record->logger);
  g_free (record);
}

static Record *
record_copy (Record *record)
{
  Record *copy = g_new (Record, 1);

  *copy = *record;
  copy->text = g_strdup (record->text);
  copy->context_name = g_strdup (record->context_name);
  copy->logger = g_strdup (record->logger);
  return copy;
}

static gint
record_size (Record *record)
{
  return sizeof *record + strlen (record->text) + 256;
}

/* ---- writing ---- */

static gint waiting; /* atomic: bytes given to the writer's thread */

/* What a child says must never end this process, and GLib ends it at a warning where those
 * were made fatal: so its errors have the priority of errors, but the level of a message. */
static GLogLevelFlags
level_of_python (gint level)
{
  if (level >= 30)
    return G_LOG_LEVEL_MESSAGE;
  return level >= 20 ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_DEBUG;
}

static const char *
priority_of_python (gint level)
{
  if (level >= 50)
    return "2";
  if (level >= 40)
    return "3";
  if (level >= 30)
    return "4";
  return level >= 20 ? "6" : "7";
}

static void
write_own (Record *record)
{
  g_log_structured (G_LOG_DOMAIN, record->level, "MESSAGE", "%s", record->text);
}

static void
write_of_child (Record *record)
{
  g_autofree char *id = g_strdup_printf ("%u", record->context_id);
  g_autofree char *level = g_strdup_printf ("%d", record->python_level);
  g_autofree char *line =
      g_strdup_printf ("%s: %s: %s", record->context_name, record->logger, record->text);
  const GLogField fields[] = {
    { "MESSAGE", line, -1 },
    { "PRIORITY", priority_of_python (record->python_level), -1 },
    { "GLIB_DOMAIN", G_LOG_DOMAIN, -1 },
    { "MITOGEN_CONTEXT", record->context_name, -1 },
    { "MITOGEN_CONTEXT_ID", id, -1 },
    { "MITOGEN_LOGGER", record->logger, -1 },
    { "MITOGEN_LEVEL", level, -1 },
  };

  g_log_structured_array (record->level, fields, G_N_ELEMENTS (fields));
}

static void
write_record (gpointer data)
{
  Record *record = data;

  if (record->logger != NULL)
    write_of_child (record);
  else
    write_own (record);
  g_atomic_int_add (&waiting, -record_size (record));
  record_free (record);
}

static void
push_record (Record *record)
{
  static MitogenWorker writer = MITOGEN_WORKER_INIT ("mitogen-log", write_record);

  if (g_atomic_int_add (&waiting, record_size (record)) > MAX_WAITING)
    {
      g_atomic_int_add (&waiting, -record_size (record));
      record_free (record);
    }
  else
    mitogen_worker_push (&writer, record);
}

void
mitogen_log_own (GLogLevelFlags level, const char *text)
{
  Record *record = g_new0 (Record, 1);

  record->level = level;
  record->text = g_strdup (text);
  push_record (record);
}

/* ---- signals ---- */

static void
log_emission_free (gpointer data)
{
  LogEmission *emission = data;

  record_free (emission->record);
  g_clear_pointer (&emission->context, mitogen_weak_unref);
  mitogen_weak_unref (emission->router);
  g_free (emission);
}

static void
emit_log (gpointer data)
{
  LogEmission *emission = data;
  g_autoptr (GObject) router = mitogen_weak_get (emission->router);
  g_autoptr (GObject) context = NULL;

  if (router == NULL)
    return;
  if (emission->context != NULL)
    context = mitogen_weak_get (emission->context);
  g_signal_emit_by_name (router, "log", context, emission->record->python_level,
                         emission->record->logger, emission->record->text);
}

static void
post_log (MitogenCore *core, MitogenContextNode *node, Record *record)
{
  g_autoptr (MitogenDispatcher) dispatcher = NULL;
  g_autoptr (MitogenWeak) router = mitogen_core_get_owner (core, &dispatcher);
  LogEmission *emission;

  if (router == NULL)
    return;
  emission = g_new (LogEmission, 1);
  emission->router = g_steal_pointer (&router);
  emission->context = mitogen_context_node_dup_weak (node);
  emission->record = record_copy (record);
  mitogen_dispatcher_post_lossy (dispatcher, record_size (record), emit_log, emission,
                                 log_emission_free);
}

static void
emit_output (GObject *context, gpointer data)
{
  Record *record = data;

  g_signal_emit_by_name (context, "output", record->logger, record->text);
}

static gboolean
is_output (Record *record)
{
  return g_str_equal (record->logger, "stdout") || g_str_equal (record->logger, "stderr");
}

/* ---- reading ---- */

static char *
take_field (const char **data, gsize *size, gsize max)
{
  const char *end = *size > 0 ? memchr (*data, '\0', *size) : NULL; /* NULL may be no argument */
  g_autofree char *valid = NULL;
  gsize length;

  if (end == NULL)
    return NULL;
  length = end - *data;
  valid = g_utf8_make_valid (*data, MIN (length, max));
  *data += length + 1;
  *size -= length + 1;
  return g_steal_pointer (&valid);
}

static Record *
record_of_node (MitogenContextNode *node, gint python_level, const char *text, gsize length)
{
  Record *record = g_new0 (Record, 1);

  record->python_level = python_level;
  record->level = level_of_python (python_level);
  record->text = g_utf8_make_valid (text, MIN (length, MAX_TEXT_LENGTH));
  record->context_id = mitogen_context_node_get_id (node);
  record->context_name = g_strdup (mitogen_context_node_get_name (node));
  return record;
}

/* logger NUL level NUL text; the text may hold anything. */
static Record *
parse_record (MitogenMessage *message, MitogenContextNode *node)
{
  GBytes *bytes = mitogen_message_get_bytes (message);
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  g_autofree char *logger = take_field (&data, &size, MAX_LOGGER_LENGTH);
  g_autofree char *level = logger != NULL ? take_field (&data, &size, MAX_LOGGER_LENGTH) : NULL;
  Record *record;

  if (level == NULL)
    return NULL;

  record = record_of_node (node, CLAMP (g_ascii_strtoll (level, NULL, 10), 0, 1000), data, size);
  record->logger = g_steal_pointer (&logger);
  return record;
}

/* @record: taken */
static void
hand_out (MitogenCore *core, MitogenContextNode *node, Record *record)
{
  if (is_output (record))
    mitogen_context_node_post (node, record_size (record), emit_output, record_copy (record),
                               (GDestroyNotify) record_free);
  else
    post_log (core, node, record);
  push_record (record);
}

void
mitogen_log_receive_line (MitogenCore *core,
                          MitogenContextNode *node,
                          const char *stream,
                          const char *line,
                          gsize length)
{
  Record *record = record_of_node (node, 20, line, length);

  record->logger = g_strdup (stream);
  hand_out (core, node, record);
}

void
mitogen_log_receive (MitogenCore *core, MitogenMessage *message)
{
  /* The source was verified: a context can only speak for itself and what is behind it. */
  g_autoptr (MitogenContextNode) node =
      mitogen_core_node_by_id (core, mitogen_message_get_src_id (message));
  Record *record;

  if (node == NULL || mitogen_message_is_dead (message))
    return;
  record = parse_record (message, node);
  if (record != NULL)
    hand_out (core, node, record);
}
