/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "stand-in-engine.h"
#include "unit-util.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FRAME_SIZE 8

struct _StandInEngine
{
  char *folder;
  char *path;
  int fd;
  GThread *thread;
  GArray *rules; /* of StandInRule */

  GMutex lock;
  GCond changed;
  GPtrArray *requests; /* of char *; protected by lock, as are all below */
  guint n_connections;
};

typedef struct
{
  StandInEngine *engine;
  int fd;
} Connection;

/* ---- reading and writing ---- */

/* FALSE: the other side has gone. */
static gboolean
send_all (int fd, const void *data, gsize size)
{
  const guint8 *at = data;

  while (size > 0)
    {
      gssize n = send (fd, at, size, MSG_NOSIGNAL);

      if (n < 0)
        return FALSE;
      at += n;
      size -= (gsize) n;
    }
  return TRUE;
}

static gsize
get_body_size (const char *head)
{
  const char *length = strcasestr (head, "\r\ncontent-length:");

  return length != NULL ? strtoul (length + strlen ("\r\ncontent-length:"), NULL, 10) : 0;
}

/* The head and body. NULL: it has gone before. */
static char *
read_request (int fd)
{
  GString *text = g_string_new (NULL);
  const char *end = NULL;
  char c;

  while (end == NULL && recv (fd, &c, 1, 0) == 1)
    {
      g_string_append_c (text, c);
      end = text->len >= 4 ? strstr (text->str + text->len - 4, "\r\n\r\n") : NULL;
    }
  for (gsize left = end != NULL ? get_body_size (text->str) : 0; left > 0; left--)
    {
      if (recv (fd, &c, 1, 0) != 1)
        break;
      g_string_append_c (text, c);
    }
  return g_string_free (text, end == NULL);
}

static gboolean
send_frame (int fd, guint8 stream, const void *data, gsize size)
{
  guint8 header[FRAME_SIZE] = { stream };
  guint32 length = GUINT32_TO_BE ((guint32) size);

  memcpy (header + 4, &length, sizeof length);
  return send_all (fd, header, sizeof header) && send_all (fd, data, size);
}

static void
echo (int fd)
{
  char buffer[32 * 1024];
  gssize n;

  while ((n = recv (fd, buffer, sizeof buffer, 0)) > 0)
    if (!send_frame (fd, 1, buffer, (gsize) n))
      return;
  if (n == 0)
    send_frame (fd, 2, "bye\n", 4);
}

static void
hold (int fd)
{
  char buffer[4096];

  while (recv (fd, buffer, sizeof buffer, 0) > 0)
    ;
}

/* ---- answering ---- */

static void
take_note (StandInEngine *self, const char *request, int change)
{
  g_mutex_lock (&self->lock);
  if (request != NULL)
    g_ptr_array_add (self->requests, g_strdup (request));
  self->n_connections += (guint) change;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static StandInRule
find_rule (StandInEngine *self, const char *request)
{
  static const StandInRule none = {
    .answer = STAND_IN_JSON ("404 Not Found", "{\"message\":\"the stand-in has no rule for it\"}")
  };
  StandInRule found = none;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->rules->len; i++)
    {
      StandInRule *rule = &g_array_index (self->rules, StandInRule, i);

      if (rule->request == NULL || !g_str_has_prefix (request, rule->request))
        continue;
      found = *rule;
      if (rule->uses > 0 && --rule->uses == 0)
        rule->request = NULL;
      break;
    }
  g_mutex_unlock (&self->lock);
  return found;
}

static void
answer (StandInEngine *self, int fd, const char *request)
{
  const StandInRule rule = find_rule (self, request);
  gsize size = rule.size > 0 || rule.answer == NULL ? rule.size : strlen (rule.answer);
  gboolean sent = send_all (fd, rule.answer, size);

  while (sent && rule.then == STAND_IN_FLOOD)
    sent = send_all (fd, rule.answer, size);
  if (rule.then == STAND_IN_ECHO)
    echo (fd);
  else if (rule.then == STAND_IN_HOLD)
    hold (fd);
}

static gpointer
serve (gpointer data)
{
  Connection *connection = data;
  StandInEngine *self = connection->engine;
  g_autofree char *request = read_request (connection->fd);

  if (request != NULL)
    {
      take_note (self, request, 0);
      answer (self, connection->fd, request);
    }
  close (connection->fd);
  g_free (connection);
  take_note (self, NULL, -1);
  return NULL;
}

static gpointer
accept_all (gpointer data)
{
  StandInEngine *self = data;
  int fd;

  while ((fd = accept4 (self->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0 || errno == EINTR ||
         errno == ECONNABORTED)
    {
      Connection *connection;

      if (fd < 0)
        continue;
      connection = g_new (Connection, 1);
      connection->engine = self;
      connection->fd = fd;
      take_note (self, NULL, 1);
      g_thread_unref (g_thread_new ("stand-in", serve, connection));
    }
  return NULL;
}

/* ---- what a test sees of it ---- */

const char *
stand_in_engine_get_path (StandInEngine *self)
{
  return self->path;
}

static guint
count (StandInEngine *self, const char *request, const char **last)
{
  guint n = 0;

  for (guint i = 0; i < self->requests->len; i++)
    if (g_str_has_prefix (self->requests->pdata[i], request))
      {
        n++;
        *last = self->requests->pdata[i];
      }
  return n;
}

guint
stand_in_engine_count (StandInEngine *self, const char *request)
{
  const char *last;
  guint n;

  g_mutex_lock (&self->lock);
  n = count (self, request, &last);
  g_mutex_unlock (&self->lock);
  return n;
}

void
stand_in_engine_await (StandInEngine *self, const char *request, guint n)
{
  gint64 deadline = unit_deadline ();
  const char *last;

  g_mutex_lock (&self->lock);
  while (count (self, request, &last) < n)
    if (!g_cond_wait_until (&self->changed, &self->lock, deadline))
      g_error ("waited in vain for: %s", request);
  g_mutex_unlock (&self->lock);
}

char *
stand_in_engine_dup_request (StandInEngine *self, const char *request)
{
  const char *last = NULL;
  char *copy;

  g_mutex_lock (&self->lock);
  count (self, request, &last);
  copy = g_strdup (last);
  g_mutex_unlock (&self->lock);
  return copy;
}

/* ---- life ---- */

StandInEngine *
stand_in_engine_new (const StandInRule *const *rules)
{
  StandInEngine *self = g_new0 (StandInEngine, 1);
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->requests = g_ptr_array_new_with_free_func (g_free);
  self->rules = g_array_new (FALSE, FALSE, sizeof (StandInRule));
  for (guint i = 0; rules[i] != NULL; i++)
    for (const StandInRule *rule = rules[i]; rule->request != NULL; rule++)
      g_array_append_vals (self->rules, rule, 1);
  self->folder = g_dir_make_tmp ("stand-in-XXXXXX", NULL);
  g_assert_nonnull (self->folder);
  self->path = g_build_filename (self->folder, "engine.sock", NULL);
  g_assert_cmpuint (g_strlcpy (address.sun_path, self->path, sizeof address.sun_path), <,
                    sizeof address.sun_path);
  self->fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (self->fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (self->fd, 16), ==, 0);
  self->thread = g_thread_new ("stand-in", accept_all, self);
  return self;
}

void
stand_in_engine_die (StandInEngine *self)
{
  if (self->thread == NULL)
    return;
  g_unlink (self->path);
  shutdown (self->fd, SHUT_RDWR);
  g_thread_join (g_steal_pointer (&self->thread));
  close (self->fd);
}

void
stand_in_engine_free (StandInEngine *self)
{
  gint64 deadline = unit_deadline ();

  stand_in_engine_die (self);
  g_mutex_lock (&self->lock);
  while (self->n_connections > 0)
    if (!g_cond_wait_until (&self->changed, &self->lock, deadline))
      g_error ("a connection to the stand-in is still open");
  g_mutex_unlock (&self->lock);
  g_rmdir (self->folder);
  g_free (self->folder);
  g_free (self->path);
  g_ptr_array_unref (self->requests);
  g_array_unref (self->rules);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  g_free (self);
}
