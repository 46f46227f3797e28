/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-tls-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>

struct _MitogenEngineTls
{
  const MitogenEngineAddress *address;
  GTlsCertificate *certificate; /* (nullable): ours */
};

void
mitogen_engine_tls_free (MitogenEngineTls *self)
{
  g_clear_object (&self->certificate);
  g_free (self);
}

static gboolean
read_files (MitogenEngineTls *self, SoupSession *session, GError **error)
{
  const MitogenEngineAddress *address = self->address;
  g_autoptr (GTlsDatabase) database = NULL;

  if (address->ca_file != NULL)
    {
      database = g_tls_file_database_new (address->ca_file, error);
      if (database == NULL)
        return FALSE;
      soup_session_set_tls_database (session, database);
    }
  if (address->certificate_file == NULL || address->key_file == NULL)
    return TRUE;
  self->certificate =
      g_tls_certificate_new_from_files (address->certificate_file, address->key_file, error);
  return self->certificate != NULL;
}

MitogenEngineTls *
mitogen_engine_tls_new (const MitogenEngineAddress *address, SoupSession *session, GError **error)
{
  g_autoptr (MitogenEngineTls) self = g_new0 (MitogenEngineTls, 1);
  g_autoptr (GError) cause = NULL;

  self->address = address;
  if (read_files (self, session, &cause))
    return g_steal_pointer (&self);
  g_set_error (error, MITOGEN_ERROR, MITOGEN_ERROR_STREAM,
               _ ("the certificates for %s cannot be read: %s"), address->shown, cause->message);
  return NULL;
}

/* The connection may lead through a tunnel, whose end here has not the name of the host that is
 * meant: then that name is looked for here. */
static gboolean
on_accept_certificate (SoupMessage *message,
                       GTlsCertificate *certificate,
                       GTlsCertificateFlags problems,
                       gpointer data)
{
  MitogenEngineTls *self = data;
  g_autoptr (GSocketConnectable) identity = NULL;

  if (self->address->tls_skip_verify)
    return TRUE;
  if (problems != G_TLS_CERTIFICATE_BAD_IDENTITY || self->address->tls_host == NULL)
    return FALSE;
  identity = g_network_address_new (self->address->tls_host, 0);
  return (g_tls_certificate_verify (certificate, identity, NULL) &
          G_TLS_CERTIFICATE_BAD_IDENTITY) == 0;
}

void
mitogen_engine_tls_prepare (MitogenEngineTls *self, SoupMessage *message)
{
  if (self->certificate != NULL)
    soup_message_set_tls_client_certificate (message, self->certificate);
  g_signal_connect (message, "accept-certificate", G_CALLBACK (on_accept_certificate), self);
}
