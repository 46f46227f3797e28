/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-payload-private.h"

#include <sys/mman.h>

/* Payloads from this size on are mapped. Below it the allocator knows better: pages that it
 * has kept need not be faulted in again, which takes longer than reading into them. */
#define MAP_PAYLOADS_FROM (32 * 1024 * 1024)

guint8 *
mitogen_payload_reserve (guint32 length)
{
  gpointer memory;

  if (length < MAP_PAYLOADS_FROM)
    return g_try_malloc (length);
  memory = mmap (NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                 -1, 0);
  return memory != MAP_FAILED ? memory : NULL;
}

void
mitogen_payload_free (guint8 *payload, guint32 length)
{
  if (length < MAP_PAYLOADS_FROM)
    g_free (payload);
  else if (payload != NULL)
    munmap (payload, length);
}

typedef struct
{
  guint8 *memory;
  guint32 length;
} Mapped;

static void
mapped_free (gpointer data)
{
  Mapped *mapped = data;

  mitogen_payload_free (mapped->memory, mapped->length);
  g_free (mapped);
}

GBytes *
mitogen_payload_to_bytes (guint8 *payload, guint32 length)
{
  Mapped *mapped;

  if (length < MAP_PAYLOADS_FROM)
    return g_bytes_new_take (payload, length);
  mapped = g_new (Mapped, 1);
  mapped->memory = payload;
  mapped->length = length;
  return g_bytes_new_with_free_func (payload, length, mapped_free, mapped);
}
