/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "echo.h"

#include <string.h>

#include "signal-glib/websocket/signal-websocket-frame-private.h"

struct _Echo
{
  SignalWebsocket *websocket;
  gboolean         is_client;
  EchoPolicy       policy;
  EchoClosedFunc   closed;
  gpointer         user_data;
};

/* The library only sends texts. The header of the frame precedes its payload, so that it can be
 * changed to that of a binary message. */
static void
make_binary (Echo   *self,
             guint8 *payload,
             gsize   length)
{
  guint8 *first = payload - signal_websocket_frame_get_header_size (length, self->is_client);

  *first = (*first & ~SIGNAL_WEBSOCKET_FRAME_TEXT) | SIGNAL_WEBSOCKET_FRAME_BINARY;
}

static void
on_message (SignalWebsocket *websocket,
            gboolean         is_text,
            const guint8    *data,
            gsize            length,
            gpointer         user_data)
{
  Echo *self = user_data;
  g_autoptr (GError) error = NULL;
  guint8 *payload;

  if (is_text && !signal_websocket_frame_is_utf8 ((const char *) data, length))
    {
      if (self->policy == ECHO_CLOSES_BAD_TEXT)
        signal_websocket_close (websocket, SOUP_WEBSOCKET_CLOSE_BAD_DATA, NULL);
      return;
    }

  payload = signal_websocket_begin_text (websocket, length, &error);
  g_assert_no_error (error);
  if (length > 0)
    memcpy (payload, data, length);
  if (!is_text)
    make_binary (self, payload, length);
  signal_websocket_end_text (websocket, FALSE);
}

static void
on_closed (SignalWebsocket *websocket,
           guint16          code,
           const char      *reason,
           const GError    *error,
           gpointer         user_data)
{
  Echo *self = user_data;

  self->closed (self, code, reason, self->user_data);
}

static void
on_written (SignalWebsocket *websocket,
            gpointer         user_data)
{
}

static const SignalWebsocketHandlers handlers = {
  .message = on_message,
  .closed = on_closed,
  .written = on_written,
};

/* closed may free the echo. */
Echo *
echo_new (SignalWebsocket            *websocket,
          SoupWebsocketConnectionType type,
          EchoPolicy                  policy,
          EchoClosedFunc              closed,
          gpointer                    user_data)
{
  Echo *self = g_new0 (Echo, 1);

  self->websocket = g_object_ref (websocket);
  self->is_client = type == SOUP_WEBSOCKET_CONNECTION_CLIENT;
  self->policy = policy;
  self->closed = closed;
  self->user_data = user_data;
  signal_websocket_start (websocket, &handlers, self);
  return self;
}

void
echo_free (Echo *self)
{
  signal_websocket_drop (self->websocket);
  g_object_unref (self->websocket);
  g_free (self);
}
