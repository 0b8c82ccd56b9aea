/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "crypto/signal-crypto-private.h"
#include "protocol/signal-message-private.h"

G_BEGIN_DECLS

/* What a `connected` event says. */
typedef struct
{
  char    *client_id;
  char    *user_id; /* NULL: the server names none */
  gboolean has_keys;
  guint8   server_key[SIGNAL_CRYPTO_PUBLIC_KEY_SIZE];
  guint8   salt[SIGNAL_CRYPTO_SALT_SIZE];
} SignalConnectedEvent;

char     *signal_handshake_compose_authenticate (const char            *token,
                                                 const SignalKeyPair   *key_pair) G_GNUC_WARN_UNUSED_RESULT;
gboolean  signal_handshake_parse_connected      (SignalConnectedEvent  *self,
                                                 SignalMessage         *message,
                                                 GError               **error);
char     *signal_handshake_parse_error          (SignalMessage         *message) G_GNUC_WARN_UNUSED_RESULT;
void      signal_connected_event_clear          (SignalConnectedEvent  *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SignalConnectedEvent, signal_connected_event_clear)

G_END_DECLS
