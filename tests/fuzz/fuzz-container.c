/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The input: a byte that tells the class, a byte of flags, the container, a NUL, the user, a NUL,
 * and what the program says. */

#include <string.h>

#include "connection/container/mitogen-container-program-private.h"
#include "connection/mitogen-diagnosis-private.h"
#include "fuzz.h"
#include "mitogen.h"

static MitogenConnection *
make_connection (guint8 which)
{
  static MitogenConnection *(*const create[]) (void) = {
    mitogen_buildah_connection_new, mitogen_distrobox_connection_new, mitogen_incus_connection_new,
    mitogen_jail_connection_new,    mitogen_kubectl_connection_new,   mitogen_lxc_connection_new,
    mitogen_lxd_connection_new,     mitogen_toolbox_connection_new,
  };

  return create[which % G_N_ELEMENTS (create)]();
}

/* What ends at a NUL, or at the end. */
static char *
take (const guint8 **data, gsize *size)
{
  const guint8 *end = *size > 0 ? memchr (*data, '\0', *size) : NULL;
  gsize n = end != NULL ? (gsize) (end - *data) : *size;
  char *text = g_strndup ((const char *) *data, n);

  n = MIN (n + 1, *size);
  *data += n;
  *size -= n;
  return text;
}

static void
check_error (const GError *error)
{
  if (error == NULL || error->domain != G_IO_ERROR || !g_utf8_validate (error->message, -1, NULL))
    g_error ("no error");
}

/* No word is an option that was not meant to be one: those before the name are of the library. */
static void
check_argv (char **argv, const char *container, const char *user)
{
  for (char **word = argv; *word != NULL; word++)
    {
      if (**word == '-' && (g_str_equal (*word, container) || g_strcmp0 (*word, user) == 0) &&
          !g_str_equal (*word, "--"))
        g_error ("an option: %s", *word);
      if (!g_utf8_validate (*word, -1, NULL))
        g_error ("no text");
    }
}

static void
explain (MitogenMethod *method, const guint8 *data, gsize size, guint8 flags)
{
  g_autoptr (MitogenDiagnosis) diagnosis = mitogen_diagnosis_new ();
  g_autofree char *said = NULL;
  g_autofree char *what = NULL;
  MitogenFailure failure = { .has_status = (flags & 1) != 0, .wait_status = flags << 8 };
  gboolean busy = FALSE;
  gint code = -1;

  while (size > 0)
    {
      const guint8 *end = memchr (data, '\n', size);
      gsize n = end != NULL ? (gsize) (end - data) : size;

      mitogen_diagnosis_add_line (diagnosis, (const char *) data, n);
      n = MIN (n + 1, size);
      data += n;
      size -= n;
    }
  said = mitogen_diagnosis_to_lines (diagnosis);
  failure.said = said;
  what = method->funcs->explain (method, &failure, &code, &busy);
  if (busy || (what != NULL && (*what == '\0' || code < 0)))
    g_error ("no explanation");
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const char *const python_argv[] = { "python3", "-c", "x", NULL };
  g_autoptr (MitogenConnection) connection = NULL;
  g_autoptr (MitogenMethod) method = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) argv = NULL;
  g_autofree char *container = NULL;
  g_autofree char *user = NULL;
  guint8 flags;

  if (size < 2)
    return 0;
  connection = make_connection (data[0]);
  flags = data[1];
  data += 2;
  size -= 2;
  container = take (&data, &size);
  user = take (&data, &size);
  g_object_set (connection, "container", container, "username", *user != '\0' ? user : NULL, NULL);
  argv = mitogen_connection_get_argv (connection, NULL, python_argv, &error);
  if (argv != NULL)
    check_argv (argv, container, user);
  else
    check_error (error);
  method = mitogen_connection_get_method (connection)->make_method (connection, TRUE, NULL);
  if ((method != NULL) != (argv != NULL))
    g_error ("of two minds");
  if (method != NULL)
    explain (method, data, size, flags);
  return 0;
}
