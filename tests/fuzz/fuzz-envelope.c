/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "fuzz.h"

#include "signal-glib/json/signal-json-escape-private.h"
#include "signal-glib/json/signal-json-scanner-private.h"
#include "signal-glib/util/signal-base64-private.h"
#include "signal-glib/protocol/signal-envelope-private.h"
#include "signal-glib/protocol/signal-message-private.h"

static gboolean
is_inside (SignalSpan  span,
           const char *text,
           gsize       size)
{
  return span.str == NULL || (span.str >= text && span.str + span.len <= text + size);
}

static gboolean
is_base64 (SignalSpan span)
{
  g_autofree guint8 *data = g_malloc (SIGNAL_BASE64_DECODED_MAX (span.len) + 1);
  gsize length;

  return signal_base64_decode (span.str, span.len, data, &length);
}

/* What is written is equal to the original when it is read. */
static void
check_round_trip (const SignalEnvelope *envelope)
{
  g_autofree char *event = g_malloc (envelope->event.len + 1);
  g_autofree char *data = NULL;
  g_autofree char *text = NULL;
  gsize length = signal_json_unescape (event, envelope->event.str, envelope->event.len);
  SignalEnvelope again;

  g_assert_true (g_utf8_validate_len (event, length, NULL) || memchr (event, '\0', length) != NULL);
  event[length] = '\0';
  if (length == 0 || strlen (event) != length)
    return;

  if (envelope->data.str != NULL)
    {
      g_assert_true (signal_json_check (envelope->data.str, envelope->data.len, NULL));
      data = g_strndup (envelope->data.str, envelope->data.len);
    }
  text = signal_envelope_compose (event, data, NULL, &length);
  g_assert_cmpuint (strlen (text), ==, length);
  g_assert_true (signal_envelope_parse (&again, text, length, NULL));
  g_assert_true (signal_envelope_is (&again, event));
  g_assert_true (signal_envelope_is (envelope, event));
  g_assert_cmpmem (again.data.str, again.data.len, data, envelope->data.len);
}

/* The fast path and the general one have the same result. */
static void
check_shape (const char           *text,
             gsize                 size,
             const SignalEnvelope *envelope)
{
  SignalEncryptedData shape, encrypted;

  if (!signal_envelope_match_encrypted (&shape, text, size))
    return;

  g_assert_true (is_inside (shape.iv, text, size) && is_inside (shape.ct, text, size));
  if (!is_base64 (shape.iv) || !is_base64 (shape.ct))
    return;

  g_assert_nonnull (envelope);
  g_assert_true (signal_envelope_is (envelope, "encrypted"));
  g_assert_true (signal_envelope_parse_encrypted (&encrypted, envelope->data, NULL));
  g_assert_true (encrypted.iv.str == shape.iv.str && encrypted.iv.len == shape.iv.len);
  g_assert_true (encrypted.ct.str == shape.ct.str && encrypted.ct.len == shape.ct.len);
}

/* A message is created from exactly the envelopes without NUL in their names. */
static void
check_message (const char           *text,
               gsize                 size,
               const SignalEnvelope *envelope)
{
  g_autoptr (SignalMessage) message = signal_message_alloc (size);
  g_autoptr (GError) error = NULL;
  const char *payload;

  memcpy (signal_message_storage (message), text, size);
  if (!signal_message_open (message, size, FALSE, &error))
    {
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_true (envelope == NULL || envelope->event_escaped || envelope->id_escaped);
      return;
    }

  g_assert_nonnull (envelope);
  g_assert_true (signal_envelope_is (envelope, signal_message_get_event (message)));
  g_assert_true ((envelope->id.str == NULL) == (signal_message_get_id (message) == NULL));
  payload = signal_message_get_payload_json (message);
  g_assert_true ((envelope->data.str == NULL) == (payload == NULL));
  if (payload != NULL)
    g_assert_cmpmem (payload, strlen (payload), envelope->data.str, envelope->data.len);
  signal_message_get_payload (message);
}

/* Parsing in steps has the same result as parsing at once. */
static void
check_steps (const char *text,
             gsize       size)
{
  static const gsize step_sizes[] = { 1, 2, 3, 7, 50 };
  g_autoptr (GError) expected_error = NULL;
  SignalEnvelope expected;
  gboolean is_valid = signal_envelope_parse (&expected, text, size, &expected_error);

  for (guint i = 0; i < G_N_ELEMENTS (step_sizes); i++)
    {
      g_autoptr (GError) error = NULL;
      SignalEnvelopeParser parser;

      signal_envelope_parser_init (&parser, text, size);
      while (!signal_envelope_parser_step (&parser, step_sizes[i]))
        continue;
      g_assert_cmpint (signal_envelope_parser_finish (&parser, &error), ==, is_valid);
      g_assert_cmpstr (is_valid ? NULL : error->message, ==, is_valid ? NULL : expected_error->message);
      if (is_valid)
        g_assert_cmpmem (&parser.envelope, sizeof expected, &expected, sizeof expected);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  const char *text = (const char *) data;
  g_autoptr (GError) error = NULL;
  SignalEnvelope envelope;
  SignalEncryptedData encrypted;

  check_steps (text, size);
  if (!signal_envelope_parse (&envelope, text, size, &error))
    {
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      check_shape (text, size, NULL);
      check_message (text, size, NULL);
      return 0;
    }

  g_assert_true (is_inside (envelope.event, text, size));
  g_assert_true (is_inside (envelope.data, text, size));
  g_assert_true (is_inside (envelope.id, text, size));
  check_shape (text, size, &envelope);
  check_message (text, size, &envelope);
  check_round_trip (&envelope);
  if (envelope.data.str != NULL
      && signal_envelope_parse_encrypted (&encrypted, envelope.data, NULL))
    g_assert_true (is_inside (encrypted.iv, text, size) && is_inside (encrypted.ct, text, size));
  return 0;
}
