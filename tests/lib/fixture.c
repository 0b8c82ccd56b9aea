/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fixture.h"
#include "utils.h"

#include <string.h>

static char *
on_authenticate (SignalServer *server,
                 SignalPeer   *peer,
                 const char   *type,
                 const char   *token,
                 gpointer      user_data)
{
  Fixture *fixture = user_data;

  fixture->n_asked++;
  g_assert_null (signal_peer_get_user_id (peer));
  if (!g_str_equal (type, "Bearer"))
    return NULL;
  if (g_str_equal (token, "secret"))
    return g_strdup ("alice");
  if (g_str_has_suffix (token, "-secret"))
    return g_strndup (token, strlen (token) - strlen ("-secret"));
  return NULL;
}

static void
on_peer_connected (SignalServer *server,
                   SignalPeer   *peer,
                   Fixture      *fixture)
{
  g_ptr_array_add (fixture->connected, g_object_ref (peer));
}

static void
on_peer_disconnected (SignalServer *server,
                      SignalPeer   *peer,
                      Fixture      *fixture)
{
  g_ptr_array_add (fixture->disconnected, g_object_ref (peer));
}

static void
on_server_message (SignalServer  *server,
                   SignalPeer    *peer,
                   SignalMessage *message,
                   Fixture       *fixture)
{
  g_ptr_array_add (fixture->messages, signal_message_ref (message));
}

Fixture *
fixture_new (void)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  g_autoptr (GError) error = NULL;

  fixture->connected = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->disconnected = g_ptr_array_new_with_free_func (g_object_unref);
  fixture->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) signal_message_unref);
  fixture->server = signal_server_new ();
  g_signal_connect (fixture->server, "authenticate", G_CALLBACK (on_authenticate), fixture);
  g_signal_connect (fixture->server, "peer-connected", G_CALLBACK (on_peer_connected), fixture);
  g_signal_connect (fixture->server, "peer-disconnected", G_CALLBACK (on_peer_disconnected),
                    fixture);
  g_signal_connect (fixture->server, "message", G_CALLBACK (on_server_message), fixture);
  signal_server_listen (fixture->server, NULL, 0, &error);
  g_assert_no_error (error);
  fixture->uri = signal_server_get_uri (fixture->server);
  g_assert_nonnull (fixture->uri);

  return fixture;
}

/* Asserts that this is the last reference to the server, which an operation that ends keeps for as long. */
void
fixture_free (Fixture *fixture)
{
  g_ptr_array_unref (fixture->connected);
  g_ptr_array_unref (fixture->disconnected);
  g_ptr_array_unref (fixture->messages);
  if (fixture->server != NULL)
    {
      WAIT_UNTIL (G_OBJECT (fixture->server)->ref_count == 1);
      g_assert_finalize_object (fixture->server);
    }
  g_free (fixture->uri);
  g_free (fixture);
}
