/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-envelope-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "crypto/signal-secret-private.h"
#include "json/signal-json-escape-private.h"
#include "json/signal-json-scanner-private.h"
#include "json/signal-json-writer-private.h"
#include "signal-error.h"
#include "util/signal-base64-private.h"

/* The text that this library and the public server write around the two base64 strings. */
#define ENCRYPTED_HEAD "{\"event\":\"" SIGNAL_EVENT_ENCRYPTED "\",\"data\":{\"iv\":\""
#define ENCRYPTED_MIDDLE "\",\"ct\":\""
#define ENCRYPTED_TAIL "\"}}"

#define EVENT_TOKENS "{\"event\":"
#define DATA_TOKENS ",\"data\":"

#define LITERAL_SIZE(literal) (sizeof (literal) - 1)
#define IV_TEXT_SIZE SIGNAL_BASE64_ENCODED_SIZE (SIGNAL_AEAD_IV_SIZE)

/* Values that are not strings are read as well, and result in an empty content. */
static gboolean
read_string_or_skip (SignalJsonReader *reader,
                     SignalSpan       *content,
                     gboolean         *escaped)
{
  SignalSpan skipped;

  if (signal_json_reader_at_string (reader))
    return signal_json_reader_read_string (reader, content, escaped);

  *content = (SignalSpan) { NULL, 0 };
  *escaped = FALSE;

  return signal_json_reader_read_value (reader, &skipped);
}

/* The functions with a parser, which is NULL to read values as a whole, are compiled for both. Keys and
 * strings of the envelope are always read as a whole. */

G_ALWAYS_INLINE static inline gboolean
read_envelope_value (SignalJsonReader     *reader,
                     SignalSpan           *value,
                     SignalEnvelopeParser *parser)
{
  if (parser == NULL)
    return signal_json_reader_read_value (reader, value);

  parser->value = value;
  return signal_json_reader_read_value_part (reader, value);
}

G_ALWAYS_INLINE static inline gboolean
skip_envelope_value (SignalJsonReader     *reader,
                     SignalEnvelopeParser *parser)
{
  SignalSpan skipped;

  return read_envelope_value (reader, parser != NULL ? &parser->skipped : &skipped, parser);
}

/* A value that is not a string results in an empty content. */
G_ALWAYS_INLINE static inline gboolean
read_envelope_string (SignalJsonReader     *reader,
                      SignalSpan           *content,
                      gboolean             *escaped,
                      SignalEnvelopeParser *parser)
{
  if (signal_json_reader_at_string (reader))
    return signal_json_reader_read_string (reader, content, escaped);

  *content = (SignalSpan) { NULL, 0 };
  *escaped = FALSE;

  return skip_envelope_value (reader, parser);
}

G_ALWAYS_INLINE static inline gboolean
read_envelope_member (SignalEnvelope       *self,
                      SignalJsonReader     *reader,
                      SignalSpan            key,
                      gboolean              key_escaped,
                      SignalEnvelopeParser *parser)
{
  if (signal_json_equals (key, key_escaped, "event"))
    return read_envelope_string (reader, &self->event, &self->event_escaped, parser);
  if (signal_json_equals (key, key_escaped, "data"))
    return read_envelope_value (reader, &self->data, parser);
  if (signal_json_equals (key, key_escaped, "id"))
    return read_envelope_string (reader, &self->id, &self->id_escaped, parser);

  return skip_envelope_value (reader, parser);
}

/* Skips text that is a sequence of complete tokens, and is followed by a value without white space. */
static gboolean
skip_tokens (SignalJsonReader *reader,
             const char       *tokens,
             gsize             length)
{
  if ((gsize) (reader->end - reader->pos) <= length
      || memcmp (reader->pos, tokens, length) != 0
      || (guchar) reader->pos[length] <= ' ')
    return FALSE;

  reader->pos += length;
  return TRUE;
}

/* Reads the members that the envelope usually begins with, without spaces in between: this library and
 * the public server write them so. */
G_ALWAYS_INLINE static inline gboolean
read_usual_members (SignalEnvelope       *self,
                    SignalJsonReader     *reader,
                    SignalEnvelopeParser *parser)
{
  if (!skip_tokens (reader, EVENT_TOKENS, LITERAL_SIZE (EVENT_TOKENS)))
    return signal_json_reader_open_object (reader);

  reader->first = FALSE;
  if (!read_envelope_string (reader, &self->event, &self->event_escaped, parser))
    return FALSE;

  return !skip_tokens (reader, DATA_TOKENS, LITERAL_SIZE (DATA_TOKENS))
         || read_envelope_value (reader, &self->data, parser);
}

/* If there are several members of the same name, the last one is used, as on the server; an id that is not a
 * string is ignored. */
G_ALWAYS_INLINE static inline void
read_members (SignalEnvelope       *self,
              SignalJsonReader     *reader,
              SignalEnvelopeParser *parser)
{
  SignalSpan key;
  gboolean key_escaped;

  while (signal_json_reader_next_member (reader, &key, &key_escaped)
         && read_envelope_member (self, reader, key, key_escaped, parser))
    continue;
}

static gboolean
finish_envelope (const SignalEnvelope  *self,
                 SignalJsonReader      *reader,
                 GError               **error)
{
  if (!signal_json_reader_finish (reader, error))
    return FALSE;

  if (self->event.len == 0)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
                           _("A message has no event name"));
      return FALSE;
    }

  return TRUE;
}

/* The whole text is validated in the same pass. */
gboolean
signal_envelope_parse (SignalEnvelope  *self,
                       const char      *text,
                       gsize            length,
                       GError         **error)
{
  SignalJsonReader reader;

  *self = (SignalEnvelope) { 0 };

  signal_json_reader_init (&reader, text, length);
  if (read_usual_members (self, &reader, NULL))
    read_members (self, &reader, NULL);

  return finish_envelope (self, &reader, error);
}

/* Begins to parse an envelope in steps, with the same result as signal_envelope_parse(). text must remain
 * valid until the end. */
void
signal_envelope_parser_init (SignalEnvelopeParser *self,
                             const char           *text,
                             gsize                 length)
{
  self->envelope = (SignalEnvelope) { 0 };
  self->value = NULL;
  signal_json_reader_init (&self->reader, text, length);
  signal_json_reader_init_pause (&self->reader);
}

/* Parses about that many bytes. Returns FALSE if there are more. */
gboolean
signal_envelope_parser_step (SignalEnvelopeParser *self,
                             gsize                 size)
{
  SignalJsonReader *reader = &self->reader;
  gboolean is_at_member;

  reader->pause = size < (gsize) (reader->end - reader->pos) ? reader->pos + size : reader->end;
  if (reader->is_paused)
    is_at_member = signal_json_reader_read_value_part (reader, self->value);
  else
    is_at_member = read_usual_members (&self->envelope, reader, self);

  if (is_at_member)
    read_members (&self->envelope, reader, self);

  return !reader->is_paused;
}

/* Returns whether the text, all of which has been parsed, is an envelope. */
gboolean
signal_envelope_parser_finish (SignalEnvelopeParser  *self,
                               GError               **error)
{
  return finish_envelope (&self->envelope, &self->reader, error);
}

gboolean
signal_envelope_is (const SignalEnvelope *self,
                    const char           *event)
{
  return signal_json_equals (self->event, self->event_escaped, event);
}

/* Recognizes the usual form of an encrypted envelope without parsing it. The two base64 strings
 * are not validated. If FALSE is returned, or if they are not valid, the text must be parsed. */
gboolean
signal_envelope_match_encrypted (SignalEncryptedData *encrypted,
                                 const char          *text,
                                 gsize                length)
{
  const char *iv, *middle, *ct;
  gsize frame_length = signal_envelope_get_encrypted_size (0) -
                       SIGNAL_BASE64_ENCODED_SIZE (SIGNAL_AEAD_TAG_SIZE);
  gsize ct_length;

  if (length < frame_length)
    return FALSE;

  iv = text + LITERAL_SIZE (ENCRYPTED_HEAD);
  middle = iv + IV_TEXT_SIZE;
  ct = middle + LITERAL_SIZE (ENCRYPTED_MIDDLE);
  ct_length = length - frame_length;
  if (memcmp (text, ENCRYPTED_HEAD, LITERAL_SIZE (ENCRYPTED_HEAD)) != 0 ||
      memcmp (middle, ENCRYPTED_MIDDLE, LITERAL_SIZE (ENCRYPTED_MIDDLE)) != 0 ||
      memcmp (ct + ct_length, ENCRYPTED_TAIL, LITERAL_SIZE (ENCRYPTED_TAIL)) != 0)
    return FALSE;

  *encrypted = (SignalEncryptedData) {
    .iv = { iv, IV_TEXT_SIZE },
    .ct = { ct, ct_length },
  };

  return TRUE;
}

static gboolean
read_encrypted_member (SignalEncryptedData *encrypted,
                       SignalJsonReader    *reader,
                       SignalSpan           key,
                       gboolean             key_escaped)
{
  SignalSpan skipped;

  if (signal_json_equals (key, key_escaped, "iv"))
    return read_string_or_skip (reader, &encrypted->iv, &encrypted->iv_escaped);
  if (signal_json_equals (key, key_escaped, "ct"))
    return read_string_or_skip (reader, &encrypted->ct, &encrypted->ct_escaped);

  return signal_json_reader_read_value (reader, &skipped);
}

/* data is that of an envelope that was parsed, and may be empty. */
gboolean
signal_envelope_parse_encrypted (SignalEncryptedData  *encrypted,
                                 SignalSpan            data,
                                 GError              **error)
{
  SignalJsonReader reader;
  SignalSpan key;
  gboolean key_escaped;

  *encrypted = (SignalEncryptedData) { 0 };

  signal_json_reader_init (&reader, data.str != NULL ? data.str : "", data.len);
  if (signal_json_reader_open_object (&reader))
    while (signal_json_reader_next_member (&reader, &key, &key_escaped) &&
           read_encrypted_member (encrypted, &reader, key, key_escaped))
      continue;

  if (encrypted->iv.str == NULL || encrypted->ct.str == NULL)
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
                           _("An encrypted message has no “iv” or no “ct”"));
      return FALSE;
    }

  return TRUE;
}

static GString *
begin_envelope (const char *event,
                gsize       size)
{
  GString *text = g_string_sized_new (strlen (event) + size + 32);

  g_string_append (text, "{\"event\":");
  signal_json_append_string (text, event);
  return text;
}

/* id may be NULL. */
static char *
end_envelope (GString    *text,
              const char *id,
              gsize      *length)
{
  if (id != NULL)
    {
      g_string_append (text, ",\"id\":");
      signal_json_append_string (text, id);
    }

  g_string_append_c (text, '}');
  if (length != NULL)
    *length = text->len;

  return g_string_free (text, FALSE);
}

static char *
compose (const char *event,
         SignalSpan  data,
         const char *id,
         gsize      *length)
{
  GString *text = begin_envelope (event, data.len);

  if (data.str != NULL)
    {
      g_string_append (text, ",\"data\":");
      g_string_append_len (text, data.str, (gssize) data.len);
    }

  return end_envelope (text, id, length);
}

static SignalSpan
span_of (const char *text)
{
  return (SignalSpan) { text, text != NULL ? strlen (text) : 0 };
}

/* event and id must be valid UTF-8, and data must be valid JSON text; data and id may be NULL for
 * none. */
char *
signal_envelope_compose (const char *event,
                         const char *data,
                         const char *id,
                         gsize      *length)
{
  return compose (event, span_of (data), id, length);
}

/* Returns the length of the frame for an inner envelope of inner_length bytes. */
gsize
signal_envelope_get_encrypted_size (gsize inner_length)
{
  return LITERAL_SIZE (ENCRYPTED_HEAD) + IV_TEXT_SIZE + LITERAL_SIZE (ENCRYPTED_MIDDLE) +
         SIGNAL_BASE64_ENCODED_SIZE (inner_length + SIGNAL_AEAD_TAG_SIZE) +
         LITERAL_SIZE (ENCRYPTED_TAIL);
}

static gsize
write_base64 (char         *to,
              const guint8 *data,
              gsize         length)
{
  signal_base64_encode (data, length, to);

  return SIGNAL_BASE64_ENCODED_SIZE (length);
}

/* Writes signal_envelope_get_encrypted_size() bytes of text. ciphertext includes the tag, and may be at
 * the end of the memory for the text. */
void
signal_envelope_write_encrypted (char         *text,
                                 const guint8  iv[SIGNAL_AEAD_IV_SIZE],
                                 const guint8 *ciphertext,
                                 gsize         ciphertext_length)
{
  gsize length = 0;

  memcpy (text, ENCRYPTED_HEAD, LITERAL_SIZE (ENCRYPTED_HEAD));
  length += LITERAL_SIZE (ENCRYPTED_HEAD);
  length += write_base64 (text + length, iv, SIGNAL_AEAD_IV_SIZE);
  memcpy (text + length, ENCRYPTED_MIDDLE, LITERAL_SIZE (ENCRYPTED_MIDDLE));
  length += LITERAL_SIZE (ENCRYPTED_MIDDLE);
  length += write_base64 (text + length, ciphertext, ciphertext_length);
  memcpy (text + length, ENCRYPTED_TAIL, LITERAL_SIZE (ENCRYPTED_TAIL));
}

/* Returns whether the event is reserved by the protocol and cannot be used by an application. */
gboolean
signal_envelope_event_is_control (const char *event)
{
  static const char *const names[] = {
    SIGNAL_EVENT_AUTHENTICATE, SIGNAL_EVENT_CONNECTED, SIGNAL_EVENT_DISCONNECT, SIGNAL_EVENT_ENCRYPTED,
    SIGNAL_EVENT_ERROR, SIGNAL_EVENT_HEARTBEAT, SIGNAL_EVENT_JOIN, SIGNAL_EVENT_LEAVE,
  };

  /* Called for each message that is received. */
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (event[0] == names[i][0] && g_str_equal (event, names[i]))
      return TRUE;

  return FALSE;
}

static gboolean
check_event (const char  *event,
             GError     **error)
{
  if (event == NULL || event[0] == '\0' || !g_utf8_validate (event, -1, NULL))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                           _("A message needs an event name in UTF-8"));
      return FALSE;
    }

  if (signal_envelope_event_is_control (event))
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                   _("The event name “%s” is reserved by the protocol"), event);
      return FALSE;
    }

  return TRUE;
}

/* json may be NULL for a message without a payload, and id for one without an id. */
char *
signal_envelope_compose_json (const char  *event,
                              const char  *json,
                              const char  *id,
                              gsize       *length,
                              GError     **error)
{
  SignalSpan data = span_of (json);
  g_autoptr (GError) cause = NULL;

  if (!check_event (event, error))
    return NULL;

  if (json != NULL && !signal_json_check (data.str, data.len, &cause))
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                   _("The payload cannot be sent: %s"), cause->message);
      return NULL;
    }

  return compose (event, data, id, length);
}

static void
wipe_envelope (GString *text)
{
  signal_secret_wipe (text->str, text->len);
  g_string_free (text, TRUE);
}

/* payload may be NULL for a message without a payload, and id for one without an id. */
char *
signal_envelope_compose_node (const char  *event,
                              JsonNode    *payload,
                              const char  *id,
                              gsize       *length,
                              GError     **error)
{
  GString *text;

  if (!check_event (event, error))
    return NULL;

  text = begin_envelope (event, 0);
  if (payload != NULL)
    {
      g_string_append (text, ",\"data\":");
      if (!signal_json_append_node (text, payload, error))
        {
          wipe_envelope (text);
          return NULL;
        }
    }

  return end_envelope (text, id, length);
}
