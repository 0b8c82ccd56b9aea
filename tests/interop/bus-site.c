/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus-site.h"

#include "application.h"

static void
on_error (SignalBus    *bus,
          const GError *error,
          BusSite      *self)
{
  g_test_message ("%s", error->message);
  g_ptr_array_add (self->errors, g_error_copy (error));
}

char *
bus_site_get_uri (const char *port)
{
  return g_strdup_printf ("redis://127.0.0.1:%s", port);
}

/* Takes ownership of the bus. Without a name, there is no server. */
BusSite *
bus_site_new (SignalBus  *bus,
              const char *name)
{
  BusSite *self = g_new0 (BusSite, 1);
  g_autoptr (GError) error = NULL;

  self->bus = bus;
  self->errors = g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free);
  g_signal_connect (self->bus, "error", G_CALLBACK (on_error), self);
  g_signal_connect (self->bus, "notify::connected", G_CALLBACK (count_notify), &self->n_changes);
  if (name == NULL)
    return self;

  self->server = signal_server_new ();
  application_attach (self->server, name);
  g_object_set (self->server, "require-encryption", FALSE, "bus", self->bus, NULL);
  signal_server_listen (self->server, NULL, 0, &error);
  g_assert_no_error (error);
  self->url = signal_server_get_uri (self->server);
  return self;
}

BusSite *
bus_site_new_connected (const char *uri,
                        const char *name)
{
  BusSite *self = bus_site_new (signal_bus_new (uri), name);

  bus_site_connect (self);
  return self;
}

static void
on_closed (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  gboolean *is_closed = user_data;
  g_autoptr (GError) error = NULL;

  signal_bus_close_finish (SIGNAL_BUS (source), result, &error);
  g_assert_no_error (error);
  *is_closed = TRUE;
}

/* Asserts that these were the last references. */
void
bus_site_free (BusSite *self)
{
  gboolean is_closed = FALSE;

  g_signal_handlers_disconnect_by_data (self->bus, self);
  g_signal_handlers_disconnect_by_data (self->bus, &self->n_changes);
  signal_bus_close_async (self->bus, NULL, on_closed, &is_closed);
  INTEROP_WAIT (is_closed);
  if (self->server != NULL)
    g_assert_finalize_object (self->server);
  g_assert_finalize_object (self->bus);
  g_free (self->url);
  g_ptr_array_unref (self->errors);
  g_clear_error (&self->error);
  g_free (self);
}

static void
on_connected (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  BusSite *self = user_data;

  signal_bus_connect_finish (SIGNAL_BUS (source), result, &self->error);
  self->is_done = TRUE;
}

static void
try_to_connect (BusSite *self)
{
  self->is_done = FALSE;
  g_clear_error (&self->error);
  signal_bus_connect_async (self->bus, NULL, on_connected, self);
  INTEROP_WAIT (self->is_done);
}

void
bus_site_connect (BusSite *self)
{
  try_to_connect (self);
  g_assert_no_error (self->error);
  g_assert_true (signal_bus_get_connected (self->bus));
}

/* The first attempt fails, which is not emitted in addition. If @domain is 0, it is any error. */
void
bus_site_connect_fails (BusSite *self,
                        GQuark   domain,
                        int      code)
{
  try_to_connect (self);
  g_test_message ("%s", self->error != NULL ? self->error->message : "connected");
  g_assert_nonnull (self->error);
  if (domain != 0)
    g_assert_error (self->error, domain, code);
  g_assert_false (signal_bus_get_connected (self->bus));
  g_assert_cmpuint (self->errors->len, ==, 0);
}

/* Waits until the bus is no longer connected, or has even connected again. */
void
bus_site_wait_lost (BusSite *self)
{
  INTEROP_WAIT (self->n_changes >= 2);
}

/* Waits until the bus is connected again, after an outage that was reported once. */
void
bus_site_wait_back (BusSite *self)
{
  INTEROP_WAIT (self->n_changes >= 3);
  g_assert_true (signal_bus_get_connected (self->bus));
  g_assert_cmpuint (self->n_changes, ==, 3);
  g_assert_cmpuint (self->errors->len, ==, 1);
  g_assert_error ((GError *) self->errors->pdata[0], SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
}

/* Waits for the only error. */
void
bus_site_wait_error (BusSite *self,
                     GQuark   domain,
                     int      code)
{
  INTEROP_WAIT (self->errors->len > 0);
  g_assert_cmpuint (self->errors->len, ==, 1);
  g_assert_error ((GError *) self->errors->pdata[0], domain, code);
}

/* Sends to a room of the server, which always succeeds. */
void
bus_site_send (BusSite    *self,
               const char *room,
               const char *event,
               const char *json)
{
  g_autoptr (JsonNode) payload = json != NULL ? parse_json (json) : NULL;
  g_autoptr (GError) error = NULL;

  signal_server_send_to_room (self->server, room, event, payload, NULL, &error);
  g_assert_no_error (error);
}

/* Returns the peer of the server that is this client. Transfer none. */
SignalPeer *
bus_site_find_peer (BusSite  *self,
                    Recorder *recorder)
{
  GListModel *peers = signal_server_get_peers (self->server);

  for (guint i = 0; i < g_list_model_get_n_items (peers); i++)
    {
      g_autoptr (SignalPeer) peer = g_list_model_get_item (peers, i);

      if (g_str_equal (signal_peer_get_id (peer), signal_client_get_client_id (recorder->client)))
        return peer;
    }
  g_assert_not_reached ();
}
