/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <gio/gio.h>

#include "demo/tour/tour-relay.h"

/* The relay of the tour and of the desktop application: who can use it, and how it is freed. */

#define TIMEOUT_SECONDS 10
#define MAX_CONNECTIONS 64
#define RESPONSE "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" \
               "HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x02hi"

/* A server, a relay in front of it, and a client that sends @request and receives @response. */
typedef struct
{
  GSocketService *service;
  TourRelay *relay;
  GString *frames; /* connection, opcode and payload of each */
  GMutex lock;
  GString *received; /* by the server */
  int n_accepted;    /* connections to the server */
  int n_ended;
  guint16 port; /* of the relay */
  const char *request;
  gsize step; /* bytes at a time */
  GString *response;
  int done;
} Fixture;

static gboolean
on_run (GThreadedSocketService *service,
        GSocketConnection      *connection,
        GObject                *source,
        Fixture                *self)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  gboolean responded = FALSE;
  char buffer[4096];
  gssize length;

  g_socket_set_timeout (g_socket_connection_get_socket (connection), TIMEOUT_SECONDS);
  g_atomic_int_inc (&self->n_accepted);
  while ((length = g_input_stream_read (input, buffer, sizeof buffer, NULL, NULL)) > 0)
    {
      g_mutex_lock (&self->lock);
      g_string_append_len (self->received, buffer, length);
      g_mutex_unlock (&self->lock);
      if (!responded)
        g_output_stream_write_all (output, RESPONSE, strlen (RESPONSE), NULL, NULL, NULL);
      responded = TRUE;
    }
  g_atomic_int_inc (&self->n_ended);
  return TRUE;
}

static GSocketConnection *
connect_to_relay (Fixture *self)
{
  g_autoptr (GSocketClient) socket_client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection;

  g_socket_client_set_timeout (socket_client, TIMEOUT_SECONDS);
  g_socket_client_set_enable_proxy (socket_client, FALSE);
  connection = g_socket_client_connect_to_host (socket_client, "127.0.0.1", self->port, NULL,
                                                &error);
  g_assert_no_error (error);
  return connection;
}

/* Reads until the frame or the end of the stream. */
static gpointer
run_client (gpointer data)
{
  Fixture *self = data;
  g_autoptr (GSocketConnection) connection = connect_to_relay (self);
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  gsize length = strlen (self->request);
  char buffer[4096];
  gssize n_read = 1;

  for (gsize at = 0; at < length; at += self->step)
    g_output_stream_write_all (output, self->request + at, MIN (self->step, length - at), NULL,
                               NULL, NULL);
  while (n_read > 0 && !g_str_has_suffix (self->response->str, "hi"))
    {
      n_read = g_input_stream_read (input, buffer, sizeof buffer, NULL, NULL);
      g_string_append_len (self->response, buffer, MAX (n_read, 0));
    }
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
  g_atomic_int_set (&self->done, TRUE);
  g_main_context_wakeup (NULL);
  return NULL;
}

static void
on_frame (const TourFrame *frame,
          gpointer         data)
{
  Fixture *self = data;

  g_string_append_printf (self->frames, "%u:%u:%s ", frame->connection_id, frame->opcode,
                          frame->payload);
}

static void
fixture_init (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  guint16 port;

  *self = (Fixture) {
    .service = g_threaded_socket_service_new (4),
    .frames = g_string_new (NULL),
    .received = g_string_new (NULL),
    .response = g_string_new (NULL),
    .step = 65536,
  };
  g_mutex_init (&self->lock);
  port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (self->service), NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (self->service, "run", G_CALLBACK (on_run), self);
  self->relay = tour_relay_new (on_frame, self, &self->port, &error);
  g_assert_no_error (error);
  tour_relay_set_upstream (self->relay, port);
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
fixture_clear (Fixture *self)
{
  guint tick = g_timeout_add (10, on_tick, NULL);

  g_clear_pointer (&self->relay, tour_relay_free);
  while (g_atomic_int_get (&self->n_ended) < g_atomic_int_get (&self->n_accepted))
    g_main_context_iteration (NULL, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_source_remove (tick);
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  g_string_free (self->frames, TRUE);
  g_string_free (self->received, TRUE);
  g_string_free (self->response, TRUE);
  g_mutex_clear (&self->lock);
}

static void
send_request (Fixture    *self,
              const char *request)
{
  GThread *thread;

  self->request = request;
  self->done = FALSE;
  g_string_truncate (self->response, 0);
  thread = g_thread_new ("client", run_client, self);
  while (!g_atomic_int_get (&self->done))
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);
}

static char *
build_request (Fixture    *self,
               const char *headers)
{
  return g_strdup_printf ("GET /ws HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\n%s\r\n", self->port, headers);
}

/* Every byte is forwarded, however the request is split. */
static void
test_forwards (void)
{
  for (gsize step = 1; step < 65536; step *= 40)
    {
      Fixture self;
      g_autofree char *request = NULL;

      fixture_init (&self);
      request = build_request (&self, "X-Own: yes\r\n");
      self.step = step;
      send_request (&self, request);
      g_assert_cmpstr (self.response->str, ==, RESPONSE);
      g_assert_cmpstr (self.frames->str, ==, "1:1:hi ");
      send_request (&self, request);
      g_assert_cmpstr (self.frames->str, ==, "1:1:hi 2:1:hi ");
      g_clear_pointer (&self.relay, tour_relay_free);
      while (g_atomic_int_get (&self.n_ended) < 2)
        g_main_context_iteration (NULL, FALSE);
      g_assert_true (g_str_has_prefix (self.received->str, request));
      g_assert_cmpuint (self.received->len, ==, 2 * strlen (request));
      fixture_clear (&self);
    }
}

/* Requests of web pages do not reach the server. */
static void
test_rejects (void)
{
  static const char * const headers[] = {
    "Origin: http://evil.test\r\n", "Origin: null\r\n", "Host: evil.test\r\n",
  };
  Fixture self;

  fixture_init (&self);
  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    {
      g_autofree char *request = build_request (&self, headers[i]);

      send_request (&self, request);
      g_assert_true (g_str_has_prefix (self.response->str, "HTTP/1.1 403 "));
    }
  g_assert_cmpint (g_atomic_int_get (&self.n_accepted), ==, 0);
  g_assert_cmpstr (self.frames->str, ==, "");
  fixture_clear (&self);
}

static void
test_rejects_early_frames (void)
{
  Fixture self;
  g_autofree char *request = NULL;
  g_autofree char *with_frame = NULL;

  fixture_init (&self);
  request = build_request (&self, "");
  with_frame = g_strconcat (request, "\x81\x02hi", NULL);
  send_request (&self, with_frame);
  g_assert_true (g_str_has_prefix (self.response->str, "HTTP/1.1 403 "));
  g_assert_cmpint (g_atomic_int_get (&self.n_accepted), ==, 0);
  fixture_clear (&self);
}

static void
test_rejects_long_requests (void)
{
  g_autofree char *long_value = g_strnfill (16384, 'x');
  g_autofree char *header = g_strdup_printf ("X-Long: %s\r\n", long_value);
  Fixture self;
  g_autofree char *request = NULL;

  fixture_init (&self);
  request = build_request (&self, header);
  send_request (&self, request);
  g_assert_true (g_str_has_prefix (self.response->str, "HTTP/1.1 403 "));
  g_assert_cmpint (g_atomic_int_get (&self.n_accepted), ==, 0);
  fixture_clear (&self);
}

/* No client is accepted above the limit, and the relay can be freed while there are clients. */
static void
test_connection_limit (void)
{
  g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *request = NULL;
  Fixture self;

  fixture_init (&self);
  request = build_request (&self, "");
  for (guint i = 0; i < MAX_CONNECTIONS; i++)
    {
      g_ptr_array_add (others, connect_to_relay (&self));
      g_main_context_iteration (NULL, TRUE);
    }
  send_request (&self, request);
  g_assert_cmpstr (self.response->str, ==, "");
  g_ptr_array_set_size (others, 1);
  while (*self.response->str == '\0')
    send_request (&self, request);
  g_assert_cmpstr (self.response->str, ==, RESPONSE);
  fixture_clear (&self);
}

static void
test_no_upstream (void)
{
  Fixture self;
  g_autofree char *request = NULL;

  fixture_init (&self);
  request = build_request (&self, "");
  tour_relay_set_upstream (self.relay, 0);
  send_request (&self, request);
  g_assert_cmpstr (self.response->str, ==, "");
  fixture_clear (&self);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tour-relay/forwards", test_forwards);
  g_test_add_func ("/tour-relay/rejects", test_rejects);
  g_test_add_func ("/tour-relay/rejects-early-frames", test_rejects_early_frames);
  g_test_add_func ("/tour-relay/rejects-long-requests", test_rejects_long_requests);
  g_test_add_func ("/tour-relay/connection-limit", test_connection_limit);
  g_test_add_func ("/tour-relay/no-upstream", test_no_upstream);
  return g_test_run ();
}
