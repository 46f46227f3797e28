/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

/* How the helper program and the library talk: doc/design.md, "The helper program".
 *
 * The helper makes a socket pair, writes its request into one end and shuts that down for
 * writing. Then it announces the other end by one NUL byte with SCM_RIGHTS on its error output,
 * which it has from ssh, which has it from the library. So the request is there, whole, when the
 * announcement is; what ssh has written before comes before.
 *
 * Request: MAGIC, the value of SSH_ASKPASS_PROMPT, the arguments; a NUL byte behind each.
 * Reply:   one byte of status, four bytes of length, most significant first, the text to be
 *          printed. An end before that: nobody answers. */
#define MITOGEN_ASKPASS_MAGIC        "mitogen-askpass 1"
#define MITOGEN_ASKPASS_ANNOUNCEMENT '\0'
#define MITOGEN_ASKPASS_MAX_REQUEST  (32 * 1024)
#define MITOGEN_ASKPASS_MAX_REPLY    (32 * 1024)
#define MITOGEN_ASKPASS_REPLY_HEADER 5

/* As KnownHostsCommand: this, then %I %H %t %K %f. Otherwise the only argument is a question. */
#define MITOGEN_ASKPASS_HOST_KEY   "host-key"
#define MITOGEN_ASKPASS_N_HOST_KEY 6
/* What %I is before a key is known: to be answered with the keys that are. */
#define MITOGEN_ASKPASS_ORDER "ORDER"
