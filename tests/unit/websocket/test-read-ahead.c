/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "signal-glib/websocket/signal-read-ahead-private.h"

typedef struct
{
  GInputStream *stream;
  int peer;
} Pair;

static void
pair_open (Pair *pair)
{
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  socket = g_socket_new_from_fd (fds[0], NULL);
  connection = g_socket_connection_factory_create_connection (socket);
  pair->stream = signal_read_ahead_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  pair->peer = fds[1];
  /* The connection closes the socket when it is disposed of. */
  g_object_set_data_full (G_OBJECT (pair->stream), "connection", g_steal_pointer (&connection),
                          g_object_unref);
}

static void
pair_close (Pair *pair)
{
  g_clear_object (&pair->stream);
  if (pair->peer >= 0)
    close (pair->peer);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_close)

static void
pair_write (Pair       *pair,
            const char *text)
{
  g_assert_cmpint (write (pair->peer, text, strlen (text)), ==, strlen (text));
}

static gssize
pair_read (Pair   *pair,
           char   *buffer,
           gsize   size,
           GError **error)
{
  return g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (pair->stream), buffer, size, NULL,
                                                   error);
}

static gboolean
is_readable (Pair *pair)
{
  return g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM (pair->stream));
}

/* Everything arrives, in order, and then the end. */
static void
test_pieces (void)
{
  g_auto (Pair) pair;
  g_autoptr (GError) error = NULL;
  char buffer[8];

  pair_open (&pair);
  g_assert_false (is_readable (&pair));
  g_assert_cmpint (pair_read (&pair, buffer, sizeof buffer, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);

  pair_write (&pair, "hello world");
  g_assert_true (is_readable (&pair));
  g_assert_cmpint (pair_read (&pair, buffer, 5, NULL), ==, 5);
  g_assert_cmpmem (buffer, 5, "hello", 5);
  g_assert_true (is_readable (&pair));
  pair_write (&pair, "!");
  close (pair.peer);
  pair.peer = -1;
  g_assert_cmpint (pair_read (&pair, buffer, sizeof buffer, NULL), ==, 6);
  g_assert_cmpmem (buffer, 6, " world", 6);
  g_assert_cmpint (g_input_stream_read (pair.stream, buffer, sizeof buffer, NULL, NULL), ==, 1);
  g_assert_cmpint (pair_read (&pair, buffer, sizeof buffer, NULL), ==, 0);
}

static gpointer
write_late (gpointer user_data)
{
  g_usleep (20000);
  pair_write (user_data, "late");
  return NULL;
}

static void
test_blocking (void)
{
  g_auto (Pair) pair;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GThread *thread;
  char buffer[8];

  pair_open (&pair);
  thread = g_thread_new ("writer", write_late, &pair);
  g_assert_cmpint (g_input_stream_read (pair.stream, buffer, sizeof buffer, cancellable, NULL), ==, 4);
  g_thread_join (thread);

  g_cancellable_cancel (cancellable);
  g_assert_cmpint (g_input_stream_read (pair.stream, buffer, sizeof buffer, cancellable, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static gboolean
on_readable (GObject  *stream,
             gpointer  user_data)
{
  GString *text = user_data;
  char byte;

  g_assert_cmpint (g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream), &byte, 1, NULL,
                                                             NULL), ==, 1);
  g_string_append_c (text, byte);
  return G_SOURCE_CONTINUE;
}

/* A source is ready for as long as there is something, in the socket or in the buffer. */
static void
test_source (void)
{
  g_auto (Pair) pair;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GSource) source = NULL;

  pair_open (&pair);
  source = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (pair.stream), NULL);
  g_source_set_callback (source, G_SOURCE_FUNC (on_readable), text, NULL);
  g_source_attach (source, NULL);
  g_assert_false (g_main_context_iteration (NULL, FALSE));

  pair_write (&pair, "abc");
  for (guint i = 1; i <= 3; i++)
    {
      g_assert_true (g_main_context_iteration (NULL, FALSE));
      g_assert_cmpuint (text->len, ==, i);
    }
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpstr (text->str, ==, "abc");
  g_source_destroy (source);
}

/* Reads one byte, so that the others remain in the buffer, and not in the socket. */
static void
fill_buffer (Pair       *pair,
             const char *text)
{
  char byte;

  pair_write (pair, text);
  g_assert_cmpint (pair_read (pair, &byte, 1, NULL), ==, 1);
  g_assert_cmpint (byte, ==, text[0]);
}

static gboolean
on_ready (GObject  *stream,
          gpointer  user_data)
{
  ++*(guint *) user_data;
  return G_SOURCE_CONTINUE;
}

static GSource *
watch (Pair         *pair,
       GCancellable *cancellable,
       guint        *n_ready)
{
  GPollableInputStream *stream = G_POLLABLE_INPUT_STREAM (pair->stream);
  GSource *source = g_pollable_input_stream_create_source (stream, cancellable);

  g_source_set_callback (source, G_SOURCE_FUNC (on_ready), n_ready, NULL);
  g_source_attach (source, NULL);
  return source;
}

/* A source that is created while something is in the buffer is ready at once. */
static void
test_source_buffered (void)
{
  g_auto (Pair) pair;
  g_autoptr (GSource) source = NULL;
  guint n_ready = 0;
  char byte;

  pair_open (&pair);
  fill_buffer (&pair, "ab");
  source = watch (&pair, NULL, &n_ready);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (n_ready, ==, 1);

  g_assert_cmpint (pair_read (&pair, &byte, 1, NULL), ==, 1);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (n_ready, ==, 1);
  g_source_destroy (source);
}

static void
test_source_cancelled (void)
{
  g_auto (Pair) pair;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GSource) source = NULL;
  guint n_ready = 0;

  pair_open (&pair);
  source = watch (&pair, cancellable, &n_ready);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  g_cancellable_cancel (cancellable);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (n_ready, ==, 1);
  g_source_destroy (source);
}

/* A source can have a closure, as in other languages and for g_source_set_dummy_callback(). */
static void
test_source_closure (void)
{
  g_auto (Pair) pair;
  g_autoptr (GSource) source = NULL;
  guint n_ready = 0;

  pair_open (&pair);
  fill_buffer (&pair, "ab");
  source = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (pair.stream), NULL);
  g_source_set_closure (source, g_cclosure_new (G_CALLBACK (on_ready), &n_ready, NULL));
  g_source_attach (source, NULL);
  g_assert_true (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (n_ready, ==, 1);
  g_source_destroy (source);
}

/* What arrived before an error is read before it. */
static void
test_error (void)
{
  g_auto (Pair) pair;
  g_autoptr (GError) error = NULL;
  char buffer[8];

  pair_open (&pair);
  fill_buffer (&pair, "abc");
  /* The peer of a Unix socket is reset if it has not read everything. */
  g_assert_cmpint (g_output_stream_write (g_io_stream_get_output_stream (
                     g_object_get_data (G_OBJECT (pair.stream), "connection")), "x", 1, NULL, NULL), ==, 1);
  close (pair.peer);
  pair.peer = -1;
  g_assert_true (is_readable (&pair));
  g_assert_cmpint (pair_read (&pair, buffer, sizeof buffer, &error), ==, 2);
  g_assert_cmpmem (buffer, 2, "bc", 2);
  g_assert_true (is_readable (&pair));
  g_assert_cmpint (pair_read (&pair, buffer, sizeof buffer, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
}

/* Nothing is read for 0 bytes, and a stream that cannot be polled makes one that cannot either. */
static void
test_limits (void)
{
  g_autoptr (GInputStream) memory = g_memory_input_stream_new_from_data ("a", 1, NULL);
  g_autoptr (GInputStream) buffered = g_buffered_input_stream_new (memory);
  g_autoptr (GInputStream) stream = signal_read_ahead_new (buffered);
  g_auto (Pair) pair;
  char byte = '-';

  g_assert_false (g_pollable_input_stream_can_poll (G_POLLABLE_INPUT_STREAM (stream)));

  pair_open (&pair);
  g_assert_true (g_pollable_input_stream_can_poll (G_POLLABLE_INPUT_STREAM (pair.stream)));
  pair_write (&pair, "a");
  g_assert_cmpint (pair_read (&pair, &byte, 0, NULL), ==, 0);
  g_assert_cmpint (byte, ==, '-');
  g_assert_cmpint (pair_read (&pair, &byte, 1, NULL), ==, 1);
  g_assert_cmpint (byte, ==, 'a');
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/read-ahead/pieces", test_pieces);
  g_test_add_func ("/read-ahead/blocking", test_blocking);
  g_test_add_func ("/read-ahead/source", test_source);
  g_test_add_func ("/read-ahead/source-buffered", test_source_buffered);
  g_test_add_func ("/read-ahead/source-cancelled", test_source_cancelled);
  g_test_add_func ("/read-ahead/source-closure", test_source_closure);
  g_test_add_func ("/read-ahead/error", test_error);
  g_test_add_func ("/read-ahead/limits", test_limits);

  return g_test_run ();
}
