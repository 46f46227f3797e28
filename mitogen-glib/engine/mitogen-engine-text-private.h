/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Names and texts of the Engine API. */

/* FALSE: no container can have that name, and as a part of a path it might mean another thing. */
gboolean mitogen_engine_is_container (const char *name);
/* A part of a path, or a value of a query. */
char *mitogen_engine_escape (const char *text);

typedef struct
{
  char *name;     /* without tag or digest */
  char *tag;      /* or digest: "sha256:…" */
  char *registry; /* "docker.io", "localhost:5000" */
} MitogenEngineImage;

/* What people write: [REGISTRY/]NAME[:TAG][@DIGEST]. FALSE: that is no name of an image. */
gboolean mitogen_engine_image_parse (const char *text, MitogenEngineImage *image);
void mitogen_engine_image_clear (MitogenEngineImage *image);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MitogenEngineImage, mitogen_engine_image_clear)

/* What is asked for first, since most understand it. */
#define MITOGEN_ENGINE_VERSION "1.41"

/* For a daemon that refuses that, and says by @newest what it speaks. Returns: (transfer full)
 * (nullable): NULL: there is none that both know */
char *mitogen_engine_choose_version (const char *newest);

/* One line for people of what somebody else has said. @text: (nullable): if it is empty */
char *mitogen_engine_clean (const char *text, gsize length);

G_END_DECLS
