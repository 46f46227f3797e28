/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "mitogen-version.h"

/**
 * mitogen_version:
 *
 * Gets the version of the library that the program runs with, such as
 * `1.0.0`.
 *
 * The version it was compiled with is `MITOGEN_VERSION_S`. May be called from
 * any thread.
 *
 * Returns: (transfer none): the version
 *
 * Since: 1.0
 */
const char *
mitogen_version (void)
{
  return MITOGEN_VERSION_S;
}
