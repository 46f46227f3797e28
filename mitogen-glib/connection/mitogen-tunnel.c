/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-tunnel-private.h"
#include "broker/mitogen-fd-private.h"
#include "connection/mitogen-diagnosis-private.h"
#include "connection/mitogen-relay-messages-private.h"
#include "python/mitogen-parts-private.h"
#include "wire/mitogen-error.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* What may be on its way in each direction. A call beside a tunnel that is flooded waits until so
 * much has gone over the link: doc/relay-protocol.md. */
#define WINDOW (64 * 1024)

/* How much was passed on before the via hears of it. */
#define RETURN_SIZE (WINDOW / 2)

/* What is read at once. */
#define PIECE_SIZE (16 * 1024)

/* How long connecting may take there; and how much later we stop to believe that the via will
 * tell. */
#define LIMIT_MS  30000
#define MARGIN_MS 5000

/* Between attempts, where so many wait to be accepted that the socket takes no more. */
#define BUSY_MS 50

/* Our side has been closed, or both directions have ended: how long the other side may take to
 * notice, or to read on. */
#define LINGER_MS 60000

struct _MitogenTunnel
{
  gatomicrefcount ref_count;
  MitogenCore *core;
  MitogenContextNode *via;
  char *path;

  /* I/O thread only */
  const MitogenTunnelFuncs *funcs; /* NULL: not to be told any more */
  gpointer data;
  int fd; /* -1: closed */
  MitogenWatch *watch;
  GBytes *target;
  guint32 handle;  /* where the via's events come; 0: none, or no more */
  gint64 deadline; /* for further attempts; 0: there was none */
  GSource *clock;  /* while it is being opened */
  GSource *pause;  /* before it is tried again */
  GSource *linger; /* when our side has been closed */
  gboolean opened;
  gboolean ended; /* nothing is left but its memory */

  /* from the via to the descriptor */
  gsize credit; /* bytes that the via may still send */
  gsize owed;   /* bytes dealt with, for which it has no new credit yet */
  GByteArray *unwritten;
  gsize written; /* of these */
  gboolean far_eof;
  gboolean deaf;   /* nobody reads what is written: it is dropped */
  gboolean over;   /* the via has said its last word: what is unwritten remains */
  GError *outcome; /* and this is why; (nullable) */

  /* from the descriptor to the via */
  gsize on_way;     /* bytes sent, but not known to be passed on */
  GPtrArray *early; /* GBytes of what was sent before it was open */
  gboolean near_eof;
  gboolean hung_up; /* the other end of the descriptor is closed */
};

static void update_watch (MitogenTunnel *self);
static void on_paused (gpointer data);

static MitogenIo *
get_io (MitogenTunnel *self)
{
  return mitogen_core_get_io (self->core);
}

static guint32
get_via_id (MitogenTunnel *self)
{
  return mitogen_context_node_get_id (self->via);
}

static MitogenTunnel *
tunnel_ref (MitogenTunnel *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
tunnel_unref (gpointer data)
{
  MitogenTunnel *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_byte_array_unref (self->unwritten);
  g_clear_pointer (&self->early, g_ptr_array_unref);
  g_clear_error (&self->outcome);
  g_bytes_unref (self->target);
  g_free (self->path);
  mitogen_context_node_unref (self->via);
  mitogen_core_unref (self->core);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenTunnel, tunnel_unref)

/* ---- small parts ---- */

static void
clear_timer (GSource **timer)
{
  if (*timer != NULL)
    g_source_destroy (*timer);
  g_clear_pointer (timer, g_source_unref);
}

static void
set_timer (MitogenTunnel *self, GSource **timer, guint ms, MitogenIoFunc func)
{
  clear_timer (timer);
  *timer = mitogen_io_add_timeout (get_io (self), ms, func, self);
}

/* @message: taken */
static void
send_named (MitogenTunnel *self, MitogenMessage *message)
{
  g_autoptr (MitogenMessage) owned = message;
  MitogenFrameHeader header = *mitogen_message_get_header (owned);
  g_autoptr (MitogenMessage) named = NULL;

  header.reply_to = self->handle; /* together with our id it names the tunnel */
  named = mitogen_message_with_header (owned, &header);
  mitogen_core_send (self->core, named);
}

static void
forget_handle (MitogenTunnel *self)
{
  guint32 handle = self->handle;

  self->handle = 0;
  if (handle != 0)
    mitogen_handlers_remove (mitogen_core_get_handlers (self->core), handle);
}

/* @what: the end of a sentence */
static GError *
explain (MitogenTunnel *self, GQuark domain, gint code, const char *what)
{
  g_autofree char *path = mitogen_diagnosis_clean (self->path, strlen (self->path));

  return g_error_new (domain, code,
                      self->opened ? _ ("The connection to the socket “%s” in %s has broken: %s")
                                   : _ ("Cannot connect to the socket “%s” in %s: %s"),
                      path, mitogen_context_node_get_name (self->via), what);
}

/* ---- the end ---- */

static void
close_fd (MitogenTunnel *self)
{
  g_clear_pointer (&self->watch, mitogen_watch_remove);
  mitogen_fd_close (&self->fd);
}

/* Who is told finds the descriptor open: whoever sees its end then finds out why. */
static void
end (MitogenTunnel *self, const GError *error)
{
  const MitogenTunnelFuncs *funcs = g_steal_pointer (&self->funcs);

  if (self->ended)
    return;
  self->ended = TRUE;
  clear_timer (&self->clock);
  clear_timer (&self->pause);
  clear_timer (&self->linger);
  forget_handle (self);
  if (funcs != NULL)
    funcs->closed (error, self->data);
  close_fd (self);
  tunnel_unref (self);
}

static void
end_with (MitogenTunnel *self, GQuark domain, gint code, const char *what)
{
  g_autoptr (GError) error = explain (self, domain, code, what);

  end (self, error);
}

/* The via is to drop what it has. */
static void
send_kill (MitogenTunnel *self)
{
  if (self->handle != 0)
    send_named (self, mitogen_relay_message_kill (get_via_id (self)));
}

static void
break_off (MitogenTunnel *self, const char *what)
{
  send_kill (self);
  end_with (self, MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL, what);
}

/* Nobody here is interested any more, and the other side has been told all that was said. */
static void
abandon (MitogenTunnel *self)
{
  send_kill (self);
  end (self, NULL);
}

static void
on_lingered (gpointer data)
{
  abandon (data);
}

static void
linger (MitogenTunnel *self)
{
  set_timer (self, &self->linger, LINGER_MS, on_lingered);
}

static gboolean
has_unwritten (MitogenTunnel *self)
{
  return self->written < self->unwritten->len;
}

/* Nothing more comes from the via, but what has come is delivered. @error: (transfer full)
 * (nullable) */
static void
finish (MitogenTunnel *self, GError *error)
{
  g_autoptr (GError) owned = error;

  forget_handle (self);
  if (!has_unwritten (self) || self->hung_up)
    {
      end (self, owned);
      return;
    }
  clear_timer (&self->linger);
  self->over = TRUE;
  self->outcome = g_steal_pointer (&owned);
  shutdown (self->fd, SHUT_RD);
  update_watch (self);
}

/* ---- from the descriptor to the via ---- */

static gboolean
may_read (MitogenTunnel *self)
{
  return self->handle != 0 && !self->over && !self->near_eof && self->on_way < WINDOW;
}

/* @payload: (transfer full) */
static void
send_payload (MitogenTunnel *self, GBytes *payload)
{
  g_autoptr (GBytes) owned = payload;

  send_named (self, mitogen_relay_message_raw (get_via_id (self), owned));
  if (!self->opened)
    g_ptr_array_add (self->early, g_steal_pointer (&owned));
}

/* What has been said is on its way. Whoever is gone without having read everything has broken the
 * connection off; else the other side may go on reading, and sees the end as that of a file. */
static void
on_near_eof (MitogenTunnel *self)
{
  self->near_eof = TRUE;
  if (self->hung_up && self->deaf)
    {
      abandon (self);
      return;
    }
  send_named (self, mitogen_relay_message_eof (get_via_id (self)));
  if (self->hung_up)
    close_fd (self);
  if (self->hung_up || self->far_eof)
    linger (self);
}

static void
read_piece (MitogenTunnel *self)
{
  gsize size = MIN (PIECE_SIZE, WINDOW - self->on_way);
  guint8 *payload = g_malloc (1 + size);
  gssize got;

  do
    got = recv (self->fd, payload + 1, size, MSG_DONTWAIT);
  while (got < 0 && errno == EINTR);
  if (got > 0)
    {
      payload[0] = MITOGEN_RELAY_STREAM;
      if ((gsize) got < size / 2)
        payload = g_realloc (payload, 1 + got);
      self->on_way += got;
      send_payload (self, g_bytes_new_take (payload, 1 + got));
      return;
    }
  g_free (payload);
  if (got == 0)
    on_near_eof (self);
  else if (errno != EAGAIN && errno != EWOULDBLOCK)
    abandon (self); /* it is gone, and has not read everything */
}

/* What is left behind when the descriptor was closed at its other end is not watched. */
static void
read_some (MitogenTunnel *self)
{
  do
    if (may_read (self))
      read_piece (self);
  while (self->hung_up && may_read (self));
}

/* ---- from the via to the descriptor ---- */

static void
give_back (MitogenTunnel *self, gsize size)
{
  self->owed += size;
  if (self->owed < RETURN_SIZE || self->far_eof || self->over)
    return;
  send_named (self, mitogen_relay_message_credit (get_via_id (self), self->owed));
  self->credit += self->owed;
  self->owed = 0;
}

static void
drop_unwritten (MitogenTunnel *self)
{
  gsize size = self->unwritten->len - self->written;

  g_byte_array_set_size (self->unwritten, 0);
  self->written = 0;
  give_back (self, size);
}

/* Returns how much it could write. */
static gsize
write_data (MitogenTunnel *self, const guint8 *data, gsize size)
{
  gssize written;

  if (self->deaf || self->fd < 0)
    return size;
  do
    written = send (self->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (written < 0 && errno == EINTR);
  if (written >= 0)
    return written;
  if (errno == EAGAIN || errno == EWOULDBLOCK)
    return 0;
  /* It is closed, or just not read from any more. */
  self->deaf = TRUE;
  return size;
}

static void
on_written (MitogenTunnel *self)
{
  if (has_unwritten (self))
    return;
  if (self->over)
    end (self, self->outcome);
  else if (self->far_eof && self->fd >= 0)
    shutdown (self->fd, SHUT_WR);
}

static void
write_some (MitogenTunnel *self)
{
  gsize written = write_data (self, self->unwritten->data + self->written,
                              self->unwritten->len - self->written);

  self->written += written;
  if (!has_unwritten (self))
    {
      g_byte_array_set_size (self->unwritten, 0);
      self->written = 0;
    }
  give_back (self, written);
  on_written (self);
}

static void
keep_unwritten (MitogenTunnel *self, const guint8 *data, gsize size)
{
  if (self->written > WINDOW / 2)
    {
      g_byte_array_remove_range (self->unwritten, 0, self->written);
      self->written = 0;
    }
  g_byte_array_append (self->unwritten, data, size);
}

static void
on_data (MitogenTunnel *self, const guint8 *data, gsize size)
{
  gsize written = 0;

  if (size > self->credit)
    {
      break_off (self, _ ("the context sent more than it may"));
      return;
    }
  self->credit -= size;
  if (self->hung_up && self->near_eof)
    {
      abandon (self);
      return;
    }
  if (!has_unwritten (self))
    written = write_data (self, data, size);
  if (written < size)
    keep_unwritten (self, data + written, size - written);
  give_back (self, written);
}

/* ---- the descriptor ---- */

static void
on_hung_up (MitogenTunnel *self)
{
  self->hung_up = TRUE;
  self->deaf = self->deaf || has_unwritten (self);
  drop_unwritten (self);
  if (self->over)
    {
      end (self, self->outcome);
      return;
    }
  linger (self);
  if (self->near_eof && self->deaf)
    abandon (self);
  else if (self->near_eof)
    close_fd (self);
}

static void
on_fd (GIOCondition condition, gpointer data)
{
  g_autoptr (MitogenTunnel) self = tunnel_ref (data);

  if ((condition & G_IO_OUT) && has_unwritten (self))
    write_some (self);
  if ((condition & (G_IO_HUP | G_IO_ERR)) && !self->ended && !self->hung_up)
    on_hung_up (self);
  read_some (self);
  update_watch (self);
}

/* With nothing to be told, not even that the other end is closed, it is not watched: that would
 * be told for ever. */
static void
update_watch (MitogenTunnel *self)
{
  GIOCondition condition = 0;

  if (self->watch == NULL)
    return;
  if (!self->hung_up)
    condition = G_IO_HUP | (may_read (self) ? G_IO_IN : 0) | (has_unwritten (self) ? G_IO_OUT : 0);
  mitogen_watch_set_condition (self->watch, condition);
}

/* ---- events of the via ---- */

static void
on_started (MitogenTunnel *self)
{
  self->opened = TRUE;
  clear_timer (&self->clock);
  g_clear_pointer (&self->early, g_ptr_array_unref);
  if (self->funcs != NULL)
    self->funcs->opened (self->data);
}

static void
on_credit (MitogenTunnel *self, gint64 size)
{
  if (size <= 0 || (guint64) size > self->on_way)
    {
      break_off (self, _ ("the context gives credit for what it was not sent"));
      return;
    }
  self->on_way -= size;
  if (self->linger != NULL)
    linger (self);
  read_some (self);
}

static void
on_far_eof (MitogenTunnel *self)
{
  self->far_eof = TRUE;
  on_written (self);
  if (self->near_eof)
    linger (self);
}

static void
on_ended_there (MitogenTunnel *self)
{
  if (self->far_eof && self->near_eof)
    finish (self, NULL);
  else
    finish (self,
            explain (self, MITOGEN_ERROR, MITOGEN_ERROR_CHANNEL, _ ("the context has ended it")));
}

/* The kernel makes nobody wait for a place in the queue of a socket that does not block. */
static gboolean
try_again (MitogenTunnel *self, const MitogenRelayEvent *event)
{
  if (!event->has_number || event->number != EAGAIN)
    return FALSE;
  if (self->deadline == 0)
    self->deadline = g_get_monotonic_time () + LIMIT_MS * G_TIME_SPAN_MILLISECOND;
  else if (g_get_monotonic_time () >= self->deadline)
    return FALSE;
  forget_handle (self);
  set_timer (self, &self->pause, BUSY_MS, on_paused);
  return TRUE;
}

/* Without what Python puts before it. */
static const char *
skip_number (const char *text)
{
  const char *end = g_str_has_prefix (text, "[Errno ") ? strstr (text, "] ") : NULL;

  return end != NULL ? end + 2 : text;
}

static void
on_failed (MitogenTunnel *self, const MitogenRelayEvent *event)
{
  const char *what = skip_number (event->text);
  gboolean has_code = event->has_number && event->number > 0 && event->number <= G_MAXINT;
  gint code = has_code ? (gint) g_io_error_from_errno (event->number) : G_IO_ERROR_FAILED;

  if (try_again (self, event))
    return;
  if (code == G_IO_ERROR_CONNECTION_REFUSED)
    what = _ ("nobody listens there");
  forget_handle (self);
  end_with (self, G_IO_ERROR, code, what);
}

/* What cannot come yet, or any more, or never for a tunnel. */
static gboolean
is_in_order (MitogenTunnel *self, const MitogenRelayEvent *event)
{
  switch (event->kind)
    {
    case MITOGEN_RELAY_EVENT_STARTED:
    case MITOGEN_RELAY_EVENT_FAILED:
      return !self->opened;
    case MITOGEN_RELAY_EVENT_EOF:
      return self->opened && !self->far_eof;
    case MITOGEN_RELAY_EVENT_CREDIT:
      return self->opened;
    case MITOGEN_RELAY_EVENT_EXIT:
    case MITOGEN_RELAY_EVENT_OTHER:
      return TRUE;
    case MITOGEN_RELAY_EVENT_RULE:
    case MITOGEN_RELAY_EVENT_ADOPTED:
    case MITOGEN_RELAY_EVENT_LIMIT:
    case MITOGEN_RELAY_EVENT_DETACHED:
    default:
      return FALSE;
    }
}

static void
on_event (MitogenTunnel *self, const MitogenRelayEvent *event)
{
  if (!is_in_order (self, event))
    {
      break_off (self, _ ("the context tells of events in no possible order"));
      return;
    }
  switch (event->kind)
    {
    case MITOGEN_RELAY_EVENT_STARTED:
      on_started (self);
      break;
    case MITOGEN_RELAY_EVENT_CREDIT:
      on_credit (self, event->number);
      break;
    case MITOGEN_RELAY_EVENT_EOF:
      on_far_eof (self);
      break;
    case MITOGEN_RELAY_EVENT_EXIT:
      on_ended_there (self);
      break;
    case MITOGEN_RELAY_EVENT_FAILED:
      on_failed (self, event);
      break;
    case MITOGEN_RELAY_EVENT_RULE:
    case MITOGEN_RELAY_EVENT_ADOPTED:
    case MITOGEN_RELAY_EVENT_LIMIT:
    case MITOGEN_RELAY_EVENT_DETACHED:
    case MITOGEN_RELAY_EVENT_OTHER:
    default:
      break;
    }
}

static void
on_raw (MitogenTunnel *self, MitogenMessage *message)
{
  gsize size;
  const guint8 *payload = g_bytes_get_data (mitogen_message_get_bytes (message), &size);

  if (size == 0)
    return;
  if (payload[0] != MITOGEN_RELAY_STREAM || !self->opened || self->far_eof)
    break_off (self, _ ("the context sent what nobody can have said"));
  else
    on_data (self, payload + 1, size - 1);
}

/* The via is gone, or cannot be reached, or does not know us any more. */
static void
on_dead (MitogenTunnel *self, MitogenMessage *message)
{
  g_autoptr (GError) reason = mitogen_context_node_get_reason (self->via);
  g_autoptr (GError) said = mitogen_message_dead_error (message);
  g_autofree char *what = mitogen_diagnosis_clean (said->message, strlen (said->message));

  finish (self,
          explain (self, MITOGEN_ERROR, self->opened ? MITOGEN_ERROR_CHANNEL : MITOGEN_ERROR_STREAM,
                   reason != NULL ? reason->message : what));
}

static void
on_message (MitogenMessage *message, MitogenStream *from, gpointer data)
{
  g_autoptr (MitogenTunnel) self = tunnel_ref (data);
  g_auto (MitogenRelayEvent) event = { 0 };

  if (self->handle == 0)
    return;
  if (mitogen_message_is_dead (message))
    on_dead (self, message);
  else if (mitogen_message_get_header (message)->encoding == MITOGEN_ENCODING_RAW)
    on_raw (self, message);
  else if (mitogen_relay_event_read (message, &event))
    on_event (self, &event);
  else
    break_off (self, _ ("the context sent what cannot be read"));
  update_watch (self);
}

/* ---- the start ---- */

static gboolean
listen_for_events (MitogenTunnel *self, GError **error)
{
  MitogenHandlerSpec spec = {
    .handle = 0,
    .persist = TRUE,
    .respondent = get_via_id (self),
    .accept = MITOGEN_ACCEPT_ANY,
    .func = on_message,
    .data = tunnel_ref (self),
    .destroy = tunnel_unref,
  };

  self->handle = mitogen_handlers_add (mitogen_core_get_handlers (self->core), &spec, error);
  return self->handle != 0;
}

/* What was said before goes along again. */
static void
send_open (MitogenTunnel *self)
{
  self->credit = WINDOW;
  send_named (self, mitogen_relay_message_open_socket (get_via_id (self), self->target, WINDOW,
                                                       LIMIT_MS));
  for (guint i = 0; i < self->early->len; i++)
    send_named (self, mitogen_relay_message_raw (get_via_id (self), self->early->pdata[i]));
  if (self->near_eof)
    send_named (self, mitogen_relay_message_eof (get_via_id (self)));
}

static void
on_late (gpointer data)
{
  MitogenTunnel *self = data;

  /* A via that is not there yet has a limit of its own. */
  if (mitogen_context_node_get_state (self->via) == MITOGEN_CONTEXT_NODE_CONNECTING)
    {
      set_timer (self, &self->clock, LIMIT_MS + MARGIN_MS, on_late);
      return;
    }
  send_kill (self);
  end_with (self, MITOGEN_ERROR, MITOGEN_ERROR_TIMED_OUT, _ ("the context does not answer"));
}

static gboolean
check_via (MitogenTunnel *self, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (mitogen_context_node_get_state (self->via) == MITOGEN_CONTEXT_NODE_DISCONNECTED)
    {
      reason = mitogen_context_node_get_reason (self->via);
      *error = explain (self, MITOGEN_ERROR, MITOGEN_ERROR_STREAM,
                        reason != NULL ? reason->message : _ ("the context is gone"));
    }
  else if (!mitogen_context_node_is_python (self->via))
    *error = explain (self, MITOGEN_ERROR, MITOGEN_ERROR_STREAM,
                      _ ("only a context in Python that this program has connected can do that"));
  return *error == NULL;
}

static gboolean
check_target (MitogenTunnel *self, GError **error)
{
  gsize size = g_bytes_get_size (self->target);

  if (size > 0 && size < sizeof ((struct sockaddr_un *) NULL)->sun_path)
    return TRUE;
  *error = explain (self, G_IO_ERROR,
                    size > 0 ? G_IO_ERROR_FILENAME_TOO_LONG : G_IO_ERROR_INVALID_FILENAME,
                    size > 0 ? _ ("the path is too long for a socket") : _ ("there is no path"));
  return FALSE;
}

static void
start (gpointer data)
{
  MitogenTunnel *self = data;
  g_autoptr (GError) error = NULL;

  if (self->ended)
    return;
  if (!check_via (self, &error) || !check_target (self, &error) ||
      !listen_for_events (self, &error))
    {
      end (self, error);
      return;
    }
  set_timer (self, &self->clock, LIMIT_MS + MARGIN_MS, on_late);
  mitogen_parts_push (self->core, self->via, MITOGEN_PART_RELAY);
  send_open (self);
  update_watch (self);
}

static void
on_paused (gpointer data)
{
  g_autoptr (MitogenTunnel) self = tunnel_ref (data);
  g_autoptr (GError) error = NULL;

  clear_timer (&self->pause);
  if (!check_via (self, &error) || !listen_for_events (self, &error))
    {
      end (self, error);
      return;
    }
  send_open (self);
  read_some (self);
  update_watch (self);
}

/* "@name" is a name that is not in the file system. */
static GBytes *
make_target (const char *path)
{
  gsize size = strlen (path);
  char *target = g_memdup2 (path, size + 1);

  if (*path == '@')
    *target = '\0';
  return g_bytes_new_take (target, size);
}

MitogenTunnel *
mitogen_tunnel_open (MitogenCore *core,
                     MitogenContextNode *via,
                     const char *path,
                     int fd,
                     const MitogenTunnelFuncs *funcs,
                     gpointer data)
{
  MitogenTunnel *self = g_new0 (MitogenTunnel, 1);

  g_assert (mitogen_io_is_current (mitogen_core_get_io (core)));
  g_atomic_ref_count_init (&self->ref_count);
  self->core = mitogen_core_ref (core);
  self->via = mitogen_context_node_ref (via);
  self->path = g_strdup (path);
  self->target = make_target (path);
  self->fd = fd;
  self->funcs = funcs;
  self->data = data;
  self->unwritten = g_byte_array_new ();
  self->early = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->watch = mitogen_io_watch_fd (get_io (self), fd, 0, on_fd, self);
  /* Who opens it is not told of its end before it has it. */
  mitogen_io_post (get_io (self), start, tunnel_ref (self), tunnel_unref);
  return self;
}

void
mitogen_tunnel_close (MitogenTunnel *self)
{
  self->funcs = NULL;
  send_kill (self);
  end (self, NULL);
}
