/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* The debug output of a process of its own, and the marks in a recording of Sysprof. */

#define PAYLOAD "hidden-payload"
#define QUERY "hidden-query"
#define CHILD "--child"
#define SECONDS 30

/* The server tries to make the client log what it must not. */
static void
close_with_secrets (MockPeer *peer,
                    guint16   code)
{
  static const char reason[] = TEST_TOKEN " " PAYLOAD " " QUERY;
  guint8 body[2 + sizeof reason - 1];

  body[0] = (guint8) (code >> 8);
  body[1] = (guint8) code;
  memcpy (body + 2, reason, sizeof reason - 1);
  mock_peer_send_frame (peer, 0x88, body, sizeof body);
}

static void
refuse (MockPeer *peer)
{
  mock_peer_send_error (peer, TEST_TOKEN " " PAYLOAD);
  close_with_secrets (peer, 4003);
}

/* Connects, loses the connection, and is then refused. */
static int
run_child (void)
{
  g_autoptr (MockServer) server = mock_server_new ();
  g_autofree char *url = g_strdup_printf ("%s?key=" QUERY, server->uri);
  g_autoptr (Recorder) recorder = recorder_new (url);

  setlocale (LC_ALL, "");
  recorder_connect (recorder);
  recorder_send (recorder, "chat", "\"" PAYLOAD "\"");
  mock_peer_send (mock_server_wait_peer (server, 0), "{\"event\":\"chat\",\"data\":\"" PAYLOAD "\"}");
  g_free (recorder_wait_message (recorder, "chat"));

  server->respond = refuse;
  close_with_secrets (mock_server_wait_peer (server, 0), 1001);
  WAIT_UNTIL (recorder->n_disconnected == 1);
  g_assert_error (recorder->disconnected, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  return 0;
}

static GSubprocessLauncher *
new_launcher (const char *domains)
{
  GSubprocessLauncher *launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE
                                                             | G_SUBPROCESS_FLAGS_STDERR_MERGE);

  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  g_subprocess_launcher_unsetenv (launcher, "G_MESSAGES_DEBUG");
  if (domains != NULL)
    g_subprocess_launcher_setenv (launcher, "G_MESSAGES_DEBUG", domains, TRUE);
  return launcher;
}

static void
on_finished (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  char **output = user_data;
  g_autoptr (GError) error = NULL;

  g_subprocess_communicate_utf8_finish (G_SUBPROCESS (source), result, output, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (*output);
}

/* Returns the output of a child. */
static char *
run (GSubprocessLauncher *launcher)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) child = NULL;
  char *output = NULL;

  child = g_subprocess_launcher_spawn (launcher, &error, program, CHILD, NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8_async (child, NULL, NULL, on_finished, &output);
  WAIT_WITHIN (SECONDS, output != NULL);
  g_assert_true (g_subprocess_get_successful (child));
  return output;
}

static char *
run_with (const char *domains)
{
  g_autoptr (GSubprocessLauncher) launcher = new_launcher (domains);

  return run (launcher);
}

static void
assert_no_secrets (const char *output)
{
  g_assert_null (strstr (output, TEST_TOKEN));
  g_assert_null (strstr (output, PAYLOAD));
  g_assert_null (strstr (output, QUERY));
}

/* One line for each transition, and nothing else. */
static void
test_transitions (void)
{
  static const char * const expected[] = {
    "connection 1: DISCONNECTED → CONNECTING: the client has begun to connect, to ws://127.0.0.1:",
    "connection 1: CONNECTING → CONNECTED: the WebSocket is open",
    "connection 1: CONNECTED → AUTHENTICATING: the token was sent",
    "connection 1: AUTHENTICATING → AUTHENTICATED: the server has accepted the token; messages are "
    "encrypted",
    "connection 1: AUTHENTICATED → RECONNECTING: SIGNAL_ERROR_NOT_CONNECTED (close code 1001); "
    "retry 1 in 10 ms",
    "connection 2: RECONNECTING → CONNECTING: the next attempt begins, to ws://127.0.0.1:",
    "connection 2: CONNECTING → CONNECTED: the WebSocket is open",
    "connection 2: CONNECTED → AUTHENTICATING: the token was sent",
    "connection 2: AUTHENTICATING → DISCONNECTED: SIGNAL_ERROR_AUTHENTICATION_FAILED (close code 4003)",
  };
  g_autofree char *output = run_with ("signal-glib");
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);
  guint n_lines = 0;

  assert_no_secrets (output);
  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0')
      {
        const char *line = strstr (lines[i], "client 1, ");

        g_assert_nonnull (line);
        g_assert_cmpuint (n_lines, <, G_N_ELEMENTS (expected));
        line += strlen ("client 1, ");
        if (!g_str_has_suffix (expected[n_lines], ":"))
          g_assert_cmpstr (line, ==, expected[n_lines]);
        g_assert_true (g_str_has_prefix (line, expected[n_lines]));
        n_lines++;
      }
  g_assert_cmpuint (n_lines, ==, G_N_ELEMENTS (expected));
}

static void
test_all (void)
{
  g_autofree char *output = run_with ("all");

  g_assert_nonnull (strstr (output, "the token was sent"));
  assert_no_secrets (output);
}

static void
test_silent (void)
{
  g_autofree char *output = run_with (NULL);
  g_autofree char *other = run_with ("another-domain");

  g_assert_cmpstr (output, ==, "");
  g_assert_cmpstr (other, ==, "");
}

#ifdef HAVE_SYSPROF
/* The buffer that a recorder shares with the process: a page with a header, and the data. */
#define PAGE_SIZE 4096
#define RING_SIZE (16 * PAGE_SIZE)

/* Each library that is linked with Sysprof's collector has a buffer: this one, and in some builds GLib. */
#define N_RINGS 8

typedef struct
{
  guint32 head, tail, offset, size;
} RingHeader;

static int
create_ring (char **path)
{
  const RingHeader header = { .offset = PAGE_SIZE, .size = RING_SIZE };
  g_autoptr (GError) error = NULL;
  int fd = g_file_open_tmp ("signal-glib-XXXXXX", path, &error);

  g_assert_no_error (error);
  g_assert_cmpint (ftruncate (fd, PAGE_SIZE + RING_SIZE), ==, 0);
  g_assert_cmpint (write (fd, &header, sizeof header), ==, sizeof header);
  return fd;
}

/* The answer to a request for the buffer, which can be sent in advance. */
static void
send_ring (int socket,
           int fd)
{
  char byte = 1;
  struct iovec data = { &byte, 1 };
  union
  {
    struct cmsghdr header;
    char bytes[CMSG_SPACE (sizeof (int))];
  } control = { 0 };
  struct msghdr message = {
    .msg_iov = &data,
    .msg_iovlen = 1,
    .msg_control = &control,
    .msg_controllen = sizeof control,
  };

  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN (sizeof (int));
  memcpy (CMSG_DATA (&control.header), &fd, sizeof fd);
  g_assert_cmpint (sendmsg (socket, &message, 0), ==, 1);
}

static gboolean
contains (const GString *data,
          const char    *text)
{
  gsize length = strlen (text);

  for (gsize i = 0; i + length <= data->len; i++)
    if (memcmp (data->str + i, text, length) == 0)
      return TRUE;

  return FALSE;
}

static void
test_sysprof (void)
{
  static const char * const texts[] = {
    "signal-glib", "connect", "authenticate", "connection", "client 1, connection 1",
    "client 1, connection 2",
  };
  g_autoptr (GSubprocessLauncher) launcher = new_launcher (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  g_autoptr (GString) recordings = g_string_new (NULL);
  char *paths[N_RINGS];
  int sockets[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), ==, 0);
  for (guint i = 0; i < N_RINGS; i++)
    {
      int ring = create_ring (&paths[i]);

      send_ring (sockets[0], ring);
      close (ring);
    }

  g_subprocess_launcher_take_fd (launcher, sockets[1], 3);
  g_subprocess_launcher_setenv (launcher, "SYSPROF_CONTROL_FD", "3", TRUE);
  output = run (launcher);
  close (sockets[0]);

  for (guint i = 0; i < N_RINGS; i++)
    {
      g_autofree char *recording = NULL;
      gsize length;

      g_file_get_contents (paths[i], &recording, &length, &error);
      g_assert_no_error (error);
      g_string_append_len (recordings, recording, (gssize) length);
      g_unlink (paths[i]);
      g_free (paths[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_true (contains (recordings, texts[i]));
  g_assert_false (contains (recordings, TEST_TOKEN));
}
#endif

int
main (int   argc,
      char *argv[])
{
  if (argc == 2 && g_str_equal (argv[1], CHILD))
    return run_child ();

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/debug/transitions", test_transitions);
  g_test_add_func ("/client/debug/all", test_all);
  g_test_add_func ("/client/debug/silent", test_silent);
#ifdef HAVE_SYSPROF
  g_test_add_func ("/client/debug/sysprof", test_sysprof);
#endif

  return g_test_run ();
}
