/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "crypto/signal-aead-private.h"
#include "crypto/signal-ecdh-private.h"
#include "protocol/signal-authenticate-options-private.h"
#include "protocol/signal-message-private.h"

G_BEGIN_DECLS

/* The messages that client and server exchange before there is a key; both sides of the
 * exchange. */

/* The HKDF info string of the public server. */
#define SIGNAL_HANDSHAKE_DEFAULT_INFO "ignis-ecdh-p256-aes-256-gcm-v1"

#define SIGNAL_HANDSHAKE_DEFAULT_TYPE "Bearer"
#define SIGNAL_HANDSHAKE_DEFAULT_PUBLIC_KEY_MEMBER "clientPublicKey"

#define SIGNAL_HANDSHAKE_SALT_SIZE 32

/* The data of an `authenticate` event. Members are NULL if they are missing or not strings. */
typedef struct
{
  char *type;
  char *token;
  char *public_key; /* "" if it is present but not a string, as opposed to missing */
} SignalAuthenticateEvent;

/* The data of a `connected` event. */
typedef struct
{
  char    *client_id;
  char    *user_id; /* NULL if the server does not send one */
  gboolean has_keys;
  guint8   server_key[SIGNAL_ECDH_PUBLIC_KEY_SIZE];
  guint8   salt[SIGNAL_HANDSHAKE_SALT_SIZE];
} SignalConnectedEvent;

gboolean  signal_handshake_check_options        (const SignalAuthenticateOptions  *options,
                                                 GError                          **error);
char     *signal_handshake_compose_authenticate (const SignalAuthenticateOptions  *options,
                                                 const char                       *token,
                                                 const SignalEcdhKeyPair          *key_pair,
                                                 GError                          **error) G_GNUC_WARN_UNUSED_RESULT;
void      signal_handshake_parse_authenticate   (SignalAuthenticateEvent          *self,
                                                 SignalMessage                    *message);
void      signal_authenticate_event_clear       (SignalAuthenticateEvent          *self);

char     *signal_handshake_compose_connected    (const char               *client_id,
                                                 const char               *user_id,
                                                 const char               *server_public_key,
                                                 const char               *salt,
                                                 gsize                    *length) G_GNUC_WARN_UNUSED_RESULT;
gboolean  signal_handshake_parse_connected      (SignalConnectedEvent     *self,
                                                 SignalMessage            *message,
                                                 GError                  **error);
void      signal_connected_event_clear          (SignalConnectedEvent     *self);

char     *signal_handshake_compose_error        (const char               *text,
                                                 const char               *id,
                                                 gsize                    *length) G_GNUC_WARN_UNUSED_RESULT;
char     *signal_handshake_parse_error          (SignalMessage            *message) G_GNUC_WARN_UNUSED_RESULT;

SignalAead *signal_handshake_agree_key  (const char               *ecdh_info,
                                         const char               *client_public_key,
                                         char                    **server_public_key,
                                         char                    **salt,
                                         gboolean                 *is_temporary) G_GNUC_WARN_UNUSED_RESULT;
SignalAead *signal_handshake_derive_key (const SignalEcdhKeyPair  *key_pair,
                                         const guint8             *peer_point,
                                         gsize                     peer_point_length,
                                         const guint8             *salt,
                                         gsize                     salt_length,
                                         const char               *info,
                                         GError                  **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SignalAuthenticateEvent, signal_authenticate_event_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SignalConnectedEvent, signal_connected_event_clear)

G_END_DECLS
