/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <signal-glib/signal-glib.h>

#include "bench-payload.h"
#include "bench-run.h"

/* A client that reads the event and the payload of each message, like an application. */
typedef struct
{
  BenchRun run;
  SignalClient *client;
  char *payload;
  SignalMessage *last;
} SignalRun;

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            gpointer       user_data)
{
  SignalRun *self = user_data;
  const char *event = signal_message_get_event (message);
  const char *json = signal_message_get_payload_json (message);

  self->run.checksum += event[0] + json[0];
  if (self->run.done + 1 == self->run.task->count && self->last == NULL)
    self->last = signal_message_ref (message);
  bench_run_arrived (&self->run);
}

static void
on_error (SignalClient *client,
          const GError *error,
          gpointer      user_data)
{
  bench_run_fail (user_data, error);
}

/* That of the feeder is signed by itself. */
static gboolean
on_accept_certificate (SignalClient         *client,
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
  g_autoptr (GError) error = NULL;

  if (!signal_client_connect_finish (SIGNAL_CLIENT (source), result, &error))
    bench_run_fail (user_data, error);
}

static void
on_disconnected (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  BenchRun *run = user_data;

  signal_client_disconnect_finish (SIGNAL_CLIENT (source), result, NULL);
  g_main_loop_quit (run->loop);
}

static void
send_message (SignalRun  *self,
              const char *event,
              const char *json)
{
  g_autoptr (GError) error = NULL;

  if (!signal_client_send_json (self->client, event, json, &error))
    bench_run_fail (&self->run, error);
}

static void
start_feeder (BenchRun *run)
{
  send_message ((SignalRun *) run, "go", NULL);
}

static void
send_payload (BenchRun *run)
{
  SignalRun *self = (SignalRun *) run;

  send_message (self, BENCH_EVENT, self->payload);
}

/* Checks the content, outside of the measurement. */
static void
check_last (SignalRun *self)
{
  g_autoptr (GError) error = NULL;

  if (self->run.task->direction != BENCH_RECEIVE || self->run.error != NULL)
    return;
  if (g_str_equal (signal_message_get_event (self->last), BENCH_EVENT)
      && g_str_equal (signal_message_get_payload_json (self->last), self->payload))
    return;

  error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "Not what was sent has come");
  bench_run_fail (&self->run, error);
}

static gboolean
perform (const BenchContender  *contender,
         const BenchTask       *task,
         BenchSample           *sample,
         GError               **error)
{
  SignalRun self = { .run = { .start = start_feeder, .send = send_payload } };
  g_autofree char *uri = bench_task_build_uri (task, "signal");

  bench_run_init (&self.run, task, sample);
  self.payload = bench_payload_new (task->size);
  self.client = g_object_new (SIGNAL_TYPE_CLIENT,
                              "server-url", uri,
                              "max-retries", 0,
                              "max-message-size", G_MAXINT32,
                              NULL);
  g_signal_connect (self.client, "message", G_CALLBACK (on_message), &self);
  g_signal_connect (self.client, "error", G_CALLBACK (on_error), &self);
  g_signal_connect (self.client, "accept-certificate", G_CALLBACK (on_accept_certificate), &self);
  signal_client_connect_async (self.client, "bench", NULL, on_connected, &self);

  if (bench_run_wait (&self.run))
    {
      check_last (&self);
      signal_client_disconnect_async (self.client, NULL, on_disconnected, &self);
      bench_run_wait (&self.run);
    }

  g_signal_handlers_disconnect_by_data (self.client, &self);
  g_clear_object (&self.client);
  g_clear_pointer (&self.last, signal_message_unref);
  g_clear_pointer (&self.payload, g_free);
  if (self.run.error != NULL)
    g_propagate_error (error, g_steal_pointer (&self.run.error));
  bench_run_clear (&self.run);

  return *error == NULL;
}

const BenchContender bench_contender_signal = { "signal-glib", 1, FALSE, perform };
