/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-session-private.h"
#include "wire/mitogen-error.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>

static const char *
get_path (const MitogenEngineAddress *address)
{
  return G_IS_UNIX_SOCKET_ADDRESS (address->connectable)
             ? g_unix_socket_address_get_path (G_UNIX_SOCKET_ADDRESS (address->connectable))
             : NULL;
}

static gboolean
is_other_file (const MitogenEngineAddress *address)
{
  const char *path = get_path (address);
  struct stat info;

  return path != NULL && *path != '\0' && stat (path, &info) == 0 && !S_ISSOCK (info.st_mode);
}

GError *
mitogen_engine_error_unreachable (const MitogenEngineAddress *address,
                                  const char *engine,
                                  const GError *cause)
{
  const char *shown = address->shown;

  if (is_other_file (address))
    return g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_STREAM, _ ("%s is no socket"), shown);
  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_STREAM,
                        _ ("there is no daemon of %s at %s: is it installed, and running?"), engine,
                        shown);
  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    return g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_STREAM,
                        _ ("no daemon of %s listens at %s: is it running?"), engine, shown);
  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    return g_error_new (
        MITOGEN_ERROR, MITOGEN_ERROR_PERMISSION,
        _ ("this user may not use the daemon of %s at %s: only the owner and the group of the "
           "socket may"),
        engine, shown);
  return g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_STREAM,
                      _ ("the daemon of %s at %s could not be asked: %s"), engine, shown,
                      cause->message);
}
