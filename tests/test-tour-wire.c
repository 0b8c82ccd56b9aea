/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <gio/gio.h>

#include "demo/tour/tour-wire.h"

/* The relay of the tour and of the desktop application: who may use it, and how it ends. */

#define SECONDS 10
#define MAX_LINKS 64
#define ANSWER "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" \
               "HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x02hi"

/* A server, the relay before it, and somebody before that who says @request and hears @answer. */
typedef struct
{
  GSocketService *service;
  TourWire *wire;
  GString *seen; /* the frames */
  GMutex lock;
  GString *heard; /* by the server */
  int n_calls;    /* to the server */
  int n_ended;
  guint16 port; /* of the relay */
  const char *request;
  gsize step; /* bytes at a time */
  GString *answer;
  int done;
} Fixture;

static gboolean
on_call (GThreadedSocketService *service,
         GSocketConnection      *connection,
         GObject                *source,
         Fixture                *self)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  gboolean answered = FALSE;
  char buffer[4096];
  gssize length;

  g_socket_set_timeout (g_socket_connection_get_socket (connection), SECONDS);
  g_atomic_int_inc (&self->n_calls);
  while ((length = g_input_stream_read (input, buffer, sizeof buffer, NULL, NULL)) > 0)
    {
      g_mutex_lock (&self->lock);
      g_string_append_len (self->heard, buffer, length);
      g_mutex_unlock (&self->lock);
      if (!answered)
        g_output_stream_write_all (output, ANSWER, strlen (ANSWER), NULL, NULL, NULL);
      answered = TRUE;
    }
  g_atomic_int_inc (&self->n_ended);
  return TRUE;
}

static GSocketConnection *
dial (Fixture *self)
{
  g_autoptr (GSocketClient) dialer = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection;

  g_socket_client_set_timeout (dialer, SECONDS);
  g_socket_client_set_enable_proxy (dialer, FALSE);
  connection = g_socket_client_connect_to_host (dialer, "127.0.0.1", self->port, NULL, &error);
  g_assert_no_error (error);
  return connection;
}

/* Until the frame has come, or the end. */
static gpointer
run_client (gpointer data)
{
  Fixture *self = data;
  g_autoptr (GSocketConnection) connection = dial (self);
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  gsize length = strlen (self->request);
  char buffer[4096];
  gssize n_read = 1;

  for (gsize at = 0; at < length; at += self->step)
    g_output_stream_write_all (output, self->request + at, MIN (self->step, length - at), NULL,
                               NULL, NULL);
  while (n_read > 0 && !g_str_has_suffix (self->answer->str, "hi"))
    {
      n_read = g_input_stream_read (input, buffer, sizeof buffer, NULL, NULL);
      g_string_append_len (self->answer, buffer, MAX (n_read, 0));
    }
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
  g_atomic_int_set (&self->done, TRUE);
  g_main_context_wakeup (NULL);
  return NULL;
}

static void
note_frame (const TourFrame *frame,
            gpointer         data)
{
  Fixture *self = data;

  g_string_append_printf (self->seen, "%u:%u:%s ", frame->link, frame->opcode, frame->text);
}

static void
fixture_init (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  guint16 port;

  *self = (Fixture) {
    .service = g_threaded_socket_service_new (4),
    .seen = g_string_new (NULL),
    .heard = g_string_new (NULL),
    .answer = g_string_new (NULL),
    .step = 65536,
  };
  g_mutex_init (&self->lock);
  port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (self->service), NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (self->service, "run", G_CALLBACK (on_call), self);
  self->wire = tour_wire_new (note_frame, self, &self->port, &error);
  g_assert_no_error (error);
  tour_wire_set_upstream (self->wire, port);
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

  g_clear_pointer (&self->wire, tour_wire_free);
  while (g_atomic_int_get (&self->n_ended) < g_atomic_int_get (&self->n_calls))
    g_main_context_iteration (NULL, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_source_remove (tick);
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  g_string_free (self->seen, TRUE);
  g_string_free (self->heard, TRUE);
  g_string_free (self->answer, TRUE);
  g_mutex_clear (&self->lock);
}

static void
say (Fixture    *self,
     const char *request)
{
  GThread *thread;

  self->request = request;
  self->done = FALSE;
  g_string_truncate (self->answer, 0);
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

/* Every byte arrives, however they come. */
static void
test_passes (void)
{
  for (gsize step = 1; step < 65536; step *= 40)
    {
      Fixture self;
      g_autofree char *request = NULL;

      fixture_init (&self);
      request = build_request (&self, "X-Own: yes\r\n");
      self.step = step;
      say (&self, request);
      g_assert_cmpstr (self.answer->str, ==, ANSWER);
      g_assert_cmpstr (self.seen->str, ==, "1:1:hi ");
      say (&self, request);
      g_assert_cmpstr (self.seen->str, ==, "1:1:hi 2:1:hi ");
      g_clear_pointer (&self.wire, tour_wire_free);
      while (g_atomic_int_get (&self.n_ended) < 2)
        g_main_context_iteration (NULL, FALSE);
      g_assert_true (g_str_has_prefix (self.heard->str, request));
      g_assert_cmpuint (self.heard->len, ==, 2 * strlen (request));
      fixture_clear (&self);
    }
}

/* The server never hears of it. */
static void
test_refuses (void)
{
  static const char * const headers[] = {
    "Origin: http://evil.test\r\n", "Origin: null\r\n", "Host: evil.test\r\n",
  };
  Fixture self;

  fixture_init (&self);
  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    {
      g_autofree char *request = build_request (&self, headers[i]);

      say (&self, request);
      g_assert_true (g_str_has_prefix (self.answer->str, "HTTP/1.1 403 "));
    }
  g_assert_cmpint (g_atomic_int_get (&self.n_calls), ==, 0);
  g_assert_cmpstr (self.seen->str, ==, "");
  fixture_clear (&self);
}

static void
test_refuses_frames_too_early (void)
{
  Fixture self;
  g_autofree char *request = NULL;
  g_autofree char *with_frame = NULL;

  fixture_init (&self);
  request = build_request (&self, "");
  with_frame = g_strconcat (request, "\x81\x02hi", NULL);
  say (&self, with_frame);
  g_assert_true (g_str_has_prefix (self.answer->str, "HTTP/1.1 403 "));
  g_assert_cmpint (g_atomic_int_get (&self.n_calls), ==, 0);
  fixture_clear (&self);
}

static void
test_refuses_long_requests (void)
{
  g_autofree char *long_value = g_strnfill (16384, 'x');
  g_autofree char *header = g_strdup_printf ("X-Long: %s\r\n", long_value);
  Fixture self;
  g_autofree char *request = NULL;

  fixture_init (&self);
  request = build_request (&self, header);
  say (&self, request);
  g_assert_true (g_str_has_prefix (self.answer->str, "HTTP/1.1 403 "));
  g_assert_cmpint (g_atomic_int_get (&self.n_calls), ==, 0);
  fixture_clear (&self);
}

/* Nobody is let in while there are so many, and the relay can go while they are there. */
static void
test_many (void)
{
  g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *request = NULL;
  Fixture self;

  fixture_init (&self);
  request = build_request (&self, "");
  for (guint i = 0; i < MAX_LINKS; i++)
    {
      g_ptr_array_add (others, dial (&self));
      g_main_context_iteration (NULL, TRUE);
    }
  say (&self, request);
  g_assert_cmpstr (self.answer->str, ==, "");
  g_ptr_array_set_size (others, 1);
  while (*self.answer->str == '\0')
    say (&self, request);
  g_assert_cmpstr (self.answer->str, ==, ANSWER);
  fixture_clear (&self);
}

static void
test_unplugged (void)
{
  Fixture self;
  g_autofree char *request = NULL;

  fixture_init (&self);
  request = build_request (&self, "");
  tour_wire_set_upstream (self.wire, 0);
  say (&self, request);
  g_assert_cmpstr (self.answer->str, ==, "");
  fixture_clear (&self);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tour-wire/passes", test_passes);
  g_test_add_func ("/tour-wire/refuses", test_refuses);
  g_test_add_func ("/tour-wire/refuses-frames-too-early", test_refuses_frames_too_early);
  g_test_add_func ("/tour-wire/refuses-long-requests", test_refuses_long_requests);
  g_test_add_func ("/tour-wire/many", test_many);
  g_test_add_func ("/tour-wire/unplugged", test_unplugged);
  return g_test_run ();
}
