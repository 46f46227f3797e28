/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prompt/mitogen-keyring-private.h"

#include <string.h>

#define SERVICE    "org.freedesktop.secrets"
#define PATH       "/org/freedesktop/secrets"
#define INTERFACE  "org.freedesktop.Secret.Service"
#define COLLECTION "org.freedesktop.Secret.Collection"
#define ITEM       "org.freedesktop.Secret.Item"
#define PROMPT     "org.freedesktop.Secret.Prompt"
#define SCHEMA     "org.mitogen.Password"

/* How long the service may think, and a person. */
#define CALL_MS     3000
#define UNLOCK_MS   60000
#define NO_PROMPT   "/"
#define NOT_THERE   "/"
#define SECRET_TYPE "(oayays)"

/* One use of the service, over a connection of its own: the one that programs share would end them
 * with the session. */
typedef struct
{
  GMainContext *context; /* of this thread, for the one signal that is waited for */
  GDBusConnection *bus;
  GCancellable *cancellable;
  char *session; /* the path of what secrets are passed in */
  void (*unlocking) (gpointer data);
  gpointer data;
} Keyring;

static gboolean
has_session_bus (void)
{
  g_autofree char *path = g_build_filename (g_get_user_runtime_dir (), "bus", NULL);

  /* GLib would start one. */
  return g_getenv ("DBUS_SESSION_BUS_ADDRESS") != NULL || g_file_test (path, G_FILE_TEST_EXISTS);
}

static GVariant *
call (Keyring *self,
      const char *path,
      const char *interface,
      const char *method,
      GVariant *args,
      const char *reply_type,
      GError **error)
{
  return g_dbus_connection_call_sync (self->bus, SERVICE, path, interface, method, args,
                                      G_VARIANT_TYPE (reply_type), G_DBUS_CALL_FLAGS_NONE, CALL_MS,
                                      self->cancellable, error);
}

static void
keyring_close (Keyring *self)
{
  if (self->bus != NULL)
    g_dbus_connection_close_sync (self->bus, NULL, NULL);
  g_clear_object (&self->bus);
  g_free (self->session);
  g_main_context_pop_thread_default (self->context);
  g_main_context_unref (self->context);
}

static gboolean
keyring_open (Keyring *self, GError **error)
{
  g_autofree char *address = NULL;
  g_autoptr (GVariant) reply = NULL;

  self->context = g_main_context_new ();
  g_main_context_push_thread_default (self->context);
  address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SESSION, self->cancellable, error);
  if (address == NULL)
    return FALSE;
  self->bus =
      g_dbus_connection_new_for_address_sync (address,
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, self->cancellable, error);
  if (self->bus == NULL)
    return FALSE;
  /* The bus is this user's alone: there is nobody to encrypt for. */
  reply = call (self, PATH, INTERFACE, "OpenSession",
                g_variant_new ("(sv)", "plain", g_variant_new_string ("")), "(vo)", error);
  if (reply == NULL)
    return FALSE;
  g_variant_get_child (reply, 1, "o", &self->session);
  return TRUE;
}

/* ---- waiting for a person ---- */

typedef struct
{
  gboolean completed;
  gboolean dismissed;
  gboolean late;
} Completion;

static void
on_completed (GDBusConnection *bus,
              const char *sender,
              const char *path,
              const char *interface,
              const char *name,
              GVariant *args,
              gpointer data)
{
  Completion *completion = data;

  completion->completed = TRUE;
  if (g_variant_is_of_type (args, G_VARIANT_TYPE ("(bv)")))
    g_variant_get_child (args, 0, "b", &completion->dismissed);
}

static gboolean
on_late (gpointer data)
{
  Completion *completion = data;

  completion->late = TRUE;
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer data)
{
  return on_late (data);
}

static GSource *
add_source (Keyring *self, GSource *source, GSourceFunc func, gpointer data)
{
  g_source_set_callback (source, func, data, NULL);
  g_source_attach (source, self->context);
  return source;
}

static void
remove_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static void
wait_for (Keyring *self, Completion *completion)
{
  GSource *late = add_source (self, g_timeout_source_new (UNLOCK_MS), on_late, completion);
  GSource *cancelled = self->cancellable != NULL
                           ? add_source (self, g_cancellable_source_new (self->cancellable),
                                         (GSourceFunc) (void (*) (void)) on_cancelled, completion)
                           : NULL;

  while (!completion->completed && !completion->late)
    g_main_context_iteration (self->context, TRUE);
  remove_source (late);
  if (cancelled != NULL)
    remove_source (cancelled);
}

/* FALSE: the person does not want to. */
static gboolean
run_prompt (Keyring *self, const char *prompt, GError **error)
{
  Completion completion = { 0 };
  g_autoptr (GVariant) shown = NULL;
  g_autoptr (GVariant) dismissed = NULL;
  guint subscription;

  if (g_str_equal (prompt, NO_PROMPT))
    return TRUE;
  if (self->unlocking != NULL)
    self->unlocking (self->data);
  subscription = g_dbus_connection_signal_subscribe (self->bus, SERVICE, PROMPT, "Completed",
                                                     prompt, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                                     on_completed, &completion, NULL);
  shown = call (self, prompt, PROMPT, "Prompt", g_variant_new ("(s)", ""), "()", error);
  if (shown != NULL)
    wait_for (self, &completion);
  g_dbus_connection_signal_unsubscribe (self->bus, subscription);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  if (shown == NULL)
    return FALSE;
  if (completion.completed && !completion.dismissed)
    return TRUE;
  if (!completion.completed)
    {
      g_clear_object (&self->cancellable);
      dismissed = call (self, prompt, PROMPT, "Dismiss", NULL, "()", NULL);
    }
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The keyring stays locked");
  return FALSE;
}

static gboolean
unlock (Keyring *self, const char *path, GError **error)
{
  const char *paths[] = { path, NULL };
  g_autofree char *prompt = NULL;
  g_autoptr (GVariant) reply =
      call (self, PATH, INTERFACE, "Unlock", g_variant_new ("(^ao)", paths), "(aoo)", error);

  if (reply == NULL)
    return FALSE;
  g_variant_get_child (reply, 1, "o", &prompt);
  return run_prompt (self, prompt, error);
}

/* ---- looking up ---- */

static GVariant *
make_attributes (const char *place, const char *what)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  g_variant_builder_add (&builder, "{ss}", "xdg:schema", SCHEMA);
  g_variant_builder_add (&builder, "{ss}", "place", place);
  g_variant_builder_add (&builder, "{ss}", "what", what);
  return g_variant_builder_end (&builder);
}

/* Returns: (transfer full) (nullable): the path of an item, unlocked. */
static char *
find_item (Keyring *self, const char *place, const char *what, GError **error)
{
  g_autofree const char **unlocked = NULL;
  g_autofree const char **locked = NULL;
  g_autoptr (GVariant) reply =
      call (self, PATH, INTERFACE, "SearchItems",
            g_variant_new ("(@a{ss})", make_attributes (place, what)), "(aoao)", error);

  if (reply == NULL)
    return NULL;
  g_variant_get (reply, "(^a&o^a&o)", &unlocked, &locked);
  if (unlocked[0] != NULL)
    return g_strdup (unlocked[0]);
  if (locked[0] == NULL || !unlock (self, locked[0], error))
    return NULL;
  return g_strdup (locked[0]);
}

static MitogenPassword *
read_secret (Keyring *self, const char *item, GError **error)
{
  g_autoptr (GVariant) reply =
      call (self, item, ITEM, "GetSecret", g_variant_new ("(o)", self->session),
            "(" SECRET_TYPE ")", error);
  g_autoptr (GVariant) secret = NULL;
  g_autoptr (GVariant) value = NULL;
  MitogenPassword *password;
  gconstpointer text;
  gsize length;

  if (reply == NULL)
    return NULL;
  secret = g_variant_get_child_value (reply, 0);
  value = g_variant_get_child_value (secret, 2);
  text = g_variant_get_fixed_array (value, &length, 1);
  password = mitogen_password_new (text != NULL ? text : "", length);
  /* GLib's own copy of the message. */
  if (text != NULL)
    explicit_bzero ((void *) text, length);
  return password;
}

MitogenPassword *
mitogen_keyring_lookup (const char *place,
                        const char *what,
                        void (*unlocking) (gpointer data),
                        gpointer data,
                        GCancellable *cancellable,
                        GError **error)
{
  Keyring self = { .cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL,
                   .unlocking = unlocking,
                   .data = data };
  g_autofree char *item = NULL;
  MitogenPassword *password = NULL;

  if (has_session_bus ())
    {
      if (keyring_open (&self, error))
        item = find_item (&self, place, what, error);
      if (item != NULL)
        password = read_secret (&self, item, error);
      keyring_close (&self);
    }
  g_clear_object (&self.cancellable);
  return password;
}

/* ---- saving ---- */

static char *
find_collection (Keyring *self, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GVariant) reply =
      call (self, PATH, INTERFACE, "ReadAlias", g_variant_new ("(s)", "default"), "(o)", error);

  if (reply == NULL)
    return NULL;
  g_variant_get (reply, "(o)", &path);
  if (!g_str_equal (path, NOT_THERE))
    return g_steal_pointer (&path);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "There is no default keyring");
  return NULL;
}

static void
wipe (gpointer data)
{
  mitogen_password_unref (data);
}

static GVariant *
make_secret (Keyring *self, MitogenPassword *password)
{
  GVariant *value =
      g_variant_new_from_data (G_VARIANT_TYPE_BYTESTRING, mitogen_password_get_text (password),
                               mitogen_password_get_length (password), TRUE, wipe,
                               mitogen_password_ref (password));

  return g_variant_new ("(o@ay@ays)", self->session,
                        g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, NULL, 0, 1), value,
                        "text/plain; charset=utf8");
}

static gboolean
create_item (Keyring *self,
             const char *collection,
             GVariant *attributes,
             const char *label,
             MitogenPassword *password,
             GError **error)
{
  g_autofree char *prompt = NULL;
  g_autoptr (GVariant) reply = NULL;
  GVariantBuilder properties;

  g_variant_builder_init (&properties, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&properties, "{sv}", ITEM ".Label", g_variant_new_string (label));
  g_variant_builder_add (&properties, "{sv}", ITEM ".Attributes", attributes);
  reply = call (self, collection, COLLECTION, "CreateItem",
                g_variant_new ("(a{sv}@" SECRET_TYPE "b)", &properties,
                               make_secret (self, password), TRUE),
                "(oo)", error);
  if (reply == NULL)
    return FALSE;
  g_variant_get_child (reply, 1, "o", &prompt);
  return run_prompt (self, prompt, error);
}

gboolean
mitogen_keyring_save (const char *place,
                      const char *what,
                      const char *label,
                      MitogenPassword *password,
                      GError **error)
{
  Keyring self = { 0 };
  g_autofree char *collection = NULL;
  gboolean is_saved = FALSE;

  if (!has_session_bus ())
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "There is no session bus");
      return FALSE;
    }
  if (keyring_open (&self, error))
    collection = find_collection (&self, error);
  if (collection != NULL && unlock (&self, collection, error))
    is_saved =
        create_item (&self, collection, make_attributes (place, what), label, password, error);
  keyring_close (&self);
  return is_saved;
}
