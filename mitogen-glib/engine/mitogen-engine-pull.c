/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-pull-private.h"
#include "engine/mitogen-engine-credentials-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Without any news. A registry may be slow, but then there is a little more of it now and then. */
#define SILENCE_S 60
/* Between two of which people are told; the last is told in any case. */
#define PROGRESS_INTERVAL (50 * G_TIME_SPAN_MILLISECOND)
#define READ_SIZE         (16 * 1024)

struct _MitogenEnginePull
{
  MitogenIo *io;
  const MitogenEnginePullFuncs *funcs;
  gpointer data;
  char *shown;  /* the image */
  char *helper; /* (nullable): who might have known credentials */
  MitogenEngineRequest *request;
  GInputStream *stream;
  GIOStream *connection;
  GCancellable *cancellable;
  MitogenEngineScanner scanner;
  MitogenEngineProgress progress;
  gboolean reading; /* its callback will come, and free it if it was freed */
  gboolean freed;
  gint64 told;
  gboolean untold;
  GSource *timer;
};

static void
clear_timer (MitogenEnginePull *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

static void
really_free (MitogenEnginePull *self)
{
  mitogen_engine_scanner_clear (&self->scanner);
  mitogen_engine_progress_clear (&self->progress);
  g_clear_object (&self->stream);
  g_clear_object (&self->connection);
  g_object_unref (self->cancellable);
  g_free (self->shown);
  g_free (self->helper);
  mitogen_io_unref (self->io);
  g_free (self);
}

void
mitogen_engine_pull_free (MitogenEnginePull *self)
{
  clear_timer (self);
  g_clear_pointer (&self->request, mitogen_engine_request_cancel);
  self->freed = TRUE;
  g_cancellable_cancel (self->cancellable);
  if (!self->reading)
    really_free (self);
}

static void
done (MitogenEnginePull *self, const GError *error)
{
  clear_timer (self);
  self->funcs->done (error, self->data);
}

static void
fail (MitogenEnginePull *self, gint code, const char *what)
{
  g_autoptr (GError) error =
      g_error_new (MITOGEN_ERROR, code, _ ("the image %s could not be fetched: %s"), self->shown,
                   what);

  done (self, error);
}

/* ---- the news ---- */

static void
on_silence (gpointer data)
{
  MitogenEnginePull *self = data;
  g_autofree char *what =
      g_strdup_printf (_ ("there has been no progress for %d seconds"), SILENCE_S);

  fail (self, MITOGEN_ERROR_TIMED_OUT, what);
}

static void
restart_timer (MitogenEnginePull *self)
{
  clear_timer (self);
  self->timer = mitogen_io_add_timeout (self->io, SILENCE_S * 1000, on_silence, self);
}

static void
tell (MitogenEnginePull *self, gboolean at_once)
{
  gint64 now = g_get_monotonic_time ();

  if (!at_once && now - self->told < PROGRESS_INTERVAL)
    return;
  self->told = now;
  self->untold = FALSE;
  self->funcs->progress (&self->progress, self->data);
}

/* FALSE: it is over. */
static gboolean
take (MitogenEnginePull *self, const guint8 *data, gsize size)
{
  while (size > 0)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonObject) object =
          mitogen_engine_scanner_next (&self->scanner, &data, &size, &error);

      if (error != NULL)
        fail (self, MITOGEN_ERROR_PROTOCOL, error->message);
      if (error != NULL)
        return FALSE;
      if (object == NULL)
        continue;
      mitogen_engine_progress_take (&self->progress, object);
      self->untold = TRUE;
    }
  if (self->untold)
    tell (self, FALSE);
  return TRUE;
}

static void
take_end (MitogenEnginePull *self)
{
  if (self->untold)
    tell (self, TRUE);
  if (self->progress.error != NULL)
    fail (self, MITOGEN_ERROR_STREAM, self->progress.error);
  else if (!mitogen_engine_scanner_is_between (&self->scanner))
    fail (self, MITOGEN_ERROR_PROTOCOL, _ ("the news of it end in the middle"));
  else
    done (self, NULL);
}

static void read_more (MitogenEnginePull *self);

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  MitogenEnginePull *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);
  gsize size;
  const guint8 *got;

  self->reading = FALSE;
  if (self->freed)
    {
      really_free (self);
      return;
    }
  if (bytes == NULL)
    {
      fail (self, MITOGEN_ERROR_STREAM, error->message);
      return;
    }
  got = g_bytes_get_data (bytes, &size);
  if (size == 0)
    {
      take_end (self);
      return;
    }
  restart_timer (self);
  if (take (self, got, size))
    read_more (self);
}

static void
read_more (MitogenEnginePull *self)
{
  self->reading = TRUE;
  g_input_stream_read_bytes_async (self->stream, READ_SIZE, G_PRIORITY_DEFAULT, self->cancellable,
                                   on_read, self);
}

static void
on_stream (GInputStream *stream, GIOStream *connection, gpointer data)
{
  MitogenEnginePull *self = data;

  self->request = NULL;
  self->stream = g_object_ref (stream);
  self->connection = g_object_ref (connection);
  read_more (self);
}

static void
on_answered (const MitogenEngineAnswer *answer, const GError *error, gpointer data)
{
  MitogenEnginePull *self = data;

  self->request = NULL;
  if (error != NULL)
    done (self, error);
  else
    fail (self, MITOGEN_ERROR_STREAM, answer->message);
}

static const MitogenEngineRequestFuncs request_funcs = { .answered = on_answered,
                                                         .stream = on_stream };

MitogenEnginePull *
mitogen_engine_pull_new (MitogenIo *io,
                         MitogenEngineSession *session,
                         const MitogenEngineImage *image,
                         const MitogenEnginePullFuncs *funcs,
                         gpointer data)
{
  MitogenEnginePull *self = g_new0 (MitogenEnginePull, 1);
  g_autofree char *name = mitogen_engine_escape (image->name);
  g_autofree char *tag = mitogen_engine_escape (image->tag);
  g_autofree char *path = g_strdup_printf ("/images/create?fromImage=%s&tag=%s", name, tag);
  g_autofree char *helper = NULL;
  g_autofree char *credentials = mitogen_engine_find_credentials (image->registry, NULL, &helper);
  const MitogenEngineRequestSpec spec = { .method = "POST",
                                          .path = path,
                                          .registry_auth = credentials };

  self->helper = g_steal_pointer (&helper);
  self->io = mitogen_io_ref (io);
  self->funcs = funcs;
  self->data = data;
  self->shown =
      g_strconcat (image->name, strchr (image->tag, ':') != NULL ? "@" : ":", image->tag, NULL);
  self->cancellable = g_cancellable_new ();
  self->request = mitogen_engine_session_send (session, &spec, &request_funcs, self);
  restart_timer (self);
  return self;
}
