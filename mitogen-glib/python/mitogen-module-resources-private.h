/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "python/mitogen-module-store-private.h"
#include "router/mitogen-core-private.h"

G_BEGIN_DECLS

/* Data files beside the modules of a package. The thread for modules.
 * @request: GET_RESOURCE */
void mitogen_module_resources_answer (MitogenModuleStore *store,
                                      MitogenCore *core,
                                      MitogenMessage *request);

G_END_DECLS
