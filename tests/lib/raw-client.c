/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "raw-client.h"

#include <string.h>

#include "signal-glib/util/signal-base64-private.h"
#include "signal-glib/crypto/signal-aead-private.h"
#include "signal-glib/crypto/signal-ecdh-private.h"
#include "signal-glib/protocol/signal-handshake-private.h"

static char *
decrypt (RawClient  *self,
         JsonObject *data)
{
  const char *iv_text = json_object_get_string_member (data, "iv");
  const char *ct_text = json_object_get_string_member (data, "ct");
  guint8 iv[SIGNAL_BASE64_DECODED_MAX (16)];
  g_autofree guint8 *ct = g_malloc (strlen (ct_text) + 1);
  char *text;
  gsize iv_length, length;

  g_assert_true (signal_base64_decode (iv_text, strlen (iv_text), iv, &iv_length));
  g_assert_cmpuint (iv_length, ==, SIGNAL_AEAD_IV_SIZE);
  g_assert_true (signal_base64_decode (ct_text, strlen (ct_text), ct, &length));
  text = g_malloc0 (length - SIGNAL_AEAD_TAG_SIZE + 1);
  g_assert_true (signal_aead_decrypt (self->key, iv, ct, length, (guint8 *) text, NULL));
  return text;
}

static void
on_message (SoupWebsocketConnection *socket,
            SoupWebsocketDataType    type,
            GBytes                  *bytes,
            RawClient               *self)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  g_autofree char *text = g_strndup (data, length);
  JsonNode *node = parse_json (text);
  JsonObject *envelope = json_node_get_object (node);

  g_assert_cmpint (type, ==, SOUP_WEBSOCKET_DATA_TEXT);
  g_ptr_array_add (self->frames, g_strdup (text));
  if (self->key != NULL
      && g_str_equal (json_object_get_string_member (envelope, "event"), "encrypted"))
    {
      g_autofree char *inner = decrypt (self, json_object_get_object_member (envelope, "data"));

      json_node_unref (node);
      node = parse_json (inner);
      self->n_encrypted++;
    }
  g_ptr_array_add (self->envelopes, node);
}

static void
on_closed (SoupWebsocketConnection *socket,
           RawClient               *self)
{
  self->closed = TRUE;
  self->code = soup_websocket_connection_get_close_code (socket);
  g_free (self->reason);
  self->reason = g_strdup (soup_websocket_connection_get_close_data (socket));
}

static void
on_upgraded (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  RawClient *self = user_data;

  self->socket = soup_session_websocket_connect_finish (SOUP_SESSION (source), result,
                                                        &self->error);
  self->done = TRUE;
  if (self->socket == NULL)
    return;

  g_signal_connect (self->socket, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->socket, "closed", G_CALLBACK (on_closed), self);
}

static gboolean
accept_any (void)
{
  return TRUE;
}

/* @origin is what a browser would send, or NULL for none. */
RawClient *
raw_client_new_with_origin (const char *uri,
                            const char *origin)
{
  RawClient *self = g_new0 (RawClient, 1);

  self->frames = g_ptr_array_new_with_free_func (g_free);
  self->envelopes = g_ptr_array_new_with_free_func ((GDestroyNotify) json_node_unref);
  self->key_pair = signal_ecdh_key_pair_generate (NULL);
  g_assert_nonnull (self->key_pair);
  self->session = soup_session_new_with_options ("proxy-resolver", NULL, "tls-database", NULL,
                                                 NULL);
  self->request = soup_message_new ("GET", uri);
  g_signal_connect (self->request, "accept-certificate", G_CALLBACK (accept_any), NULL);
  soup_session_websocket_connect_async (self->session, self->request, origin, NULL,
                                        G_PRIORITY_DEFAULT, NULL, on_upgraded, self);
  /* If the listen queue is full, the kernel retries after 1, 3, 7 and 15 seconds. */
  WAIT_WITHIN (30, self->done);
  return self;
}

RawClient *
raw_client_new (const char *uri)
{
  return raw_client_new_with_origin (uri, NULL);
}

void
raw_client_free (RawClient *self)
{
  if (self->socket != NULL)
    g_signal_handlers_disconnect_by_data (self->socket, self);
  g_clear_object (&self->socket);
  g_clear_object (&self->request);
  g_clear_object (&self->session);
  g_clear_error (&self->error);
  g_ptr_array_unref (self->frames);
  g_ptr_array_unref (self->envelopes);
  g_clear_pointer (&self->key_pair, signal_ecdh_key_pair_free);
  g_clear_pointer (&self->key, signal_aead_free);
  g_free (self->reason);
  g_free (self);
}

gboolean
raw_client_is_open (RawClient *self)
{
  g_assert_no_error (self->error);
  return soup_websocket_connection_get_state (self->socket) == SOUP_WEBSOCKET_STATE_OPEN;
}

/* Sends nothing if the server has already closed the connection. */
void
raw_client_send_text (RawClient  *self,
                      const char *text)
{
  if (raw_client_is_open (self))
    soup_websocket_connection_send_text (self->socket, text);
}

static char *
encode (const guint8 *data,
        gsize         length)
{
  char *text = g_malloc0 (SIGNAL_BASE64_ENCODED_SIZE (length) + 1);

  signal_base64_encode (data, length, text);
  return text;
}

void
raw_client_send_encrypted (RawClient  *self,
                           const char *inner)
{
  gsize length = strlen (inner);
  guint8 iv[SIGNAL_AEAD_IV_SIZE];
  g_autofree guint8 *ct = g_malloc (length + SIGNAL_AEAD_TAG_SIZE);
  g_autofree char *iv_text = NULL;
  g_autofree char *ct_text = NULL;
  g_autofree char *text = NULL;

  g_assert_true (signal_aead_encrypt (self->key, (const guint8 *) inner, length, iv, ct,
                                             NULL));
  iv_text = encode (iv, sizeof iv);
  ct_text = encode (ct, length + SIGNAL_AEAD_TAG_SIZE);
  text = g_strdup_printf ("{\"event\":\"encrypted\",\"data\":{\"iv\":\"%s\",\"ct\":\"%s\"}}",
                          iv_text, ct_text);
  raw_client_send_text (self, text);
}

char *
raw_client_dup_public_key (RawClient *self)
{
  guint8 point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];

  signal_ecdh_key_pair_export_public (self->key_pair, point);
  return encode (point, sizeof point);
}

void
raw_client_authenticate (RawClient  *self,
                         const char *token)
{
  g_autofree char *key = raw_client_dup_public_key (self);
  g_autofree char *text = NULL;

  text = g_strdup_printf ("{\"event\":\"authenticate\",\"data\":{\"type\":\"Bearer\","
                          "\"token\":\"%s\",\"clientPublicKey\":\"%s\"}}", token, key);
  raw_client_send_text (self, text);
}

static JsonNode *
take_event (RawClient  *self,
            const char *event)
{
  for (guint i = 0; i < self->envelopes->len; i++)
    {
      JsonObject *envelope = json_node_get_object (self->envelopes->pdata[i]);

      if (g_strcmp0 (json_object_get_string_member (envelope, "event"), event) == 0)
        return g_ptr_array_steal_index (self->envelopes, i);
    }
  return NULL;
}

/* Returns a copy of the data of the event, or NULL if it is not an object. */
JsonObject *
raw_client_wait_event (RawClient  *self,
                       const char *event)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *envelope;
  JsonNode *data;

  WAIT_UNTIL ((node = take_event (self, event)) != NULL);
  envelope = json_node_get_object (node);
  data = json_object_get_member (envelope, "data");
  return data != NULL && JSON_NODE_HOLDS_OBJECT (data) ? json_node_dup_object (data) : NULL;
}

void
raw_client_wait_error (RawClient  *self,
                       const char *message)
{
  g_autoptr (JsonObject) data = raw_client_wait_event (self, "error");

  g_assert_cmpstr (json_object_get_string_member (data, "message"), ==, message);
}

void
raw_client_wait_closed (RawClient *self,
                        guint16    code)
{
  WAIT_UNTIL (self->closed);
  g_assert_cmpuint (self->code, ==, code);
}

void
raw_client_derive_key (RawClient  *self,
                       JsonObject *connected)
{
  const char *key = json_object_get_string_member (connected, "serverPublicKey");
  const char *salt = json_object_get_string_member (connected, "salt");
  guint8 point[SIGNAL_BASE64_DECODED_MAX (88)];
  guint8 salt_bytes[SIGNAL_BASE64_DECODED_MAX (44)];
  gsize point_length, salt_length;

  g_assert_true (signal_base64_decode (key, strlen (key), point, &point_length));
  g_assert_true (signal_base64_decode (salt, strlen (salt), salt_bytes, &salt_length));
  g_assert_cmpuint (salt_length, ==, SIGNAL_HANDSHAKE_SALT_SIZE);
  self->key = signal_handshake_derive_key (self->key_pair, point, point_length, salt_bytes, salt_length,
                                      "ignis-ecdh-p256-aes-256-gcm-v1", NULL);
  g_assert_nonnull (self->key);
}

RawClient *
raw_client_new_authenticated (const char *uri,
                              const char *token)
{
  RawClient *self = raw_client_new (uri);
  g_autoptr (JsonObject) connected = NULL;

  g_assert_no_error (self->error);
  raw_client_authenticate (self, token);
  connected = raw_client_wait_event (self, "connected");
  raw_client_derive_key (self, connected);
  return self;
}

RawClient *
raw_client_new_plain (const char *uri,
                      const char *token)
{
  RawClient *self = raw_client_new (uri);
  g_autofree char *text = g_strdup_printf ("{\"event\":\"authenticate\",\"data\":{"
                                           "\"type\":\"Bearer\",\"token\":\"%s\"}}", token);
  g_autoptr (JsonObject) connected = NULL;

  g_assert_no_error (self->error);
  raw_client_send_text (self, text);
  connected = raw_client_wait_event (self, "connected");
  g_assert_false (json_object_has_member (connected, "serverPublicKey"));
  g_assert_false (json_object_has_member (connected, "salt"));
  return self;
}

/* Waits until the server has handled all previous messages: it answers text that is not JSON, in
 * order. */
void
raw_client_sync (RawClient *self)
{
  raw_client_send_text (self, "settle");
  raw_client_wait_error (self, "Invalid message format");
}

/* Checks that no event has arrived but those that were waited for. */
void
raw_client_assert_no_event (RawClient *self)
{
  raw_client_sync (self);
  g_assert_cmpuint (self->envelopes->len, ==, 0);
}

/* The client can send to the server and receive from it. */
void
raw_client_check_served (RawClient *self,
                         Fixture   *fixture)
{
  guint n_messages = fixture->messages->len;

  raw_client_send_encrypted (self, "{\"event\":\"up\"}");
  WAIT_UNTIL (fixture->messages->len > n_messages);
  g_assert_true (signal_server_broadcast (fixture->server, "down", NULL, NULL));
  raw_client_wait_event (self, "down");
}

/* A new client is accepted and served. */
void
check_new_client_is_served (Fixture *fixture)
{
  g_autoptr (RawClient) raw = raw_client_new_authenticated (fixture->uri, "new-secret");

  raw_client_check_served (raw, fixture);
  soup_websocket_connection_close (raw->socket, 1000, NULL);
  raw_client_wait_closed (raw, 1000);
}
