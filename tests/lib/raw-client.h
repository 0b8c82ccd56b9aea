/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "fixture.h"
#include "utils.h"

#include "signal-glib/crypto/signal-ecdh-private.h"
#include "signal-glib/crypto/signal-aead-private.h"

G_BEGIN_DECLS

/* The other end, without a line of the library's client: libsoup's WebSocket and a key. */
typedef struct
{
  SoupSession             *session;
  SoupMessage             *request;
  SoupWebsocketConnection *socket;
  GError                  *error;
  GPtrArray               *frames;      /* every text as it came */
  GPtrArray               *envelopes;   /* JsonNode, decrypted; without those taken */
  guint                    n_encrypted;
  gboolean                 done;        /* the upgrade has succeeded or failed */
  gboolean                 closed;
  guint16                  code;
  char                    *reason;
  SignalEcdhKeyPair           *key_pair;
  SignalAead        *key;
} RawPeer;

RawPeer    *raw_peer_new               (const char *uri);
RawPeer    *raw_peer_new_from          (const char *uri,
                                        const char *origin);
RawPeer    *raw_peer_new_authenticated (const char *uri,
                                        const char *token);
RawPeer    *raw_peer_new_plain         (const char *uri,
                                        const char *token);
void        raw_peer_free              (RawPeer    *self);
gboolean    raw_peer_is_open           (RawPeer    *self);
void        raw_peer_send_text         (RawPeer    *self,
                                        const char *text);
void        raw_peer_send_encrypted    (RawPeer    *self,
                                        const char *inner);
void        raw_peer_authenticate      (RawPeer    *self,
                                        const char *token);
JsonObject *raw_peer_wait_event        (RawPeer    *self,
                                        const char *event);
void        raw_peer_wait_error        (RawPeer    *self,
                                        const char *message);
void        raw_peer_wait_closed       (RawPeer    *self,
                                        guint16     code);
void        raw_peer_take_key          (RawPeer    *self,
                                        JsonObject *connected);
void        raw_peer_assert_silent     (RawPeer    *self);
void        raw_peer_settle            (RawPeer    *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawPeer, raw_peer_free)

G_END_DECLS
