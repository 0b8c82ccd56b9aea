/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "channel-pair.h"
#include "signal-glib/crypto/signal-aead-private.h"
#include "signal-glib/protocol/signal-channel-private.h"
#include "signal-glib/websocket/signal-websocket-private.h"

#include <string.h>


static void
maybe_drop (ChannelEnd *end)
{
  if (end->drops)
    g_clear_object (&end->channel);
}

static void
on_message (SignalChannel *channel,
            SignalMessage *message,
            gpointer       user_data)
{
  ChannelEnd *end = user_data;

  g_ptr_array_add (end->messages, signal_message_ref (message));
  if (end->echoes)
    channel_end_send (end, "{\"event\":\"echo\"}");
  if (end->n_quick > 0 && end->messages->len > end->n_quick)
    g_usleep (20 * 1000);
  end->handled = g_get_monotonic_time ();
  maybe_drop (end);
}

static void
on_fault (SignalChannel *channel,
          const GError  *error,
          gpointer       user_data)
{
  ChannelEnd *end = user_data;

  g_ptr_array_add (end->errors, g_error_copy (error));
  maybe_drop (end);
}

static void
on_closed (SignalChannel *channel,
           guint16        code,
           const char    *reason,
           const GError  *error,
           gpointer       user_data)
{
  ChannelEnd *end = user_data;

  g_assert_false (end->is_closed);
  end->is_closed = TRUE;
  end->code = code;
  end->reason = g_strdup (reason);
  end->error = error != NULL ? g_error_copy (error) : NULL;
  maybe_drop (end);
}

static void
on_written (SignalChannel *channel,
            gpointer       user_data)
{
  ChannelEnd *end = user_data;

  end->n_written++;
}

static void
on_key_worn (SignalChannel *channel,
             gpointer       user_data)
{
  ChannelEnd *end = user_data;

  end->n_key_worn++;
}

static const SignalChannelHandlers handlers = {
  .message = on_message,
  .fault = on_fault,
  .closed = on_closed,
  .written = on_written,
  .key_limit_reached = on_key_worn,
};

void
channel_end_open (ChannelEnd                 *end,
                  GIOStream                  *stream,
                  SoupWebsocketConnectionType type)
{
  g_autoptr (GUri) uri = g_uri_parse ("ws://127.0.0.1/", SOUP_HTTP_URI_FLAGS, NULL);

  end->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) signal_message_unref);
  end->errors = g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free);
  end->websocket = signal_websocket_new (stream, uri, type, NULL);
  end->channel = signal_channel_new (end->websocket, &handlers, end);
}

void
channel_end_clear (ChannelEnd *end)
{
  g_clear_object (&end->channel);
  g_clear_object (&end->websocket);
  g_clear_pointer (&end->messages, g_ptr_array_unref);
  g_clear_pointer (&end->errors, g_ptr_array_unref);
  g_clear_error (&end->error);
  g_free (end->reason);
}

ChannelPair *
channel_pair_new (gboolean is_bare)
{
  ChannelPair *pair = g_new0 (ChannelPair, 1);
  g_autoptr (GUri) uri = g_uri_parse ("ws://127.0.0.1/", SOUP_HTTP_URI_FLAGS, NULL);
  GIOStream *ends[2];

  socket_pair (ends);
  channel_end_open (&pair->client, ends[0], SOUP_WEBSOCKET_CONNECTION_CLIENT);
  if (is_bare)
    pair->bare = soup_websocket_connection_new (ends[1], uri, SOUP_WEBSOCKET_CONNECTION_SERVER,
                                                NULL, NULL, NULL);
  else
    channel_end_open (&pair->server, ends[1], SOUP_WEBSOCKET_CONNECTION_SERVER);
  g_object_unref (ends[0]);
  g_object_unref (ends[1]);
  return pair;
}

void
channel_pair_free (ChannelPair *pair)
{
  channel_end_clear (&pair->client);
  channel_end_clear (&pair->server);
  g_clear_object (&pair->bare);
  run_pending ();
  g_free (pair);
}

void
channel_pair_set_keys (ChannelPair *pair)
{
  static const guint8 key[SIGNAL_AEAD_KEY_SIZE] = "thirty-two bytes, known to both";

  signal_channel_take_key (pair->client.channel, signal_aead_new (key));
  if (pair->server.channel != NULL)
    signal_channel_take_key (pair->server.channel, signal_aead_new (key));
}

void
channel_end_send (ChannelEnd *end,
                  const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (signal_channel_send (end->channel, text, strlen (text), &error));
  g_assert_no_error (error);
}
