/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-pull-private.h"
#include "wire/mitogen-error.h"

#include <string.h>

/* An image has a few dozens at most. */
#define MAX_LAYERS 1000
/* So that no sum is too large. */
#define MAX_LAYER (G_MAXINT64 / MAX_LAYERS)

typedef struct
{
  guint64 done;
  guint64 total;
} Layer;

/* NULL: what it is about is no layer, or there are too many. */
static Layer *
find_layer (MitogenEngineProgress *self, JsonObject *object)
{
  const char *id = mitogen_engine_json_get_string (object, "id");
  Layer *layer;

  if (id == NULL)
    return NULL;
  if (self->layers == NULL)
    self->layers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  layer = g_hash_table_lookup (self->layers, id);
  if (layer == NULL && g_hash_table_size (self->layers) < MAX_LAYERS)
    {
      layer = g_new0 (Layer, 1);
      g_hash_table_insert (self->layers, g_strdup (id), layer);
    }
  return layer;
}

static void
set_layer (MitogenEngineProgress *self, Layer *layer, guint64 done, guint64 total)
{
  self->done += done - layer->done;
  self->total += total - layer->total;
  layer->done = done;
  layer->total = total;
}

/* Only what is fetched counts, not what is unpacked then. */
static void
take_layer (MitogenEngineProgress *self, JsonObject *object, const char *status)
{
  JsonObject *detail = mitogen_engine_json_get_object (object, "progressDetail");
  Layer *layer;
  gint64 done;
  gint64 total;

  if (strcmp (status, "Download complete") == 0 || strcmp (status, "Pull complete") == 0)
    {
      layer = find_layer (self, object);
      if (layer != NULL)
        set_layer (self, layer, layer->total, layer->total);
      return;
    }
  if (strcmp (status, "Downloading") != 0 || detail == NULL ||
      !mitogen_engine_json_get_number (detail, "current", &done) || done < 0)
    return;
  if (!mitogen_engine_json_get_number (detail, "total", &total) || total < done)
    total = done;
  layer = find_layer (self, object);
  if (layer != NULL)
    set_layer (self, layer, (guint64) MIN (done, MAX_LAYER), (guint64) MIN (total, MAX_LAYER));
}

static void
take_error (MitogenEngineProgress *self, JsonObject *object)
{
  JsonObject *detail = mitogen_engine_json_get_object (object, "errorDetail");
  const char *message = mitogen_engine_json_get_string (object, "error");

  if (message == NULL && detail != NULL)
    message = mitogen_engine_json_get_string (detail, "message");
  if (message == NULL)
    return;
  g_free (self->error);
  self->error = mitogen_engine_clean (message, strlen (message));
}

void
mitogen_engine_progress_take (MitogenEngineProgress *self, JsonObject *object)
{
  const char *status = mitogen_engine_json_get_string (object, "status");

  take_error (self, object);
  if (status == NULL)
    return;
  g_free (self->status);
  self->status = mitogen_engine_clean (status, strlen (status));
  take_layer (self, object, status);
}

void
mitogen_engine_progress_clear (MitogenEngineProgress *self)
{
  g_clear_pointer (&self->layers, g_hash_table_unref);
  g_clear_pointer (&self->status, g_free);
  g_clear_pointer (&self->error, g_free);
  self->done = self->total = 0;
}
