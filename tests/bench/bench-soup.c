/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <libsoup/soup.h>

#include "bench-payload.h"
#include "bench-run.h"

/* libsoup's own client. It does not decrypt, only reads the bytes of each frame, and
 * sends frames of the same size as encrypted ones. */
typedef struct
{
  BenchRun run;
  SoupWebsocketConnection *socket;
  GBytes *frame;
} SoupRun;

static GBytes *
make_frame (gsize payload_size)
{
  gsize size = bench_payload_get_frame_size (payload_size);
  char *text = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    text[i] = 'a' + i % 26;

  return g_bytes_new_take (text, size);
}

static void
on_message (SoupWebsocketConnection *socket,
            SoupWebsocketDataType    type,
            GBytes                  *bytes,
            gpointer                 user_data)
{
  SoupRun *self = user_data;
  gsize size;
  const char *text = g_bytes_get_data (bytes, &size);

  self->run.checksum += text[0] + text[size - 1];
  bench_run_arrived (&self->run);
}

static void
on_error (SoupWebsocketConnection *socket,
          GError                  *error,
          gpointer                 user_data)
{
  bench_run_fail (user_data, error);
}

static void
on_closed (SoupWebsocketConnection *socket,
           gpointer                 user_data)
{
  BenchRun *run = user_data;

  g_main_loop_quit (run->loop);
}

/* That of the feeder is signed by itself. */
static gboolean
on_accept_certificate (SoupMessage          *request,
                       GTlsCertificate      *certificate,
                       GTlsCertificateFlags  errors,
                       gpointer              user_data)
{
  return TRUE;
}

static void
on_connected (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  SoupRun *self = user_data;
  g_autoptr (GError) error = NULL;

  self->socket = soup_session_websocket_connect_finish (SOUP_SESSION (source), result, &error);
  if (self->socket == NULL)
    {
      bench_run_fail (&self->run, error);
      return;
    }

  soup_websocket_connection_set_max_incoming_payload_size (self->socket, 16 * 1024 * 1024);
  g_signal_connect (self->socket, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->socket, "error", G_CALLBACK (on_error), self);
  g_signal_connect (self->socket, "closed", G_CALLBACK (on_closed), self);
}

static void
start_feeder (BenchRun *run)
{
  soup_websocket_connection_send_text (((SoupRun *) run)->socket, "go");
}

static void
send_frame (BenchRun *run)
{
  SoupRun *self = (SoupRun *) run;

  soup_websocket_connection_send_message (self->socket, SOUP_WEBSOCKET_DATA_TEXT, self->frame);
}

static gboolean
perform (const BenchContender  *contender,
         const BenchTask       *task,
         BenchSample           *sample,
         GError               **error)
{
  SoupRun self = { .run = { .start = start_feeder, .send = send_frame } };
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autofree char *uri = bench_task_build_uri (task, "replay");
  g_autoptr (SoupMessage) request = soup_message_new ("GET", uri);

  bench_run_init (&self.run, task, sample);
  self.frame = make_frame (task->size);
  soup_session_set_proxy_resolver (session, NULL);
  g_signal_connect (request, "accept-certificate", G_CALLBACK (on_accept_certificate), NULL);
  soup_session_websocket_connect_async (session, request, NULL, NULL, G_PRIORITY_DEFAULT, NULL,
                                        on_connected, &self);

  if (bench_run_wait (&self.run))
    {
      soup_websocket_connection_close (self.socket, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
      bench_run_wait (&self.run);
    }

  if (self.socket != NULL)
    g_signal_handlers_disconnect_by_data (self.socket, &self);
  g_clear_object (&self.socket);
  g_clear_pointer (&self.frame, g_bytes_unref);
  if (self.run.error != NULL)
    g_propagate_error (error, g_steal_pointer (&self.run.error));
  bench_run_clear (&self.run);

  return *error == NULL;
}

const BenchContender bench_contender_soup = { "libsoup", 1, TRUE, perform };
