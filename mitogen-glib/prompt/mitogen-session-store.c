/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prompt/mitogen-keyring-private.h"

typedef struct
{
  GHashTable *passwords; /* MitogenPassword by place and what */
  GHashTable *refused;   /* the same as a set */
} Store;

static void
store_free (gpointer data)
{
  Store *store = data;

  g_hash_table_unref (store->passwords);
  g_hash_table_unref (store->refused);
  g_free (store);
}

static GPrivate current = G_PRIVATE_INIT (store_free);

static Store *
get_store (void)
{
  Store *store = g_private_get (&current);

  if (store == NULL)
    {
      store = g_new (Store, 1);
      store->passwords = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                                (GDestroyNotify) mitogen_password_unref);
      store->refused = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_private_set (&current, store);
    }
  return store;
}

static char *
make_key (const char *place, const char *what)
{
  return g_strconcat (place, "\n", what, NULL);
}

void
mitogen_session_store_add (const char *place, const char *what, MitogenPassword *password)
{
  Store *store = get_store ();
  g_autofree char *key = make_key (place, what);

  g_hash_table_remove (store->refused, key);
  g_hash_table_insert (store->passwords, g_steal_pointer (&key), mitogen_password_ref (password));
}

MitogenPassword *
mitogen_session_store_lookup (const char *place, const char *what)
{
  g_autofree char *key = make_key (place, what);

  return g_hash_table_lookup (get_store ()->passwords, key);
}

void
mitogen_session_store_refuse (const char *place, const char *what)
{
  Store *store = get_store ();
  g_autofree char *key = make_key (place, what);

  g_hash_table_remove (store->passwords, key);
  g_hash_table_add (store->refused, g_steal_pointer (&key));
}

gboolean
mitogen_session_store_is_refused (const char *place, const char *what)
{
  g_autofree char *key = make_key (place, what);

  return g_hash_table_contains (get_store ()->refused, key);
}
