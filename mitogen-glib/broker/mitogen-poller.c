/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "broker/mitogen-poller-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/epoll.h>
#endif

#define EVENTS_PER_TURN 64

struct _MitogenPoller
{
  GMainContext *context;
  int epoll_fd; /* -1: none */
  GSource *source;
  /* Watches removed while their events may still be in the array being worked on. */
  GPtrArray *removed;
  gboolean dispatching;
  GHashTable *watches; /* those that exist */
};

struct _MitogenWatch
{
  MitogenPoller *poller;
  int fd;
  GIOCondition condition;
  MitogenWatchFunc func;
  gpointer data;
  gboolean dead;
  gboolean on_epoll;
  GSource *source; /* otherwise */
};

typedef struct
{
  GSource parent;
  MitogenPoller *poller;
} PollerSource;

#ifdef __linux__
static guint32
to_epoll (GIOCondition condition)
{
  return ((condition & G_IO_IN) ? EPOLLIN : 0) | ((condition & G_IO_OUT) ? EPOLLOUT : 0);
}

static GIOCondition
from_epoll (guint32 events)
{
  return ((events & EPOLLIN) ? G_IO_IN : 0) | ((events & EPOLLOUT) ? G_IO_OUT : 0) |
         ((events & EPOLLHUP) ? G_IO_HUP : 0) | ((events & EPOLLERR) ? G_IO_ERR : 0);
}

static gboolean
poller_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  MitogenPoller *self = ((PollerSource *) source)->poller;
  struct epoll_event events[EVENTS_PER_TURN];
  int n = epoll_wait (self->epoll_fd, events, G_N_ELEMENTS (events), 0);

  self->dispatching = TRUE;
  for (int i = 0; i < n; i++)
    {
      MitogenWatch *watch = events[i].data.ptr;

      if (!watch->dead)
        watch->func (from_epoll (events[i].events), watch->data);
    }
  self->dispatching = FALSE;
  g_ptr_array_set_size (self->removed, 0);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs poller_source_funcs = { .dispatch = poller_dispatch };

static void
start_epoll (MitogenPoller *self)
{
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (self->epoll_fd < 0)
    return;

  self->source = g_source_new (&poller_source_funcs, sizeof (PollerSource));
  ((PollerSource *) self->source)->poller = self;
  g_source_set_static_name (self->source, "[mitogen] epoll");
  g_source_add_unix_fd (self->source, self->epoll_fd, G_IO_IN);
  g_source_attach (self->source, self->context);
}

static gboolean
epoll_change (MitogenWatch *watch, int operation)
{
  struct epoll_event event = { .events = to_epoll (watch->condition), .data.ptr = watch };

  return epoll_ctl (watch->poller->epoll_fd, operation, watch->fd, &event) == 0;
}
#else
enum
{
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLL_CTL_DEL,
};

static void
start_epoll (MitogenPoller *self)
{
}

static gboolean
epoll_change (MitogenWatch *watch, int operation)
{
  return FALSE;
}
#endif

/* ---- without epoll, and for what epoll refuses (regular files) ---- */

static gboolean
on_unix_fd (int fd, GIOCondition condition, gpointer data)
{
  MitogenWatch *watch = data;

  watch->func (condition, watch->data);
  return G_SOURCE_CONTINUE;
}

static void
watch_attach_source (MitogenWatch *watch)
{
  watch->source = g_unix_fd_source_new (watch->fd, watch->condition);
  g_source_set_static_name (watch->source, "[mitogen] descriptor");
  g_source_set_callback (watch->source, G_SOURCE_FUNC (on_unix_fd), watch, NULL);
  g_source_attach (watch->source, watch->poller->context);
}

static void
watch_detach_source (MitogenWatch *watch)
{
  if (watch->source != NULL)
    g_source_destroy (watch->source);
  g_clear_pointer (&watch->source, g_source_unref);
}

/* ---- the interface ---- */

MitogenPoller *
mitogen_poller_new (GMainContext *context)
{
  MitogenPoller *self = g_new0 (MitogenPoller, 1);

  self->context = context;
  self->epoll_fd = -1;
  self->removed = g_ptr_array_new_with_free_func (g_free);
  self->watches = g_hash_table_new (NULL, NULL);
  start_epoll (self);
  return self;
}

void
mitogen_poller_free (MitogenPoller *self)
{
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  if (self->epoll_fd >= 0)
    close (self->epoll_fd);
  g_ptr_array_unref (self->removed);
  g_hash_table_unref (self->watches);
  g_free (self);
}

MitogenWatch *
mitogen_poller_add (MitogenPoller *self,
                    int fd,
                    GIOCondition condition,
                    MitogenWatchFunc func,
                    gpointer data)
{
  MitogenWatch *watch = g_new0 (MitogenWatch, 1);

  watch->poller = self;
  watch->fd = fd;
  watch->func = func;
  watch->data = data;
  watch->on_epoll = self->epoll_fd >= 0;
  g_hash_table_add (self->watches, watch);
  mitogen_watch_set_condition (watch, condition);
  return watch;
}

/* With no condition the descriptor leaves the set: else a hang-up would be reported for ever. */
void
mitogen_watch_set_condition (MitogenWatch *self, GIOCondition condition)
{
  GIOCondition before = self->condition;

  if (before == condition)
    return;

  self->condition = condition;
  if (self->on_epoll)
    {
      int operation = condition == 0 ? EPOLL_CTL_DEL : before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

      if (epoll_change (self, operation) || operation != EPOLL_CTL_ADD)
        return;
      /* Regular files: they are always ready. */
      self->on_epoll = FALSE;
    }
  watch_detach_source (self);
  if (condition != 0)
    watch_attach_source (self);
}

void
mitogen_watch_remove (MitogenWatch *self)
{
  self->dead = TRUE;
  g_hash_table_remove (self->poller->watches, self);
  mitogen_watch_set_condition (self, 0);

  if (self->poller->dispatching)
    g_ptr_array_add (self->poller->removed, self);
  else
    g_free (self);
}

void
mitogen_poller_abandon (MitogenPoller *self, int substitute)
{
  GHashTableIter iter;
  gpointer watch;

  g_hash_table_iter_init (&iter, self->watches);
  while (g_hash_table_iter_next (&iter, &watch, NULL))
    dup3 (substitute, ((MitogenWatch *) watch)->fd, O_CLOEXEC);
  if (self->epoll_fd >= 0)
    dup3 (substitute, self->epoll_fd, O_CLOEXEC);
}
