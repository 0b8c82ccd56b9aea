/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <signal-glib/signal-glib.h>

G_BEGIN_DECLS

/* The options of a connection to Redis. */
typedef struct
{
  char *uri;
  char *channel_prefix;
  char *ca_file;
  char *certificate_file;
  char *key_file;
} CliBusOptions;

void        cli_bus_options_clear (CliBusOptions       *options);

const char *cli_bus_get_uri       (const CliBusOptions *options);

SignalBus  *cli_bus_create        (const CliBusOptions *options,
                                   const char          *uri);

G_END_DECLS
