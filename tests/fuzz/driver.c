/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Stands in for libFuzzer, so that a fuzz target is a test with any compiler: runs every
 * file of a corpus, then random changes of them. Arguments: corpus [changes [seed]]. */

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define LARGEST 16384

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
load_corpus (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  GPtrArray *corpus = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  const char *name;

  if (dir == NULL)
    g_error ("%s", error->message);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  /* The order of a directory is its file system's: a seed should mean the same anywhere. */
  g_ptr_array_sort (names, compare_names);

  for (guint i = 0; i < names->len; i++)
    {
      char *contents;
      gsize size;

      if (!g_file_get_contents (names->pdata[i], &contents, &size, &error))
        g_error ("%s", error->message);
      g_ptr_array_add (corpus, g_bytes_new_take (contents, size));
    }

  return corpus;
}

static guint
pick (GRand *rand, guint limit)
{
  return limit > 0 ? (guint) g_rand_int_range (rand, 0, (gint32) limit) : 0;
}

static void
insert (GByteArray *input, guint position, const guint8 *data, guint size)
{
  guint old_size = input->len;

  if (size == 0 || old_size + size > LARGEST)
    return;
  g_byte_array_set_size (input, old_size + size);
  memmove (input->data + position + size, input->data + position, old_size - position);
  memcpy (input->data + position, data, size);
}

static void
change_bytes (GByteArray *input, GRand *rand)
{
  static const guint8 telling[] = { 0, 1, 0x7f, 0x80, 0xff, '\n', '(', '.' };
  guint position = pick (rand, input->len);

  if (input->len == 0)
    return;
  switch (pick (rand, 4))
    {
    case 0:
      input->data[position] ^= (guint8) (1u << pick (rand, 8));
      break;
    case 1:
      input->data[position] = (guint8) g_rand_int (rand);
      break;
    case 2:
      input->data[position] = telling[pick (rand, sizeof telling)];
      break;
    default:
      input->data[position] += (guint8) (pick (rand, 2) == 0 ? 1 : 0xff);
      break;
    }
}

static void
change_parts (GByteArray *input, GPtrArray *corpus, GRand *rand)
{
  guint position = pick (rand, input->len + 1);
  guint size = pick (rand, MIN (input->len - position, 40) + 1);
  g_autofree guint8 *part = NULL;
  gsize other_size;
  const guint8 *other;
  guint start;

  switch (pick (rand, 4))
    {
    case 0:
      if (size > 0)
        g_byte_array_remove_range (input, position, size);
      break;
    case 1:
      part = g_memdup2 (input->data + position, size);
      insert (input, pick (rand, input->len + 1), part, size);
      break;
    case 2:
      other = g_bytes_get_data (corpus->pdata[pick (rand, corpus->len)], &other_size);
      start = pick (rand, (guint) other_size);
      insert (input, position, other + start,
              pick (rand, MIN ((guint) other_size - start, 60) + 1));
      break;
    default:
      g_byte_array_set_size (input, position);
      break;
    }
}

static void
run_changed (GPtrArray *corpus, GRand *rand)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (corpus->pdata[pick (rand, corpus->len)], &size);
  g_autoptr (GByteArray) input = g_byte_array_new ();
  g_autofree guint8 *exact = NULL;

  g_byte_array_append (input, data, (guint) size);
  for (guint n_changes = 1 + pick (rand, 6); n_changes > 0; n_changes--)
    if (pick (rand, 2) == 0)
      change_bytes (input, rand);
    else
      change_parts (input, corpus, rand);

  /* In a block of just this size, so that tools see what reads beyond it. */
  exact = g_memdup2 (input->data, input->len);
  LLVMFuzzerTestOneInput (exact, input->len);
}

int
main (int argc, char *argv[])
{
  guint n_changes = argc > 2 ? (guint) g_ascii_strtoull (argv[2], NULL, 10) : 0;
  guint32 seed = argc > 3 ? (guint32) g_ascii_strtoull (argv[3], NULL, 10) : g_random_int ();
  g_autoptr (GPtrArray) corpus = NULL;
  GRand *rand;

  if (argc < 2)
    g_error ("Usage: %s CORPUS [CHANGES [SEED]]", argv[0]);
  corpus = load_corpus (argv[1]);
  if (corpus->len == 0)
    g_error ("%s is empty", argv[1]);

  g_print ("1..2\n");
  for (guint i = 0; i < corpus->len; i++)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (corpus->pdata[i], &size);

      LLVMFuzzerTestOneInput (data, size);
    }
  g_print ("ok 1 - %u files\n", corpus->len);

  g_print ("# seed %u\n", seed);
  rand = g_rand_new_with_seed (seed);
  for (guint i = 0; i < n_changes; i++)
    run_changed (corpus, rand);
  g_rand_free (rand);
  g_print ("ok 2 - %u changes\n", n_changes);

  return EXIT_SUCCESS;
}
