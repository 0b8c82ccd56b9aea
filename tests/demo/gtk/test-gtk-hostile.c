/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "demo-text.h"
#include "application-fixture.h"

/* What other programs on this machine, and web pages, can do to the relay of the application, and what
 * a server can make it show. */

#define N_BRACKETS 120000

/* Connects to the relay, and sends a frame if the upgrade succeeds. */
typedef struct
{
  guint16 port;
  const char *headers;
  GBytes *frame;
  char response[256];
  gboolean done;
} HostileClient;

static guint16
get_relay_port (void)
{
  SignalClient *client = demo_session_get_client (test_app_get_session ());
  g_autofree char *url = NULL;
  g_autoptr (GUri) uri = NULL;

  g_object_get (client, "server-url", &url, NULL);
  uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  g_assert_nonnull (uri);
  return (guint16) g_uri_get_port (uri);
}

/* Returns a text frame of a client, with a mask of zeros. */
static GBytes *
build_frame (const char *text)
{
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  gsize length = strlen (text);
  guint8 header[14] = { 0x81, 0xff };

  for (guint i = 0; i < 8; i++)
    header[9 - i] = (guint8) ((guint64) length >> 8 * i);
  g_byte_array_append (frame, header, sizeof header);
  g_byte_array_append (frame, (const guint8 *) text, (guint) length);
  return g_byte_array_free_to_bytes (g_steal_pointer (&frame));
}

static gpointer
run_hostile_client (gpointer data)
{
  HostileClient *self = data;
  g_autoptr (GSocketClient) socket_client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autofree char *request = NULL;
  GOutputStream *output;

  g_socket_client_set_timeout (socket_client, 10);
  g_socket_client_set_enable_proxy (socket_client, FALSE);
  connection = g_socket_client_connect_to_host (socket_client, "127.0.0.1", self->port, NULL, NULL);
  g_assert_nonnull (connection);
  output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  request = g_strdup_printf ("GET /ws HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\n"
                             "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n%s"
                             "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
                             self->port, self->headers);
  g_output_stream_write_all (output, request, strlen (request), NULL, NULL, NULL);
  g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)), self->response,
                       sizeof self->response - 1, NULL, NULL);
  if (self->frame != NULL && strstr (self->response, " 101 ") != NULL)
    g_output_stream_write_all (output, g_bytes_get_data (self->frame, NULL),
                               g_bytes_get_size (self->frame), NULL, NULL, NULL);
  g_atomic_int_set (&self->done, TRUE);
  /* Read until the server closes. */
  while (g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)),
                              self->response, 0, NULL, NULL) > 0)
    ;
  return NULL;
}

static gboolean
is_done (gconstpointer client)
{
  return g_atomic_int_get (&((const HostileClient *) client)->done);
}

static gboolean
has_frame (gconstpointer size)
{
  GListModel *frames = test_app_get_frames ();

  for (guint i = 0; i < g_list_model_get_n_items (frames); i++)
    {
      g_autoptr (DemoFrame) frame = g_list_model_get_item (frames, i);

      if (demo_frame_get_size (frame) == GPOINTER_TO_SIZE (size))
        return TRUE;
    }
  return FALSE;
}

static void
check_frame_with_payload (const char *text)
{
  g_autoptr (GBytes) frame = build_frame (text);
  HostileClient client = { get_relay_port (), "", frame };
  GThread *thread = g_thread_new ("client", run_hostile_client, &client);

  test_app_wait (is_done, &client, "the response");
  g_assert_nonnull (strstr (client.response, " 101 "));
  test_app_wait (has_frame, GSIZE_TO_POINTER (strlen (text)), "the frame");
  g_thread_join (thread);
}

/* json-glib recurses for each bracket. In the last payloads, a parser that disagrees about strings
 * would not see the brackets. */
static void
test_deep (void)
{
  g_autofree char *brackets = g_strnfill (N_BRACKETS, '[');
  g_autofree char *quoted = g_strconcat ("['\"',", brackets, "\"]", NULL);
  g_autofree char *escaped = g_strconcat ("[\"\\u\",", brackets, "\"]", NULL);
  g_autofree char *comment = g_strconcat ("[/*\"*/", brackets, "\"]", NULL);

  test_app_try_it ();
  test_app_show_page ("frames");
  check_frame_with_payload (brackets);
  check_frame_with_payload (quoted);
  check_frame_with_payload (escaped);
  check_frame_with_payload (comment);
  g_assert_true (demo_session_is_active (test_app_get_session ()));
  test_app_disconnect ();
}

/* A web page: the browser always sends its origin. */
static void
test_origin (void)
{
  static const char * const headers[] = { "Origin: http://evil.test\r\n", "Origin: null\r\n" };
  g_autoptr (GBytes) frame = build_frame ("{\"event\":\"from a page\"}");

  test_app_try_it ();
  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    {
      HostileClient client = { get_relay_port (), headers[i], frame };
      GThread *thread = g_thread_new ("client", run_hostile_client, &client);

      test_app_wait (is_done, &client, "the response");
      g_thread_join (thread);
      g_assert_true (g_str_has_prefix (client.response, "HTTP/1.1 403 "));
    }
  test_app_iterate (50);
  g_assert_false (has_frame (GSIZE_TO_POINTER (strlen ("{\"event\":\"from a page\"}"))));
  test_app_disconnect ();
}

static DemoFrame *
create_frame (gboolean    from_client,
              const char *text,
              guint64     length)
{
  TourFrame tour_frame = { 1, from_client, from_client, 1, text, strlen (text), length };

  return demo_frame_new (&tour_frame);
}

/* Only the beginning of a frame is stored, and never a token. */
static void
test_frames (void)
{
  static const char authenticate[] =
    "{\"event\":\"authenticate\",\"data\":{\"type\":\"Bearer\",\"token\":\"a\\\"b\\u0063\"}}";
  g_autofree char *brackets = g_strnfill (N_BRACKETS, '[');
  g_autoptr (DemoFrame) plain = create_frame (TRUE, authenticate, strlen (authenticate));
  g_autoptr (DemoFrame) cut = create_frame (TRUE, authenticate, 1 << 24);
  g_autoptr (DemoFrame) deep = create_frame (TRUE, brackets, N_BRACKETS);
  g_autoptr (DemoFrame) large = create_frame (FALSE, brackets, 1 << 24);
  g_autoptr (DemoFrame) broken = create_frame (FALSE, "\xff\xfe<b>\x1b\u202e", 9);

  g_assert_cmpstr (demo_frame_get_text (plain), ==,
                   "{\"event\":\"authenticate\",\"data\":{\"type\":\"Bearer\","
                   "\"token\":\"••••••••\"}}");
  g_assert_cmpstr (demo_frame_get_text (cut), ==, "••••••••");
  g_assert_cmpstr (demo_frame_get_text (deep), ==, "••••••••");
  g_assert_cmpuint (demo_frame_get_size (large), ==, 1 << 24);
  g_assert_cmpuint (strlen (demo_frame_get_text (large)), <, 2000);
  g_assert_true (demo_frame_is_unparsed (large));
  g_assert_false (demo_frame_is_unparsed (plain));
  g_assert_cmpstr (demo_frame_get_text (broken), ==, "\ufffd\ufffd<b>\ufffd\ufffd");
}

static void
test_texts (void)
{
  static const struct { const char *text; const char *long_one; const char *name; } texts[] = {
    { "", "", "" },
    { "<b>a</b> &amp;", "<b>a</b> &amp;", "<b>a</b> &amp;" },
    { "a\nb\u2028c\td\re", "a\nb\nc d e", "a b c d e" },
    { "\x01\x7f\xc2\x85\xc2\x9bz", "\ufffd\ufffd\ufffd\ufffdz", "\ufffd\ufffd\ufffd\ufffdz" },
    { "a\u202eb\u2066c\u2069", "a\ufffdb\ufffdc\ufffd", "a\ufffdb\ufffdc\ufffd" },
    { "שלום \u200fgrüße ☕", "שלום \u200fgrüße ☕", "שלום \u200fgrüße ☕" },
    { "\xc3", "\ufffd", "\ufffd" },
  };
  g_autofree char *letters = g_strnfill (5000, 'a');
  g_autofree char *lines = g_strnfill (1000, '\n');
  g_autofree char *across = g_strconcat (letters + 4745, "üü", NULL);
  g_autofree char *name = demo_text_sanitize_line (letters);
  g_autofree char *cut = demo_text_sanitize (letters);
  g_autofree char *high = demo_text_sanitize (lines);
  g_autofree char *edge = demo_text_sanitize_line (letters + 4745);
  g_autofree char *half = demo_text_sanitize_line (across);
  guint n_lines = 0;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *shown = demo_text_sanitize (texts[i].text);
      g_autofree char *on_a_line = demo_text_sanitize_line (texts[i].text);

      g_assert_cmpstr (shown, ==, texts[i].long_one);
      g_assert_cmpstr (on_a_line, ==, texts[i].name);
    }
  g_assert_cmpuint (strlen (name), ==, 256 + strlen ("…"));
  g_assert_cmpuint (strlen (cut), ==, 1024 + strlen ("…"));
  g_assert_cmpuint (strlen (edge), ==, 255);
  g_assert_cmpuint (strlen (half), ==, 255 + strlen ("…"));
  g_assert_true (g_str_has_suffix (half, "a…"));
  for (const char *p = high; *p != '\0'; p++)
    n_lines += *p == '\n';
  g_assert_cmpuint (n_lines, ==, 23);
}

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token)
{
  return g_strdup ("<b>ann</b> &lt;\u202e\x1b");
}

static void
on_peer_connected (SignalServer *server,
                   SignalPeer   *peer)
{
  g_autofree char *long_name = g_strnfill (3000, 'n');
  g_autofree char *event = g_strdup_printf ("<u>%s</u>", long_name);
  g_autofree char *json =
    g_strdup_printf ("{\"room\":\"tea\",\"from\":\"<i>eve\\u202e</i>%s\","
                     "\"text\":\"<b>&amp; a</b>\\u001b\\n\\u202eb\"}", long_name);
  g_autoptr (JsonNode) said = json_from_string (json, NULL);
  g_autoptr (JsonNode) other = json_from_string ("[\"<b>\"]", NULL);
  g_autoptr (GError) error = NULL;

  signal_server_send_to_peer (server, peer, "chat", said, &error);
  g_assert_no_error (error);
  signal_server_send_to_peer (server, peer, event, other, &error);
  g_assert_no_error (error);
}

static gboolean
has_unsorted_message (gconstpointer start)
{
  GListModel *messages = demo_room_get_messages (test_app_find_room (NULL));
  g_autoptr (DemoMessage) message = g_list_model_get_item (messages, 0);

  return message != NULL && g_str_has_prefix (demo_message_get_text (message), start);
}

/* Text from the server is not interpreted as markup. Invalid markup causes a GTK warning, which is
 * fatal in tests. */
static void
test_markup (void)
{
  static const char * const rooms[] = { "tea", NULL };
  g_autoptr (SignalServer) server = signal_server_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *url = NULL;

  g_signal_connect (server, "authenticate", G_CALLBACK (on_authenticate), NULL);
  g_signal_connect (server, "peer-connected", G_CALLBACK (on_peer_connected), NULL);
  signal_server_listen (server, NULL, 0, &error);
  g_assert_no_error (error);
  url = signal_server_get_uri (server);

  test_app_show_page ("connection");
  demo_session_connect (test_app_get_session (), url, "token", rooms, NULL);
  test_app_wait (test_app_shows, "^<b>ann</b> &lt;\ufffd\ufffd$", "the user in the statistics");
  test_app_show_page ("messages");
  test_app_wait (test_app_shows, "^<b>&amp; a</b>\ufffd\n\ufffdb$", "the message");
  g_assert_true (test_app_shows ("^<i>eve\ufffd</i>n{200,256}…$"));
  test_app_wait (has_unsorted_message, "\u2068<u>nnn", "the message without a room");
  test_app_disconnect ();
}

static void
emit_problem (const char *text)
{
  g_autoptr (GError) error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_SERVER, text);

  g_signal_emit_by_name (test_app_get_session (), "problem", error);
}

/* Many errors do not queue as many toasts. */
static void
test_toasts (void)
{
  for (guint i = 0; i < 1000; i++)
    emit_problem ("one of <many");
  test_app_wait (test_app_shows, "^one of <many$", "the toast");
  emit_problem ("<b>the last</b>\x1b\u202e &lt;");
  g_assert_true (test_app_shows ("^<b>the last</b>\ufffd\ufffd &lt;$"));
}

static void
test_error_bar (void)
{
  g_autoptr (GError) error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED,
                                                  "<b>no</b> &lt;\x1b\u202e");

  g_signal_emit_by_name (test_app_get_session (), "problem", error);
  test_app_wait (test_app_shows, "^<b>no</b> &lt;\ufffd\ufffd$", "the error");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gtk/hostile/deep", test_deep);
  g_test_add_func ("/gtk/hostile/origin", test_origin);
  g_test_add_func ("/gtk/hostile/frames", test_frames);
  g_test_add_func ("/gtk/hostile/texts", test_texts);
  g_test_add_func ("/gtk/hostile/markup", test_markup);
  g_test_add_func ("/gtk/hostile/toasts", test_toasts);
  g_test_add_func ("/gtk/hostile/error-bar", test_error_bar);
  return test_app_run ();
}
