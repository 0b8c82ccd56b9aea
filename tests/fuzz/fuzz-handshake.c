/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "fuzz.h"

#include "signal-glib/protocol/signal-handshake-private.h"
#include "signal-glib/protocol/signal-message-private.h"

/* Everything that a connection does with a `connected` event: the message, the payload, the key. */
int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  static const guint8 scalar[SIGNAL_ECDH_SCALAR_SIZE] = { 1, 2, 3 };
  g_autoptr (SignalMessage) message = signal_message_alloc (size);
  g_autoptr (SignalEcdhKeyPair) key_pair = NULL;
  g_autoptr (SignalAead) key = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (SignalConnectedEvent) connected = { 0 };

  memcpy (signal_message_storage (message), data, size);
  if (!signal_message_open (message, size, FALSE, NULL))
    return 0;

  g_assert_true (g_utf8_validate (signal_message_get_event (message), -1, NULL));
  if (!signal_handshake_parse_connected (&connected, message, &error))
    {
      g_assert_nonnull (error);
      return 0;
    }

  g_assert_true (connected.client_id != NULL && *connected.client_id != '\0');
  g_assert_true (g_utf8_validate (connected.client_id, -1, NULL));
  g_assert_true (connected.user_id == NULL || g_utf8_validate (connected.user_id, -1, NULL));
  if (!connected.has_keys)
    return 0;

  key_pair = signal_ecdh_key_pair_new_from_scalar (scalar, NULL);
  key = signal_handshake_derive_key (key_pair, connected.server_key, sizeof connected.server_key,
                                     connected.salt, sizeof connected.salt, "info", &error);
  g_assert_true ((key == NULL) == (error != NULL));
  return 0;
}
