/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-run-private.h"

void
mitogen_engine_address_clear (MitogenEngineAddress *self)
{
  g_clear_object (&self->connectable);
  g_clear_pointer (&self->shown, g_free);
  g_clear_pointer (&self->tls_host, g_free);
  g_clear_pointer (&self->ca_file, g_free);
  g_clear_pointer (&self->certificate_file, g_free);
  g_clear_pointer (&self->key_file, g_free);
}

void
mitogen_engine_run_spec_clear (MitogenEngineRunSpec *spec)
{
  mitogen_engine_address_clear (&spec->address);
  g_clear_pointer (&spec->engine, g_free);
  g_clear_pointer (&spec->container, g_free);
  g_clear_pointer (&spec->image, g_free);
  g_clear_pointer (&spec->network, g_free);
  g_clear_pointer (&spec->username, g_free);
  g_clear_pointer (&spec->directory, g_free);
  g_clear_pointer (&spec->environment, g_strfreev);
}
