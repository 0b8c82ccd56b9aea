/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-channel-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "crypto/signal-secret-private.h"
#include "json/signal-json-escape-private.h"
#include "protocol/signal-envelope-private.h"
#include "protocol/signal-replay-window-private.h"
#include "signal-error.h"
#include "util/signal-base64-private.h"

/* With random 96-bit IVs, a key may be used for 2³² messages (NIST SP 800-38D section 8.3); both
 * sides draw their IVs from the same space. */
#define KEY_LIMIT (G_GUINT64_CONSTANT (1) << 31)

/* The length of a GByteArray is a guint, and it aborts at 4 GiB. */
#define MAX_MESSAGE_SIZE (1 << 30)

/* The size of a ciphertext that is decoded on the stack, and decrypted into the message: that is faster
 * than decrypting in place. */
#define STACK_SIZE 4096

/* Messages above this size are processed in steps of about this size, between which the main loop runs: all
 * of a message of SIGNAL_CHANNEL_MAX_FRAME_SIZE would take several redraws. A multiple of a base64 group. */
#define STEP_SIZE (512 * 1024)

typedef enum
{
  STEP_PARSE,       /* the text of the frame, unless it has the usual form of an encrypted message */
  STEP_COPY,        /* a message that is not encrypted */
  STEP_DECODE,
  STEP_DECRYPT,
  STEP_PARSE_INNER, /* the decrypted envelope */
} Step;

/* A large message that is being processed. */
typedef struct
{
  Step step;
  const char *text; /* of the frame */
  gsize length;
  SignalEnvelopeParser parser;
  gboolean is_parsed;        /* the text of the frame */
  SignalEncryptedData data;
  char *copy;                /* of the ciphertext, if that contains escapes; otherwise NULL */
  guint8 iv[SIGNAL_AEAD_IV_SIZE];
  SignalSpan ct;
  SignalMessage *message;
  gsize done;                /* bytes of the text that were copied or decoded */
  gsize size;                /* bytes in the message */
  gboolean is_decrypted;
} Large;

struct _SignalChannel
{
  GObject parent_instance;

  SignalWebsocket *websocket;
  const SignalChannelHandlers *handlers; /* NULL once dropped */
  gpointer user_data;

  SignalAead *key;      /* NULL before there is a key, or without encryption */
  SignalReplayWindow *replay;
  guint64 key_uses;           /* messages that were sent and received with the key */
  guint64 key_limit;
  gsize max_message_size;
  gboolean saw_unreadable;
  Large *large; /* NULL if none is being processed */
};

G_DEFINE_FINAL_TYPE (SignalChannel, signal_channel, G_TYPE_OBJECT)

/* Returns the text of a base64 member, in an unescaped copy if it contains escapes. */
static SignalSpan
plain_base64 (SignalSpan   span,
              gboolean     escaped,
              char       **copy)
{
  if (!escaped)
    return span;

  *copy = g_malloc (span.len + 1);
  return (SignalSpan) { *copy, signal_json_unescape (*copy, span.str, span.len) };
}

static gboolean
decode_iv (const SignalEncryptedData *data,
           guint8                     iv[SIGNAL_AEAD_IV_SIZE])
{
  g_autofree char *copy = NULL;
  SignalSpan text = plain_base64 (data->iv, data->iv_escaped, &copy);
  gsize length;

  return text.len == SIGNAL_BASE64_ENCODED_SIZE (SIGNAL_AEAD_IV_SIZE)
         && signal_base64_decode (text.str, text.len, iv, &length)
         && length == SIGNAL_AEAD_IV_SIZE;
}

/* The channel continues to use a key that has reached its limit; its owner decides what to do. */
static void
count_key_use (SignalChannel *self)
{
  if (++self->key_uses >= self->key_limit && self->handlers->key_limit_reached != NULL)
    self->handlers->key_limit_reached (self, self->user_data);
}

static gboolean
check_key (SignalChannel  *self,
           GError        **error)
{
  if (self->key != NULL)
    return TRUE;

  self->saw_unreadable = TRUE;
  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
                       _("Received an encrypted message before a key was agreed on"));
  return FALSE;
}

static void
set_malformed (GError **error)
{
  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                       _("An encrypted message has an invalid IV or ciphertext"));
}

/* Decrypts into the storage of the message, which may be where the ciphertext is. is_decrypted is set to
 * whether the key was used. */
static gboolean
decrypt_into (SignalChannel  *self,
              const guint8    iv[SIGNAL_AEAD_IV_SIZE],
              const guint8   *ciphertext,
              gsize           length,
              SignalMessage  *message,
              gboolean       *is_decrypted,
              GError        **error)
{
  *is_decrypted = signal_aead_decrypt (self->key, iv, ciphertext, length,
                                       (guint8 *) signal_message_storage (message), error);
  if (!*is_decrypted)
    return FALSE;

  if (signal_replay_window_add (self->replay, iv))
    return TRUE;

  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO,
                       _("Ignored a replayed encrypted message"));
  return FALSE;
}

/* Decrypts into the storage of the message, and parses the inner envelope there. is_malformed is set to
 * whether the IV or the ciphertext is not valid base64. */
static SignalMessage *
decrypt (SignalChannel              *self,
         const SignalEncryptedData  *data,
         gboolean                   *is_malformed,
         GError                    **error)
{
  g_autoptr (SignalMessage) message = NULL;
  g_autofree char *copy = NULL;
  guint8 iv[SIGNAL_AEAD_IV_SIZE];
  guint8 buffer[STACK_SIZE];
  guint8 *ciphertext = buffer;
  SignalSpan ct;
  gsize length;
  gboolean is_decrypted, is_new;

  *is_malformed = FALSE;

  if (!check_key (self, error))
    return NULL;

  ct = plain_base64 (data->ct, data->ct_escaped, &copy);
  if (SIGNAL_BASE64_DECODED_MAX (ct.len) > sizeof buffer)
    {
      message = signal_message_alloc (SIGNAL_BASE64_DECODED_MAX (ct.len));
      ciphertext = (guint8 *) signal_message_storage (message);
    }

  if (!decode_iv (data, iv) || !signal_base64_decode (ct.str, ct.len, ciphertext, &length))
    {
      *is_malformed = TRUE;
      set_malformed (error);
      return NULL;
    }

  signal_replay_window_prefetch (self->replay, iv);
  if (message == NULL)
    message = signal_message_alloc (length);
  is_new = decrypt_into (self, iv, ciphertext, length, message, &is_decrypted, error);
  if (is_decrypted)
    count_key_use (self);
  if (!is_new || !signal_message_open (message, length - SIGNAL_AEAD_TAG_SIZE, TRUE, error))
    return NULL;

  return g_steal_pointer (&message);
}

static void
large_free (Large *self)
{
  g_clear_pointer (&self->message, signal_message_unref);
  g_free (self->copy);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Large, large_free)

static void
large_begin_parsing (Large      *self,
                     Step        step,
                     const char *text,
                     gsize       length)
{
  self->step = step;
  signal_envelope_parser_init (&self->parser, text, length);
}

/* Returns FALSE if the IV is not valid base64. */
static gboolean
large_begin_decoding (Large *self)
{
  g_clear_pointer (&self->copy, g_free);
  g_clear_pointer (&self->message, signal_message_unref);
  self->step = STEP_DECODE;
  self->done = self->size = 0;
  if (!decode_iv (&self->data, self->iv))
    return FALSE;

  self->ct = plain_base64 (self->data.ct, self->data.ct_escaped, &self->copy);
  self->message = signal_message_alloc (SIGNAL_BASE64_DECODED_MAX (self->ct.len));
  return TRUE;
}

static Large *
large_new (const char *text,
           gsize       length,
           gboolean    has_key)
{
  Large *self = g_new0 (Large, 1);

  self->text = text;
  self->length = length;
  if (!has_key || !signal_envelope_match_encrypted (&self->data, text, length)
      || !large_begin_decoding (self))
    large_begin_parsing (self, STEP_PARSE, text, length);

  return self;
}

static SignalSpan
move_span (SignalSpan  span,
           const char *from,
           const char *to)
{
  return span.str != NULL ? (SignalSpan) { to + (span.str - from), span.len } : span;
}

/* The functions below process one step. They return FALSE at the end of the message, which is either
 * complete then, or has failed with an error. */

static gboolean
large_parse (Large          *self,
             SignalChannel  *channel,
             GError        **error)
{
  SignalEnvelope *envelope = &self->parser.envelope;

  if (!signal_envelope_parser_step (&self->parser, STEP_SIZE))
    return TRUE;
  if (!signal_envelope_parser_finish (&self->parser, error))
    return FALSE;

  self->is_parsed = TRUE;
  if (!signal_envelope_is (envelope, SIGNAL_EVENT_ENCRYPTED))
    {
      g_clear_pointer (&self->message, signal_message_unref);
      self->message = signal_message_alloc (self->length);
      self->done = 0;
      self->step = STEP_COPY;
      return TRUE;
    }

  if (!signal_envelope_parse_encrypted (&self->data, envelope->data, error) || !check_key (channel, error))
    return FALSE;
  if (large_begin_decoding (self))
    return TRUE;

  set_malformed (error);
  return FALSE;
}

static gboolean
large_copy (Large   *self,
            GError **error)
{
  char *storage = signal_message_storage (self->message);
  gsize size = MIN (self->length - self->done, STEP_SIZE);
  SignalEnvelope envelope = self->parser.envelope;

  memcpy (storage + self->done, self->text + self->done, size);
  self->done += size;
  if (self->done < self->length)
    return TRUE;

  envelope.event = move_span (envelope.event, self->text, storage);
  envelope.data = move_span (envelope.data, self->text, storage);
  envelope.id = move_span (envelope.id, self->text, storage);
  signal_message_set_envelope (self->message, &envelope, self->length, FALSE, error);
  return FALSE;
}

/* Padding is not valid before the end. */
static gboolean
large_decode (Large   *self,
              GError **error)
{
  guint8 *storage = (guint8 *) signal_message_storage (self->message);
  gsize size = MIN (self->ct.len - self->done, STEP_SIZE);
  gsize decoded;
  gboolean is_valid = signal_base64_decode (self->ct.str + self->done, size, storage + self->size, &decoded);

  self->done += size;
  if (is_valid && self->done < self->ct.len && decoded != size / 4 * 3)
    is_valid = FALSE;

  if (is_valid)
    {
      self->size += decoded;
      if (self->done == self->ct.len)
        self->step = STEP_DECRYPT;
      return TRUE;
    }

  if (self->is_parsed)
    {
      set_malformed (error);
      return FALSE;
    }

  /* The text may have further members or escapes. */
  large_begin_parsing (self, STEP_PARSE, self->text, self->length);
  return TRUE;
}

static gboolean
large_decrypt (Large          *self,
               SignalChannel  *channel,
               GError        **error)
{
  const char *storage = signal_message_storage (self->message);

  if (!decrypt_into (channel, self->iv, (const guint8 *) storage, self->size, self->message,
                     &self->is_decrypted, error))
    return FALSE;

  self->size -= SIGNAL_AEAD_TAG_SIZE;
  large_begin_parsing (self, STEP_PARSE_INNER, storage, self->size);
  return TRUE;
}

static gboolean
large_parse_inner (Large   *self,
                   GError **error)
{
  if (!signal_envelope_parser_step (&self->parser, STEP_SIZE))
    return TRUE;

  if (signal_envelope_parser_finish (&self->parser, error))
    signal_message_set_envelope (self->message, &self->parser.envelope, self->size, TRUE, error);
  return FALSE;
}

static gboolean
large_step (Large          *self,
            SignalChannel  *channel,
            GError        **error)
{
  switch (self->step)
    {
    case STEP_PARSE:
      return large_parse (self, channel, error);
    case STEP_COPY:
      return large_copy (self, error);
    case STEP_DECODE:
      return large_decode (self, error);
    case STEP_DECRYPT:
      return large_decrypt (self, channel, error);
    case STEP_PARSE_INNER:
    default:
      return large_parse_inner (self, error);
    }
}

/* Converts the text of a frame to a message, and decrypts it if necessary. */
static SignalMessage *
receive (SignalChannel  *self,
         const char     *text,
         gsize           length,
         GError        **error)
{
  g_autoptr (SignalMessage) message = NULL;
  SignalEnvelope envelope;
  SignalEncryptedData data;
  gboolean is_malformed;

  /* Without a key, there is nothing that would tell a text from one that only resembles it. */
  if (self->key != NULL && signal_envelope_match_encrypted (&data, text, length))
    {
      message = decrypt (self, &data, &is_malformed, error);
      if (!is_malformed)
        return g_steal_pointer (&message);
      g_clear_error (error); /* the text may have further members or escapes */
    }

  if (!signal_envelope_parse (&envelope, text, length, error))
    return NULL;

  if (signal_envelope_is (&envelope, SIGNAL_EVENT_ENCRYPTED))
    {
      if (!signal_envelope_parse_encrypted (&data, envelope.data, error))
        return NULL;
      return decrypt (self, &data, &is_malformed, error);
    }

  message = signal_message_alloc (length);
  memcpy (signal_message_storage (message), text, length);
  if (!signal_message_open (message, length, FALSE, error))
    return NULL;

  return g_steal_pointer (&message);
}

static SignalMessage *
receive_text (SignalChannel  *self,
              const guint8   *data,
              gsize           length,
              gboolean        is_text,
              GError        **error)
{
  if (is_text)
    return receive (self, (const char *) data, length, error);

  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
                       _("Ignored a binary frame: Signal messages are text frames"));
  return NULL;
}

/* The channel is not used after the handler, which may release the last reference. */
static void
report (SignalChannel *self,
        SignalMessage *message,
        const GError  *error)
{
  if (error == NULL)
    self->handlers->message (self, message, self->user_data);
  else
    self->handlers->fault (self, error, self->user_data);
}

static void
on_message (SignalWebsocket *websocket,
            gboolean         is_text,
            const guint8    *data,
            gsize            length,
            gpointer         user_data)
{
  SignalChannel *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SignalMessage) message = NULL;

  if (is_text && length > STEP_SIZE)
    {
      g_clear_pointer (&self->large, large_free);
      self->large = large_new ((const char *) data, length, self->key != NULL);
      signal_websocket_defer (websocket);
      return;
    }

  message = receive_text (self, data, length, is_text, &error);
  report (self, message, error);
}

/* The handlers may run the main loop, and receive another large message there. */
static gboolean
on_continue_message (SignalWebsocket *websocket,
                     gpointer         user_data)
{
  SignalChannel *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Large) large = NULL;

  if (large_step (self->large, self, &error))
    return FALSE;

  large = g_steal_pointer (&self->large);

  /* Not earlier: the owner replaces the connection when the limit is reached. */
  if (large->is_decrypted)
    count_key_use (self);
  report (self, large->message, error);
  return TRUE;
}

static void
on_closed (SignalWebsocket *websocket,
           guint16          code,
           const char      *reason,
           const GError    *error,
           gpointer         user_data)
{
  g_autoptr (SignalChannel) self = g_object_ref (user_data);
  const SignalChannelHandlers *handlers = self->handlers;
  gpointer handlers_data = self->user_data;

  signal_channel_drop (self);
  handlers->closed (self, code, reason, error, handlers_data);
}

static void
on_written (SignalWebsocket *websocket,
            gpointer         user_data)
{
  g_autoptr (SignalChannel) self = g_object_ref (user_data);

  if (self->handlers->written != NULL)
    self->handlers->written (self, self->user_data);
}

static const SignalWebsocketHandlers websocket_handlers = {
  .message = on_message,
  .continue_message = on_continue_message,
  .closed = on_closed,
  .written = on_written,
};

static void
signal_channel_dispose (GObject *object)
{
  signal_channel_drop (SIGNAL_CHANNEL (object));

  G_OBJECT_CLASS (signal_channel_parent_class)->dispose (object);
}

static void
signal_channel_finalize (GObject *object)
{
  SignalChannel *self = SIGNAL_CHANNEL (object);

  g_clear_object (&self->websocket);
  g_clear_pointer (&self->replay, signal_replay_window_free);

  G_OBJECT_CLASS (signal_channel_parent_class)->finalize (object);
}

static void
signal_channel_class_init (SignalChannelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = signal_channel_dispose;
  object_class->finalize = signal_channel_finalize;
}

static void
signal_channel_init (SignalChannel *self)
{
  self->max_message_size = MAX_MESSAGE_SIZE;
  self->key_limit = KEY_LIMIT;
}

/* Creates a channel for messages over a WebSocket, and starts the WebSocket. Messages are not
 * encrypted before there is a key. handlers must be static. */
SignalChannel *
signal_channel_new (SignalWebsocket             *websocket,
                    const SignalChannelHandlers *handlers,
                    gpointer                     user_data)
{
  SignalChannel *self = g_object_new (SIGNAL_TYPE_CHANNEL, NULL);

  self->websocket = g_object_ref (websocket);
  self->handlers = handlers;
  self->user_data = user_data;
  signal_websocket_start (websocket, &websocket_handlers, self);

  return self;
}

/* Gets the WebSocket, which remains valid when the channel has been dropped. */
SignalWebsocket *
signal_channel_get_websocket (SignalChannel *self)
{
  return self->websocket;
}

/* Encrypts everything that is sent from now on. key is (transfer full). */
void
signal_channel_take_key (SignalChannel *self,
                         SignalAead    *key)
{
  g_return_if_fail (self->key == NULL);

  self->key = key;
  self->replay = signal_replay_window_new ();
}

gboolean
signal_channel_is_encrypted (SignalChannel *self)
{
  return self->key != NULL;
}

/* For tests: replaces KEY_LIMIT. */
void
signal_channel_set_key_limit (SignalChannel *self,
                              guint64        limit)
{
  self->key_limit = limit;
}

/* Returns whether an encrypted message was received before there was a key. */
gboolean
signal_channel_saw_unreadable (SignalChannel *self)
{
  return self->saw_unreadable;
}

/* Sets the maximum size of a message that is sent, in bytes of the payload of its frame. */
void
signal_channel_set_max_message_size (SignalChannel *self,
                                     gsize          size)
{
  self->max_message_size = MIN (size, MAX_MESSAGE_SIZE);
}

/* Checks whether a message may be sent whose frame has a payload of size bytes. */
gboolean
signal_channel_check_size (gsize    size,
                           gsize    limit,
                           GError **error)
{
  if (size <= limit)
    return TRUE;

  g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE,
               _("The message needs a frame of %zu bytes, but the limit is %zu"), size, limit);
  return FALSE;
}

/* Sends text, which must be valid UTF-8, without encryption: a control event, or a message if
 * there is no encryption. The text may contain a token, so that the memory is wiped when it has
 * been written. */
gboolean
signal_channel_send_plain (SignalChannel  *self,
                           const char     *text,
                           gsize           length,
                           GError        **error)
{
  guint8 *payload;

  if (!signal_channel_check_size (length, self->max_message_size, error))
    return FALSE;

  payload = signal_websocket_begin_text (self->websocket, length, error);
  if (payload == NULL)
    return FALSE;

  memcpy (payload, text, length);
  signal_websocket_end_text (self->websocket, TRUE);
  return TRUE;
}

/* Encrypts with a new IV, and prepares remembering it: a server that sends a message to many peers does not
 * have their windows in the cache. */
static gboolean
encrypt (SignalChannel *self,
         const char    *inner,
         gsize          length,
         guint8         iv[SIGNAL_AEAD_IV_SIZE],
         guint8        *ciphertext,
         GError       **error)
{
  if (!signal_random_nonce (iv, SIGNAL_AEAD_IV_SIZE, error))
    return FALSE;

  signal_replay_window_prefetch (self->replay, iv);
  return signal_aead_encrypt_with_iv (self->key, iv, (const guint8 *) inner, length, ciphertext, error);
}

/* Sends an envelope, encrypted if there is a key. The ciphertext is written to the end of the payload, and
 * encoded from there. */
gboolean
signal_channel_send (SignalChannel  *self,
                     const char     *inner,
                     gsize           length,
                     GError        **error)
{
  gsize size = signal_envelope_get_encrypted_size (length);
  gsize ciphertext_length = length + SIGNAL_AEAD_TAG_SIZE;
  guint8 iv[SIGNAL_AEAD_IV_SIZE];
  guint8 *payload, *ciphertext;

  if (self->key == NULL)
    return signal_channel_send_plain (self, inner, length, error);

  if (!signal_channel_check_size (size, self->max_message_size, error))
    return FALSE;

  payload = signal_websocket_begin_text (self->websocket, size, error);
  if (payload == NULL)
    return FALSE;

  ciphertext = payload + size - ciphertext_length;
  if (!encrypt (self, inner, length, iv, ciphertext, error))
    {
      signal_websocket_cancel_text (self->websocket);
      return FALSE;
    }

  /* Detects our own messages if they are sent back to us. */
  signal_replay_window_add (self->replay, iv);
  count_key_use (self);

  signal_envelope_write_encrypted ((char *) payload, iv, ciphertext, ciphertext_length);
  signal_websocket_end_text (self->websocket, FALSE);
  return TRUE;
}

/* Takes back an envelope of that many bytes that was sent when that many bytes had been accepted
 * before. Returns FALSE if a part of it has been written. */
gboolean
signal_channel_take_back (SignalChannel *self,
                          guint64        position,
                          gsize          length)
{
  gsize size = self->key != NULL ? signal_envelope_get_encrypted_size (length) : length;

  return signal_websocket_take_back (self->websocket, position, size);
}

/* Closes the connection and frees the key immediately. No further callbacks follow. */
void
signal_channel_drop (SignalChannel *self)
{
  self->handlers = NULL;
  self->user_data = NULL;
  g_clear_pointer (&self->large, large_free);
  g_clear_pointer (&self->key, signal_aead_free);
  signal_websocket_drop (self->websocket);
}
