/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-message-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "json/signal-json-escape-private.h"
#include "protocol/signal-envelope-private.h"
#include "signal-error.h"

/**
 * SignalMessage:
 *
 * Represents a received message.
 *
 * A `SignalMessage` has the name of an event and, optionally, a payload, which can be any JSON
 * value, and an ID. It is passed to the handlers of [signal@Signal.Client::message] and
 * [signal@Signal.Server::message]. Messages are reference counted and immutable.
 *
 * ```c
 * static void
 * on_message (SignalClient  *client,
 *             SignalMessage *message,
 *             gpointer       user_data)
 * {
 *   JsonNode *payload = signal_message_get_payload (message);
 *
 *   if (payload != NULL && JSON_NODE_HOLDS_OBJECT (payload))
 *     g_print ("%s: %u members\n", signal_message_get_event (message),
 *              json_object_get_size (json_node_get_object (payload)));
 * }
 * ```
 *
 * The payload has been validated before the message is emitted: it is JSON text according to RFC
 * 8259, it is valid UTF-8, and its nesting depth is limited.
 *
 * - [method@Signal.Message.get_event] and [method@Signal.Message.get_id] identify the message.
 * - [method@Signal.Message.get_payload] and [method@Signal.Message.get_payload_json] return the
 *   payload, either as a tree of JSON nodes or as text.
 * - [method@Signal.Message.is_encrypted] returns whether the message was encrypted.
 *
 * Since: 0.1
 */
struct _SignalMessage
{
  gatomicrefcount  ref_count;
  const char      *event;
  const char      *id;
  const char      *payload_json;
  JsonNode        *payload;
  gboolean         payload_parsed;
  gboolean         encrypted;
  gsize            size;
  char             text[];
};

G_DEFINE_BOXED_TYPE (SignalMessage, signal_message, signal_message_ref, signal_message_unref)

/* capacity is the maximum length of the text in the storage. */
SignalMessage *
signal_message_alloc (gsize capacity)
{
  SignalMessage *self = g_malloc (sizeof *self + capacity + 1);

  *self = (SignalMessage) { 0 };
  g_atomic_ref_count_init (&self->ref_count);

  return self;
}

char *
signal_message_storage (SignalMessage *self)
{
  return self->text;
}

/* Terminates the span in place: it is followed by a quote, a comma or a bracket. */
static const char *
terminate (SignalMessage *self,
           SignalSpan     span)
{
  char *start = self->text + (span.str - self->text);

  start[span.len] = '\0';

  return start;
}

/* Returns NULL if the text contains NUL, which a C string cannot represent. */
static const char *
unescape (SignalMessage *self,
          SignalSpan     content,
          gboolean       escaped)
{
  char *start = self->text + (content.str - self->text);

  if (escaped)
    {
      content.len = signal_json_unescape (start, content.str, content.len);
      if (memchr (start, '\0', content.len) != NULL)
        return NULL;
    }

  return terminate (self, content);
}

static gboolean
refuse_nul (GError **error)
{
  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
                       _("The event or the id of a message contains a NUL character"));

  return FALSE;
}

/* Parses the first length bytes of the storage as an envelope. */
gboolean
signal_message_open (SignalMessage  *self,
                     gsize           length,
                     gboolean        encrypted,
                     GError        **error)
{
  SignalEnvelope envelope;

  return signal_envelope_parse (&envelope, self->text, length, error)
         && signal_message_set_envelope (self, &envelope, length, encrypted, error);
}

/* Uses the first length bytes of the storage, which have been parsed. */
gboolean
signal_message_set_envelope (SignalMessage         *self,
                             const SignalEnvelope  *envelope,
                             gsize                  length,
                             gboolean               encrypted,
                             GError               **error)
{
  self->size = length;
  self->encrypted = encrypted;
  self->event = unescape (self, envelope->event, envelope->event_escaped);
  if (self->event == NULL)
    return refuse_nul (error);

  if (envelope->id.str != NULL)
    {
      self->id = unescape (self, envelope->id, envelope->id_escaped);
      if (self->id == NULL)
        return refuse_nul (error);
    }

  if (envelope->data.str != NULL)
    self->payload_json = terminate (self, envelope->data);

  return TRUE;
}

/* Returns the length of the envelope. */
gsize
signal_message_get_size (SignalMessage *self)
{
  return self->size;
}

/**
 * signal_message_ref: (skip)
 * @self: a message
 *
 * Acquires a reference to a message.
 *
 * This function may be called from any thread.
 *
 * Returns: (transfer full): the message
 *
 * Since: 0.1
 */
SignalMessage *
signal_message_ref (SignalMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

/**
 * signal_message_unref: (skip)
 * @self: (transfer full): a message
 *
 * Releases a reference to a message, and frees the message if that was the last one.
 *
 * This function may be called from any thread.
 *
 * Since: 0.1
 */
void
signal_message_unref (SignalMessage *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->payload, json_node_unref);
  g_free (self);
}

/**
 * signal_message_get_event:
 * @self: a message
 *
 * Gets the name of the event.
 *
 * Returns: (transfer none): the name, which is never empty
 *
 * Since: 0.1
 */
const char *
signal_message_get_event (SignalMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->event;
}

/* json-glib combines an escaped lone surrogate with the characters that follow it, and ends a
 * string at an escaped NUL. */
static JsonNode *
parse_payload (const char *json)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  g_autofree char *mended = NULL;

  if (strstr (json, "\\u") != NULL)
    {
      mended = g_strdup (json);
      signal_json_mend_escapes (mended, strlen (mended));
      json = mended;
    }

  if (!json_parser_load_from_data (parser, json, -1, NULL))
    return NULL;

  return json_parser_steal_root (parser);
}

/**
 * signal_message_get_payload:
 * @self: a message
 *
 * Gets the payload of the message as a tree of JSON nodes.
 *
 * The text is parsed on the first call. The result is immutable and owned by the message. The
 * first call must not be made from several threads at the same time.
 *
 * A [struct@Json.Node] cannot represent all JSON values, and json-glib does not report this: an
 * integer that does not fit into 64 bits becomes a different number, a number outside the range
 * of a double becomes infinite, and fractions are rounded to doubles. Characters that cannot be
 * represented in UTF-8 or in a C string (lone surrogates and NUL) are replaced with U+FFFD. Use
 * [method@Signal.Message.get_payload_json] where this matters.
 *
 * Returns: (transfer none) (nullable): the payload, or %NULL if the message has none or json-glib
 *   cannot represent it
 *
 * Since: 0.1
 */
JsonNode *
signal_message_get_payload (SignalMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (self->payload_json != NULL && !self->payload_parsed)
    {
      self->payload = parse_payload (self->payload_json);
      self->payload_parsed = TRUE;
    }

  return self->payload;
}

/**
 * signal_message_get_payload_json:
 * @self: a message
 *
 * Gets the payload of the message as JSON text.
 *
 * The text is exactly as it was received, so that numbers keep all their digits. It is valid
 * according to RFC 8259 and valid UTF-8.
 *
 * Returns: (transfer none) (nullable): the text, or %NULL if the message has no payload
 *
 * Since: 0.1
 */
const char *
signal_message_get_payload_json (SignalMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->payload_json;
}

/**
 * signal_message_get_id:
 * @self: a message
 *
 * Gets the ID that the sender has assigned to the message.
 *
 * Returns: (transfer none) (nullable): the ID, or %NULL if the message has none
 *
 * Since: 0.1
 */
const char *
signal_message_get_id (SignalMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->id;
}

/**
 * signal_message_is_encrypted:
 * @self: a message
 *
 * Gets whether the message was received encrypted.
 *
 * Returns: %TRUE if the message was encrypted, or %FALSE if it was received as plaintext
 *
 * Since: 0.1
 */
gboolean
signal_message_is_encrypted (SignalMessage *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->encrypted;
}
