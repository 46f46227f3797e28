/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-tunnel-stream-private.h"

#include <gio/gfiledescriptorbased.h>
#include <gio/gunixconnection.h>
#include <unistd.h>

/* ---- the outcome ---- */

struct _MitogenTunnelOutcome
{
  gatomicrefcount ref_count;
  GMutex lock;
  GError *error; /* protected by lock; (nullable) */
};

MitogenTunnelOutcome *
mitogen_tunnel_outcome_new (void)
{
  MitogenTunnelOutcome *self = g_new0 (MitogenTunnelOutcome, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  return self;
}

MitogenTunnelOutcome *
mitogen_tunnel_outcome_ref (MitogenTunnelOutcome *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_tunnel_outcome_unref (MitogenTunnelOutcome *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_error (&self->error);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
mitogen_tunnel_outcome_set (MitogenTunnelOutcome *self, const GError *error)
{
  g_mutex_lock (&self->lock);
  if (self->error == NULL && error != NULL)
    self->error = g_error_copy (error);
  g_mutex_unlock (&self->lock);
}

static gboolean
outcome_fails (MitogenTunnelOutcome *self, GError **error)
{
  gboolean fails;

  g_mutex_lock (&self->lock);
  fails = self->error != NULL;
  if (fails && error != NULL)
    *error = g_error_copy (self->error);
  g_mutex_unlock (&self->lock);
  return fails;
}

/* ---- what is read ---- */

typedef struct
{
  GFilterInputStream parent_instance;
  MitogenTunnelOutcome *outcome;
} MitogenTunnelInput;

typedef struct
{
  GFilterInputStreamClass parent_class;
} MitogenTunnelInputClass;

static GType mitogen_tunnel_input_get_type (void);
static void mitogen_tunnel_input_pollable_init (GPollableInputStreamInterface *iface);
static void mitogen_tunnel_input_fd_init (GFileDescriptorBasedIface *iface);

G_DEFINE_TYPE_WITH_CODE (MitogenTunnelInput,
                         mitogen_tunnel_input,
                         G_TYPE_FILTER_INPUT_STREAM,
                         G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                mitogen_tunnel_input_pollable_init)
                             G_IMPLEMENT_INTERFACE (G_TYPE_FILE_DESCRIPTOR_BASED,
                                                    mitogen_tunnel_input_fd_init))

static GInputStream *
get_base (gpointer self)
{
  return g_filter_input_stream_get_base_stream (self);
}

/* The kernel says that the connection was reset where what we wrote was not read any more.
 * @error: (transfer full) (nullable): of the read */
static gssize
judge (gpointer self, gssize got, GError *error, GError **why)
{
  g_autoptr (GError) owned = error;

  if ((got == 0 || g_error_matches (owned, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED)) &&
      outcome_fails (((MitogenTunnelInput *) self)->outcome, why))
    return -1;
  if (owned != NULL)
    g_propagate_error (why, g_steal_pointer (&owned));
  return got;
}

static gssize
mitogen_tunnel_input_read (GInputStream *stream,
                           void *buffer,
                           gsize count,
                           GCancellable *cancellable,
                           GError **error)
{
  GError *failure = NULL;
  gssize got = g_input_stream_read (get_base (stream), buffer, count, cancellable, &failure);

  return judge (stream, got, failure, error);
}

static gssize
mitogen_tunnel_input_read_nonblocking (GPollableInputStream *stream,
                                       void *buffer,
                                       gsize count,
                                       GError **error)
{
  GError *failure = NULL;
  gssize got =
      g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (get_base (stream)), buffer,
                                                count, NULL, &failure);

  return judge (stream, got, failure, error);
}

static gboolean
mitogen_tunnel_input_is_readable (GPollableInputStream *stream)
{
  return g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM (get_base (stream)));
}

static GSource *
mitogen_tunnel_input_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  g_autoptr (GSource) base =
      g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (get_base (stream)),
                                             cancellable);

  return g_pollable_source_new_full (stream, base, NULL);
}

static int
mitogen_tunnel_input_get_fd (GFileDescriptorBased *stream)
{
  return g_file_descriptor_based_get_fd (G_FILE_DESCRIPTOR_BASED (get_base (stream)));
}

static void
mitogen_tunnel_input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = mitogen_tunnel_input_is_readable;
  iface->create_source = mitogen_tunnel_input_create_source;
  iface->read_nonblocking = mitogen_tunnel_input_read_nonblocking;
}

static void
mitogen_tunnel_input_fd_init (GFileDescriptorBasedIface *iface)
{
  iface->get_fd = mitogen_tunnel_input_get_fd;
}

static void
mitogen_tunnel_input_finalize (GObject *object)
{
  mitogen_tunnel_outcome_unref (((MitogenTunnelInput *) object)->outcome);
  G_OBJECT_CLASS (mitogen_tunnel_input_parent_class)->finalize (object);
}

static void
mitogen_tunnel_input_class_init (MitogenTunnelInputClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = mitogen_tunnel_input_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = mitogen_tunnel_input_read;
}

static void
mitogen_tunnel_input_init (MitogenTunnelInput *self)
{
}

/* ---- the stream ---- */

typedef struct
{
  GUnixConnection parent_instance;
  MitogenTunnelOutcome *outcome;
  GInputStream *input; /* as it is asked for */
} MitogenTunnelStream;

typedef struct
{
  GUnixConnectionClass parent_class;
} MitogenTunnelStreamClass;

static GType mitogen_tunnel_stream_get_type (void);

G_DEFINE_TYPE (MitogenTunnelStream, mitogen_tunnel_stream, G_TYPE_UNIX_CONNECTION)

static GInputStream *
mitogen_tunnel_stream_get_input_stream (GIOStream *stream)
{
  MitogenTunnelStream *self = (MitogenTunnelStream *) stream;
  MitogenTunnelInput *input;

  if (self->input != NULL)
    return self->input;
  input = g_object_new (
      mitogen_tunnel_input_get_type (), "base-stream",
      G_IO_STREAM_CLASS (mitogen_tunnel_stream_parent_class)->get_input_stream (stream), NULL);
  input->outcome = mitogen_tunnel_outcome_ref (self->outcome);
  self->input = G_INPUT_STREAM (input);
  return self->input;
}

static void
mitogen_tunnel_stream_finalize (GObject *object)
{
  MitogenTunnelStream *self = (MitogenTunnelStream *) object;

  g_clear_object (&self->input);
  mitogen_tunnel_outcome_unref (self->outcome);
  G_OBJECT_CLASS (mitogen_tunnel_stream_parent_class)->finalize (object);
}

static void
mitogen_tunnel_stream_class_init (MitogenTunnelStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = mitogen_tunnel_stream_finalize;
  G_IO_STREAM_CLASS (klass)->get_input_stream = mitogen_tunnel_stream_get_input_stream;
}

static void
mitogen_tunnel_stream_init (MitogenTunnelStream *self)
{
}

GIOStream *
mitogen_tunnel_stream_new (int fd, MitogenTunnelOutcome *outcome, GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, error);
  MitogenTunnelStream *self;

  if (socket == NULL)
    {
      close (fd);
      return NULL;
    }
  self = g_object_new (mitogen_tunnel_stream_get_type (), "socket", socket, NULL);
  self->outcome = mitogen_tunnel_outcome_ref (outcome);
  return G_IO_STREAM (self);
}
