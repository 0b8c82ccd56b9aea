/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

/* How messages are printed. */
typedef enum
{
  CLI_FORMAT_LINE,    /* the event and the payload, for people */
  CLI_FORMAT_JSON,    /* an object with all members */
  CLI_FORMAT_PAYLOAD, /* the payload as JSON */
  CLI_FORMAT_TEXT,    /* the payload; a string without quotation marks */
} CliFormat;

gboolean  cli_format_parse   (const char    *name,
                              CliFormat     *format);

char     *cli_format_message (CliFormat      format,
                              SignalMessage *message);

G_END_DECLS
