/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hostile.h"

#include "signal-glib/client/signal-client-private.h"
#include "signal-glib/protocol/signal-channel-private.h"

#include <string.h>

/* Servers that make an attempt large or long, and keys that have served long enough. */

static void
test_endless_head (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);
  g_autofree char *filler = g_strnfill (100 * 1000 * 1000, 'x');
  g_autofree char *answer = g_strconcat ("HTTP/1.1 101 OK\r\nX: ", filler, NULL);
  guint64 received;

  host->answer = answer;
  g_object_set (watch->client, "max-retries", 0, NULL);
  watch_fail (watch, SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE);
  g_object_get (watch->client, "bytes-received", &received, NULL);
  g_assert_cmpuint (received, <, 1024 * 1024);
  hostile_check_recovery (watch);
}

static gboolean
on_drip (gpointer user_data)
{
  Host *host = user_data;

  for (guint i = 0; i < host->guests->len; i++)
    guest_write (host->guests->pdata[i], "H", 1);
  return G_SOURCE_CONTINUE;
}

/* Each byte comes in time; the whole does not. */
static void
test_drip (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);
  guint drip;

  host->mute = TRUE;
  drip = g_timeout_add (50, on_drip, host);
  g_object_set (watch->client, "max-retries", 0, "connect-timeout", 500, NULL);
  watch_fail (watch, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  g_source_remove (drip);
  hostile_check_recovery (watch);
}

static void
greet_not_at_all (Guest *guest)
{
}

static gboolean
on_noise (gpointer user_data)
{
  Host *host = user_data;

  for (guint i = 0; i < host->guests->len; i++)
    if (((Guest *) host->guests->pdata[i])->token != NULL)
      guest_send_text (host->guests->pdata[i],
                       "{\"event\":\"encrypted\",\"data\":{\"iv\":\"AAAAAAAAAAAAAAAA\","
                       "\"ct\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}}");
  return G_SOURCE_CONTINUE;
}

/* What nobody can read keeps no attempt alive. */
static void
test_unreadable_noise (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);
  gint64 before = g_get_monotonic_time ();
  guint noise;

  host->greet = greet_not_at_all;
  noise = g_timeout_add (100, on_noise, host);
  g_object_set (watch->client, "max-retries", 0, "connect-timeout", 700, NULL);
  watch_fail (watch, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL);
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 600 * 1000);
  g_source_remove (noise);
  hostile_check_recovery (watch);
}

/* A key makes way for another after so many messages, whoever sent them. */
static void
test_key_renewal (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Watch) watch = watch_new (host->uri);

  watch_connect (watch);
  for (guint i = 0; i < 5; i++)
    {
      Guest *guest = host_wait_guest (host, i);

      signal_channel_set_key_limit (signal_connection_get_channel (watch->client->connection), 4);
      hostile_check_alive (watch, guest);
      g_assert_cmpuint (watch->n_connected, ==, i + 1);
      guest_send (guest, "{\"event\":\"third\"}");
      guest_send (guest, "{\"event\":\"fourth\"}");
      WAIT_UNTIL (watch->n_connected == i + 2);
      g_assert_error (watch_get_error (watch, i), SIGNAL_ERROR, SIGNAL_ERROR_CRYPTO);
      g_assert_cmpuint (watch->messages->len, ==, 3 * (i + 1));
      g_assert_true (memcmp (guest->client_key, host_wait_guest (host, i + 1)->client_key,
                             sizeof guest->client_key) != 0);
    }
  hostile_check_recovery (watch);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/hostile/handshake/endless-head", test_endless_head);
  g_test_add_func ("/hostile/handshake/drip", test_drip);
  g_test_add_func ("/hostile/handshake/unreadable-noise", test_unreadable_noise);
  g_test_add_func ("/hostile/key-renewal", test_key_renewal);

  return g_test_run ();
}
