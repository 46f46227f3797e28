/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a program needs to compile, link and find at run time. */

#include <mitogen-glib/mitogen.h>

int
main (void)
{
  g_autoptr (MitogenConnection) connection = mitogen_local_connection_new ();

  g_print ("%s\n", mitogen_version ());
  g_assert_cmpstr (mitogen_version (), ==, MITOGEN_VERSION_S);
  g_assert_true (MITOGEN_IS_LOCAL_CONNECTION (connection));
  return 0;
}
