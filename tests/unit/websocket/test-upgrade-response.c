/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-glib/websocket/signal-upgrade-response-private.h"

#include <string.h>

/* The key and the accept header of RFC 6455 section 1.3. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define HEAD "HTTP/1.1 101 Switching Protocols\r\n" UPGRADE ACCEPT
#define FRAMES "\x81\x02{}\0\n\r\n\r\n\n"

typedef struct
{
  const char *name;
  const char *bytes; /* up to its NUL byte, which is written as \\ 0 */
  int         code;  /* SoupWebsocketError, -1 if accepted, -2 if incomplete */
  const char *text;  /* of the error message */
} Case;

#define TAKEN (-1)
#define UNFINISHED (-2)
#define BAD SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE
#define NOT SOUP_WEBSOCKET_ERROR_NOT_WEBSOCKET

static const Case cases[] = {
  { "plain", HEAD "\r\n", TAKEN, NULL },
  { "any-phrase", "HTTP/1.1 101 \r\n" UPGRADE ACCEPT "\r\n", TAKEN, NULL },
  { "no-phrase", "HTTP/1.1 101\r\n" UPGRADE ACCEPT "\r\n", TAKEN, NULL },
  { "case-of-names", "HTTP/1.1 101 OK\r\nUPGRADE: WebSocket\r\nconnection: keep-alive, upgrade\r\n" ACCEPT
    "\r\n", TAKEN, NULL },
  { "empty-body", HEAD "Content-Length: 0\r\n\r\n", TAKEN, NULL },
  { "unfinished-line", "HTTP/1.1 101 Swi", UNFINISHED, NULL },
  { "unfinished-head", HEAD, UNFINISHED, NULL },
  { "unfinished-end", HEAD "\r", UNFINISHED, NULL },

  { "interim/continue", "HTTP/1.1 100 Continue\r\n\r\n" HEAD "\r\n", TAKEN, NULL },
  { "interim/processing", "HTTP/1.1 102 Processing\r\n\r\n" HEAD "\r\n", TAKEN, NULL },
  { "interim/hints", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nRetry-After: 7\r\n\r\n" HEAD "\r\n", TAKEN,
    NULL },
  { "interim/unknown", "HTTP/1.1 199 What\r\n\r\n" HEAD "\r\n", TAKEN, NULL },
  { "interim/three", "HTTP/1.1 100 A\r\n\r\nHTTP/1.1 102 B\r\n\r\nHTTP/1.1 103 C\r\n\r\n" HEAD "\r\n",
    TAKEN, NULL },
  { "interim/then-refusal", "HTTP/1.1 103 A\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n", NOT, "403" },
  { "interim/then-nothing", "HTTP/1.1 103 A\r\n\r\n", UNFINISHED, NULL },
  { "interim/then-noise", "HTTP/1.1 103 A\r\n\r\nbody", NOT, "not HTTP" },
  { "interim/then-blank-line", "HTTP/1.1 103 A\r\n\r\n\r\n", NOT, "not HTTP" },

  { "refusal", "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n", NOT, "404 (Not Found)" },
  { "refusal-with-two-lengths", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
    NOT, "404 (Not Found)" },
  { "redirect", "HTTP/1.1 302 Found\r\nLocation: ws://a.test/\r\n\r\n", NOT, "302" },
  { "success", "HTTP/1.1 200 OK\r\n" UPGRADE ACCEPT "\r\n", NOT, "200" },

  { "body/length", HEAD "Content-Length: 5\r\n\r\n", BAD, "body" },
  /* libsoup 3.7 and newer does not parse such a head, which changes the message. */
  { "body/two-lengths", HEAD "Content-Length: 0\r\nContent-Length: 5\r\n\r\n", BAD,
    "The server's response to the WebSocket handshake " },
  { "body/no-number", HEAD "Content-Length: x\r\n\r\n", BAD, "body" },
  { "body/chunked", HEAD "Transfer-Encoding: chunked\r\n\r\n", BAD, "body" },

  { "accept/none", "HTTP/1.1 101 OK\r\n" UPGRADE "\r\n", BAD, "not valid" },
  { "accept/wrong", "HTTP/1.1 101 OK\r\n" UPGRADE "Sec-WebSocket-Accept: AAAA\r\n\r\n", BAD, "not valid" },
  { "accept/twice", HEAD ACCEPT "\r\n", BAD, "not valid" },
  { "accept/two", HEAD "Sec-WebSocket-Accept: AAAA\r\n\r\n", BAD, "not valid" },
  { "no-upgrade", "HTTP/1.1 101 OK\r\nConnection: Upgrade\r\n" ACCEPT "\r\n", BAD, "not valid" },
  { "no-connection", "HTTP/1.1 101 OK\r\nUpgrade: websocket\r\n" ACCEPT "\r\n", BAD, "not valid" },
  { "extension", HEAD "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", BAD, "not offered" },
  { "protocol", HEAD "Sec-WebSocket-Protocol: chat\r\n\r\n", BAD, "not offered" },

  { "line/bare-lf", "HTTP/1.1 101 OK\n", BAD, "CR LF" },
  { "line/bare-lf-later", HEAD "X: y\n", BAD, "CR LF" },
  { "line/bare-lf-of-refusal", "HTTP/1.1 404 Not Found\nContent-Length: 0\n\n", BAD, "CR LF" },
  { "line/bare-lf-at-end", HEAD "\n", BAD, "CR LF" },
  { "line/bare-cr", HEAD "X: y\rZ", BAD, "CR LF" },
  { "line/two-cr", HEAD "X: y\r\r\n", BAD, "CR LF" },
  { "nul/line", "HTTP/1.1 101 O\\0K\r\n", BAD, "NUL" },
  { "nul/value", HEAD "X: \\0", BAD, "NUL" },
  { "nul/name", HEAD "\\0", BAD, "NUL" },

  { "noise/nul", "\\0", NOT, "not HTTP" },
  { "noise/line", "\r\nHTTP/1.1 101 OK\r\n", NOT, "not HTTP" },
  { "noise/html", "<html>", NOT, "not HTTP" },
  { "noise/ssh", "SSH-2.0-OpenSSH_9.2p1\r\n", NOT, "not HTTP" },
  { "noise/smtp", "220 mail.test ESMTP\r\n", NOT, "not HTTP" },
  { "noise/tls", "\x15\x03\x01\\0\x02\x02\x0a", NOT, "not HTTP" },
  { "noise/frame", "\x81\x02{}", NOT, "not HTTP" },
  { "noise/icecast", "ICY 101 OK\r\n" UPGRADE ACCEPT "\r\n", NOT, "not HTTP" },
  { "noise/almost", "HTTQ/1.1 101 OK\r\n", NOT, "not HTTP" },
  { "noise/case", "http/1.1 101 OK\r\n", NOT, "not HTTP" },
  { "status/none", "HTTP/1.1\r\n\r\n", NOT, "not HTTP" },
  { "status/word", "HTTP/1.1 OK\r\n\r\n", NOT, "not HTTP" },
  { "status/two-digits", "HTTP/1.1 10 OK\r\n\r\n", NOT, "not HTTP" },
  { "status/zeros", "HTTP/1.1 000 OK\r\n\r\n", NOT, "not HTTP" },
  { "status/negative", "HTTP/1.1 -101 OK\r\n\r\n", NOT, "not HTTP" },
};

/* Heads that contain NUL. */
static GByteArray *
get_bytes (const char *text)
{
  GByteArray *bytes = g_byte_array_new ();
  const char *rest = text, *at;

  while ((at = strstr (rest, "\\0")) != NULL)
    {
      g_byte_array_append (bytes, (const guint8 *) rest, (guint) (at - rest));
      g_byte_array_append (bytes, (const guint8 *) "", 1);
      rest = at + 2;
    }
  return g_byte_array_append (bytes, (const guint8 *) rest, (guint) strlen (rest));
}

/* Reads this number of bytes at a time. An error is reported with the last byte at the latest. */
static void
check_in_pieces (const Case *test,
                 guint       size)
{
  g_autoptr (SignalUpgradeResponse) response = signal_upgrade_response_new (KEY);
  g_autoptr (GByteArray) bytes = get_bytes (test->bytes);
  g_autoptr (GError) error = NULL;
  gboolean is_complete = FALSE;

  if (test->code == TAKEN)
    g_byte_array_append (bytes, (const guint8 *) FRAMES, sizeof FRAMES - 1);
  for (guint at = 0; at < bytes->len && !is_complete && error == NULL; at += size)
    {
      gboolean ok = signal_upgrade_response_take (response, bytes->data + at, MIN (size, bytes->len - at),
                                                  &is_complete, &error);

      g_assert_cmpint (ok, ==, (error == NULL));
    }

  g_assert_cmpint (is_complete, ==, (test->code == TAKEN));
  if (test->code < 0)
    {
      g_assert_no_error (error);
      return;
    }
  g_assert_error (error, SOUP_WEBSOCKET_ERROR, test->code);
  g_assert_nonnull (strstr (error->message, test->text));
  g_assert_cmpuint (signal_upgrade_response_get_retry_after (response), ==, 0);
}

static void
test_case (gconstpointer data)
{
  check_in_pieces (data, 100000);
  check_in_pieces (data, 1);
  check_in_pieces (data, 7);
}

/* Any data that follows the head belongs to the WebSocket. */
static void
test_rest (void)
{
  static const char bytes[] = "HTTP/1.1 100 Continue\r\n\r\n" HEAD "\r\n" FRAMES;
  const gsize head = sizeof bytes - sizeof FRAMES;

  for (gsize first = head; first < sizeof bytes; first++)
    {
      g_autoptr (SignalUpgradeResponse) response = signal_upgrade_response_new (KEY);
      g_autoptr (GBytes) rest = NULL;
      g_autoptr (GError) error = NULL;
      gboolean is_complete;

      signal_upgrade_response_take (response, bytes, first, &is_complete, &error);
      g_assert_no_error (error);
      g_assert_true (is_complete);
      rest = signal_upgrade_response_copy_rest (response);
      g_assert_cmpmem (g_bytes_get_data (rest, NULL), g_bytes_get_size (rest), FRAMES, first - head);
    }
}

/* As many interim responses as are allowed, and one more. */
static void
test_many_interim (void)
{
  for (guint extra = 0; extra < 2; extra++)
    {
      g_autoptr (SignalUpgradeResponse) response = signal_upgrade_response_new (KEY);
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (GError) error = NULL;
      gboolean is_complete, ok;

      for (guint i = 0; i < SIGNAL_UPGRADE_INTERIM_MAX + extra; i++)
        g_string_append (text, "HTTP/1.1 102 Processing\r\n\r\n");
      g_string_append (text, HEAD "\r\n");
      ok = signal_upgrade_response_take (response, text->str, text->len, &is_complete, &error);
      g_assert_cmpint (ok, ==, (extra == 0));
      g_assert_cmpint (is_complete, ==, (extra == 0));
      if (extra > 0)
        g_assert_error (error, SOUP_WEBSOCKET_ERROR, BAD);
    }
}

/* The limit applies to everything before the frames, in any number of responses; one byte more is
 * an error. */
static void
test_length (gconstpointer data)
{
  const char *before = data;

  for (guint extra = 0; extra < 2; extra++)
    {
      g_autoptr (SignalUpgradeResponse) response = signal_upgrade_response_new (KEY);
      g_autofree char *filler = NULL;
      g_autofree char *text = NULL;
      g_autoptr (GError) error = NULL;
      gboolean is_complete, ok;

      filler = g_strnfill (SIGNAL_UPGRADE_HEAD_MAX - strlen (before) - strlen (HEAD "X: \r\n\r\n") + extra,
                           'x');
      text = g_strconcat (before, HEAD "X: ", filler, "\r\n\r\n", FRAMES, NULL);
      ok = signal_upgrade_response_take (response, text, strlen (text), &is_complete, &error);
      g_assert_cmpint (ok, ==, (extra == 0));
      g_assert_cmpint (is_complete, ==, (extra == 0));
      if (extra > 0)
        g_assert_error (error, SOUP_WEBSOCKET_ERROR, BAD);
    }
}

/* Returns the delay in ms that a refusal asks for. */
static guint
get_retry_after (const char *value)
{
  g_autoptr (SignalUpgradeResponse) response = signal_upgrade_response_new (KEY);
  g_autofree char *text = g_strdup_printf ("HTTP/1.1 103 A\r\nRetry-After: 7\r\n\r\n"
                                           "HTTP/1.1 503 B\r\nRetry-After: %s\r\n\r\n", value);
  gboolean is_complete;

  g_assert_false (signal_upgrade_response_take (response, text, strlen (text), &is_complete, NULL));
  return signal_upgrade_response_get_retry_after (response);
}

/* Only the value of the last response counts. */
static void
test_retry_after (void)
{
  g_assert_cmpuint (get_retry_after ("9"), ==, 9000);
  g_assert_cmpuint (get_retry_after ("0"), ==, 0);
  g_assert_cmpuint (get_retry_after ("4294967"), ==, 4294967000);
  g_assert_cmpuint (get_retry_after ("4294968"), ==, G_MAXUINT);
  g_assert_cmpuint (get_retry_after ("99999999999999999999"), ==, G_MAXUINT);
  g_assert_cmpuint (get_retry_after ("soon"), ==, 0);
  g_assert_cmpuint (get_retry_after ("-1"), ==, 0);
}

static void
test_retry_after_date (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) later = g_date_time_add_minutes (now, 2);
  g_autofree char *text = soup_date_time_to_string (later, SOUP_DATE_HTTP);
  guint delay = get_retry_after (text);

  g_assert_cmpuint (delay, >, 60 * 1000);
  g_assert_cmpuint (delay, <=, 120 * 1000);
  g_assert_cmpuint (get_retry_after ("Sun, 06 Nov 1994 08:49:37 GMT"), ==, 0);
  g_assert_cmpuint (get_retry_after ("Fri, 06 Nov 2893 08:49:37 GMT"), ==, G_MAXUINT / 1000 * 1000);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/upgrade-response/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/upgrade-response/rest", test_rest);
  g_test_add_func ("/upgrade-response/many-interim", test_many_interim);
  g_test_add_data_func ("/upgrade-response/length", "", test_length);
  g_test_add_data_func ("/upgrade-response/length/interim", "HTTP/1.1 103 A\r\nX: y\r\n\r\n", test_length);
  g_test_add_func ("/upgrade-response/retry-after", test_retry_after);
  g_test_add_func ("/upgrade-response/retry-after/date", test_retry_after_date);

  return g_test_run ();
}
