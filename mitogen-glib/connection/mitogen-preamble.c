/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-preamble-private.h"
#include "remote/mitogen-remote-core.h"

#include "mitogen-version.h"

#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define RESOURCE_PATH "/org/mitogen/remote/"

char *
mitogen_make_nonce (void)
{
  g_autofree char *uuid = g_uuid_string_random ();
  GString *nonce = g_string_new (NULL);

  /* The first 16 hex digits hold 4 fixed bits (the version), the others are random. */
  for (const char *p = uuid; *p != '\0' && nonce->len < 16; p++)
    if (*p != '-')
      g_string_append_c (nonce, *p);
  return g_string_free (nonce, FALSE);
}

static GBytes *
lookup (const char *name)
{
  g_autofree char *path = g_strconcat (RESOURCE_PATH, name, NULL);
  GBytes *bytes = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  g_assert (bytes != NULL);
  return bytes;
}

/* ---- the configuration, as a Python literal ---- */

static const char *
python_bool (gboolean value)
{
  return value ? "True" : "False";
}

/* Escapes that Python 2 and 3 read alike; ASCII only, so that no locale matters. */
static void
append_python_text (GString *out, const char *text)
{
  g_string_append (out, "u'");
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c >= ' ' && c < 0x7f && c != '\'' && c != '\\')
        g_string_append_c (out, c);
      else
        g_string_append_printf (out, "\\U%08x", c);
    }
  g_string_append_c (out, '\'');
}

static void
append_parent_ids (GString *out, const MitogenPreambleConfig *config)
{
  g_string_append (out, "'parent_ids':[");
  for (guint i = 0; i < config->n_parent_ids; i++)
    g_string_append_printf (out, "%u,", config->parent_ids[i]);
  g_string_append (out, "],");
}

static char *
make_config (const MitogenPreambleConfig *config, const char *marker, gsize core_length)
{
  GString *out = g_string_new (NULL);

  if (config->home != 0)
    g_string_printf (out, "home=%u\n", config->home);
  g_string_append (out, "main({");

  g_string_append_printf (out, "'context_id':%u,", config->id);
  append_parent_ids (out, config);
  g_string_append (out, "'name':");
  append_python_text (out, config->remote_name);
  g_string_append_printf (out, ",'marker':'%s','core_len':%" G_GSIZE_FORMAT ",", marker,
                          core_length);
  g_string_append_printf (out, "'debug':%s,'profiling':%s,'unidirectional':%s,",
                          python_bool (config->debug), python_bool (config->profiling),
                          python_bool (config->unidirectional));
  g_string_append_printf (out, "'max_message_size':%u,'version':(%d,%d,%d),'log_level':%d})\n",
                          config->max_message_size, MITOGEN_MAJOR_VERSION, MITOGEN_MINOR_VERSION,
                          MITOGEN_MICRO_VERSION, config->debug ? 10 : 20);
  return g_string_free (out, FALSE);
}

/* The same as a value, for a copy of a context. */
static GVariant *
make_settings (const MitogenPreambleConfig *config, const char *marker, gsize core_length)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "context_id", g_variant_new_uint32 (config->id));
  g_variant_builder_add (&builder, "{sv}", "parent_ids",
                         g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, config->parent_ids,
                                                    config->n_parent_ids, sizeof (guint32)));
  g_variant_builder_add (&builder, "{sv}", "name", g_variant_new_string (config->remote_name));
  g_variant_builder_add (&builder, "{sv}", "marker", g_variant_new_string (marker));
  g_variant_builder_add (&builder, "{sv}", "core_len", g_variant_new_uint64 (core_length));
  g_variant_builder_add (&builder, "{sv}", "debug", g_variant_new_boolean (config->debug));
  g_variant_builder_add (&builder, "{sv}", "profiling", g_variant_new_boolean (config->profiling));
  g_variant_builder_add (&builder, "{sv}", "unidirectional",
                         g_variant_new_boolean (config->unidirectional));
  g_variant_builder_add (&builder, "{sv}", "max_message_size",
                         g_variant_new_uint32 (config->max_message_size));
  g_variant_builder_add (&builder, "{sv}", "version",
                         g_variant_new ("(iii)", MITOGEN_MAJOR_VERSION, MITOGEN_MINOR_VERSION,
                                        MITOGEN_MICRO_VERSION));
  g_variant_builder_add (&builder, "{sv}", "log_level",
                         g_variant_new_int32 (config->debug ? 10 : 20));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* The core ends on a byte boundary with its deflate stream still open, so a second raw
 * stream that has an end can simply follow. Small windows: it is a few hundred bytes. */
static GBytes *
deflate_tail (const guint8 *data, gsize size)
{
  z_stream z = { 0 };
  gsize bound;
  guint8 *out;
  int result;

  result = deflateInit2 (&z, Z_BEST_COMPRESSION, Z_DEFLATED, -9, 1, Z_DEFAULT_STRATEGY);
  g_assert (result == Z_OK);
  bound = deflateBound (&z, size);
  out = g_malloc (bound);
  z.next_in = (guint8 *) data;
  z.avail_in = size;
  z.next_out = out;
  z.avail_out = bound;
  result = deflate (&z, Z_FINISH);
  g_assert (result == Z_STREAM_END);
  deflateEnd (&z);
  return g_bytes_new_take (out, bound - z.avail_out);
}

static GBytes *
make_tail (const MitogenPreambleConfig *config, const char *marker, gsize core_length)
{
  g_autoptr (GByteArray) text = g_byte_array_new ();
  g_autofree char *line = make_config (config, marker, core_length);

  if (config->debug || config->profiling)
    {
      g_autoptr (GBytes) debug = lookup ("core-debug.txt");

      g_byte_array_append (text, g_bytes_get_data (debug, NULL), g_bytes_get_size (debug));
    }
  g_byte_array_append (text, (const guint8 *) line, strlen (line));
  return deflate_tail (text->data, text->len);
}

static void
replace_number (GString *text, const char *placeholder, gsize number)
{
  g_autofree char *digits = g_strdup_printf ("%" G_GSIZE_FORMAT, number);

  g_string_replace (text, placeholder, digits, 0);
}

static char *
make_first_stage (const char *nonce, gsize length)
{
  GString *stage = g_string_new (MITOGEN_REMOTE_FIRST_STAGE);

  g_string_replace (stage, "@NONCE@", nonce, 0);
  replace_number (stage, "@LENGTH@", length);
  replace_number (stage, "@REST@", MITOGEN_REMOTE_REST_LENGTH);
  return g_string_free (stage, FALSE);
}

MitogenPreamble *
mitogen_preamble_new (const MitogenPreambleConfig *config)
{
  MitogenPreamble *self = g_new0 (MitogenPreamble, 1);
  g_autofree char *nonce = mitogen_make_nonce ();
  g_autofree char *marker = mitogen_make_nonce ();

  self->core = lookup ("core.bin");
  if (config->is_fork)
    {
      self->settings = make_settings (config, marker, g_bytes_get_size (self->core));
      self->ready = g_strconcat ("MITO1 ", marker, NULL);
      return self;
    }
  self->tail = make_tail (config, marker, g_bytes_get_size (self->core));
  self->first_stage =
      make_first_stage (nonce, g_bytes_get_size (self->core) + g_bytes_get_size (self->tail));
  self->title = g_strconcat ("mitogen:", config->remote_name, NULL);
  self->started = g_strconcat ("MITO0 ", nonce, NULL);
  self->ready = g_strconcat ("MITO1 ", marker, NULL);
  return self;
}

MitogenPreamble *
mitogen_preamble_new_native (const MitogenPreambleConfig *config)
{
  MitogenPreamble *self = g_new0 (MitogenPreamble, 1);
  g_autofree char *nonce = mitogen_make_nonce ();
  g_autofree char *marker = mitogen_make_nonce ();
  g_autoptr (GVariant) parent_ids =
      g_variant_ref_sink (g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, config->parent_ids,
                                                     config->n_parent_ids, sizeof (guint32)));
  g_autoptr (GVariant) text = g_variant_ref_sink (
      g_variant_new ("(u@auubss)", config->id, parent_ids, config->max_message_size,
                     config->unidirectional, config->remote_name, marker));

  self->core = g_bytes_new_static (NULL, 0);
  self->tail = g_variant_get_data_as_bytes (text);
  self->title = g_strdup ("");
  self->environment =
      g_strdup_printf (MITOGEN_CHILD_VARIABLE "=" MITOGEN_CHILD_FORMAT, (int) getpid (),
                       (guint) g_bytes_get_size (self->tail), nonce);
  self->started = g_strconcat ("MITO0 ", nonce, NULL);
  self->ready = g_strconcat ("MITO1 ", marker, NULL);
  return self;
}

void
mitogen_preamble_free (MitogenPreamble *self)
{
  g_free (self->first_stage);
  g_free (self->title);
  g_free (self->environment);
  g_bytes_unref (self->core);
  g_clear_pointer (&self->tail, g_bytes_unref);
  g_free (self->started);
  g_free (self->ready);
  g_clear_pointer (&self->settings, g_variant_unref);
  g_free (self);
}
