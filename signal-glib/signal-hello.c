/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-hello-private.h"

#include "signal-base64-private.h"
#include "signal-error.h"
#include "signal-json-private.h"

#include <glib/gi18n-lib.h>

/* The `authenticate` event of a fresh key pair. */
char *
signal_hello_compose_authenticate (const char          *token,
                                   const SignalKeyPair *key_pair)
{
  /* Large enough from the start: growing would leave copies of the token behind. */
  GString *text = g_string_sized_new (6 * strlen (token) + 512);
  char   encoded[SIGNAL_BASE64_ENCODED_SIZE (SIGNAL_CRYPTO_PUBLIC_KEY_SIZE) + 1] = "";
  guint8 point[SIGNAL_CRYPTO_PUBLIC_KEY_SIZE];

  signal_key_pair_export_public (key_pair, point);
  signal_base64_encode (point, sizeof point, encoded);

  g_string_append (text, "{\"event\":\"authenticate\",\"data\":{\"type\":\"Bearer\",\"token\":");
  signal_json_append_string (text, token);
  g_string_append_printf (text, ",\"clientPublicKey\":\"%s\"}}", encoded);

  return g_string_free (text, FALSE);
}

/* The string member, or NULL where there is none or it is of another kind. */
static const char *
get_string (JsonObject *object,
            const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;

  return json_node_get_string (node);
}

static gboolean
is_absent (JsonObject *object,
           const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node == NULL || JSON_NODE_HOLDS_NULL (node);
}

static gboolean
decode_exactly (const char *text,
                guint8     *data,
                gsize       size)
{
  gsize length;

  return text != NULL
         && strlen (text) == SIGNAL_BASE64_ENCODED_SIZE (size)
         && signal_base64_decode (text, strlen (text), data, &length)
         && length == size;
}

/* Takes a `connected` event apart. */
gboolean
signal_hello_parse (SignalHello    *self,
                    SignalMessage  *message,
                    GError        **error)
{
  JsonNode *payload = signal_message_get_payload (message);
  JsonObject *object;
  const char *id;

  *self = (SignalHello) { 0 };

  if (payload == NULL || !JSON_NODE_HOLDS_OBJECT (payload))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
                           _("The server's “connected” event has no data"));
      return FALSE;
    }

  object = json_node_get_object (payload);
  id = get_string (object, "id");
  if (id == NULL || *id == '\0')
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
                           _("The server's “connected” event has no client id"));
      return FALSE;
    }

  if (!is_absent (object, "serverPublicKey") || !is_absent (object, "salt"))
    {
      if (!decode_exactly (get_string (object, "serverPublicKey"),
                           self->server_key, sizeof self->server_key)
          || !decode_exactly (get_string (object, "salt"), self->salt, sizeof self->salt))
        {
          g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                               _("The server's “connected” event has a public key or a salt that is "
                                 "not base64 of the right length"));
          return FALSE;
        }
      self->has_keys = TRUE;
    }

  self->client_id = g_strdup (id);
  self->user_id = g_strdup (get_string (object, "userId"));
  return TRUE;
}

void
signal_hello_clear (SignalHello *self)
{
  g_clear_pointer (&self->client_id, g_free);
  g_clear_pointer (&self->user_id, g_free);
}
