/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "python/mitogen-module-responder.h"
#include "python/mitogen-import-scanner-private.h"
#include "python/mitogen-modules-private.h"
#include "router/mitogen-router-private.h"

#include "mitogen-enums.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define DEFAULT_MAX_SOURCE_SIZE (16 * 1024 * 1024)
#define MAIN_MODULE             "__main__"

/**
 * MitogenModuleResponder:
 *
 * The modules of the program that contexts may import.
 *
 * Nothing of a program has to be installed where its contexts are. Code that runs in one imports a
 * module of the program as if it were there: what the context does not have itself, it asks for,
 * and gets from the places that were added here, in the order in which they were added. What a
 * module imports is sent along with it, and what a function needs with the call, so that nobody
 * waits; each module is read, scanned and compressed once for all contexts, and again when its file
 * has changed.
 *
 * Each router has one: see [method@Mitogen.Router.get_responder]. A Python program's has the
 * program's own `sys.path`; others have nothing until something is added.
 *
 * What a context has itself is not replaced, unless [method@Mitogen.ModuleResponder.add_override]
 * says so; the standard library and extension modules are never sent. Contexts can have everything
 * below the places that were added, data files of packages included, and nothing else: see
 * [method@Mitogen.ModuleResponder.whitelist] for less.
 *
 * Methods may be called from any thread, at any time; what was added while contexts are there is
 * found from then on.
 *
 * Since: 1.0
 */
struct _MitogenModuleResponder
{
  GObject parent_instance;

  MitogenModules *modules;
  MitogenCore *core;

  GMutex lock;
  guint64 max_source_size; /* protected by lock */
};

G_DEFINE_FINAL_TYPE (MitogenModuleResponder, mitogen_module_responder, G_TYPE_OBJECT)

typedef enum
{
  PROP_MINIFY = 1,
  PROP_MAX_SOURCE_SIZE,
} MitogenModuleResponderProperty;

static GParamSpec *properties[PROP_MAX_SOURCE_SIZE + 1];

static void
mitogen_module_responder_finalize (GObject *object)
{
  MitogenModuleResponder *self = MITOGEN_MODULE_RESPONDER (object);

  mitogen_modules_unref (self->modules);
  mitogen_core_unref (self->core);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (mitogen_module_responder_parent_class)->finalize (object);
}

static void
mitogen_module_responder_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenModuleResponder *self = MITOGEN_MODULE_RESPONDER (object);

  switch ((MitogenModuleResponderProperty) id)
    {
    case PROP_MINIFY:
      g_value_set_enum (value, mitogen_module_responder_get_minify (self));
      break;
    case PROP_MAX_SOURCE_SIZE:
      g_value_set_uint64 (value, mitogen_module_responder_get_max_source_size (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_module_responder_set_property (GObject *object,
                                       guint id,
                                       const GValue *value,
                                       GParamSpec *pspec)
{
  MitogenModuleResponder *self = MITOGEN_MODULE_RESPONDER (object);

  switch ((MitogenModuleResponderProperty) id)
    {
    case PROP_MINIFY:
      mitogen_module_responder_set_minify (self, g_value_get_enum (value));
      break;
    case PROP_MAX_SOURCE_SIZE:
      mitogen_module_responder_set_max_source_size (self, g_value_get_uint64 (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_module_responder_class_init (MitogenModuleResponderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mitogen_module_responder_finalize;
  object_class->get_property = mitogen_module_responder_get_property;
  object_class->set_property = mitogen_module_responder_set_property;

  /**
   * MitogenModuleResponder:minify: (getter get_minify) (setter set_minify)
   *
   * Which modules lose their comments and docstrings before they are sent.
   *
   * Line numbers stay, so tracebacks are right; what they and `inspect.getsource()` show is the
   * source as it was sent.
   *
   * Since: 1.0
   */
  properties[PROP_MINIFY] =
      g_param_spec_enum ("minify", NULL, NULL, MITOGEN_TYPE_MINIFY, MITOGEN_MINIFY_MARKED,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * MitogenModuleResponder:max-source-size:
   *
   * How large the file of a module or a data file may be, in bytes: what is larger cannot be
   * imported or read. 16 MiB by default. What the program adds or finds itself is not limited by
   * it.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_SOURCE_SIZE] =
      g_param_spec_uint64 ("max-source-size", NULL, NULL, 1, G_MAXUINT32, DEFAULT_MAX_SOURCE_SIZE,
                           G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_module_responder_init (MitogenModuleResponder *self)
{
  g_mutex_init (&self->lock);
  self->max_source_size = DEFAULT_MAX_SOURCE_SIZE;
}

static MitogenModuleFinder *
get_finder (MitogenModuleResponder *self)
{
  return mitogen_module_store_get_finder (mitogen_modules_get_store (self->modules));
}

static void
changed (MitogenModuleResponder *self)
{
  mitogen_module_store_changed (mitogen_modules_get_store (self->modules));
  mitogen_modules_announce (self->modules, self->core);
}

/**
 * mitogen_router_get_responder:
 * @self: a router
 *
 * Returns what knows the modules that contexts of this router may import. May be called from any
 * thread.
 *
 * Returns: (transfer none): the responder
 *
 * Since: 1.0
 */
MitogenModuleResponder *
mitogen_router_get_responder (MitogenRouter *self)
{
  static GMutex making;
  static GQuark quark;
  MitogenModuleResponder *responder;

  g_return_val_if_fail (MITOGEN_IS_ROUTER (self), NULL);

  g_mutex_lock (&making);
  if (quark == 0)
    quark = g_quark_from_static_string ("mitogen-module-responder");
  responder = g_object_get_qdata (G_OBJECT (self), quark);
  if (responder == NULL)
    {
      responder = g_object_new (MITOGEN_TYPE_MODULE_RESPONDER, NULL);
      responder->core = mitogen_core_ref (mitogen_router_get_core (self));
      responder->modules = mitogen_modules_get (responder->core);
      g_object_set_qdata_full (G_OBJECT (self), quark, responder, g_object_unref);
    }
  g_mutex_unlock (&making);
  return responder;
}

/* ---- places ---- */

/**
 * mitogen_module_responder_add_path:
 * @self: a responder
 * @path: (type filename): a directory, a zip archive, or a folder in one such as `app.zip/lib`
 * @error: return location for an error
 *
 * Adds a place to search, like an entry of Python's `sys.path`. What was added already stays where
 * it is in the order.
 *
 * A directory that holds Python's own standard library is refused, and so is what is neither
 * a directory nor an archive. Symbolic links that lead out of the directory are not
 * followed.
 *
 * Returns: whether it was added
 *
 * Since: 1.0
 */
gboolean
mitogen_module_responder_add_path (MitogenModuleResponder *self, const char *path, GError **error)
{
  g_return_val_if_fail (MITOGEN_IS_MODULE_RESPONDER (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!mitogen_module_finder_add_path (get_finder (self), path, error))
    return FALSE;
  changed (self);
  return TRUE;
}

/**
 * mitogen_module_responder_add_resource:
 * @self: a responder
 * @uri: a folder of the program's resources, such as `resource:///org/example/App/remote/`
 * @error: return location for an error
 *
 * Adds a folder of the program's [struct@Gio.Resource] trees as a place to search, so that an
 * application ships the modules for its contexts the way it ships its other files.
 *
 * Returns: whether it was added
 *
 * Since: 1.0
 */
gboolean
mitogen_module_responder_add_resource (MitogenModuleResponder *self,
                                       const char *uri,
                                       GError **error)
{
  g_return_val_if_fail (MITOGEN_IS_MODULE_RESPONDER (self), FALSE);
  g_return_val_if_fail (uri != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!mitogen_module_finder_add_resource (get_finder (self), uri, error))
    return FALSE;
  changed (self);
  return TRUE;
}

/**
 * mitogen_module_responder_add_module:
 * @self: a responder
 * @name: the full name of the module
 * @source: its source in Python, in UTF-8
 * @error: return location for an error
 *
 * Adds a single module, which comes before all places. If there are others below it, such as `a.b`
 * for `a`, it is a package; and there need not be a source for `a` then. Adding it again replaces
 * it for contexts that have not been sent it yet; one behind another gets what that has.
 *
 * Returns: whether it was added: %FALSE if @name is not the name of a module
 *
 * Since: 1.0
 */
gboolean
mitogen_module_responder_add_module (MitogenModuleResponder *self,
                                     const char *name,
                                     const char *source,
                                     GError **error)
{
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (MITOGEN_IS_MODULE_RESPONDER (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (source != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  bytes = g_bytes_new (source, strlen (source));
  if (!mitogen_module_finder_add_module (get_finder (self), name, bytes, FALSE, NULL, error))
    return FALSE;
  changed (self);
  return TRUE;
}

/* What a script does when it is run is not done again in contexts. */
static GBytes *
cut_main (GBytes *script, const char *path, GError **error)
{
  gboolean uses_mitogen_main = FALSE;
  gssize guard = mitogen_find_main_guard (script, &uses_mitogen_main);

  if (guard >= 0)
    return g_bytes_new_from_bytes (script, 0, guard);
  if (uses_mitogen_main)
    return g_bytes_ref (script);
  g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_MODULE_NOT_FOUND,
               _ ("Functions of “%s” cannot be called in contexts: it would run there as a whole. "
                  "Put what it does behind “if __name__ == '__main__':”, or its functions into a "
                  "module of their own"),
               path);
  return NULL;
}

/**
 * mitogen_module_responder_set_main:
 * @self: a responder
 * @path: (type filename): a script in Python
 * @error: return location for an error
 *
 * Makes the functions of the program's own script available in contexts, as those of the module
 * `__main__`. The Python binding does this by itself for a function of the script that is called.
 *
 * Contexts get what stands before `if __name__ == '__main__':`, so that the script's functions can
 * be called there without what it does when it is run. A script without such a line is refused,
 * unless it begins with the help of `Mitogen.main()`, which does nothing in contexts.
 *
 * Returns: whether it can be used
 *
 * Since: 1.0
 */
gboolean
mitogen_module_responder_set_main (MitogenModuleResponder *self, const char *path, GError **error)
{
  g_autofree char *contents = NULL;
  g_autofree char *shown = NULL;
  g_autoptr (GBytes) script = NULL;
  g_autoptr (GBytes) cut = NULL;
  gsize size;

  g_return_val_if_fail (MITOGEN_IS_MODULE_RESPONDER (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!g_file_get_contents (path, &contents, &size, error))
    return FALSE;
  script = g_bytes_new_take (g_steal_pointer (&contents), size);
  shown = g_filename_display_name (path);
  cut = cut_main (script, shown, error);
  if (cut == NULL ||
      !mitogen_module_finder_add_module (get_finder (self), MAIN_MODULE, cut, FALSE, shown, error))
    return FALSE;
  changed (self);
  return TRUE;
}

/* ---- what the program finds by itself ---- */

typedef struct
{
  GWeakRef responder;
  MitogenModuleFindFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} Finding;

static char *
finding_run (const char *name, gboolean *is_package, gpointer data)
{
  Finding *finding = data;
  g_autoptr (MitogenModuleResponder) self = g_weak_ref_get (&finding->responder);

  return self != NULL ? finding->func (self, name, is_package, finding->user_data) : NULL;
}

static void
finding_free (gpointer data)
{
  Finding *finding = data;

  if (finding->destroy != NULL)
    finding->destroy (finding->user_data);
  g_weak_ref_clear (&finding->responder);
  g_free (finding);
}

/**
 * mitogen_module_responder_set_find_func:
 * @self: a responder
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): finds a module, or
 * nothing to have none
 * @user_data: passed to @func
 * @destroy: (nullable): frees @user_data when @func is not needed any more
 *
 * Sets a function that is asked for modules that are in none of the places. What it finds is kept;
 * what it does not know it may be asked again.
 *
 * @func runs in the main context that is thread-default now, so somebody has to iterate that: the
 * context that has asked waits as long as the program blocks it. While nobody iterates it, as in a
 * script that blocks in a call, @func is called from a thread of the library's instead.
 *
 * Since: 1.0
 */
void
mitogen_module_responder_set_find_func (MitogenModuleResponder *self,
                                        MitogenModuleFindFunc func,
                                        gpointer user_data,
                                        GDestroyNotify destroy)
{
  g_autoptr (MitogenDispatcher) dispatcher = NULL;
  g_autoptr (MitogenFindFunc) find_func = NULL;
  Finding *finding;

  g_return_if_fail (MITOGEN_IS_MODULE_RESPONDER (self));

  if (func != NULL)
    {
      finding = g_new0 (Finding, 1);
      g_weak_ref_init (&finding->responder, self);
      finding->func = func;
      finding->user_data = user_data;
      finding->destroy = destroy;
      dispatcher = mitogen_dispatcher_get_thread_default ();
      find_func = mitogen_find_func_new (dispatcher, finding_run, finding, finding_free);
    }
  mitogen_modules_set_find_func (self->modules, find_func);
  changed (self);
}

/* ---- policy ---- */

static gboolean
add_prefix (MitogenModuleResponder *self,
            const char *prefix,
            void (*add) (MitogenModuleStore *store, const char *prefix),
            GError **error)
{
  if (!mitogen_module_name_is_valid (prefix))
    {
      g_autofree char *shown = g_utf8_make_valid (prefix, -1);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _ ("“%s” is not the name of a module or package: write “package” or "
                      "“package.module”"),
                   shown);
      return FALSE;
    }
  add (mitogen_modules_get_store (self->modules), prefix);
  mitogen_modules_announce (self->modules, self->core);
  return TRUE;
}

/**
 * mitogen_module_responder_whitelist:
 * @self: a responder
 * @prefix: the full name of a module or package
 * @error: return location for an error
 *
 * Lets contexts have a module, and what is below it: `a.b` stands for `a.b` and `a.b.c`, not for
 * `a.bc`. Once there is a whitelist, they can have nothing that is not on it.
 *
 * Returns: %FALSE if @prefix is not a name
 *
 * Since: 1.0
 */
gboolean
mitogen_module_responder_whitelist (MitogenModuleResponder *self,
                                    const char *prefix,
                                    GError **error)
{
  g_return_val_if_fail (MITOGEN_IS_MODULE_RESPONDER (self), FALSE);
  g_return_val_if_fail (prefix != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  return add_prefix (self, prefix, mitogen_module_store_allow, error);
}

/**
 * mitogen_module_responder_blacklist:
 * @self: a responder
 * @prefix: the full name of a module or package
 * @error: return location for an error
 *
 * Keeps a module, and what is below it, from contexts, whatever the whitelist says.
 *
 * Returns: %FALSE if @prefix is not a name
 *
 * Since: 1.0
 */
gboolean
mitogen_module_responder_blacklist (MitogenModuleResponder *self,
                                    const char *prefix,
                                    GError **error)
{
  g_return_val_if_fail (MITOGEN_IS_MODULE_RESPONDER (self), FALSE);
  g_return_val_if_fail (prefix != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  return add_prefix (self, prefix, mitogen_module_store_deny, error);
}

/**
 * mitogen_module_responder_add_override:
 * @self: a responder
 * @prefix: the full name of a module or package
 * @error: return location for an error
 *
 * Has contexts take the program's version of a module, and of what is below it, even where they
 * have one of their own. What they have imported already stays.
 *
 * Returns: %FALSE if @prefix is not a name
 *
 * Since: 1.0
 */
gboolean
mitogen_module_responder_add_override (MitogenModuleResponder *self,
                                       const char *prefix,
                                       GError **error)
{
  g_return_val_if_fail (MITOGEN_IS_MODULE_RESPONDER (self), FALSE);
  g_return_val_if_fail (prefix != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  return add_prefix (self, prefix, mitogen_module_store_override, error);
}

/* ---- properties ---- */

/**
 * mitogen_module_responder_get_minify: (get-property minify)
 * @self: a responder
 *
 * Gets [property@Mitogen.ModuleResponder:minify].
 *
 * Returns: which modules lose their comments and docstrings
 *
 * Since: 1.0
 */
MitogenMinify
mitogen_module_responder_get_minify (MitogenModuleResponder *self)
{
  g_return_val_if_fail (MITOGEN_IS_MODULE_RESPONDER (self), MITOGEN_MINIFY_MARKED);
  return mitogen_module_store_get_minify (mitogen_modules_get_store (self->modules));
}

/**
 * mitogen_module_responder_set_minify: (set-property minify)
 * @self: a responder
 * @minify: which modules lose their comments and docstrings
 *
 * Sets [property@Mitogen.ModuleResponder:minify], for what has not been sent yet.
 *
 * Since: 1.0
 */
void
mitogen_module_responder_set_minify (MitogenModuleResponder *self, MitogenMinify minify)
{
  MitogenModuleStore *store;

  g_return_if_fail (MITOGEN_IS_MODULE_RESPONDER (self));

  store = mitogen_modules_get_store (self->modules);
  if (mitogen_module_store_get_minify (store) == minify)
    return;
  mitogen_module_store_set_minify (store, minify);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MINIFY]);
}

/**
 * mitogen_module_responder_get_max_source_size: (get-property max-source-size)
 * @self: a responder
 *
 * Gets [property@Mitogen.ModuleResponder:max-source-size].
 *
 * Returns: how large a module may be, in bytes
 *
 * Since: 1.0
 */
guint64
mitogen_module_responder_get_max_source_size (MitogenModuleResponder *self)
{
  guint64 size;

  g_return_val_if_fail (MITOGEN_IS_MODULE_RESPONDER (self), 0);

  g_mutex_lock (&self->lock);
  size = self->max_source_size;
  g_mutex_unlock (&self->lock);
  return size;
}

/**
 * mitogen_module_responder_set_max_source_size: (set-property max-source-size)
 * @self: a responder
 * @size: how large a module may be, in bytes
 *
 * Sets [property@Mitogen.ModuleResponder:max-source-size].
 *
 * Since: 1.0
 */
void
mitogen_module_responder_set_max_source_size (MitogenModuleResponder *self, guint64 size)
{
  gboolean same;

  g_return_if_fail (MITOGEN_IS_MODULE_RESPONDER (self));
  g_return_if_fail (size > 0 && size <= G_MAXUINT32);

  g_mutex_lock (&self->lock);
  same = self->max_source_size == size;
  self->max_source_size = size;
  g_mutex_unlock (&self->lock);
  if (same)
    return;
  mitogen_module_finder_set_max_size (get_finder (self), size);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_SOURCE_SIZE]);
}

/**
 * mitogen_module_responder_get_paths:
 * @self: a responder
 *
 * Tells where modules are looked for: what was added as a path or a resource.
 *
 * Returns: (transfer full) (array zero-terminated=1): the places that are searched, in order
 *
 * Since: 1.0
 */
char **
mitogen_module_responder_get_paths (MitogenModuleResponder *self)
{
  g_return_val_if_fail (MITOGEN_IS_MODULE_RESPONDER (self), NULL);
  return mitogen_module_finder_get_paths (get_finder (self));
}

static void
add_count (GVariantBuilder *builder, const char *name, guint count)
{
  g_variant_builder_add (builder, "{sv}", name, g_variant_new_uint32 (count));
}

/**
 * mitogen_module_responder_get_statistics:
 * @self: a responder
 *
 * Tells what has been done so far, for those who want to know where time goes.
 *
 * The keys are `requests` (what contexts have asked for), `sent`, `missing` and `denied` (what they
 * got), `read`, `scanned`, `minified` and `compressed` (how many modules were), each `u`;
 * `bytes-sent` (`t`); and `seconds` (`d`), the time that all this took.
 *
 * Returns: (transfer full): a dictionary `a{sv}`
 *
 * Since: 1.0
 */
GVariant *
mitogen_module_responder_get_statistics (MitogenModuleResponder *self)
{
  MitogenModuleCounts counts;
  GVariantBuilder builder;

  g_return_val_if_fail (MITOGEN_IS_MODULE_RESPONDER (self), NULL);

  counts = mitogen_module_store_get_counts (mitogen_modules_get_store (self->modules));
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add_count (&builder, "requests", counts.requests);
  add_count (&builder, "sent", counts.sent);
  add_count (&builder, "missing", counts.missing);
  add_count (&builder, "denied", counts.denied);
  add_count (&builder, "read", counts.read);
  add_count (&builder, "scanned", counts.scanned);
  add_count (&builder, "minified", counts.minified);
  add_count (&builder, "compressed", counts.compressed);
  g_variant_builder_add (&builder, "{sv}", "bytes-sent", g_variant_new_uint64 (counts.bytes_sent));
  g_variant_builder_add (&builder, "{sv}", "seconds",
                         g_variant_new_double (counts.usec / (double) G_USEC_PER_SEC));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}
