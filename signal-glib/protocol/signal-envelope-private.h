/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "crypto/signal-aead-private.h"
#include "json/signal-json-reader-private.h"

G_BEGIN_DECLS

/* The control events of the protocol. */
#define SIGNAL_EVENT_AUTHENTICATE "authenticate"
#define SIGNAL_EVENT_CONNECTED "connected"
#define SIGNAL_EVENT_DISCONNECT "disconnect"
#define SIGNAL_EVENT_ENCRYPTED "encrypted"
#define SIGNAL_EVENT_ERROR "error"
#define SIGNAL_EVENT_HEARTBEAT "heartbeat"
#define SIGNAL_EVENT_JOIN "join"
#define SIGNAL_EVENT_LEAVE "leave"

/* {"event": …, "data": …, "id": …}; the spans refer to the text that was parsed. */
typedef struct
{
  SignalSpan event; /* between the quotes, in escaped form */
  SignalSpan data;  /* any JSON value, not parsed; str is NULL if there is none */
  SignalSpan id;    /* between the quotes, in escaped form; str is NULL if there is none */
  gboolean   event_escaped;
  gboolean   id_escaped;
} SignalEnvelope;

/* {"iv": …, "ct": …}, the data of an `encrypted` envelope: the base64 text between the quotes. */
typedef struct
{
  SignalSpan iv;
  SignalSpan ct;
  gboolean   iv_escaped;
  gboolean   ct_escaped;
} SignalEncryptedData;

/* Parses an envelope in steps. */
typedef struct
{
  SignalEnvelope   envelope; /* complete at the end */
  SignalJsonReader reader;
  SignalSpan      *value;    /* the value that is being read; NULL if there is none */
  SignalSpan       skipped;
} SignalEnvelopeParser;

void     signal_envelope_parser_init     (SignalEnvelopeParser  *self,
                                          const char            *text,
                                          gsize                  length);
gboolean signal_envelope_parser_step     (SignalEnvelopeParser  *self,
                                          gsize                  size);
gboolean signal_envelope_parser_finish   (SignalEnvelopeParser  *self,
                                          GError               **error);

gboolean signal_envelope_parse           (SignalEnvelope  *self,
                                          const char      *text,
                                          gsize            length,
                                          GError         **error);
gboolean signal_envelope_is              (const SignalEnvelope *self,
                                          const char           *event);
gboolean signal_envelope_match_encrypted (SignalEncryptedData *encrypted,
                                          const char          *text,
                                          gsize                length);
gboolean signal_envelope_parse_encrypted (SignalEncryptedData  *encrypted,
                                          SignalSpan            data,
                                          GError              **error);

char  *signal_envelope_compose            (const char *event,
                                           const char *data,
                                           const char *id,
                                           gsize      *length) G_GNUC_WARN_UNUSED_RESULT;
gsize  signal_envelope_get_encrypted_size (gsize         inner_length);
void   signal_envelope_write_encrypted    (char         *text,
                                           const guint8  iv[SIGNAL_AEAD_IV_SIZE],
                                           const guint8 *ciphertext,
                                           gsize         ciphertext_length);

/* Create envelopes from the arguments of an application. All arguments are validated, and errors
 * are reported with SIGNAL_ERROR_INVALID_ARGUMENT. */
char *signal_envelope_compose_json (const char  *event,
                                    const char  *json,
                                    const char  *id,
                                    gsize       *length,
                                    GError     **error) G_GNUC_WARN_UNUSED_RESULT;
char *signal_envelope_compose_node (const char  *event,
                                    JsonNode    *payload,
                                    const char  *id,
                                    gsize       *length,
                                    GError     **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean signal_envelope_event_is_control (const char *event);

G_END_DECLS
