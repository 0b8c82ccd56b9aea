/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus-site.h"
#include "tests/histories/history.h"

#include <string.h>

/* Users, passwords and TLS of Redis. */

#define ROOM "tea"

/* A password with everything that a URI would separate parts by. */
#define PASSWORD "p@ss:w/ö?#%"
#define PASSWORD_IN_URI "p%40ss%3Aw%2F%C3%B6%3F%23%25"

/* What a server on the bus needs, as in the documentation of the bus. */
#define CHANNELS "&ws:broadcast", "&ws:room:*", "&ws:client:*", "&ws:user:*"
#define COMMANDS "+publish", "+subscribe", "+unsubscribe", "+ping"

static char *port;

/* @user_info is what precedes the host. */
static BusSite *
new_site_at (const char *at,
             const char *user_info,
             const char *name)
{
  g_autofree char *uri = g_strdup_printf ("redis://%s127.0.0.1:%s", user_info, at);

  return bus_site_new (signal_bus_new (uri), name);
}

static BusSite *
new_site (const char *user,
          const char *name)
{
  g_autofree char *user_info = g_strdup_printf ("%s:%s@", user, PASSWORD_IN_URI);

  return new_site_at (port, user_info, name);
}

static BusSite *
new_site_connected (const char *user,
                    const char *name)
{
  BusSite *site = new_site (user, name);

  bus_site_connect (site);
  return site;
}

static void
assert_has_no_password (const GError *error)
{
  g_assert_null (strstr (error->message, "ss:w"));
  g_assert_null (strstr (error->message, "ss%3Aw"));
}

static void
assert_is_refused (BusSite *site)
{
  bus_site_connect_fails (site, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  assert_has_no_password (site->error);
}

static void
leave (Recorder *recorder)
{
  const char * const rooms[] = { ROOM, NULL };

  g_assert_true (signal_client_leave_rooms (recorder->client, rooms, NULL));
  INTEROP_WAIT (!interop_is_in_room (recorder, ROOM));
}

/* Messages cross between two servers, and rooms can be left. */
static void
assert_crosses (BusSite *c,
                BusSite *d)
{
  g_autoptr (Recorder) of_c = interop_recorder_new_in_room (c->url, "ann", ROOM);
  g_autoptr (Recorder) of_d = interop_recorder_new_in_room (d->url, "ann", ROOM);
  g_autofree char *text = g_strnfill (1024 * 1024, 'x');
  g_autofree char *json = g_strdup_printf ("\"%s\"", text);

  bus_site_send (c, ROOM, "from c", json);
  bus_site_send (d, ROOM, "from d", json);
  recorder_assert_message (of_c, "from d", json);
  recorder_assert_message (of_d, "from c", json);

  leave (of_c);
  bus_site_send (d, ROOM, "not here", NULL);
  interop_assert_count (of_d, "not here", 1);
  interop_assert_count (of_c, "not here", 0);
}

/* With these permissions a server can do everything. */
static void
test_user (void)
{
  g_autoptr (BusSite) c = NULL;
  g_autoptr (BusSite) d = NULL;

  processes_command ("redis_cli", "redis", "acl", "setuser", "app", "on", ">" PASSWORD, "resetchannels",
                     CHANNELS, COMMANDS, NULL);
  c = new_site_connected ("app", "c");
  d = new_site_connected ("app", "d");
  assert_crosses (c, d);
  g_assert_cmpuint (c->errors->len + d->errors->len, ==, 0);
}

static void
test_wrong_password (void)
{
  g_autoptr (BusSite) site = NULL;

  processes_command ("redis_cli", "redis", "acl", "setuser", "forgetful", "on", ">other", "resetchannels",
                     CHANNELS, COMMANDS, NULL);
  site = new_site ("forgetful", "c");
  assert_is_refused (site);

  /* It goes on trying. */
  run_for (300);
  g_assert_cmpuint (site->errors->len, ==, 0);
  processes_command ("redis_cli", "redis", "acl", "setuser", "forgetful", ">" PASSWORD, NULL);
  INTEROP_WAIT (signal_bus_get_connected (site->bus));
  g_assert_cmpuint (site->errors->len, ==, 0);
}

static void
test_unknown_user (void)
{
  g_autoptr (BusSite) site = new_site ("unknown", "c");

  assert_is_refused (site);
}

/* A user who may not subscribe to the channels of a room. */
static void
test_no_channels (void)
{
  g_autoptr (BusSite) site = NULL;
  g_autoptr (BusSite) early = NULL;
  g_autoptr (Recorder) client = NULL;

  processes_command ("redis_cli", "redis", "acl", "setuser", "listener", "on", ">" PASSWORD,
                     "resetchannels", "&ws:broadcast", COMMANDS, NULL);

  /* Without clients, the server does not subscribe to anything. */
  early = new_site_connected ("listener", "early");
  site = new_site ("listener", "c");
  client = interop_recorder_new_connected (early->url, "ann");
  bus_site_wait_error (early, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_assert_true (signal_bus_get_connected (early->bus));
  bus_site_send (early, "ws-default", "local", NULL);
  interop_assert_count (client, "local", 1);

  recorder_free (g_steal_pointer (&client));
  client = interop_recorder_new_connected (site->url, "ann");
  assert_is_refused (site);
  bus_site_send (site, "ws-default", "local", NULL);
  interop_assert_count (client, "local", 1);

  processes_command ("redis_cli", "redis", "acl", "setuser", "listener", CHANNELS, NULL);
  INTEROP_WAIT (signal_bus_get_connected (site->bus));
  g_assert_cmpuint (site->errors->len, ==, 0);
}

static void
test_no_publish (void)
{
  g_autoptr (BusSite) site = NULL;
  g_autoptr (BusSite) other = NULL;
  g_autoptr (Recorder) client = NULL;

  processes_command ("redis_cli", "redis", "acl", "setuser", "reader", "on", ">" PASSWORD,
                     "resetchannels", CHANNELS, COMMANDS, "-publish", NULL);
  processes_command ("redis_cli", "redis", "acl", "setuser", "writer", "on", ">" PASSWORD,
                     "resetchannels", CHANNELS, COMMANDS, NULL);
  site = new_site_connected ("reader", "c");
  other = new_site_connected ("writer", "d");
  client = interop_recorder_new_in_room (site->url, "ann", ROOM);
  bus_site_send (site, ROOM, "local", NULL);
  interop_assert_count (client, "local", 1);
  bus_site_wait_error (site, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_assert_true (signal_bus_get_connected (site->bus));

  bus_site_send (other, ROOM, "from the other", NULL);
  interop_assert_count (client, "from the other", 1);
}

/* The public server never unsubscribes. What is still received then is for nobody. */
static void
test_no_unsubscribe (void)
{
  g_autoptr (BusSite) c = NULL;
  g_autoptr (BusSite) d = NULL;
  g_autoptr (Recorder) client = NULL;

  processes_command ("redis_cli", "redis", "acl", "setuser", "keeper", "on", ">" PASSWORD,
                     "resetchannels", CHANNELS, COMMANDS, "-unsubscribe", NULL);
  c = new_site_connected ("keeper", "c");
  d = new_site_connected ("keeper", "d");
  client = interop_recorder_new_in_room (c->url, "ann", ROOM);
  bus_site_send (d, ROOM, "first", NULL);
  interop_assert_count (client, "first", 1);

  leave (client);
  bus_site_wait_error (c, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  bus_site_send (d, ROOM, "second", NULL);
  interop_assert_count (client, "second", 0);

  interop_join (client, ROOM);
  bus_site_send (d, ROOM, "third", NULL);
  interop_assert_count (client, "third", 1);
  g_assert_true (signal_bus_get_connected (c->bus));
}

/* PING is only needed to see whether Redis answers, which an error shows, too. */
static void
test_no_ping (void)
{
  g_autoptr (BusSite) c = NULL;
  g_autoptr (BusSite) d = NULL;

  processes_command ("redis_cli", "redis", "acl", "setuser", "pingless", "on", ">" PASSWORD,
                     "resetchannels", CHANNELS, COMMANDS, "-ping", NULL);
  c = new_site_connected ("pingless", "c");
  d = new_site_connected ("pingless", "d");
  assert_crosses (c, d);
  g_assert_cmpuint (c->errors->len + d->errors->len, ==, 0);
}

/* All of Redis has a password, and no users; then another one. */
static void
test_password_only (void)
{
  g_autofree char *at = processes_query ("redis", "start", "locked", "requirepass=" PASSWORD, NULL);
  g_autoptr (BusSite) c = new_site_at (at, ":" PASSWORD_IN_URI "@", "c");
  g_autoptr (BusSite) d = new_site_at (at, "default:" PASSWORD_IN_URI "@", "d");
  g_autoptr (BusSite) wrong = new_site_at (at, ":wrong@", "wrong");
  g_autoptr (BusSite) without = new_site_at (at, "", "without");

  bus_site_connect (c);
  bus_site_connect (d);
  assert_crosses (c, d);
  assert_is_refused (wrong);
  assert_is_refused (without);

  processes_command ("redis", "stop", "locked", NULL);
  bus_site_wait_lost (c);
  processes_command ("redis", "start", "locked", "requirepass=changed", NULL);
  INTEROP_WAIT (c->errors->len == 2);
  g_assert_error ((GError *) c->errors->pdata[0], SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST);
  g_assert_error ((GError *) c->errors->pdata[1], SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  assert_has_no_password (c->errors->pdata[1]);
  run_for (300);
  g_assert_cmpuint (c->errors->len, ==, 2);
  g_assert_false (signal_bus_get_connected (c->bus));
}

static GTlsDatabase *
load_authority (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "ca.pem", NULL);
  g_autoptr (GError) error = NULL;
  GTlsDatabase *database = g_tls_file_database_new (path, &error);

  g_assert_no_error (error);
  return database;
}

static char *
start_with_tls (const char *name,
                const char *folder,
                const char *further)
{
  g_autofree char *certificate = g_strdup_printf ("tls-cert-file=%s/server.crt", folder);
  g_autofree char *key = g_strdup_printf ("tls-key-file=%s/server.key", folder);
  g_autofree char *authority = g_strdup_printf ("tls-ca-cert-file=%s/ca.pem", folder);

  return processes_query ("redis", "start", name, certificate, key, authority, further, NULL);
}

/* @folder is that of the certificate authority, or NULL for those of the system. */
static BusSite *
new_site_with_tls (const char *host,
                   const char *at,
                   const char *folder,
                   const char *name)
{
  g_autofree char *uri = g_strdup_printf ("rediss://%s:%s", host, at);
  g_autoptr (GTlsDatabase) database = folder != NULL ? load_authority (folder) : NULL;
  BusSite *site = bus_site_new (signal_bus_new (uri), name);

  g_object_set (site->bus, "tls-database", database, NULL);
  return site;
}

static void
test_tls (void)
{
  g_autofree char *folder = processes_query ("certificates", NULL);
  g_autofree char *at = start_with_tls ("tls", folder, "tls-auth-clients=no");
  g_autoptr (BusSite) c = new_site_with_tls ("localhost", at, folder, "c");
  g_autoptr (BusSite) d = new_site_with_tls ("localhost", at, folder, "d");

  bus_site_connect (c);
  bus_site_connect (d);
  assert_crosses (c, d);

  processes_command ("kill", "tls", NULL);
  bus_site_wait_lost (c);
  bus_site_wait_lost (d);
  g_free (start_with_tls ("tls", folder, "tls-auth-clients=no"));
  bus_site_wait_back (c);
  bus_site_wait_back (d);
  assert_crosses (c, d);
  processes_command ("redis", "stop", "tls", NULL);
}

static void
test_untrusted (void)
{
  g_autofree char *folder = processes_query ("certificates", NULL);
  g_autofree char *other = processes_query ("certificates", "other", NULL);
  g_autofree char *at = start_with_tls ("tls", folder, "tls-auth-clients=no");
  g_autoptr (BusSite) other_authority = new_site_with_tls ("localhost", at, other, "c");
  g_autoptr (BusSite) system = new_site_with_tls ("localhost", at, NULL, "c");
  g_autoptr (BusSite) other_name = new_site_with_tls ("127.0.0.1", at, folder, "c");

  bus_site_connect_fails (other_authority, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  bus_site_connect_fails (system, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  bus_site_connect_fails (other_name, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  processes_command ("redis", "stop", "tls", NULL);
}

static void
test_client_certificate (void)
{
  g_autofree char *folder = processes_query ("certificates", NULL);
  g_autofree char *path = g_build_filename (folder, "client.pem", NULL);
  g_autofree char *at = start_with_tls ("mutual", folder, "tls-auth-clients=yes");
  g_autoptr (BusSite) c = new_site_with_tls ("localhost", at, folder, "c");
  g_autoptr (BusSite) d = new_site_with_tls ("localhost", at, folder, "d");
  g_autoptr (BusSite) without = new_site_with_tls ("localhost", at, folder, "without");
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_file (path, &error);

  g_assert_no_error (error);
  g_object_set (c->bus, "tls-certificate", certificate, NULL);
  g_object_set (d->bus, "tls-certificate", certificate, NULL);
  bus_site_connect (c);
  bus_site_connect (d);
  assert_crosses (c, d);

  /* With TLS 1.3, the handshake has succeeded before the alert arrives, or only the end of the connection. */
  bus_site_connect_fails (without, 0, 0);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  interop_test_init (&argc, &argv);
  port = processes_query ("redis", "start", NULL);
  g_test_add_func ("/interop/bus-security/user", test_user);
  g_test_add_func ("/interop/bus-security/wrong-password", test_wrong_password);
  g_test_add_func ("/interop/bus-security/unknown-user", test_unknown_user);
  g_test_add_func ("/interop/bus-security/no-channels", test_no_channels);
  g_test_add_func ("/interop/bus-security/no-publish", test_no_publish);
  g_test_add_func ("/interop/bus-security/no-unsubscribe", test_no_unsubscribe);
  g_test_add_func ("/interop/bus-security/no-ping", test_no_ping);
  g_test_add_func ("/interop/bus-security/password-only", test_password_only);
  g_test_add_func ("/interop/bus-security/tls", test_tls);
  g_test_add_func ("/interop/bus-security/untrusted", test_untrusted);
  g_test_add_func ("/interop/bus-security/client-certificate", test_client_certificate);
  result = history_run ();
  g_free (port);
  return result;
}
