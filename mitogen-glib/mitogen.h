/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#define MITOGEN_INSIDE

#include "mitogen-types.h"
#include "mitogen-version-macros.h"
#include "mitogen-version.h"

#include "mitogen-broker.h"
#include "mitogen-call-chain.h"
#include "mitogen-call.h"
#include "mitogen-channel.h"
#include "mitogen-check-host-keys.h"
#include "mitogen-child.h"
#include "mitogen-connect.h"
#include "mitogen-connection.h"
#include "mitogen-container-connection.h"
#include "mitogen-context.h"
#include "mitogen-doas-connection.h"
#include "mitogen-enums.h"
#include "mitogen-error.h"
#include "mitogen-fork-connection.h"
#include "mitogen-latch.h"
#include "mitogen-local-connection.h"
#include "mitogen-message.h"
#include "mitogen-methods.h"
#include "mitogen-minify.h"
#include "mitogen-module-responder.h"
#include "mitogen-pkexec-connection.h"
#include "mitogen-prompt-kind.h"
#include "mitogen-prompt.h"
#include "mitogen-receiver.h"
#include "mitogen-router.h"
#include "mitogen-select.h"
#include "mitogen-self-connection.h"
#include "mitogen-sender.h"
#include "mitogen-ssh-connection.h"
#include "mitogen-stream.h"
#include "mitogen-su-connection.h"
#include "mitogen-sudo-connection.h"
#include "mitogen-terminal.h"
#include "mitogen-tty-operation.h"
#include "mitogen-unix-connect.h"
#include "mitogen-unix-listener.h"
#include "mitogen-uri.h"
#include "mitogen-value.h"

#undef MITOGEN_INSIDE
