/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "signal-crypto-private.h"
#include "signal-message-private.h"

G_BEGIN_DECLS

/* What a `connected` event says. */
typedef struct
{
  char    *client_id;
  char    *user_id; /* NULL: the server names none */
  gboolean has_keys;
  guint8   server_key[SIGNAL_CRYPTO_PUBLIC_KEY_SIZE];
  guint8   salt[SIGNAL_CRYPTO_SALT_SIZE];
} SignalHello;

char    *signal_hello_compose_authenticate (const char           *token,
                                            const SignalKeyPair  *key_pair) G_GNUC_WARN_UNUSED_RESULT;
gboolean signal_hello_parse                (SignalHello          *self,
                                            SignalMessage        *message,
                                            GError              **error);
char    *signal_hello_parse_error          (SignalMessage        *message) G_GNUC_WARN_UNUSED_RESULT;
void     signal_hello_clear                (SignalHello          *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SignalHello, signal_hello_clear)

G_END_DECLS
