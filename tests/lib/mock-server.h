/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "utils.h"

#include "signal-glib/crypto/signal-aead-private.h"
#include "signal-glib/crypto/signal-ecdh-private.h"
#include "signal-glib/protocol/signal-handshake-private.h"

G_BEGIN_DECLS

#define TEST_TOKEN "top-secret"
#define TEST_INFO "ignis-ecdh-p256-aes-256-gcm-v1"

typedef struct _MockServer MockServer;
typedef struct _MockPeer MockPeer;
typedef void (*MockPeerFunc) (MockPeer *peer);

/* A server that implements WebSocket over a listening socket by hand, so that a test can make it break
 * the protocol. Unless told otherwise, it authenticates every client and agrees on a key with it. */
struct _MockServer
{
  GSocketService        *service;
  char                  *uri;
  guint16                port;
  GPtrArray             *peers;            /* MockPeer, in the order of their connections; closed ones stay */

  MockPeerFunc           respond;          /* called for each `authenticate` */
  const char            *http_response;    /* sent instead of the upgrade, or NULL */
  gboolean               is_silent;        /* accepts connections, and never sends anything */
  gboolean               ignores_controls; /* answers neither pings nor close frames */
  const char            *authenticate_type; /* the expected one */
  const char            *public_key_member; /* where to read the client's key */

  GTlsCertificate       *certificate;      /* NULL for no TLS */
  GTlsAuthenticationMode authentication;
};

/* A connection, as seen by the server. */
struct _MockPeer
{
  MockServer        *server;
  GSocket           *socket;
  GIOStream         *stream;
  GCancellable      *cancellable;
  GByteArray        *in;
  GByteArray        *out;
  GBytes            *writing;     /* NULL if no write is pending */
  guint8             buffer[16384];
  guint              n_pending;
  gboolean           is_upgraded;
  gboolean           is_closing;  /* to be shut down as soon as everything is written */
  gboolean           is_resetting;
  gboolean           is_closed;   /* by the client, or by the server */

  char              *id;
  char              *request;     /* the head of the upgrade request */
  GTlsCertificate   *certificate; /* of the client */
  GPtrArray         *frames;      /* the text of every text frame */
  GPtrArray         *inner;       /* the decrypted content of the `encrypted` ones */
  GPtrArray         *ivs;         /* in base64 */
  char              *token;
  guint              n_pings;
  guint16            close_code;  /* 0 before a close frame is received */

  SignalEcdhKeyPair *key_pair;
  guint8             client_key[SIGNAL_ECDH_PUBLIC_KEY_SIZE];
  guint8             salt[SIGNAL_HANDSHAKE_SALT_SIZE];
  SignalAead        *key;
};

MockServer *mock_server_new            (void);
MockServer *mock_server_new_tls        (GTlsCertificate *certificate);
void        mock_server_free           (MockServer      *server);
void        mock_server_stop_listening (MockServer      *server);
MockPeer   *mock_server_wait_peer      (MockServer      *server,
                                        guint            index);

void  mock_peer_send_connected       (MockPeer   *peer);
void  mock_peer_send_connected_plain (MockPeer   *peer);
char *mock_peer_format_connected     (MockPeer   *peer);
void  mock_peer_derive_key           (MockPeer   *peer);
char *mock_peer_encrypt              (MockPeer   *peer,
                                      const char *inner);
char *mock_peer_encrypt_data         (MockPeer   *peer,
                                      const void *data,
                                      gsize       length);
void  mock_peer_send                 (MockPeer   *peer,
                                      const char *inner);
void  mock_peer_send_at_once         (MockPeer   *peer,
                                      const char *inner);
void  mock_peer_send_text            (MockPeer   *peer,
                                      const char *text);
void  mock_peer_send_frame           (MockPeer   *peer,
                                      guint8      first_byte,
                                      const void *data,
                                      gsize       length);
void  mock_peer_send_error           (MockPeer   *peer,
                                      const char *message);
void  mock_peer_close                (MockPeer   *peer,
                                      guint16     code);
void  mock_peer_shut_down            (MockPeer   *peer);
void  mock_peer_reset                (MockPeer   *peer);
void  mock_peer_assert_frame         (MockPeer   *peer,
                                      guint       index,
                                      const char *text);
void  mock_peer_receive              (MockPeer   *peer);
void  mock_peer_write                (MockPeer   *peer,
                                      const void *data,
                                      gsize       length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MockServer, mock_server_free)

G_END_DECLS
