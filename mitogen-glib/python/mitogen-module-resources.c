/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-module-resources-private.h"
#include "python/mitogen-answer-private.h"
#include "wire/mitogen-pickle-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Beside the data itself. */
#define MAX_OVERHEAD 256
#define MAX_NAME     4096

/* FALSE with an error only if there is something that cannot be had. */
static gboolean
add_file (MitogenPickleWriter *writer,
          MitogenModuleStore *store,
          MitogenCore *core,
          const char *package,
          const char *name,
          GError **error)
{
  MitogenModuleFinder *finder = mitogen_module_store_get_finder (store);
  gsize max = mitogen_core_get_options (core).max_message_size;
  g_autoptr (GError) reason = NULL;
  g_autoptr (GBytes) data = mitogen_module_finder_read_resource (finder, package, name, &reason);

  if (g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    {
      mitogen_pickle_writer_add_none (writer);
      return TRUE;
    }
  if (data == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  if (g_bytes_get_size (data) + MAX_OVERHEAD > max)
    {
      g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TOO_LARGE,
                   _ ("“%s” of package “%s” is larger than a message may be (%zu bytes)"), name,
                   package, max);
      return FALSE;
    }
  mitogen_pickle_writer_add_bytes (writer, data);
  return TRUE;
}

static gboolean
add_listing (MitogenPickleWriter *writer,
             MitogenModuleStore *store,
             const char *package,
             const char *name,
             GError **error)
{
  MitogenModuleFinder *finder = mitogen_module_store_get_finder (store);
  g_autofree char *directory = g_strndup (name, name[0] != '\0' ? strlen (name) - 1 : 0);
  g_autoptr (GError) reason = NULL;
  g_auto (GStrv) names = mitogen_module_finder_list_resources (finder, package, directory, &reason);
  g_autoptr (GVariant) list = NULL;

  if (g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    {
      mitogen_pickle_writer_add_none (writer);
      return TRUE;
    }
  if (names == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }
  list = g_variant_ref_sink (g_variant_new_strv ((const char *const *) names, -1));
  return mitogen_pickle_writer_add_variant (writer, list, error);
}

static gboolean
is_of_module (const char *file)
{
  static const char *const suffixes[] = { ".py", ".pyc", ".pyo", ".pyi", ".so" };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (g_str_has_suffix (file, suffixes[i]))
      return TRUE;
  return FALSE;
}

/* The package or module that a file belongs to: what is forbidden is not to be had as the data of
 * the package above it, either. */
static char *
find_owner (const char *package, const char *name)
{
  GString *owner = g_string_new (package);
  g_auto (GStrv) parts = g_strsplit (name, "/", -1);

  for (char **part = parts; *part != NULL; part++)
    {
      if (part[1] == NULL && !is_of_module (*part))
        break;
      if (part[1] == NULL)
        (*part)[strcspn (*part, ".")] = '\0';
      if (**part != '\0' && strcmp (*part, "__pycache__") != 0 && strcmp (*part, "__init__") != 0)
        g_string_append_printf (owner, ".%s", *part);
    }
  return g_string_free (owner, FALSE);
}

static gboolean
may_have (MitogenModuleStore *store, const char *package, const char *name, GError **error)
{
  g_autofree char *owner = NULL;

  if (!mitogen_module_store_check (store, package, error))
    return FALSE;
  if (strlen (name) > MAX_NAME)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG, "%s",
                   _ ("that is too long for the name of a file"));
      return FALSE;
    }
  owner = find_owner (package, name);
  return mitogen_module_store_check (store, owner, error);
}

static gboolean
add_resource (MitogenPickleWriter *writer,
              MitogenModuleStore *store,
              MitogenCore *core,
              const char *package,
              const char *name,
              GError **error)
{
  if (!mitogen_module_name_is_valid (package))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s",
                   _ ("that is not the name of a package"));
      return FALSE;
    }
  if (!may_have (store, package, name, error))
    return FALSE;
  if (name[0] == '\0' || g_str_has_suffix (name, "/"))
    return add_listing (writer, store, package, name, error);
  return add_file (writer, store, core, package, name, error);
}

/* The way of the original: no reply_to, what was asked for, and then the content. */
static void
load_resource (MitogenModuleStore *store,
               MitogenCore *core,
               MitogenMessage *request,
               const char *package,
               const char *name)
{
  MitogenFrameHeader header = { .encoding = MITOGEN_ENCODING_LEGACY,
                                .dst_id = mitogen_message_get_src_id (request),
                                .handle = MITOGEN_HANDLE_LOAD_RESOURCE };
  g_autoptr (MitogenPickleWriter) first = mitogen_pickle_writer_new ();
  g_autoptr (MitogenPickleWriter) second = mitogen_pickle_writer_new ();
  g_autoptr (MitogenMessage) message = NULL;
  GPtrArray *segments;

  mitogen_pickle_writer_begin_tuple (first);
  mitogen_pickle_writer_add_text (first, package, -1);
  mitogen_pickle_writer_add_text (first, name, -1);
  mitogen_pickle_writer_end_tuple (first);
  segments = mitogen_pickle_writer_end (first);
  if (!add_resource (second, store, core, package, name, NULL))
    {
      mitogen_pickle_writer_free (second);
      second = mitogen_pickle_writer_new ();
      mitogen_pickle_writer_add_none (second);
    }
  g_ptr_array_extend_and_steal (segments, mitogen_pickle_writer_end (second));
  message = mitogen_message_new_segments (&header, segments);
  mitogen_core_send (core, message);
}

void
mitogen_module_resources_answer (MitogenModuleStore *store,
                                 MitogenCore *core,
                                 MitogenMessage *request)
{
  g_autoptr (GVariant) value = mitogen_message_unpickle (request, NULL);
  g_autoptr (GVariant) names = NULL;
  g_autoptr (MitogenPickleWriter) writer = NULL;
  g_autoptr (GError) error = NULL;
  const char *package, *name;

  if (value != NULL)
    names = mitogen_variant_convert (value, G_VARIANT_TYPE ("(ss)"), NULL);
  if (names == NULL)
    {
      mitogen_core_refuse (core, request, "a request for a resource is a package and a name");
      return;
    }
  g_variant_get (names, "(&s&s)", &package, &name);
  if (mitogen_message_get_reply_to (request) == 0)
    {
      load_resource (store, core, request, package, name);
      return;
    }
  writer = mitogen_pickle_writer_new ();
  if (add_resource (writer, store, core, package, name, &error))
    mitogen_answer (core, request, writer);
  else
    mitogen_answer_error (core, request, error->message);
}
