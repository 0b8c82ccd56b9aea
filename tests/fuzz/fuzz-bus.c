/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "fuzz.h"

#include "signal-glib/bus/signal-bus-message-private.h"
#include "signal-glib/json/signal-json-escape-private.h"
#include "signal-glib/protocol/signal-envelope-private.h"
#include "signal-glib/signal-error.h"

#define OWN_ID "own"
#define OTHER_ID "other"

/* Removes the first line of a text. */
static SignalSpan
take_line (SignalSpan *text)
{
  const char *end = text->len > 0 ? memchr (text->str, '\n', text->len) : NULL;
  SignalSpan line = { text->str, end != NULL ? (gsize) (end - text->str) : text->len };
  gsize taken = MIN (line.len + 1, text->len);

  text->str += taken;
  text->len -= taken;
  return line;
}

static guint
count (const char * const *names)
{
  return names != NULL ? g_strv_length ((char **) names) : 0;
}

/* The recipients are those of the channel, and the envelope is one that a server sends. */
static void
check_message (const SignalBusMessage *message,
               const char             *prefix,
               SignalSpan              channel)
{
  g_autofree char *expected = signal_bus_message_get_channel (prefix, message->scope, message->target);
  g_autofree char *event = NULL;
  SignalEnvelope envelope;

  g_assert_cmpmem (expected, strlen (expected), channel.str, channel.len);
  g_assert_true ((message->target == NULL) == (message->scope == SIGNAL_BUS_BROADCAST));
  g_assert_true (message->target == NULL || *message->target != '\0');
  g_assert_cmpuint (strlen (message->envelope), ==, message->length);
  g_assert_true (g_utf8_validate (message->envelope, (gssize) message->length, NULL));

  g_assert_true (signal_envelope_parse (&envelope, message->envelope, message->length, NULL));
  g_assert_null (envelope.id.str);
  event = signal_json_dup_string (envelope.event, envelope.event_escaped);
  g_assert_nonnull (event);
  g_assert_false (*event == '\0' || signal_envelope_event_is_control (event));
}

/* What is published again is the same message for others, and is ignored by its publisher. */
static void
check_round_trip (const SignalBusMessage *message,
                  const char             *prefix,
                  SignalSpan              channel)
{
  gsize length;
  g_autofree char *body = signal_bus_message_compose (message, OTHER_ID, &length);
  const SignalSpan text = { body, length };
  g_auto (SignalBusParsed) again = { 0 };
  g_auto (SignalBusParsed) own = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (signal_bus_parsed_init (&own, prefix, OTHER_ID, channel, text, &error), ==,
                   SIGNAL_BUS_PARSE_OWN);
  g_assert_cmpint (signal_bus_parsed_init (&again, prefix, OWN_ID, channel, text, &error), ==,
                   SIGNAL_BUS_PARSE_FOREIGN);
  g_assert_no_error (error);
  g_assert_cmpint (again.message.scope, ==, message->scope);
  g_assert_cmpstr (again.message.target, ==, message->target);
  g_assert_cmpmem (again.message.envelope, again.message.length, message->envelope, message->length);
  g_assert_cmpuint (count (again.message.except), ==, count (message->except));
  for (guint i = 0; i < count (message->except); i++)
    g_assert_cmpstr (again.message.except[i], ==, message->except[i]);
}

/* The input is the prefix and the channel, each on a line, and the body. */
int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  SignalSpan body = { (const char *) data, size };
  SignalSpan first = take_line (&body);
  SignalSpan channel = take_line (&body);
  g_autofree char *prefix = g_strndup (first.str, first.len);
  g_auto (SignalBusParsed) parsed = { 0 };
  g_autoptr (GError) error = NULL;

  switch (signal_bus_parsed_init (&parsed, prefix, OWN_ID, channel, body, &error))
    {
    case SIGNAL_BUS_PARSE_FOREIGN:
      g_assert_no_error (error);
      check_message (&parsed.message, prefix, channel);
      check_round_trip (&parsed.message, prefix, channel);
      break;

    case SIGNAL_BUS_PARSE_OWN:
      g_assert_no_error (error);
      break;

    case SIGNAL_BUS_PARSE_INVALID:
    default:
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
  return 0;
}
