/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "server/signal-origin-private.h"
#include "server/signal-server-private.h"
#include "websocket/signal-websocket-server-handshake-private.h"

/* A scheme, the longest DNS name, a port, and some extra space. */
#define MAX_ORIGIN_LENGTH 512

/* Whether there is room for one more peer. Peers that have not authenticated are evicted for it. */
static gboolean
make_room (SignalServer *self)
{
  if (self->n_admitted >= self->max_peers)
    return FALSE;

  while (self->n_admitted + signal_connection_limiter_count_peers (self->limiter) >= self->max_peers)
    if (!signal_connection_limiter_evict (self->limiter, TRUE))
      return FALSE;

  return TRUE;
}

/* The response has been written: the connection no longer belongs to SoupServer. */
static void
on_upgraded (SoupServerMessage *request,
             gpointer           user_data)
{
  SignalServer *self = user_data;
  G_GNUC_UNUSED g_autoptr (SoupServerMessage) keep = g_object_ref (request);
  g_autoptr (GSocketAddress) remote = g_object_ref (soup_server_message_get_remote_address (request));
  g_autoptr (SignalWebsocket) websocket = signal_websocket_server_handshake_finish (request);

  if (websocket == NULL || self->soup == NULL)
    return;

  signal_connection_limiter_clear_deadline (remote);
  signal_server_accept (self, websocket, remote,
                        signal_websocket_server_handshake_get_header (request, "Origin", NULL));
}

static void
upgrade (SignalServer      *self,
         SoupServerMessage *request)
{
  if (!make_room (self))
    {
      signal_websocket_server_handshake_reject (request, SOUP_STATUS_SERVICE_UNAVAILABLE);
      return;
    }

  if (!signal_websocket_server_handshake_accept (request))
    return;

  signal_connection_limiter_count_as_peer (soup_server_message_get_remote_address (request));
  g_signal_connect_object (request, "wrote-informational", G_CALLBACK (on_upgraded), self, 0);
}

/* Returns whether the text is visible ASCII of a limited length. */
static gboolean
is_plain (const char *origin)
{
  for (const char *p = origin; *p != '\0'; p++)
    if (*p < ' ' || *p > '~' || p - origin >= MAX_ORIGIN_LENGTH)
      return FALSE;

  return TRUE;
}

/* Checks the web page that a request is made for; other programs send no origin. Returns a status to
 * reject the request with, or 0 to go on. */
static guint
check_origin (SignalServer      *self,
              SoupServerMessage *request)
{
  guint n_hosts, n_origins;
  const char *host = signal_websocket_server_handshake_get_header (request, "Host", &n_hosts);
  const char *origin = signal_websocket_server_handshake_get_header (request, "Origin", &n_origins);
  GSocketAddress *local = soup_server_message_get_local_address (request);
  const SignalOriginTarget target = {
    .host = host,
    .is_tls = self->listen_certificate != NULL,
    .address = G_IS_INET_SOCKET_ADDRESS (local)
               ? g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local)) : NULL,
    .name = self->listen_name,
  };

  /* RFC 9112 section 3.2; libsoup does not require a Host if the target of the request is a URL. */
  if (n_hosts != 1 || n_origins > 1)
    return SOUP_STATUS_BAD_REQUEST;
  if (origin == NULL)
    return 0;
  if (!is_plain (origin))
    return SOUP_STATUS_BAD_REQUEST;
  if (signal_origin_is_listed (origin, (const char * const *) self->allowed_origins)
      || signal_origin_is_own (origin, &target))
    return 0;
  return SOUP_STATUS_FORBIDDEN;
}

/* Returns a status to reject the request with, or 0 to continue. SoupServer has already validated
 * it. */
static guint
check_request (SignalServer      *self,
               SoupServerMessage *request)
{
  guint status = soup_server_message_get_status (request);

  if (status != 0)
    return status;
  if (self->soup == NULL)
    return SOUP_STATUS_SERVICE_UNAVAILABLE;
  if (!g_str_equal (g_uri_get_path (soup_server_message_get_uri (request)), self->listen_path))
    return SOUP_STATUS_NOT_FOUND;

  status = check_origin (self, request);
  if (status != 0)
    return status;
  return signal_websocket_server_handshake_check (request);
}

static void
reject_early (SoupServerMessage *request,
              guint              status)
{
  G_GNUC_UNUSED g_autoptr (SoupServerMessage) keep = g_object_ref (request);
  g_autoptr (GSocketAddress) remote = g_object_ref (soup_server_message_get_remote_address (request));
  g_autoptr (GIOStream) stream = signal_websocket_server_handshake_reject_early (request, status);

  if (stream != NULL)
    signal_connection_limiter_linger (remote, stream);
}

static void
on_headers (SoupServerMessage *request,
            gpointer           user_data)
{
  SignalServer *self = user_data;
  guint status = check_request (self, request);

  if (status == 0)
    upgrade (self, request);
  else if (signal_websocket_server_handshake_has_body (request))
    reject_early (request, status);
  else
    signal_websocket_server_handshake_reject (request, status);
}

static void
on_request (SoupServer        *soup,
            SoupServerMessage *request,
            gpointer           user_data)
{
  soup_message_body_set_accumulate (soup_server_message_get_request_body (request), FALSE);
  g_signal_connect_object (request, "got-headers", G_CALLBACK (on_headers), user_data, 0);
}

void
signal_server_open_http (SignalServer *self)
{
  self->soup = soup_server_new (NULL, NULL);
  g_signal_connect (self->soup, "request-started", G_CALLBACK (on_request), self);
}

void
signal_server_close_http (SignalServer *self)
{
  g_autoptr (SoupServer) soup = g_steal_pointer (&self->soup);

  if (soup == NULL)
    return;

  g_signal_handlers_disconnect_by_data (soup, self);
  soup_server_disconnect (soup);
}
