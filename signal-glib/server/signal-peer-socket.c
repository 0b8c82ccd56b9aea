/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gi18n-lib.h>

#include "protocol/signal-close-code-private.h"
#include "protocol/signal-handshake-private.h"
#include "server/signal-peer-state-private.h"
#include "signal-error.h"
#include "util/signal-source-private.h"

/* A token and a key fit into a fraction of this. */
#define UNAUTHENTICATED_FRAME_SIZE (16 * 1024)
#define UNAUTHENTICATED_TOTAL_SIZE (32 * 1024)

/* How often that is looked at where no message gives an occasion: pings and unfinished messages. */
#define LOOK_US (25 * G_TIME_SPAN_MILLISECOND)

/* How long one that has not authenticated is waited for after it was closed. What it sends is still
 * read in that time: one that sends too much gets less of it. */
#define GOODBYE_US (100 * G_TIME_SPAN_MILLISECOND)

/* The answers to bad frames are not worth a queue. */
#define MAX_UNSENT_ERRORS (64 * 1024)

static SignalWebsocket *
get_websocket (SignalPeer *self)
{
  return signal_channel_get_websocket (self->channel);
}

/* The channel goes without a word to the owner. */
static void
drop_channel (SignalPeer *self)
{
  g_autoptr (SignalChannel) channel = g_steal_pointer (&self->channel);

  self->state = SIGNAL_PEER_STATE_GONE;
  signal_source_clear (&self->deadline);
  if (channel != NULL)
    signal_channel_drop (channel);
}

static void
end (SignalPeer *self)
{
  const SignalPeerHandlers *handlers = g_steal_pointer (&self->handlers);

  drop_channel (self);
  if (handlers != NULL)
    handlers->gone (self, self->user_data);
}

/* Looks soon, and no later than the time is over. */
static void
look_again (SignalPeer *self)
{
  g_source_set_ready_time (self->deadline, MIN (g_get_monotonic_time () + LOOK_US, self->deadline_time));
}

static gboolean
on_look (gpointer data)
{
  g_autoptr (SignalPeer) self = g_object_ref (data);
  gboolean is_over = g_get_monotonic_time () >= self->deadline_time;

  if (is_over && !signal_peer_is_open (self))
    end (self);
  else if (signal_peer_is_talkative (self))
    signal_peer_shut (self, SIGNAL_CLOSE_NOT_AUTHENTICATED, "Too much before authentication");
  else if (is_over)
    signal_peer_shut (self, SIGNAL_CLOSE_NOT_AUTHENTICATED, "Authentication timeout");
  else
    look_again (self);

  return G_SOURCE_CONTINUE;
}

static void
set_deadline (SignalPeer *self,
              gint64      time_left)
{
  signal_source_clear (&self->deadline);
  self->deadline_time = g_get_monotonic_time () + time_left;
  self->deadline = signal_source_new_timed (on_look, self, "[signal-glib] peer deadline");
  look_again (self);
  g_source_attach (self->deadline, self->affinity.context);
}

static void
on_message (SignalChannel *channel,
            SignalMessage *message,
            gpointer       user_data)
{
  g_autoptr (SignalPeer) self = g_object_ref (user_data);

  if (signal_peer_is_open (self))
    self->handlers->message (self, message, self->user_data);
}

static void
on_fault (SignalChannel *channel,
          const GError  *error,
          gpointer       user_data)
{
  g_autoptr (SignalPeer) self = g_object_ref (user_data);

  if (signal_peer_is_open (self))
    self->handlers->fault (self, error, self->user_data);
}

static void
on_closed (SignalChannel *channel,
           guint16        code,
           const char    *reason,
           const GError  *error,
           gpointer       user_data)
{
  g_autoptr (SignalPeer) self = g_object_ref (user_data);

  end (self);
}

static const SignalChannelHandlers channel_handlers = {
  .message = on_message,
  .fault = on_fault,
  .closed = on_closed,
};

SignalPeer *
signal_peer_new (const SignalPeerOptions  *options,
                 const SignalPeerHandlers *handlers,
                 gpointer                  user_data)
{
  SignalPeer *self = g_object_new (SIGNAL_TYPE_PEER, NULL);

  self->handlers = handlers;
  self->user_data = user_data;
  self->id = g_strdup (options->id);
  self->origin = g_strdup (options->origin);
  g_set_object (&self->remote_address, options->remote_address);
  self->channel = signal_channel_new (options->websocket, &channel_handlers, self);
  signal_channel_set_max_message_size (self->channel, SIGNAL_PEER_MAX_OUTGOING_SIZE);
  signal_websocket_set_max_unsent (options->websocket, options->max_backlog);
  signal_websocket_set_max_incoming_size (options->websocket,
                                          MIN (options->max_incoming_size,
                                               UNAUTHENTICATED_FRAME_SIZE));

  set_deadline (self, (gint64) options->auth_timeout * G_TIME_SPAN_MILLISECOND);

  return self;
}

/* The owner goes: the socket is dropped, and nothing is said any more. */
void
signal_peer_detach (SignalPeer *self)
{
  self->handlers = NULL;
  drop_channel (self);
}

gboolean
signal_peer_is_open (SignalPeer *self)
{
  return self->state < SIGNAL_PEER_STATE_CLOSING;
}

gboolean
signal_peer_is_admitted (SignalPeer *self)
{
  return self->state == SIGNAL_PEER_STATE_ADMITTED;
}

/* Whether it has sent more than anyone needs to who has not authenticated. */
gboolean
signal_peer_is_talkative (SignalPeer *self)
{
  return self->state < SIGNAL_PEER_STATE_ADMITTED
         && signal_websocket_get_bytes_received (get_websocket (self)) > UNAUTHENTICATED_TOTAL_SIZE;
}

/* Returns FALSE if it has begun before. */
gboolean
signal_peer_begin_authentication (SignalPeer *self)
{
  if (self->state != SIGNAL_PEER_STATE_NEW)
    return FALSE;

  self->state = SIGNAL_PEER_STATE_AUTHENTICATING;
  return TRUE;
}

/* @key: transferred, NULL to go on in plaintext. @connected is the last that goes without it. FALSE: it
 * could not be sent, and the peer is as it was before: it has not been admitted. */
gboolean
signal_peer_admit (SignalPeer *self,
                   const char *user_id,
                   SignalAead *key,
                   guint64     max_incoming_size,
                   const char *connected,
                   gsize       length)
{
  g_autoptr (SignalAead) owned_key = key;
  g_autoptr (SignalChannel) channel = g_object_ref (self->channel);

  if (!signal_channel_send_plain (channel, connected, length, NULL))
    return FALSE;

  if (owned_key != NULL)
    {
      signal_channel_take_key (channel, g_steal_pointer (&owned_key));
      self->encrypted = TRUE;
      g_object_notify (G_OBJECT (self), "encrypted");
    }

  self->state = SIGNAL_PEER_STATE_ADMITTED;
  signal_source_clear (&self->deadline);
  signal_websocket_set_max_incoming_size (signal_channel_get_websocket (channel), max_incoming_size);
  self->user_id = g_strdup (user_id);
  g_object_notify (G_OBJECT (self), "user-id");
  return TRUE;
}

/* Returns what it was before. */
gboolean
signal_peer_set_announced (SignalPeer *self,
                           gboolean    announced)
{
  gboolean before = self->announced;

  self->announced = announced;
  return before;
}

/* Encrypted if there is a key. */
gboolean
signal_peer_send (SignalPeer  *self,
                  const char  *text,
                  gsize        length,
                  GError     **error)
{
  g_autoptr (SignalChannel) channel = NULL;

  if (!signal_peer_is_open (self))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED,
                           _("The peer is gone"));
      return FALSE;
    }

  /* Writing can tell that the socket is closed, and so drop the peer's own reference. */
  channel = g_object_ref (self->channel);
  return signal_channel_send (channel, text, length, error);
}

void
signal_peer_send_error (SignalPeer *self,
                        const char *text)
{
  g_autofree char *envelope = NULL;
  gsize length;

  if (!signal_peer_is_open (self)
      || signal_websocket_get_unsent (get_websocket (self)) > MAX_UNSENT_ERRORS)
    return;

  envelope = signal_handshake_compose_error (text, &length);
  signal_peer_send (self, envelope, length, NULL);
}

/* As signal_peer_close(), with the codes that are the protocol's own. */
void
signal_peer_shut (SignalPeer *self,
                  guint16     code,
                  const char *reason)
{
  g_autoptr (SignalChannel) channel = NULL;

  if (!signal_peer_is_open (self))
    return;

  channel = g_object_ref (self->channel);
  if (!signal_peer_is_admitted (self))
    set_deadline (self, signal_peer_is_talkative (self) ? LOOK_US : GOODBYE_US);
  self->state = SIGNAL_PEER_STATE_CLOSING;
  signal_websocket_close (signal_channel_get_websocket (channel), code, reason);
}

gint64
signal_peer_get_last_received (SignalPeer *self)
{
  return self->channel != NULL ? signal_websocket_get_last_received (get_websocket (self)) : 0;
}
