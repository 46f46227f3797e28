/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-types.h"

G_BEGIN_DECLS

/**
 * MitogenEnginePull:
 * @MITOGEN_ENGINE_PULL_MISSING: if the engine does not have it
 * @MITOGEN_ENGINE_PULL_ALWAYS: each time, as there may be a newer one
 * @MITOGEN_ENGINE_PULL_NEVER: never; without it, connecting fails
 *
 * When an image is fetched from where it is published.
 *
 * Since: 1.0
 */
typedef enum
{
  MITOGEN_ENGINE_PULL_MISSING,
  MITOGEN_ENGINE_PULL_ALWAYS,
  MITOGEN_ENGINE_PULL_NEVER,
} MitogenEnginePull;

G_END_DECLS
