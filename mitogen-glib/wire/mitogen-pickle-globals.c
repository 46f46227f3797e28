/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The few names that a pickle may call: each makes a plain value. Nothing else is
 * ever looked up, so a hostile sender has nothing to call. */

#include "wire/mitogen-pickle-globals-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "wire/mitogen-error-private.h"
#include "wire/mitogen-pickle-text-private.h"
#include "wire/mitogen-value-private.h"

typedef gboolean (*ApplyFunc) (MitogenItem *result,
                               const MitogenItem *args,
                               gsize n_args,
                               MitogenPickleArena *arena,
                               GError **error);

/* ---- What the functions do; FALSE without an error: wrong arguments ---- */

static gboolean
apply_call_error (MitogenItem *result,
                  const MitogenItem *args,
                  gsize n_args,
                  MitogenPickleArena *arena,
                  GError **error)
{
  const MitogenItem *text = n_args == 1 ? mitogen_item_peek_string (&args[0]) : NULL;
  MitogenNode *node;

  if (text == NULL || text->kind == MITOGEN_ITEM_BYTES)
    return FALSE;
  node = mitogen_node_new (MITOGEN_NODE_CALL_ERROR, arena, error);
  if (node == NULL)
    return FALSE;

  node->string = *text;
  if (args[0].kind == MITOGEN_ITEM_NODE && args[0].as.node->owner != NULL)
    node->owner = g_bytes_ref (args[0].as.node->owner);
  *result = mitogen_item_from_node (node);

  return TRUE;
}

static gboolean
get_id (const MitogenItem *item, guint32 *id)
{
  if (item->kind != MITOGEN_ITEM_INT || item->as.integer < 0 || item->as.integer > G_MAXUINT32)
    return FALSE;
  *id = (guint32) item->as.integer;

  return TRUE;
}

static gboolean
set_object (MitogenItem *result, GVariant *value, MitogenPickleArena *arena, GError **error)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  MitogenNode *node = mitogen_node_new (MITOGEN_NODE_OBJECT, arena, error);

  if (node == NULL)
    return FALSE;

  node->frozen = TRUE;
  node->height = 2;
  node->depth = 1;
  node->layout.type = g_variant_get_type_string (owned);
  node->layout.type_length = (guint32) strlen (node->layout.type);
  node->layout.size = g_variant_get_size (owned);
  node->layout.alignment = sizeof (guint32);
  node->value = g_steal_pointer (&owned);
  *result = mitogen_item_from_node (node);

  return TRUE;
}

static gboolean
apply_sender (MitogenItem *result,
              const MitogenItem *args,
              gsize n_args,
              MitogenPickleArena *arena,
              GError **error)
{
  guint32 context_id, handle;

  if (n_args != 2 || !get_id (&args[0], &context_id) || !get_id (&args[1], &handle) || handle == 0)
    return FALSE;

  return set_object (result, mitogen_value_sender_new (context_id, handle), arena, error);
}

static gboolean
apply_context (MitogenItem *result,
               const MitogenItem *args,
               gsize n_args,
               MitogenPickleArena *arena,
               GError **error)
{
  const MitogenItem *name;
  g_autofree char *text = NULL;
  guint32 id;

  if (n_args != 2 || !get_id (&args[0], &id))
    return FALSE;

  name = mitogen_item_peek_string (&args[1]);
  if (name == NULL && args[1].kind != MITOGEN_ITEM_NONE)
    return FALSE;
  if (name != NULL)
    {
      if (!mitogen_pickle_arena_charge (arena, name->size, error))
        return FALSE;
      text = g_utf8_make_valid ((const char *) name->as.data, (gssize) name->size);
    }

  return set_object (result, mitogen_value_context_new (id, text != NULL ? text : ""), arena,
                     error);
}

static gboolean
return_argument (MitogenItem *result, const MitogenItem *argument)
{
  *result = mitogen_item_copy (argument);

  return TRUE;
}

static gboolean
set_bytes (MitogenItem *result,
           const MitogenItem *argument,
           MitogenPickleArena *arena,
           GError **error)
{
  const MitogenItem *string = mitogen_item_peek_string (argument);
  GBytes *owner = NULL;

  if (string == NULL || string->kind == MITOGEN_ITEM_TEXT)
    return FALSE;
  if (string->kind == MITOGEN_ITEM_BYTES)
    return return_argument (result, argument);

  if (argument->kind == MITOGEN_ITEM_NODE && argument->as.node->owner != NULL)
    owner = g_bytes_ref (argument->as.node->owner);

  return mitogen_item_set_string (result, MITOGEN_ITEM_BYTES, owner, string->as.data, string->size,
                                  arena, error);
}

static gboolean
apply_blob (MitogenItem *result,
            const MitogenItem *args,
            gsize n_args,
            MitogenPickleArena *arena,
            GError **error)
{
  return n_args == 1 && set_bytes (result, &args[0], arena, error);
}

static gboolean
apply_secret (MitogenItem *result,
              const MitogenItem *args,
              gsize n_args,
              MitogenPickleArena *arena,
              GError **error)
{
  const MitogenItem *string = n_args == 1 ? mitogen_item_peek_string (&args[0]) : NULL;

  if (string == NULL || string->kind == MITOGEN_ITEM_BYTES)
    return FALSE;

  return return_argument (result, &args[0]);
}

static gboolean
apply_kwargs (MitogenItem *result,
              const MitogenItem *args,
              gsize n_args,
              MitogenPickleArena *arena,
              GError **error)
{
  if (n_args != 1 || mitogen_item_peek_node (&args[0], MITOGEN_NODE_DICT) == NULL)
    return FALSE;

  return return_argument (result, &args[0]);
}

/* Bytes that Python 3 had to write as text, for protocol 2 knows no bytes. */
static gboolean
apply_encode (MitogenItem *result,
              const MitogenItem *args,
              gsize n_args,
              MitogenPickleArena *arena,
              GError **error)
{
  const MitogenItem *text = n_args > 0 ? mitogen_item_peek_string (&args[0]) : NULL;
  GBytes *owner;
  const guint8 *data;
  gsize size;
  gboolean malformed;

  if (text == NULL || text->kind != MITOGEN_ITEM_TEXT || n_args > 2)
    return FALSE;

  data = text->as.data;
  size = text->size;
  if (!mitogen_pickle_arena_charge (arena, size, error))
    return FALSE;
  owner = mitogen_pickle_encode_latin1 (&data, &size, &malformed);
  if (malformed)
    return FALSE;
  if (owner == NULL && args[0].kind == MITOGEN_ITEM_NODE && args[0].as.node->owner != NULL)
    owner = g_bytes_ref (args[0].as.node->owner);

  return mitogen_item_set_string (result, MITOGEN_ITEM_BYTES, owner, data, size, arena, error);
}

static gboolean
apply_bytes (MitogenItem *result,
             const MitogenItem *args,
             gsize n_args,
             MitogenPickleArena *arena,
             GError **error)
{
  if (n_args == 0)
    return mitogen_item_set_string (result, MITOGEN_ITEM_BYTES, NULL, (const guint8 *) "", 0, arena,
                                    error);

  return n_args == 1 && set_bytes (result, &args[0], arena, error);
}

static gboolean
apply_bytearray (MitogenItem *result,
                 const MitogenItem *args,
                 gsize n_args,
                 MitogenPickleArena *arena,
                 GError **error)
{
  if (n_args == 2)
    return apply_encode (result, args, n_args, arena, error);

  return apply_bytes (result, args, n_args, arena, error);
}

/* How protocols 0 and 1 write any object: the class, which follows, says more. */
static gboolean
apply_reconstructor (MitogenItem *result,
                     const MitogenItem *args,
                     gsize n_args,
                     MitogenPickleArena *arena,
                     GError **error)
{
  return FALSE;
}

/* ---- Looking up ---- */

static const struct
{
  const char *module;
  const char *name;
  ApplyFunc apply;
} globals[] = {
  { "mitogen.core", "_unpickle_call_error", apply_call_error },
  { "mitogen.core", "CallError", apply_call_error },
  { "mitogen.core", "_unpickle_sender", apply_sender },
  { "mitogen.core", "_unpickle_context", apply_context },
  { "mitogen.core", "Blob", apply_blob },
  { "mitogen.core", "Secret", apply_secret },
  { "mitogen.core", "Kwargs", apply_kwargs },
  { "_codecs", "encode", apply_encode },
  { "__builtin__", "bytes", apply_bytes },
  { "builtins", "bytes", apply_bytes },
  { "__builtin__", "bytearray", apply_bytearray },
  { "builtins", "bytearray", apply_bytearray },
  { "copy_reg", "_reconstructor", apply_reconstructor },
  { "copyreg", "_reconstructor", apply_reconstructor },
  { "copy_reg", "__newobj__", apply_reconstructor },
  { "copyreg", "__newobj__", apply_reconstructor },
};

#define BUILTINS "__builtin__"

/* What to send instead of the objects that programs most often try to send. */
static const struct
{
  const char *module; /* NULL: any */
  const char *name;   /* NULL: any */
  const char *advice;
} advices[] = {
  { BUILTINS, "set", N_ ("send a list of its elements instead") },
  { BUILTINS, "frozenset", N_ ("send a list of its elements instead") },
  { BUILTINS, "complex", N_ ("send a tuple of its real and imaginary part instead") },
  { BUILTINS, "range", N_ ("send list() of it instead") },
  { BUILTINS, "xrange", N_ ("send list() of it instead") },
  { BUILTINS, "slice", N_ ("send a tuple of its three numbers instead") },
  { "datetime", "timedelta", N_ ("send its total_seconds() instead") },
  { "datetime", NULL, N_ ("send its isoformat() text instead") },
  { "decimal", NULL, N_ ("send str() of it instead") },
  { "_decimal", NULL, N_ ("send str() of it instead") },
  { "fractions", NULL, N_ ("send str() of it instead") },
  { "uuid", NULL, N_ ("send str() of it instead") },
  { "pathlib", NULL, N_ ("send str() of it instead") },
  { "pathlib._local", NULL, N_ ("send str() of it instead") },
  { "ipaddress", NULL, N_ ("send str() of it instead") },
  { "collections", "deque", N_ ("send list() of it instead") },
  { "collections", NULL, N_ ("send dict() of it instead") },
  { "array", NULL, N_ ("send its tolist() or its bytes instead") },
  { "time", "struct_time", N_ ("send tuple() of it instead") },
  { "os", NULL, N_ ("send tuple() of it instead") },
  { "posix", NULL, N_ ("send tuple() of it instead") },
  { "exceptions", NULL, N_ ("send str() of it instead, or raise it") },
  { NULL, NULL,
    N_ ("send plain values instead: text, bytes, numbers, lists, tuples, dictionaries") },
};

static gboolean
equals (const char *wanted, const guint8 *text, gsize size)
{
  return strlen (wanted) == size && memcmp (wanted, text, size) == 0;
}

static const char *
find_advice (const char *module, const char *name)
{
  gsize i = 0;

  if (g_str_equal (module, "builtins"))
    module = BUILTINS;
  while (advices[i].module != NULL &&
         (!g_str_equal (advices[i].module, module) ||
          (advices[i].name != NULL && !g_str_equal (advices[i].name, name))))
    i++;

  return _ (advices[i].advice);
}

static char *
make_name (const guint8 *text, gsize size)
{
  static const gsize longest = 200;

  return g_utf8_make_valid ((const char *) text, (gssize) MIN (size, longest));
}

gboolean
mitogen_pickle_find_global (MitogenItem *item,
                            const guint8 *module,
                            gsize module_size,
                            const guint8 *name,
                            gsize name_size,
                            GError **error)
{
  g_autofree char *module_text = NULL;
  g_autofree char *name_text = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (globals); i++)
    if (equals (globals[i].module, module, module_size) &&
        equals (globals[i].name, name, name_size))
      {
        item->kind = MITOGEN_ITEM_GLOBAL;
        item->as.global = i;
        return TRUE;
      }

  module_text = make_name (module, module_size);
  name_text = make_name (name, name_size);
  g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE, _ ("Cannot receive a Python %s.%s; %s"),
               module_text, name_text, find_advice (module_text, name_text));

  return FALSE;
}

void
mitogen_pickle_refuse_set (const char *set_name, GError **error)
{
  g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_TYPE, _ ("Cannot receive a Python %s.%s; %s"),
               "builtins", set_name, find_advice (BUILTINS, set_name));
}

gboolean
mitogen_pickle_apply_global (MitogenItem *callable,
                             const MitogenItem *args,
                             MitogenPickleArena *arena,
                             GError **error)
{
  MitogenNode *tuple = mitogen_item_peek_node (args, MITOGEN_NODE_TUPLE);
  MitogenItem result;

  /* A frozen tuple is a value already; no pickler makes one of arguments. */
  if (callable->kind != MITOGEN_ITEM_GLOBAL || tuple == NULL ||
      (tuple->frozen && tuple->layout.type_length != 2))
    return FALSE;
  if (!globals[callable->as.global].apply (&result, tuple->items, tuple->n_items, arena, error))
    return FALSE;

  *callable = result;

  return TRUE;
}
