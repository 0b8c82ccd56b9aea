/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

#include "fixture.h"
#include "utils.h"

#include "signal-glib/crypto/signal-ecdh-private.h"
#include "signal-glib/crypto/signal-aead-private.h"

G_BEGIN_DECLS

/* A client that uses libsoup's WebSocket and the key exchange, but nothing of the client in the library. */
typedef struct
{
  SoupSession             *session;
  SoupMessage             *request;
  SoupWebsocketConnection *socket;
  GError                  *error;
  GPtrArray               *frames;      /* the text of every frame */
  GPtrArray               *envelopes;   /* JsonNode, decrypted; without those that were waited for */
  guint                    n_encrypted;
  gboolean                 done;        /* the upgrade has succeeded or failed */
  gboolean                 closed;
  guint16                  code;
  char                    *reason;
  SignalEcdhKeyPair       *key_pair;
  SignalAead              *key;
} RawClient;

RawClient  *raw_client_new               (const char *uri);
RawClient  *raw_client_new_with_origin   (const char *uri,
                                          const char *origin);
RawClient  *raw_client_new_authenticated (const char *uri,
                                          const char *token);
RawClient  *raw_client_new_plain         (const char *uri,
                                          const char *token);
void        raw_client_free              (RawClient  *self);
gboolean    raw_client_is_open           (RawClient  *self);
void        raw_client_send_text         (RawClient  *self,
                                          const char *text);
void        raw_client_send_encrypted    (RawClient  *self,
                                          const char *inner);
char       *raw_client_dup_public_key    (RawClient  *self);
void        raw_client_authenticate      (RawClient  *self,
                                          const char *token);
JsonObject *raw_client_wait_event        (RawClient  *self,
                                          const char *event);
void        raw_client_wait_error        (RawClient  *self,
                                          const char *message);
void        raw_client_wait_closed       (RawClient  *self,
                                          guint16     code);
void        raw_client_derive_key        (RawClient  *self,
                                          JsonObject *connected);
void        raw_client_assert_no_event   (RawClient  *self);
void        raw_client_sync              (RawClient  *self);
void        raw_client_check_served      (RawClient  *self,
                                          Fixture    *fixture);
void        check_new_client_is_served   (Fixture    *fixture);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawClient, raw_client_free)

G_END_DECLS
