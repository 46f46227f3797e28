/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-relay-messages-private.h"
#include "wire/mitogen-pickle-private.h"

#include <string.h>

#define MAX_EVENT_SIZE (64 * 1024)

/* ---- writing ---- */

/* Takes the writer's content. */
static MitogenMessage *
make_message (guint32 via_id, guint32 handle, MitogenPickleWriter *writer)
{
  MitogenFrameHeader header = { .encoding = MITOGEN_ENCODING_PICKLE,
                                .dst_id = via_id,
                                .handle = handle };

  return mitogen_message_new_segments (&header, mitogen_pickle_writer_end (writer));
}

static MitogenPickleWriter *
begin_control (const char *name)
{
  MitogenPickleWriter *writer = mitogen_pickle_writer_new ();

  mitogen_pickle_writer_begin_tuple (writer);
  mitogen_pickle_writer_add_text (writer, name, -1);
  return writer;
}

static MitogenMessage *
end_control (guint32 via_id, MitogenPickleWriter *writer)
{
  g_autoptr (MitogenPickleWriter) owned = writer;

  mitogen_pickle_writer_end_tuple (owned);
  return make_message (via_id, MITOGEN_HANDLE_RELAY_CONTROL, owned);
}

MitogenMessage *
mitogen_relay_message_kill (guint32 via_id)
{
  return end_control (via_id, begin_control ("kill"));
}

MitogenMessage *
mitogen_relay_message_credit (guint32 via_id, gsize size)
{
  MitogenPickleWriter *writer = begin_control ("credit");

  mitogen_pickle_writer_add_int (writer, size);
  return end_control (via_id, writer);
}

MitogenMessage *
mitogen_relay_message_limit (guint32 via_id, guint ms)
{
  MitogenPickleWriter *writer = begin_control ("limit");

  mitogen_pickle_writer_add_int (writer, ms);
  return end_control (via_id, writer);
}

MitogenMessage *
mitogen_relay_message_eof (guint32 via_id)
{
  MitogenPickleWriter *writer = begin_control ("eof");

  mitogen_pickle_writer_add_int (writer, MITOGEN_RELAY_STREAM);
  return end_control (via_id, writer);
}

MitogenMessage *
mitogen_relay_message_raw (guint32 via_id, GBytes *payload)
{
  MitogenFrameHeader header = { .encoding = MITOGEN_ENCODING_RAW,
                                .dst_id = via_id,
                                .handle = MITOGEN_HANDLE_RELAY_CONTROL };
  g_autoptr (GPtrArray) segments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  g_ptr_array_add (segments, g_bytes_ref (payload));
  return mitogen_message_new_segments (&header, g_steal_pointer (&segments));
}

MitogenMessage *
mitogen_relay_message_input (guint32 via_id, guint8 channel, GBytes *text)
{
  MitogenFrameHeader header = { .encoding = MITOGEN_ENCODING_RAW,
                                .dst_id = via_id,
                                .handle = MITOGEN_HANDLE_RELAY_CONTROL };
  g_autoptr (GPtrArray) segments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  g_ptr_array_add (segments, g_bytes_new (&channel, 1));
  g_ptr_array_add (segments, g_bytes_ref (text));
  return mitogen_message_new_segments (&header, g_steal_pointer (&segments));
}

MitogenMessage *
mitogen_relay_message_queue (guint32 via_id, GBytes *frames)
{
  MitogenPickleWriter *writer = begin_control ("queue");

  mitogen_pickle_writer_add_bytes (writer, frames);
  return end_control (via_id, writer);
}

static void
add_bytes (MitogenPickleWriter *writer, gconstpointer data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);

  mitogen_pickle_writer_add_bytes (writer, bytes);
}

/* Where a profile may have made it fit for a person, so that its lines end in CR LF. */
static gboolean
is_on_terminal (const MitogenBootstrapSpec *spec)
{
  return spec->method != NULL && spec->method->terminal == MITOGEN_TERMINAL_ALL;
}

/* (channel, marker, action, data) */
static void
add_rule (MitogenPickleWriter *writer,
          const char *marker,
          const char *end,
          const char *action,
          GBytes *data)
{
  g_autofree char *line = g_strconcat (marker, end, NULL);

  mitogen_pickle_writer_begin_tuple (writer);
  mitogen_pickle_writer_add_int (writer, MITOGEN_RELAY_STREAM);
  add_bytes (writer, line, strlen (line));
  mitogen_pickle_writer_add_text (writer, action, -1);
  if (data != NULL)
    mitogen_pickle_writer_add_bytes (writer, data);
  else
    add_bytes (writer, "", 0);
  mitogen_pickle_writer_end_tuple (writer);
}

static void
add_command (MitogenPickleWriter *writer, char *const *argv)
{
  mitogen_pickle_writer_begin_tuple (writer);
  for (guint i = 0; argv[i] != NULL; i++)
    add_bytes (writer, argv[i], strlen (argv[i]));
  mitogen_pickle_writer_end_tuple (writer);
}

/* (settings, on_fork) */
static void
add_fork (MitogenPickleWriter *writer, const MitogenBootstrapSpec *spec)
{
  gboolean ok;

  mitogen_pickle_writer_begin_tuple (writer);
  ok = mitogen_pickle_writer_add_variant (writer, spec->preamble->settings, NULL);
  g_assert (ok);
  if (spec->on_fork != NULL)
    mitogen_pickle_writer_add_text (writer, spec->on_fork, -1);
  else if (spec->on_fork_request != 0)
    mitogen_pickle_writer_add_int (writer, spec->on_fork_request);
  else
    mitogen_pickle_writer_add_none (writer);
  mitogen_pickle_writer_end_tuple (writer);
}

static void
add_target (MitogenPickleWriter *writer, const MitogenBootstrapSpec *spec)
{
  mitogen_pickle_writer_add_text (writer, spec->is_fork ? "fork" : "process", -1);
  if (spec->is_fork)
    add_fork (writer, spec);
  else
    add_command (writer, spec->argv);
}

static const char *
get_stdio (const MitogenBootstrapSpec *spec)
{
  switch (spec->method != NULL ? spec->method->terminal : MITOGEN_TERMINAL_NONE)
    {
    case MITOGEN_TERMINAL_ALL:
      return "tty";
    case MITOGEN_TERMINAL_BESIDE:
      return "tty+pipe,stderr";
    case MITOGEN_TERMINAL_NONE:
    default:
      return "pipe,stderr";
    }
}

/* {name: value, or None to take it away} */
static void
add_environment (MitogenPickleWriter *writer, char *const *environment)
{
  GVariantBuilder builder;
  g_autoptr (GVariant) dict = NULL;

  if (environment == NULL || environment[0] == NULL)
    {
      mitogen_pickle_writer_add_none (writer);
      return;
    }
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sms}"));
  for (guint i = 0; environment[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (environment[i], "=", 2);

      g_variant_builder_add (&builder, "{sms}", parts[0], parts[1]);
    }
  dict = g_variant_ref_sink (g_variant_builder_end (&builder));
  mitogen_pickle_writer_add_variant (writer, dict, NULL);
}

MitogenMessage *
mitogen_relay_message_open (guint32 via_id,
                            guint32 id,
                            const MitogenBootstrapSpec *spec,
                            GBytes *first,
                            guint window,
                            guint limit_ms)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();
  g_autofree char *name = mitogen_dialogue_make_name (spec->name, 0);

  mitogen_pickle_writer_begin_tuple (writer);
  add_target (writer, spec);
  mitogen_pickle_writer_add_int (writer, id);
  mitogen_pickle_writer_add_text (writer, name, -1);
  mitogen_pickle_writer_add_text (writer, get_stdio (spec), -1);
  add_environment (writer, spec->method != NULL ? spec->method->environment : NULL);
  mitogen_pickle_writer_begin_tuple (writer);
  if (!spec->is_fork)
    add_rule (writer, spec->preamble->started, is_on_terminal (spec) ? "" : "\n", "core",
              spec->preamble->tail);
  add_rule (writer, spec->preamble->ready, "\n", "adopt", NULL);
  mitogen_pickle_writer_end_tuple (writer);
  if (first != NULL)
    mitogen_pickle_writer_add_bytes (writer, first);
  else
    add_bytes (writer, "", 0);
  mitogen_pickle_writer_add_int (writer, window);
  mitogen_pickle_writer_add_int (writer, limit_ms);
  mitogen_pickle_writer_end_tuple (writer);
  return make_message (via_id, MITOGEN_HANDLE_RELAY_OPEN, writer);
}

MitogenMessage *
mitogen_relay_message_open_socket (guint32 via_id, GBytes *target, guint window, guint limit_ms)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();

  mitogen_pickle_writer_begin_tuple (writer);
  mitogen_pickle_writer_add_text (writer, "unix", -1);
  mitogen_pickle_writer_add_bytes (writer, target);
  mitogen_pickle_writer_add_none (writer); /* id */
  mitogen_pickle_writer_add_none (writer); /* name */
  mitogen_pickle_writer_add_text (writer, "", 0);
  mitogen_pickle_writer_add_none (writer); /* env */
  mitogen_pickle_writer_add_empty_tuple (writer);
  add_bytes (writer, "", 0);
  mitogen_pickle_writer_add_int (writer, window);
  mitogen_pickle_writer_add_int (writer, limit_ms);
  mitogen_pickle_writer_end_tuple (writer);
  return make_message (via_id, MITOGEN_HANDLE_RELAY_OPEN, writer);
}

GBytes *
mitogen_relay_pack_frames (GPtrArray *messages)
{
  GByteArray *frames = g_byte_array_new ();

  for (guint i = 0; i < messages->len; i++)
    {
      MitogenMessage *message = messages->pdata[i];
      MitogenFrameHeader header = *mitogen_message_get_header (message);
      GBytes *payload = mitogen_message_get_bytes (message);
      guint8 packed[MITOGEN_FRAME_HEADER_SIZE];

      header.length = g_bytes_get_size (payload);
      mitogen_frame_header_pack (&header, packed);
      g_byte_array_append (frames, packed, sizeof packed);
      g_byte_array_append (frames, g_bytes_get_data (payload, NULL), header.length);
    }
  return g_byte_array_free_to_bytes (frames);
}

/* ---- reading ---- */

void
mitogen_relay_event_clear (MitogenRelayEvent *event)
{
  g_clear_pointer (&event->text, g_free);
}

static GVariant *
get_argument (GVariant *value, gsize index, const GVariantType *type)
{
  g_autoptr (GVariant) child = NULL;

  if (index >= g_variant_n_children (value))
    return NULL;
  child = g_variant_get_child_value (value, index);
  return g_variant_is_of_type (child, type) ? g_steal_pointer (&child) : NULL;
}

static gboolean
read_number (GVariant *value, gsize index, MitogenRelayEvent *event)
{
  g_autoptr (GVariant) number = get_argument (value, index, G_VARIANT_TYPE_INT64);

  event->has_number = number != NULL;
  if (number != NULL)
    event->number = g_variant_get_int64 (number);
  return event->has_number;
}

static gboolean
read_exit (GVariant *value, MitogenRelayEvent *event)
{
  if (read_number (value, 1, event))
    return event->number >= 0 && event->number <= 0xffff;
  return g_variant_n_children (value) > 1;
}

static gboolean
read_failed (GVariant *value, MitogenRelayEvent *event)
{
  g_autoptr (GVariant) text = get_argument (value, 2, G_VARIANT_TYPE_STRING);
  const char *said;

  if (text == NULL)
    return FALSE;
  read_number (value, 1, event);
  said = g_variant_get_string (text, NULL);
  event->text = mitogen_diagnosis_clean (said, strlen (said));
  return TRUE;
}

static gboolean
read_named (GVariant *value, const char *name, MitogenRelayEvent *event)
{
  if (g_str_equal (name, "started"))
    {
      event->kind = MITOGEN_RELAY_EVENT_STARTED;
      return read_number (value, 1, event);
    }
  if (g_str_equal (name, "rule"))
    {
      event->kind = MITOGEN_RELAY_EVENT_RULE;
      return read_number (value, 1, event);
    }
  if (g_str_equal (name, "exit"))
    {
      event->kind = MITOGEN_RELAY_EVENT_EXIT;
      return read_exit (value, event);
    }
  if (g_str_equal (name, "failed"))
    {
      event->kind = MITOGEN_RELAY_EVENT_FAILED;
      return read_failed (value, event);
    }
  if (g_str_equal (name, "credit"))
    {
      event->kind = MITOGEN_RELAY_EVENT_CREDIT;
      return read_number (value, 1, event);
    }
  if (g_str_equal (name, "adopted"))
    event->kind = MITOGEN_RELAY_EVENT_ADOPTED;
  else if (g_str_equal (name, "limit"))
    event->kind = MITOGEN_RELAY_EVENT_LIMIT;
  else if (g_str_equal (name, "detached"))
    event->kind = MITOGEN_RELAY_EVENT_DETACHED;
  else if (g_str_equal (name, "eof"))
    event->kind = MITOGEN_RELAY_EVENT_EOF;
  return TRUE;
}

gboolean
mitogen_relay_event_read (MitogenMessage *message, MitogenRelayEvent *event)
{
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) name = NULL;

  *event = (MitogenRelayEvent){ MITOGEN_RELAY_EVENT_OTHER };
  if (mitogen_message_get_size (message) > MAX_EVENT_SIZE)
    return FALSE;
  value = mitogen_message_unpickle (message, NULL);
  if (value == NULL || !g_variant_is_of_type (value, G_VARIANT_TYPE_TUPLE))
    return FALSE;
  name = get_argument (value, 0, G_VARIANT_TYPE_STRING);
  return name != NULL && read_named (value, g_variant_get_string (name, NULL), event);
}
