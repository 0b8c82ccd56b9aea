/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-handshake-private.h"

#include <glib/gi18n-lib.h>

#include "crypto/signal-hkdf-private.h"
#include "crypto/signal-secret-private.h"
#include "json/signal-json-scanner-private.h"
#include "signal-error.h"
#include "util/signal-base64-private.h"

/* The `authenticate` event of a fresh key pair. */
char *
signal_handshake_compose_authenticate (const char              *token,
                                       const SignalEcdhKeyPair *key_pair)
{
  /* Large enough from the start: growing would leave copies of the token behind. */
  GString *text = g_string_sized_new (6 * strlen (token) + 512);
  char   encoded[SIGNAL_BASE64_ENCODED_SIZE (SIGNAL_ECDH_PUBLIC_KEY_SIZE) + 1] = "";
  guint8 point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];

  signal_ecdh_key_pair_export_public (key_pair, point);
  signal_base64_encode (point, sizeof point, encoded);

  g_string_append (text, "{\"event\":\"authenticate\",\"data\":{\"type\":\"Bearer\",\"token\":");
  signal_json_append_string (text, token);
  g_string_append_printf (text, ",\"clientPublicKey\":\"%s\"}}", encoded);

  return g_string_free (text, FALSE);
}

#define POINT_TEXT_LENGTH SIGNAL_BASE64_ENCODED_SIZE (SIGNAL_ECDH_PUBLIC_KEY_SIZE)

static gboolean
set_protocol_error (GError     **error,
                    const char  *text)
{
  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL, text);
  return FALSE;
}

/* What is read of an event before its members are looked at. NULL: absent, or of another type. */
typedef struct
{
  char    *client_id;
  char    *user_id;
  char    *message; /* of an `error` event */
  char    *server_key;
  char    *salt;
  gboolean has_server_key; /* of whatever type */
  gboolean has_salt;
} Members;

static void
members_clear (Members *self)
{
  g_clear_pointer (&self->client_id, g_free);
  g_clear_pointer (&self->user_id, g_free);
  g_clear_pointer (&self->message, g_free);
  g_clear_pointer (&self->server_key, g_free);
  g_clear_pointer (&self->salt, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Members, members_clear)

/* Reads a value: text receives that of a string, or NULL. is_present: whether it is not null. Of
 * members of one name the last counts. */
static gboolean
read_text (SignalJsonReader  *reader,
           char             **text,
           gboolean          *is_present)
{
  SignalSpan value;
  gboolean escaped;

  g_clear_pointer (text, g_free);
  *is_present = TRUE;

  if (signal_json_reader_at_string (reader))
    {
      if (!signal_json_reader_read_string (reader, &value, &escaped))
        return FALSE;
      *text = signal_json_dup_string (value, escaped);
      return TRUE;
    }

  if (!signal_json_reader_read_value (reader, &value))
    return FALSE;

  *is_present = value.str[0] != 'n';
  return TRUE;
}

/* As above; of a number the text is its digits, as they are written. */
static gboolean
read_text_or_number (SignalJsonReader  *reader,
                     char             **text)
{
  const char *start = reader->pos;
  gboolean is_present;

  if (!read_text (reader, text, &is_present))
    return FALSE;

  if (*start == '-' || g_ascii_isdigit (*start))
    *text = g_strndup (start, (gsize) (reader->pos - start));
  return TRUE;
}

static gboolean
read_member (Members          *self,
             SignalJsonReader *reader,
             SignalSpan        key,
             gboolean          key_escaped)
{
  SignalSpan skipped;
  gboolean is_present;

  if (signal_json_equals (key, key_escaped, "id"))
    return read_text (reader, &self->client_id, &is_present);
  if (signal_json_equals (key, key_escaped, "userId"))
    return read_text_or_number (reader, &self->user_id);
  if (signal_json_equals (key, key_escaped, "message"))
    return read_text (reader, &self->message, &is_present);
  if (signal_json_equals (key, key_escaped, "serverPublicKey"))
    return read_text (reader, &self->server_key, &self->has_server_key);
  if (signal_json_equals (key, key_escaped, "salt"))
    return read_text (reader, &self->salt, &self->has_salt);

  return signal_json_reader_read_value (reader, &skipped);
}

/* Without a tree: one of a hostile event costs a hundred times the memory of its text. */
static gboolean
read_members (Members    *self,
              const char *json)
{
  SignalJsonReader reader;
  SignalSpan key;
  gboolean key_escaped;

  signal_json_reader_init (&reader, json, strlen (json));
  if (!signal_json_reader_open_object (&reader))
    return FALSE;

  while (signal_json_reader_next_member (&reader, &key, &key_escaped)
         && read_member (self, &reader, key, key_escaped))
    continue;

  return signal_json_reader_finish (&reader, NULL);
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
signal_handshake_parse_connected (SignalConnectedEvent  *self,
                                  SignalMessage         *message,
                                  GError               **error)
{
  const char *json = signal_message_get_payload_json (message);
  g_auto (Members) members = { 0 };

  *self = (SignalConnectedEvent) { 0 };

  if (json == NULL || !read_members (&members, json))
    return set_protocol_error (error, _("The server's “connected” event has no data"));

  if (members.client_id == NULL || *members.client_id == '\0')
    return set_protocol_error (error, _("The server's “connected” event has no client id"));

  if (members.has_server_key || members.has_salt)
    {
      if (!decode_exactly (members.server_key, self->server_key, sizeof self->server_key)
          || !decode_exactly (members.salt, self->salt, sizeof self->salt))
        {
          g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                               _("The server's “connected” event has a public key or a salt that is "
                                 "not base64 of the right length"));
          return FALSE;
        }
      self->has_keys = TRUE;
    }

  self->client_id = g_steal_pointer (&members.client_id);
  self->user_id = g_steal_pointer (&members.user_id);
  return TRUE;
}

/* The text of an `error` event, or NULL where it has none. */
char *
signal_handshake_parse_error (SignalMessage *message)
{
  const char *json = signal_message_get_payload_json (message);
  g_auto (Members) members = { 0 };

  if (json == NULL || !read_members (&members, json))
    return NULL;

  return g_steal_pointer (&members.message);
}

void
signal_connected_event_clear (SignalConnectedEvent *self)
{
  g_clear_pointer (&self->client_id, g_free);
  g_clear_pointer (&self->user_id, g_free);
}

/* Derives the AES-256 key of a connection: HKDF-SHA-256 (RFC 5869) over the shared secret of ECDH.
 * salt may have any length; info is text. */
SignalAead *
signal_handshake_derive_key (const SignalEcdhKeyPair  *key_pair,
                             const guint8             *peer_point,
                             gsize                     peer_point_length,
                             const guint8             *salt,
                             gsize                     salt_length,
                             const char               *info,
                             GError                  **error)
{
  SignalAead *aead;
  guint8 shared[SIGNAL_ECDH_SHARED_SECRET_SIZE];
  guint8 key[SIGNAL_AEAD_KEY_SIZE];

  if (!signal_ecdh_key_pair_agree (key_pair, peer_point, peer_point_length, shared, error))
    return NULL;

  signal_hkdf_sha256 (shared, sizeof shared, salt, salt_length,
                      (const guint8 *) info, strlen (info), key, sizeof key);
  aead = signal_aead_new (key);
  signal_secret_wipe (shared, sizeof shared);
  signal_secret_wipe (key, sizeof key);

  if (aead == NULL)
    g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO, _("AES-256-GCM is not available"));

  return aead;
}

static char *
encode (const guint8 *data,
        gsize         length)
{
  char *text = g_malloc (SIGNAL_BASE64_ENCODED_SIZE (length) + 1);

  signal_base64_encode (data, length, text);
  text[SIGNAL_BASE64_ENCODED_SIZE (length)] = '\0';
  return text;
}

/* The server's half of the key agreement, with a key pair that is gone on return. NULL: what the
 * client offers is no key. Why is nothing that it needs to know. */
SignalAead *
signal_handshake_agree_key (const char  *ecdh_info,
                            const char  *client_public_key,
                            char       **server_public_key,
                            char       **salt)
{
  g_autoptr (SignalEcdhKeyPair) pair = NULL;
  g_autoptr (SignalAead) key = NULL;
  guint8 client_point[SIGNAL_BASE64_DECODED_MAX (POINT_TEXT_LENGTH)];
  guint8 server_point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];
  guint8 salt_bytes[SIGNAL_HANDSHAKE_SALT_SIZE];
  gsize length;

  if (strlen (client_public_key) != POINT_TEXT_LENGTH
      || !signal_base64_decode (client_public_key, POINT_TEXT_LENGTH, client_point, &length))
    return NULL;

  pair = signal_ecdh_key_pair_generate (NULL);
  if (pair == NULL || !signal_random_bytes (salt_bytes, sizeof salt_bytes, NULL))
    return NULL;

  key = signal_handshake_derive_key (pair, client_point, length, salt_bytes, sizeof salt_bytes,
                                ecdh_info, NULL);
  if (key == NULL)
    return NULL;

  signal_ecdh_key_pair_export_public (pair, server_point);
  *server_public_key = encode (server_point, sizeof server_point);
  *salt = encode (salt_bytes, sizeof salt_bytes);
  return g_steal_pointer (&key);
}
