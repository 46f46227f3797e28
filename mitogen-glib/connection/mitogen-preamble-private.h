/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Returns: (transfer full): 64 random bits as hex digits, which no login banner can guess. */
char *mitogen_make_nonce (void);

/* What a child is told about itself. */
typedef struct
{
  guint32 id;
  guint32 home; /* who makes it: this process */
  const guint32 *parent_ids;
  guint n_parent_ids;
  const char *remote_name;
  gboolean debug;
  gboolean profiling;
  gboolean unidirectional;
  guint32 max_message_size;
  gboolean is_fork;
} MitogenPreambleConfig;

/* How a child is started: the code on its command line, what is then written to it, and
 * the two lines by which it says how far it has come. Each has a random part that nothing
 * else on that stream can know in advance. */
typedef struct
{
  char *first_stage; /* NULL: it is not Python */
  char *title;
  char *environment; /* NAME=value, or NULL */
  GBytes *core;      /* shared by all children */
  GBytes *tail;      /* this child's configuration, the continuation of the same deflate stream */
  char *started;     /* marker A: the first stage runs */
  char *ready;       /* marker B: frames follow */

  /* Of a copy of a context, which needs only this and marker B: a dictionary. */
  GVariant *settings;
} MitogenPreamble;

MitogenPreamble *mitogen_preamble_new (const MitogenPreambleConfig *config);

/* For this same program: see mitogen_init_child(). It knows by a variable that it is to be a
 * child, and reads this configuration from its standard input. */
#define MITOGEN_CHILD_VARIABLE "MITOGEN_CHILD"
/* The parent's pid, the length of the configuration, a nonce. */
#define MITOGEN_CHILD_FORMAT        "%d:%u:%s"
#define MITOGEN_CHILD_FORMAT_IN     "%d:%u:%32[0-9a-f]"
#define MITOGEN_CHILD_CONFIG_TYPE   "(uauubss)"
#define MITOGEN_CHILD_CONFIG_FORMAT "(u@auub&s&s)"
MitogenPreamble *mitogen_preamble_new_native (const MitogenPreambleConfig *config);

void mitogen_preamble_free (MitogenPreamble *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MitogenPreamble, mitogen_preamble_free)

G_END_DECLS
