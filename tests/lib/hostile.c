/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "hostile.h"

#include <stdio.h>
#include <unistd.h>

#define ALIVE_DEADLINE 60 /* s; a flood takes a while with sanitizers on a busy machine */

/* The connection still carries messages in both directions. */
void
hostile_check_alive (Recorder *recorder,
                     MockPeer *peer)
{
  guint n_messages = recorder->messages->len;
  guint n_inner = peer->inner->len;
  g_autoptr (GError) error = NULL;

  mock_peer_send (peer, "{\"event\":\"good\"}");
  WAIT_WITHIN (ALIVE_DEADLINE, recorder->messages->len == n_messages + 1);
  g_assert_cmpstr (signal_message_get_event (recorder->messages->pdata[n_messages]), ==, "good");
  g_assert_true (signal_client_send_json (recorder->client, "good", NULL, &error));
  g_assert_no_error (error);
  WAIT_WITHIN (ALIVE_DEADLINE, peer->inner->len == n_inner + 1);
}

/* After any failure, the client works with a good server. */
void
hostile_check_recovery (Recorder *recorder)
{
  g_autoptr (MockServer) good = mock_server_new ();

  if (signal_client_get_state (recorder->client) != SIGNAL_CONNECTION_STATE_DISCONNECTED)
    recorder_disconnect (recorder);
  g_object_set (recorder->client, "server-url", good->uri, NULL);
  recorder_connect (recorder);
  hostile_check_alive (recorder, mock_server_wait_peer (good, 0));
  recorder_disconnect (recorder);
}

/* The private memory of this process in bytes, or 0 under AddressSanitizer, which does not reuse
 * freed memory. */
gsize
hostile_get_memory (void)
{
#ifdef __SANITIZE_ADDRESS__
  return 0;
#else
  g_autofree char *text = NULL;
  unsigned long size, resident, shared;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  g_assert_cmpint (sscanf (text, "%lu %lu %lu", &size, &resident, &shared), ==, 3);
  return (resident - shared) * sysconf (_SC_PAGESIZE);
#endif
}
