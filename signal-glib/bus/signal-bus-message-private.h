/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "json/signal-json-reader-private.h"

G_BEGIN_DECLS

/* For whom a message on the bus is. */
typedef enum
{
  SIGNAL_BUS_BROADCAST,
  SIGNAL_BUS_ROOM,
  SIGNAL_BUS_PEER,
  SIGNAL_BUS_USER,
} SignalBusScope;

/* A message on the bus: its recipients and its envelope, {"event": …, "data": …}. */
typedef struct
{
  SignalBusScope       scope;
  const char          *target;   /* the name of the room, or the ID; NULL for a broadcast */
  const char * const  *except;   /* the IDs of the peers that do not receive it, or NULL for none */
  const char          *envelope; /* UTF-8, NUL-terminated */
  gsize                length;   /* of the envelope */
} SignalBusMessage;

/* A message that has been parsed, which owns its texts. */
typedef struct
{
  SignalBusMessage  message;
  char             *target;
  char            **except;
  char             *envelope;
} SignalBusParsed;

typedef enum
{
  SIGNAL_BUS_PARSE_FOREIGN,
  SIGNAL_BUS_PARSE_OWN,     /* published by this server */
  SIGNAL_BUS_PARSE_INVALID, /* with an error */
} SignalBusParseResult;

char *signal_bus_message_get_channel (const char             *prefix,
                                      SignalBusScope          scope,
                                      const char             *target) G_GNUC_WARN_UNUSED_RESULT;
char *signal_bus_message_compose     (const SignalBusMessage *message,
                                      const char             *server_id,
                                      gsize                  *length) G_GNUC_WARN_UNUSED_RESULT;
SignalBusParseResult
      signal_bus_parsed_init         (SignalBusParsed        *self,
                                      const char             *prefix,
                                      const char             *server_id,
                                      SignalSpan              channel,
                                      SignalSpan              body,
                                      GError                **error);
void  signal_bus_parsed_clear        (SignalBusParsed        *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SignalBusParsed, signal_bus_parsed_clear)

G_END_DECLS
