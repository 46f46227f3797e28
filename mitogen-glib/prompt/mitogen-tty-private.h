/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The state of a terminal while a person is asked. One at a time in this process: whoever ends it
 * by a signal, or by exit(), must find the terminal as it was. */

/* Returns a descriptor of its own of the terminal @fd, -1 for the controlling one; -1: none. */
int mitogen_tty_open (int fd);

/* The terminal reads lines, and signals of it are seen: @wake_fd, non-blocking, is written to when
 * there is something new for mitogen_tty_take_event(). */
gboolean mitogen_tty_begin (int fd, int wake_fd);
/* Whether what is typed is shown from now on. What was typed before is dropped. */
void mitogen_tty_set_echo (gboolean echo);
/* Puts it back, and does not look at signals any more. */
void mitogen_tty_end (void);

typedef enum
{
  MITOGEN_TTY_EVENT_NONE,
  MITOGEN_TTY_EVENT_INTERRUPTED, /* by a signal that has not ended the program */
  MITOGEN_TTY_EVENT_CONTINUED,   /* the program was stopped: the screen has changed */
} MitogenTtyEvent;

MitogenTtyEvent mitogen_tty_take_event (void);

G_END_DECLS
