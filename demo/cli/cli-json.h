/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

char *cli_json_quote   (const char    *text);

char *cli_json_message (SignalMessage *message);

char *cli_json_payload (SignalMessage *message);

G_END_DECLS
