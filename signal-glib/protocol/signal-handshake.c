/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-handshake-private.h"

#include <glib/gi18n-lib.h>

#include "crypto/signal-hkdf-private.h"
#include "crypto/signal-secret-private.h"
#include "json/signal-json-escape-private.h"
#include "json/signal-json-scanner-private.h"
#include "json/signal-json-writer-private.h"
#include "protocol/signal-envelope-private.h"
#include "signal-error.h"
#include "util/signal-base64-private.h"

/* The members of the two events. */
#define MEMBER_TYPE "type"
#define MEMBER_TOKEN "token"
#define MEMBER_PUBLIC_KEY "publicKey" /* as IGNIS's own guide names that of a client */
#define MEMBER_ID "id"
#define MEMBER_USER_ID "userId"
#define MEMBER_TIME "time"
#define MEMBER_SERVER_PUBLIC_KEY "serverPublicKey"
#define MEMBER_SALT "salt"
#define MEMBER_MESSAGE "message"

#define POINT_TEXT_LENGTH SIGNAL_BASE64_ENCODED_SIZE (SIGNAL_ECDH_PUBLIC_KEY_SIZE)

/* Reading */

static gboolean
set_protocol_error (GError     **error,
                    const char  *text)
{
  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL, text);
  return FALSE;
}

/* Where to store a member of an event. */
typedef struct
{
  const char *name;
  char      **text;           /* set to the text, or to NULL if the value is not a string */
  gboolean   *is_present;     /* set to whether there is a value that is not null; or NULL */
  gboolean    takes_a_number; /* accept a number as well, and store its digits */
} Member;

/* The text may be a token. */
static void
clear_text (char **text)
{
  if (*text != NULL)
    signal_secret_wipe (*text, strlen (*text));
  g_clear_pointer (text, g_free);
}

static gboolean
read_member (const Member     *self,
             SignalJsonReader *reader)
{
  const char *start = reader->pos;
  SignalSpan value;
  gboolean escaped;

  clear_text (self->text);
  if (self->is_present != NULL)
    *self->is_present = TRUE;

  if (signal_json_reader_at_string (reader))
    {
      if (!signal_json_reader_read_string (reader, &value, &escaped))
        return FALSE;
      *self->text = signal_json_dup_string (value, escaped);
      return TRUE;
    }

  if (!signal_json_reader_read_value (reader, &value))
    return FALSE;

  if (self->is_present != NULL)
    *self->is_present = *start != 'n';
  if (self->takes_a_number && (*start == '-' || g_ascii_isdigit (*start)))
    *self->text = g_strndup (start, (gsize) (reader->pos - start));
  return TRUE;
}

/* If there are several members of the same name, the last one is used. No tree is built, because
 * that of a malicious event takes a hundred times the memory of its text. */
static gboolean
read_members (SignalMessage *message,
              const Member  *members,
              guint          n_members)
{
  const char *json = signal_message_get_payload_json (message);
  SignalJsonReader reader;
  SignalSpan key, skipped;
  gboolean key_escaped, ok = TRUE;

  if (json == NULL)
    return FALSE;

  signal_json_reader_init (&reader, json, strlen (json));
  if (!signal_json_reader_open_object (&reader))
    return FALSE;

  while (ok && signal_json_reader_next_member (&reader, &key, &key_escaped))
    {
      guint i = 0;

      while (i < n_members && !signal_json_equals (key, key_escaped, members[i].name))
        i++;
      ok = i < n_members ? read_member (&members[i], &reader)
                         : signal_json_reader_read_value (&reader, &skipped);
    }

  return signal_json_reader_finish (&reader, NULL);
}

/* Writing */

static void
append_member (GString    *data,
               const char *name,
               const char *value)
{
  if (value == NULL)
    return;

  g_string_append_c (data, data->len == 0 ? '{' : ',');
  signal_json_append_string (data, name);
  g_string_append_c (data, ':');
  signal_json_append_string (data, value);
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

/* The `authenticate` event of the client */

/* Returns whether a member is written by the library, and not taken from the application's data. */
static gboolean
is_own_member (const SignalAuthenticateOptions *options,
               const char                      *name)
{
  return g_str_equal (name, MEMBER_TYPE)
         || g_str_equal (name, MEMBER_TOKEN)
         || g_str_equal (name, options->public_key_member);
}

/* Returns the members of the application's data that do not belong to the library, as an object
 * that may be empty. */
static JsonNode *
dup_further_members (const SignalAuthenticateOptions *options)
{
  JsonNode *node = json_node_alloc ();
  JsonObject *members = json_object_new ();
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  json_node_init_object (node, members);
  json_object_unref (members);
  if (options->data == NULL)
    return node;

  json_object_iter_init_ordered (&iter, json_node_get_object (options->data));
  while (json_object_iter_next_ordered (&iter, &name, &member))
    if (!is_own_member (options, name))
      json_object_set_member (members, name, json_node_copy (member));

  return node;
}

/* Appends the further members as an object. */
static gboolean
append_further_members (GString                          *out,
                        const SignalAuthenticateOptions  *options,
                        GError                          **error)
{
  JsonNode *data = options->data;
  g_autoptr (JsonNode) members = NULL;

  if (data != NULL && (!JSON_NODE_HOLDS_OBJECT (data) || json_node_get_object (data) == NULL))
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                   _("The property “%s” must be a JSON object"), "authenticate-data");
      return FALSE;
    }

  members = dup_further_members (options);
  if (signal_json_append_node (out, members, error))
    return TRUE;

  g_prefix_error (error, "authenticate-data: ");
  return FALSE;
}

/* The application's data may be secret as well. */
static void
wipe_and_free (GString *string)
{
  signal_secret_wipe (string->str, string->allocated_len);
  g_string_free (string, TRUE);
}

static gboolean
check_text (const char  *property,
            const char  *text,
            GError     **error)
{
  if (g_utf8_validate (text, -1, NULL))
    return TRUE;

  g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
               _("The property “%s” is not valid UTF-8"), property);
  return FALSE;
}

static gboolean
check_names (const SignalAuthenticateOptions  *options,
             GError                          **error)
{
  const char *member = options->public_key_member;

  if (!check_text ("authenticate-type", options->type, error)
      || !check_text ("public-key-member", member, error))
    return FALSE;

  if (!g_str_equal (member, MEMBER_TYPE) && !g_str_equal (member, MEMBER_TOKEN))
    return TRUE;

  g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
               _("The public key cannot be sent as “%s”, which is another member of the same event"),
               member);
  return FALSE;
}

/* Checks whether an `authenticate` event can be composed with these options. */
gboolean
signal_handshake_check_options (const SignalAuthenticateOptions  *options,
                                GError                          **error)
{
  GString *further = g_string_new (NULL);
  gboolean ok = check_names (options, error) && append_further_members (further, options, error);

  wipe_and_free (further);
  return ok;
}

/* The options must be valid, except that the application may have modified its data since. */
char *
signal_handshake_compose_authenticate (const SignalAuthenticateOptions  *options,
                                       const char                       *token,
                                       const SignalEcdhKeyPair          *key_pair,
                                       GError                          **error)
{
  GString *further = g_string_new (NULL);
  GString *text;
  guint8 point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];
  g_autofree char *encoded = NULL;

  if (!append_further_members (further, options, error))
    {
      wipe_and_free (further);
      return NULL;
    }

  signal_ecdh_key_pair_export_public (key_pair, point);
  encoded = encode (point, sizeof point);

  /* Large enough from the start, because growing the buffer would leave copies of the token in
   * memory. */
  text = g_string_sized_new (6 * (strlen (token) + strlen (options->type)
                                  + strlen (options->public_key_member))
                             + further->len + 512);
  g_string_append (text, "{\"event\":\"" SIGNAL_EVENT_AUTHENTICATE "\",\"data\":{\"" MEMBER_TYPE "\":");
  signal_json_append_string (text, options->type);
  g_string_append (text, ",\"" MEMBER_TOKEN "\":");
  signal_json_append_string (text, token);
  g_string_append_c (text, ',');
  signal_json_append_string (text, options->public_key_member);
  g_string_append_printf (text, ":\"%s\"", encoded);

  /* The text of an object, without its first bracket. */
  if (further->len > strlen ("{}"))
    g_string_append_c (text, ',');
  g_string_append (text, further->str + 1);
  g_string_append_c (text, '}');

  wipe_and_free (further);
  return g_string_free (text, FALSE);
}

/* Clients name the public key in either of two ways. If both members are present and not null,
 * clientPublicKey is used. */
void
signal_handshake_parse_authenticate (SignalAuthenticateEvent *self,
                                     SignalMessage           *message)
{
  gboolean has_public_key = FALSE;
  gboolean has_other_key = FALSE;
  g_autofree char *other_key = NULL;
  const Member members[] = {
    { MEMBER_TYPE, &self->type },
    { MEMBER_TOKEN, &self->token },
    { SIGNAL_HANDSHAKE_DEFAULT_PUBLIC_KEY_MEMBER, &self->public_key, &has_public_key },
    { MEMBER_PUBLIC_KEY, &other_key, &has_other_key },
  };

  *self = (SignalAuthenticateEvent) { 0 };
  read_members (message, members, G_N_ELEMENTS (members));
  if (!has_public_key)
    self->public_key = g_steal_pointer (&other_key);
  if ((has_public_key || has_other_key) && self->public_key == NULL)
    self->public_key = g_strdup ("");
}

void
signal_authenticate_event_clear (SignalAuthenticateEvent *self)
{
  g_clear_pointer (&self->type, g_free);
  clear_text (&self->token);
  g_clear_pointer (&self->public_key, g_free);
}

/* The `connected` event of the server */

/* The key and the salt are NULL if messages are not encrypted. */
char *
signal_handshake_compose_connected (const char *client_id,
                                    const char *user_id,
                                    const char *server_public_key,
                                    const char *salt,
                                    gsize      *length)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *seconds = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S");
  g_autofree char *time = g_strdup_printf ("%s.%03dZ", seconds,
                                           g_date_time_get_microsecond (now) / 1000);
  g_autoptr (GString) data = g_string_new (NULL);

  append_member (data, MEMBER_ID, client_id);
  append_member (data, MEMBER_USER_ID, user_id);
  append_member (data, MEMBER_TIME, time);
  append_member (data, MEMBER_SERVER_PUBLIC_KEY, server_public_key);
  append_member (data, MEMBER_SALT, salt);
  g_string_append_c (data, '}');

  return signal_envelope_compose (SIGNAL_EVENT_CONNECTED, data->str, NULL, length);
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

static gboolean
take_keys (SignalConnectedEvent  *self,
           const char            *server_key,
           const char            *salt,
           GError               **error)
{
  if (!decode_exactly (server_key, self->server_key, sizeof self->server_key)
      || !decode_exactly (salt, self->salt, sizeof self->salt))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                           _("The server's “connected” event has an invalid public key or salt"));
      return FALSE;
    }

  self->has_keys = TRUE;
  return TRUE;
}

/* On failure, there is nothing to clear. */
gboolean
signal_handshake_parse_connected (SignalConnectedEvent  *self,
                                  SignalMessage         *message,
                                  GError               **error)
{
  g_auto (SignalConnectedEvent) event = { 0 };
  g_autofree char *server_key = NULL;
  g_autofree char *salt = NULL;
  gboolean has_server_key = FALSE;
  gboolean has_salt = FALSE;
  const Member members[] = {
    { MEMBER_ID, &event.client_id },
    { MEMBER_USER_ID, &event.user_id, NULL, TRUE },
    { MEMBER_SERVER_PUBLIC_KEY, &server_key, &has_server_key },
    { MEMBER_SALT, &salt, &has_salt },
  };

  *self = (SignalConnectedEvent) { 0 };

  if (!read_members (message, members, G_N_ELEMENTS (members)))
    return set_protocol_error (error, _("The server's “connected” event has no data"));

  if (event.client_id == NULL || *event.client_id == '\0')
    return set_protocol_error (error, _("The server's “connected” event has no client id"));

  if ((has_server_key || has_salt) && !take_keys (&event, server_key, salt, error))
    return FALSE;

  *self = event;
  event = (SignalConnectedEvent) { 0 };
  return TRUE;
}

void
signal_connected_event_clear (SignalConnectedEvent *self)
{
  g_clear_pointer (&self->client_id, g_free);
  g_clear_pointer (&self->user_id, g_free);
}

/* The `error` event of the server */

/* text and id must be valid UTF-8. id is that of the request which has failed, or NULL. */
char *
signal_handshake_compose_error (const char *text,
                                const char *id,
                                gsize      *length)
{
  g_autoptr (GString) data = g_string_new (NULL);

  append_member (data, MEMBER_MESSAGE, text);
  g_string_append_c (data, '}');
  return signal_envelope_compose (SIGNAL_EVENT_ERROR, data->str, id, length);
}

/* Returns the text of an `error` event, or NULL if it has none. */
char *
signal_handshake_parse_error (SignalMessage *message)
{
  g_autofree char *text = NULL;
  const Member members[] = { { MEMBER_MESSAGE, &text } };

  if (!read_members (message, members, G_N_ELEMENTS (members)))
    return NULL;

  return g_steal_pointer (&text);
}

/* The key */

/* Derives the AES-256 key of a connection, 32 bytes, with HKDF-SHA-256 (RFC 5869) from the ECDH
 * shared secret. salt may have any length; info is a string. */
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

/* Performs the server's part of the key agreement, with a key pair that is freed before this
 * returns. Returns NULL if what the client offers is not a valid key; the reason is not reported
 * to the client. @is_temporary is set to whether it failed because there was no random data, and not
 * because of the client. */
SignalAead *
signal_handshake_agree_key (const char  *ecdh_info,
                            const char  *client_public_key,
                            char       **server_public_key,
                            char       **salt,
                            gboolean    *is_temporary)
{
  g_autoptr (SignalEcdhKeyPair) pair = NULL;
  g_autoptr (SignalAead) key = NULL;
  guint8 client_point[SIGNAL_BASE64_DECODED_MAX (POINT_TEXT_LENGTH)];
  guint8 server_point[SIGNAL_ECDH_PUBLIC_KEY_SIZE];
  guint8 salt_bytes[SIGNAL_HANDSHAKE_SALT_SIZE];
  gsize length;

  *is_temporary = FALSE;
  if (strlen (client_public_key) != POINT_TEXT_LENGTH
      || !signal_base64_decode (client_public_key, POINT_TEXT_LENGTH, client_point, &length))
    return NULL;

  pair = signal_ecdh_key_pair_generate (NULL);
  if (pair == NULL || !signal_random_bytes (salt_bytes, sizeof salt_bytes, NULL))
    {
      *is_temporary = TRUE;
      return NULL;
    }

  key = signal_handshake_derive_key (pair, client_point, length, salt_bytes, sizeof salt_bytes,
                                     ecdh_info, NULL);
  if (key == NULL)
    return NULL;

  signal_ecdh_key_pair_export_public (pair, server_point);
  *server_public_key = encode (server_point, sizeof server_point);
  *salt = encode (salt_bytes, sizeof salt_bytes);
  return g_steal_pointer (&key);
}
