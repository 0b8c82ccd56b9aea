/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus/signal-bus-message-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "json/signal-json-escape-private.h"
#include "json/signal-json-scanner-private.h"
#include "protocol/signal-envelope-private.h"
#include "signal-error.h"

/* The members of a body, in the order in which the public server writes them. The envelope is
 * written between `target` and `exclude`. */
#define MEMBER_SERVER_ID "serverId"
#define MEMBER_TYPE "type"
#define MEMBER_TARGET "target"
#define MEMBER_EXCLUDE "exclude"

/* The beginning of the body of each message, up to the ID. */
#define HEAD "{\"" MEMBER_SERVER_ID "\":"

static const struct
{
  const char *type;    /* in the body */
  const char *channel; /* followed by the target */
} scopes[] = {
  [SIGNAL_BUS_BROADCAST] = { "broadcast", "ws:broadcast" },
  [SIGNAL_BUS_ROOM] = { "room", "ws:room:" },
  [SIGNAL_BUS_PEER] = { "client", "ws:client:" },
  [SIGNAL_BUS_USER] = { "user", "ws:user:" },
};

/* Returns the name of a channel. The target of a broadcast is NULL. */
char *
signal_bus_message_get_channel (const char     *prefix,
                                SignalBusScope  scope,
                                const char     *target)
{
  return g_strconcat (prefix, scopes[scope].channel, target, NULL);
}

static void
append_member (GString    *out,
               const char *name,
               const char *value)
{
  g_string_append_printf (out, ",\"%s\":", name);
  signal_json_append_string (out, value);
}

/* Returns the body of a message, in which the envelope is copied as it is. */
char *
signal_bus_message_compose (const SignalBusMessage *message,
                            const char             *server_id,
                            gsize                  *length)
{
  GString *out = g_string_sized_new (message->length + 256);

  g_string_append (out, HEAD);
  signal_json_append_string (out, server_id);
  append_member (out, MEMBER_TYPE, scopes[message->scope].type);
  if (message->target != NULL)
    append_member (out, MEMBER_TARGET, message->target);

  /* Without the braces. */
  g_string_append_c (out, ',');
  g_string_append_len (out, message->envelope + 1, (gssize) message->length - 2);

  if (message->except != NULL && message->except[0] != NULL)
    {
      g_string_append (out, ",\"" MEMBER_EXCLUDE "\":[");
      for (guint i = 0; message->except[i] != NULL; i++)
        {
          if (i > 0)
            g_string_append_c (out, ',');
          signal_json_append_string (out, message->except[i]);
        }
      g_string_append_c (out, ']');
    }

  g_string_append_c (out, '}');
  *length = out->len;
  return g_string_free (out, FALSE);
}

/* A string of a body. str is NULL if the member is missing or is not a string. */
typedef struct
{
  SignalSpan span;
  gboolean   escaped;
} Text;

typedef struct
{
  Text       server_id;
  Text       type;
  Text       target;
  Text       event;
  SignalSpan data;
  SignalSpan exclude;
} Body;

/* Values that are not strings are skipped. */
static gboolean
read_text (SignalJsonReader *reader,
           Text             *text)
{
  SignalSpan skipped;

  *text = (Text) { 0 };
  if (signal_json_reader_at_string (reader))
    return signal_json_reader_read_string (reader, &text->span, &text->escaped);

  return signal_json_reader_read_value (reader, &skipped);
}

static gboolean
read_member (Body             *body,
             SignalJsonReader *reader,
             SignalSpan        key,
             gboolean          escaped)
{
  SignalSpan skipped;

  if (signal_json_equals (key, escaped, MEMBER_SERVER_ID))
    return read_text (reader, &body->server_id);
  if (signal_json_equals (key, escaped, MEMBER_TYPE))
    return read_text (reader, &body->type);
  if (signal_json_equals (key, escaped, MEMBER_TARGET))
    return read_text (reader, &body->target);
  if (signal_json_equals (key, escaped, "event"))
    return read_text (reader, &body->event);
  if (signal_json_equals (key, escaped, "data"))
    return signal_json_reader_read_value (reader, &body->data);
  if (signal_json_equals (key, escaped, MEMBER_EXCLUDE))
    return signal_json_reader_read_value (reader, &body->exclude);

  return signal_json_reader_read_value (reader, &skipped);
}

static gboolean
refuse (GError     **error,
        const char  *text)
{
  g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL, text);
  return FALSE;
}

static gboolean
read_body (Body        *body,
           SignalSpan   text,
           GError     **error)
{
  SignalJsonReader reader;
  SignalSpan key;
  gboolean escaped;

  if (!g_utf8_validate_len (text.str, text.len, NULL))
    return refuse (error, _("A message on the bus is not valid UTF-8"));

  signal_json_reader_init (&reader, text.str, text.len);
  if (signal_json_reader_open_object (&reader))
    while (signal_json_reader_next_member (&reader, &key, &escaped)
           && read_member (body, &reader, key, escaped))
      continue;

  if (!signal_json_reader_finish (&reader, error))
    {
      g_prefix_error (error, _("A message on the bus is not valid: "));
      return FALSE;
    }

  if (body->server_id.span.str == NULL || body->type.span.str == NULL)
    return refuse (error, _("A message on the bus has no server or no type"));
  if (body->event.span.len == 0)
    return refuse (error, _("A message on the bus has no event name"));
  return TRUE;
}

static gboolean
find_scope (const Body     *body,
            SignalBusScope *scope)
{
  for (guint i = 0; i < G_N_ELEMENTS (scopes); i++)
    if (signal_json_equals (body->type.span, body->type.escaped, scopes[i].type))
      {
        *scope = (SignalBusScope) i;
        return TRUE;
      }

  return FALSE;
}

static gboolean
span_equals (SignalSpan  span,
             const char *text)
{
  return span.len == strlen (text) && memcmp (span.str, text, span.len) == 0;
}

/* Publishers use the channel of the recipients. Who may publish on a channel is decided by Redis, so
 * that the body must not be for anybody else. */
static gboolean
parse_target (SignalBusParsed *self,
              const Body      *body,
              const char      *prefix,
              SignalSpan       channel,
              GError         **error)
{
  SignalBusMessage *message = &self->message;
  g_autofree char *expected = NULL;

  if (!find_scope (body, &message->scope))
    return refuse (error, _("A message on the bus is of an unknown type"));

  if (message->scope != SIGNAL_BUS_BROADCAST)
    {
      if (body->target.span.len > 0)
        self->target = signal_json_dup_string (body->target.span, body->target.escaped);
      if (self->target == NULL)
        return refuse (error, _("A message on the bus has no target"));
    }

  expected = signal_bus_message_get_channel (prefix, message->scope, self->target);
  if (!span_equals (channel, expected))
    return refuse (error, _("A message on the bus is for others than those of its channel"));

  message->target = self->target;
  return TRUE;
}

/* Anything but an array excludes nobody, and anything in it but a string is nobody's ID. A JsonParser would
 * end strings at null characters, and take seconds for what a message can contain. */
static char **
parse_exclude (SignalSpan text)
{
  SignalJsonReader reader;
  GPtrArray *ids;
  Text id;

  if (text.len == 0 || *text.str != '[')
    return NULL;

  ids = g_ptr_array_new ();
  signal_json_reader_init (&reader, text.str, text.len);
  signal_json_reader_open_array (&reader);
  while (signal_json_reader_next_element (&reader) && read_text (&reader, &id))
    {
      char *name = id.span.str != NULL ? signal_json_dup_string (id.span, id.escaped) : NULL;

      if (name != NULL)
        g_ptr_array_add (ids, name);
    }

  g_ptr_array_add (ids, NULL);
  return (char **) g_ptr_array_free (ids, FALSE);
}

static gboolean
parse_envelope (SignalBusParsed  *self,
                const Body       *body,
                GError          **error)
{
  g_autofree char *event = signal_json_dup_string (body->event.span, body->event.escaped);
  g_autofree char *data = NULL;
  SignalBusMessage *message = &self->message;

  if (event == NULL || signal_envelope_event_is_control (event))
    return refuse (error, _("A message on the bus has an event name that is reserved by the protocol"));

  if (body->data.str != NULL)
    data = g_strndup (body->data.str, body->data.len);
  self->envelope = signal_envelope_compose (event, data, NULL, &message->length);
  message->envelope = self->envelope;
  return TRUE;
}

/* Returns whether the body begins like those that this server publishes. */
static gboolean
has_own_head (SignalSpan  body,
              const char *server_id)
{
  gsize head = strlen (HEAD "\"");
  gsize length = strlen (server_id);

  return body.len > head + length
         && memcmp (body.str, HEAD "\"", head) == 0
         && memcmp (body.str + head, server_id, length) == 0
         && body.str[head + length] == '"';
}

/* Parses and validates a message that was received. */
SignalBusParseResult
signal_bus_parsed_init (SignalBusParsed  *self,
                        const char       *prefix,
                        const char       *server_id,
                        SignalSpan        channel,
                        SignalSpan        body,
                        GError          **error)
{
  Body parts = { 0 };

  *self = (SignalBusParsed) { 0 };

  if (has_own_head (body, server_id))
    return SIGNAL_BUS_PARSE_OWN;
  if (!read_body (&parts, body, error))
    return SIGNAL_BUS_PARSE_INVALID;
  if (signal_json_equals (parts.server_id.span, parts.server_id.escaped, server_id))
    return SIGNAL_BUS_PARSE_OWN;

  if (!parse_target (self, &parts, prefix, channel, error) || !parse_envelope (self, &parts, error))
    return SIGNAL_BUS_PARSE_INVALID;

  if (self->message.scope == SIGNAL_BUS_BROADCAST || self->message.scope == SIGNAL_BUS_ROOM)
    self->except = parse_exclude (parts.exclude);
  self->message.except = (const char * const *) self->except;
  return SIGNAL_BUS_PARSE_FOREIGN;
}

void
signal_bus_parsed_clear (SignalBusParsed *self)
{
  g_clear_pointer (&self->target, g_free);
  g_clear_pointer (&self->except, g_strfreev);
  g_clear_pointer (&self->envelope, g_free);
}
