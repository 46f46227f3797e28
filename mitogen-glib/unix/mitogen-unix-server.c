/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "unix/mitogen-unix-server-private.h"
#include "broker/mitogen-fd-private.h"
#include "router/mitogen-log-private.h"
#include "unix/mitogen-unix-client-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Those who have connected and said nothing yet. More make the oldest leave: who is about to
 * say something does so at once. */
#define MAX_PENDING 64

#define ACCEPTS_PER_TURN 32

/* How long nobody is accepted when there are no descriptors left. */
#define PAUSE_MS 200

#define HELLO_SIZE 4

struct _MitogenUnixServer
{
  gatomicrefcount ref_count;
  MitogenCore *core;
  guint handshake_ms; /* atomic */

  /* I/O thread only, once it has started */
  MitogenUnixSocket socket;
  guint32 peer_id; /* no context's */
  MitogenWatch *watch;
  GSource *pause_timer;
  GQueue pending; /* of Handshake, oldest first */
  gboolean started;
  gboolean asking; /* the root, for ids */
  gboolean warned_of_strangers;
  gboolean warned_of_failure;
};

typedef struct
{
  MitogenUnixServer *server;
  GList *link;
  int fd;
  pid_t pid;
  MitogenWatch *watch;
  GSource *timer;
  guint8 hello[HELLO_SIZE]; /* the process id it claims: nobody's business */
  gsize have;
} Handshake;

static void watch_socket (MitogenUnixServer *self);

static MitogenIo *
get_io (MitogenUnixServer *self)
{
  return mitogen_core_get_io (self->core);
}

static void
clear_timer (GSource **timer)
{
  if (*timer != NULL)
    g_source_destroy (*timer);
  g_clear_pointer (timer, g_source_unref);
}

/* ---- handshakes ---- */

static void
handshake_end (gpointer data)
{
  Handshake *self = data;

  g_queue_delete_link (&self->server->pending, self->link);
  clear_timer (&self->timer);
  mitogen_watch_remove (self->watch);
  mitogen_fd_close (&self->fd);
  g_free (self);
}

static void
handshake_complete (Handshake *self, guint32 id)
{
  MitogenCore *core = self->server->core;
  int fd = self->fd;
  pid_t pid = self->pid;

  self->fd = -1;
  handshake_end (self);
  mitogen_unix_client_join (core, fd, id, pid);
}

/* ---- ids, of which only the root has any number ---- */

/* All who wait for one; with the first that there is, 0 for none. */
static void
complete_waiting (MitogenUnixServer *self, guint32 id)
{
  GList *next;

  for (GList *l = self->pending.head; l != NULL; l = next)
    {
      Handshake *handshake = l->data;

      next = l->next;
      if (handshake->have < HELLO_SIZE)
        continue;
      if (id != 0 || mitogen_core_allocate_ids (self->core, 1, &id))
        handshake_complete (handshake, id);
      else
        handshake_end (handshake);
      id = 0;
    }
}

static void
on_ids (MitogenMessage *answer, MitogenStream *from, gpointer data)
{
  g_autoptr (MitogenUnixServer) self = mitogen_unix_server_ref (data);

  self->asking = FALSE;
  complete_waiting (self, mitogen_core_take_ids (self->core, answer, NULL));
}

static void
ask_for_ids (MitogenUnixServer *self)
{
  MitogenHandlerSpec spec = {
    .respondent = 0,
    .accept = MITOGEN_ACCEPT_ANY,
    .func = on_ids,
    .data = mitogen_unix_server_ref (self),
    .destroy = (GDestroyNotify) mitogen_unix_server_unref,
  };
  MitogenFrameHeader header = { .encoding = MITOGEN_ENCODING_LEGACY,
                                .handle = MITOGEN_HANDLE_ALLOCATE_ID };
  g_autoptr (MitogenMessage) request = NULL;

  header.reply_to = mitogen_handlers_add (mitogen_core_get_handlers (self->core), &spec, NULL);
  if (header.reply_to == 0)
    {
      complete_waiting (self, 0);
      return;
    }
  self->asking = TRUE;
  request = mitogen_message_new_received (&header, NULL);
  mitogen_core_send (self->core, request);
}

/* It has said what it has to say. */
static void
handshake_heard (Handshake *self)
{
  MitogenUnixServer *server = self->server;
  guint32 id;

  if (mitogen_core_allocate_ids (server->core, 1, &id))
    handshake_complete (self, id);
  else if (mitogen_core_get_parent_id (server->core) == MITOGEN_ID_NONE)
    handshake_end (self);
  else if (!server->asking)
    ask_for_ids (server);
}

static void
on_readable (GIOCondition condition, gpointer data)
{
  Handshake *self = data;
  guint8 more;
  gssize got;

  /* While it waits for its id, it may only go. */
  if (self->have == HELLO_SIZE)
    got = recv (self->fd, &more, 1, MSG_PEEK);
  else
    got = read (self->fd, self->hello + self->have, HELLO_SIZE - self->have);
  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (got <= 0)
    {
      handshake_end (self);
      return;
    }
  if (self->have == HELLO_SIZE)
    {
      /* Too early, but perhaps right. */
      mitogen_watch_set_condition (self->watch, 0);
      return;
    }
  self->have += got;
  if (self->have == HELLO_SIZE)
    handshake_heard (self);
}

static void
handshake_begin (MitogenUnixServer *server, int fd, pid_t pid)
{
  Handshake *self = g_new0 (Handshake, 1);

  if (server->pending.length == MAX_PENDING)
    handshake_end (g_queue_peek_head (&server->pending));
  self->server = server;
  self->fd = fd;
  self->pid = pid;
  g_queue_push_tail (&server->pending, self);
  self->link = server->pending.tail;
  self->watch = mitogen_io_watch_fd (get_io (server), fd, G_IO_IN, on_readable, self);
  self->timer =
      mitogen_io_add_timeout (get_io (server), mitogen_unix_server_get_time_limit (server),
                              handshake_end, self);
}

/* ---- accepting ---- */

static void
warn_of_stranger (MitogenUnixServer *self, uid_t uid)
{
  g_autofree char *text = NULL;

  if (self->warned_of_strangers)
    return;
  self->warned_of_strangers = TRUE;
  text = g_strdup_printf (_ ("A process of user %u was not let in at %s (said once)"), (guint) uid,
                          self->socket.path);
  mitogen_log_own (G_LOG_LEVEL_MESSAGE, text);
}

static void
consider (MitogenUnixServer *self, int fd)
{
  uid_t uid;
  pid_t pid;

  if (!mitogen_unix_get_peer (fd, &uid, &pid))
    {
      mitogen_fd_close (&fd);
      return;
    }
  if (!mitogen_unix_is_trusted (uid))
    {
      mitogen_fd_close (&fd);
      warn_of_stranger (self, uid);
      return;
    }
  handshake_begin (self, fd, pid);
}

static void
resume (gpointer data)
{
  MitogenUnixServer *self = data;

  clear_timer (&self->pause_timer);
  watch_socket (self);
}

/* The connection stays ready to be accepted: without a pause, this would go round and round. */
static void
accept_failed (MitogenUnixServer *self, int error_number)
{
  if (error_number == EAGAIN || error_number == EINTR || error_number == ECONNABORTED)
    return;
  if (!self->warned_of_failure)
    {
      g_autofree char *text = g_strdup_printf (_ ("Nobody can join at %s now: %s (said once)"),
                                               self->socket.path, g_strerror (error_number));

      mitogen_log_own (G_LOG_LEVEL_MESSAGE, text);
    }
  self->warned_of_failure = TRUE;
  g_clear_pointer (&self->watch, mitogen_watch_remove);
  self->pause_timer = mitogen_io_add_timeout (get_io (self), PAUSE_MS, resume, self);
}

static void
on_connection (GIOCondition condition, gpointer data)
{
  g_autoptr (MitogenUnixServer) self = mitogen_unix_server_ref (data);

  for (guint i = 0; i < ACCEPTS_PER_TURN && self->watch != NULL; i++)
    {
      int fd = accept4 (self->socket.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

      if (fd < 0)
        {
          accept_failed (self, errno);
          return;
        }
      consider (self, fd);
    }
}

static void
watch_socket (MitogenUnixServer *self)
{
  self->watch = mitogen_io_watch_fd (get_io (self), self->socket.fd, G_IO_IN, on_connection, self);
}

/* ---- life ---- */

void
mitogen_unix_server_close (gpointer data)
{
  MitogenUnixServer *self = data;

  if (!self->started)
    return;
  self->started = FALSE;
  clear_timer (&self->pause_timer);
  g_clear_pointer (&self->watch, mitogen_watch_remove);
  while (!g_queue_is_empty (&self->pending))
    handshake_end (g_queue_peek_head (&self->pending));
  mitogen_unix_socket_clear (&self->socket);
  mitogen_core_remove_peer (self->core, self->peer_id);
  mitogen_unix_server_unref (self);
}

static const MitogenPeerFuncs peer_funcs = { mitogen_unix_server_close, mitogen_unix_server_close };

gboolean
mitogen_unix_server_start (MitogenUnixServer *self)
{
  static guint32 count; /* atomic */

  /* The router ends it like a context; ids are given from the other end. */
  self->peer_id = MITOGEN_ID_NONE - 1 - g_atomic_int_add (&count, 1);
  self->started = TRUE;
  watch_socket (self);
  mitogen_core_add_peer (self->core, self->peer_id, mitogen_unix_server_ref (self), &peer_funcs);
  return self->started;
}

guint
mitogen_unix_server_get_time_limit (MitogenUnixServer *self)
{
  return g_atomic_int_get (&self->handshake_ms);
}

void
mitogen_unix_server_set_time_limit (MitogenUnixServer *self, guint ms)
{
  g_atomic_int_set (&self->handshake_ms, ms);
}

MitogenUnixServer *
mitogen_unix_server_new (MitogenCore *core, MitogenUnixSocket *socket)
{
  MitogenUnixServer *self = g_new0 (MitogenUnixServer, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->core = mitogen_core_ref (core);
  self->socket = *socket;
  *socket = (MitogenUnixSocket){ .fd = -1 };
  self->handshake_ms = MITOGEN_UNIX_HANDSHAKE_MS;
  g_queue_init (&self->pending);
  return self;
}

MitogenUnixServer *
mitogen_unix_server_ref (MitogenUnixServer *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_unix_server_unref (MitogenUnixServer *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  mitogen_unix_socket_clear (&self->socket); /* if it never started */
  mitogen_core_unref (self->core);
  g_free (self);
}
