/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "mitogen-types.h"

G_BEGIN_DECLS

/**
 * MitogenCheckHostKeys:
 * @MITOGEN_CHECK_HOST_KEYS_IGNORE: any key will do, and none is remembered: whoever is on the way
 *   can read and change everything
 * @MITOGEN_CHECK_HOST_KEYS_ENFORCE: the key has to be known, or, with an interaction, a person has
 *   to accept it
 * @MITOGEN_CHECK_HOST_KEYS_ACCEPT: the key of a host that was never seen is accepted and
 * remembered; one that has changed is refused
 *
 * What is done about the key by which a host proves who it is.
 *
 * The first two have the values of %FALSE and %TRUE, which can be used for them.
 *
 * Since: 1.0
 */
typedef enum
{
  MITOGEN_CHECK_HOST_KEYS_IGNORE,
  MITOGEN_CHECK_HOST_KEYS_ENFORCE,
  MITOGEN_CHECK_HOST_KEYS_ACCEPT,
} MitogenCheckHostKeys;

G_END_DECLS
