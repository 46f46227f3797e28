/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-load-module-private.h"
#include "wire/mitogen-pickle-private.h"

static MitogenMessage *
end (MitogenPickleWriter *writer)
{
  MitogenFrameHeader header = { .encoding = MITOGEN_ENCODING_LEGACY,
                                .handle = MITOGEN_HANDLE_LOAD_MODULE };

  mitogen_pickle_writer_end_tuple (writer);
  return mitogen_message_new_segments (&header, mitogen_pickle_writer_end (writer));
}

static void
add_names (MitogenPickleWriter *writer, const char *const *names)
{
  GVariant *list = g_variant_new_strv (names, -1);
  g_autoptr (GVariant) owned = g_variant_ref_sink (list);

  mitogen_pickle_writer_add_variant (writer, owned, NULL);
}

/* Names that are not served follow those that are, marked by what no name begins with. */
static void
add_related (MitogenPickleWriter *writer, GPtrArray *related, GPtrArray *absent)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) names = NULL;

  for (guint i = 0; i < related->len; i++)
    g_strv_builder_add (builder, related->pdata[i]);
  for (guint i = 0; absent != NULL && i < absent->len; i++)
    {
      g_autofree char *marked = g_strconcat ("!", absent->pdata[i], NULL);

      g_strv_builder_add (builder, marked);
    }
  names = g_strv_builder_end (builder);
  add_names (writer, (const char *const *) names);
}

MitogenMessage *
mitogen_load_module_new (const char *name,
                         const char *path,
                         const char *const *children,
                         GBytes *code,
                         GPtrArray *related,
                         GPtrArray *absent)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();

  mitogen_pickle_writer_begin_tuple (writer);
  mitogen_pickle_writer_add_text (writer, name, -1);
  if (children != NULL)
    add_names (writer, children);
  else
    mitogen_pickle_writer_add_none (writer);
  mitogen_pickle_writer_add_text (writer, path, -1);
  if (code != NULL)
    mitogen_pickle_writer_add_bytes (writer, code);
  else
    mitogen_pickle_writer_add_none (writer);
  add_related (writer, related, absent);
  return end (writer);
}

/* The empty path says that this is no module to be imported. */
MitogenMessage *
mitogen_load_module_new_part (const char *name, GBytes *code)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();

  mitogen_pickle_writer_begin_tuple (writer);
  mitogen_pickle_writer_add_text (writer, name, -1);
  mitogen_pickle_writer_add_none (writer);
  mitogen_pickle_writer_add_text (writer, "", -1);
  mitogen_pickle_writer_add_bytes (writer, code);
  mitogen_pickle_writer_add_empty_tuple (writer);
  return end (writer);
}

MitogenMessage *
mitogen_load_module_new_missing (const char *name, gsize length, const char *reason)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();

  mitogen_pickle_writer_begin_tuple (writer);
  mitogen_pickle_writer_add_text (writer, name, length);
  mitogen_pickle_writer_add_none (writer);
  mitogen_pickle_writer_add_none (writer);
  if (reason != NULL)
    mitogen_pickle_writer_add_text (writer, reason, -1);
  else
    mitogen_pickle_writer_add_none (writer);
  mitogen_pickle_writer_add_empty_tuple (writer);
  return end (writer);
}

MitogenMessage *
mitogen_load_module_new_settings (GPtrArray *overrides)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();

  mitogen_pickle_writer_begin_tuple (writer);
  mitogen_pickle_writer_add_text (writer, "", 0);
  mitogen_pickle_writer_add_none (writer);
  mitogen_pickle_writer_add_none (writer);
  mitogen_pickle_writer_add_none (writer);
  add_related (writer, overrides, NULL);
  return end (writer);
}

MitogenMessage *
mitogen_load_module_for (MitogenMessage *message, guint32 dst_id)
{
  MitogenFrameHeader header = *mitogen_message_get_header (message);

  header.dst_id = dst_id;
  return mitogen_message_with_header (message, &header);
}
