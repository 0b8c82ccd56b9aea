/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "interop.h"

#include <string.h>

/* Messages and rooms, the same against either server. */

static const char *kind;
static char *url;

static void
test_hello (void)
{
  g_autoptr (Probe) probe = probe_new_online (url, "ann");

  g_assert_true (g_uuid_string_is_valid (signal_client_get_client_id (probe->client)));
  g_assert_cmpstr (signal_client_get_user_id (probe->client), ==, "ann");
  g_assert_true (signal_client_get_encrypted (probe->client));
  g_assert_cmpuint (probe->n_connected, ==, 1);
  g_assert_cmpuint (probe->errors->len, ==, 0);
}

static void
test_echo (void)
{
  const char * const payloads[] = {
    "{\"text\":\"hi\",\"list\":[1,2.5,-3,true,false,null,{}]}", "[]", "\"\"", "0", "-1", "true",
    "false", "null", "\"\\\"\\\\ \\n\\t añ🎈 \"", "9007199254740991", "{\"\":{\"\":[[[]]]}}",
  };
  g_autoptr (Probe) probe = probe_new_online (url, "ann");

  for (guint i = 0; i < G_N_ELEMENTS (payloads); i++)
    {
      g_autofree char *answer = probe_ask (probe, "echo", payloads[i]);

      g_assert_cmpstr (answer, ==, payloads[i]);
    }
  g_assert_cmpuint (probe->errors->len, ==, 0);
}

static void
test_echo_without_payload (void)
{
  g_autoptr (Probe) probe = probe_new_online (url, "ann");
  g_autofree char *answer = probe_ask (probe, "echo", NULL);

  g_assert_null (answer);
}

/* The public server reads and writes JSON as JavaScript does. */
static void
test_echo_large_integer (void)
{
  g_autoptr (Probe) probe = probe_new_online (url, "ann");
  g_autofree char *answer = probe_ask (probe, "echo", "9007199254740993");

  g_assert_cmpstr (answer, ==,
                   g_str_equal (kind, "public") ? "9007199254740992" : "9007199254740993");
}

static void
test_first_rooms (void)
{
  g_autoptr (Probe) ann = probe_new_online (url, "ann");
  g_autoptr (Probe) bob = probe_new_online (url, "bob");

  g_assert_true (probe_is_in (ann, "ws-default"));
  g_assert_true (probe_is_in (ann, "ws-notification"));
  g_assert_true (probe_is_in (ann, signal_client_get_client_id (ann->client)));

  probe_send_to (bob, "to", signal_client_get_client_id (ann->client), "news", "1");
  probe_send_to (bob, "to", "ws-notification", "news", "2");
  probe_assert_heard (ann, "news", "1");
  probe_assert_heard (ann, "news", "2");
  probe_assert_heard (bob, "news", "2");
}

static void
test_rooms (void)
{
  const char * const tea[] = { "tea", NULL };
  g_autoptr (Probe) ann = probe_new_online (url, "ann");
  g_autoptr (Probe) bob = probe_new_online (url, "bob");
  g_autoptr (Probe) eve = probe_new_online (url, "eve");
  g_autofree char *members = NULL;

  probe_join (ann, "tea");
  probe_join (bob, "tea");
  members = probe_ask (eve, "members", "{\"room\":\"tea\"}");
  g_assert_cmpstr (members, ==, "[\"ann\",\"bob\"]");

  probe_send_to (eve, "to", "tea", "news", "{\"cups\":2}");
  probe_assert_heard (ann, "news", "{\"cups\":2}");
  probe_assert_heard (bob, "news", "{\"cups\":2}");

  g_assert_true (signal_client_leave_rooms (bob->client, tea, NULL));
  PROBE_WAIT (!probe_is_in (bob, "tea"));
  probe_send_to (ann, "to", "tea", "news", "{\"cups\":1}");
  probe_assert_heard (ann, "news", "{\"cups\":1}");
  probe_settle (bob);
  probe_settle (eve);
  g_assert_cmpuint (probe_count (bob, "news") + probe_count (eve, "news"), ==, 0);
}

static void
test_auto_join (void)
{
  const char * const rooms[] = { "tea", "ünï", NULL };
  g_autoptr (Probe) probe = probe_new (url, "ann");

  g_object_set (probe->client, "auto-join-rooms", rooms, NULL);
  probe_connect (probe);
  probe_wait_online (probe);
  PROBE_WAIT (probe_is_in (probe, "tea") && probe_is_in (probe, "ünï"));
}

static void
test_reserved_room (void)
{
  const char * const rooms[] = { "fine", "ws:broadcast", NULL };
  g_autoptr (Probe) ann = probe_new_online (url, "ann");
  g_autoptr (RawPeer) raw = raw_peer_new_authenticated (url, "raw");
  g_autoptr (GError) error = NULL;
  g_autofree char *members = NULL;

  g_assert_false (signal_client_join_rooms (ann->client, rooms, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  probe_settle (ann);
  g_assert_false (probe_is_in (ann, "fine"));

  raw_peer_send_text (raw, "{\"event\":\"join\",\"data\":{\"rooms\":[\"ws:secret\",\"open\"]}}");
  PROBE_WAIT (g_strcmp0 (members = (g_free (members),
                                    probe_ask (ann, "members", "{\"room\":\"open\"}")),
                         "[\"raw\"]") == 0);
  g_free (members);
  members = probe_ask (ann, "members", "{\"room\":\"ws:secret\"}");
  g_assert_cmpstr (members, ==, "[]");
}

static void
test_room_refused (void)
{
  const char * const rooms[] = { "forbidden-tea", "tea", NULL };
  g_autoptr (Probe) ann = probe_new_online (url, "ann");
  g_autoptr (Probe) bob = probe_new_online (url, "bob");

  g_assert_true (signal_client_join_rooms (ann->client, rooms, NULL));
  PROBE_WAIT (probe_is_in (ann, "tea"));
  g_assert_false (probe_is_in (ann, "forbidden-tea"));
  probe_send_to (bob, "to", "forbidden-tea", "news", "1");
  probe_settle (bob);
  probe_settle (ann);
  g_assert_cmpuint (probe_count (ann, "news"), ==, 0);
  g_assert_cmpuint (ann->errors->len, ==, 0);
  g_assert_cmpuint (g_strv_length ((GStrv) signal_client_get_rooms (ann->client)), ==, 2);
}

static void
test_user (void)
{
  g_autoptr (Probe) desk = probe_new_online (url, "ann");
  g_autoptr (Probe) phone = probe_new_online (url, "ann");
  g_autoptr (Probe) bob = probe_new_online (url, "bob");

  probe_send_to (bob, "to-user", "ann", "news", "\"for ann\"");
  probe_assert_heard (desk, "news", "\"for ann\"");
  probe_assert_heard (phone, "news", "\"for ann\"");
  probe_settle (bob);
  g_assert_cmpuint (probe_count (bob, "news"), ==, 0);
}

static void
test_broadcast (void)
{
  Probe *probes[20];

  for (guint i = 0; i < G_N_ELEMENTS (probes); i++)
    {
      probes[i] = probe_new (url, "ann");
      probe_connect (probes[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (probes); i++)
    probe_wait_online (probes[i]);

  probe_send_to (probes[0], "broadcast", "", "news", "[1]");
  for (guint i = 0; i < G_N_ELEMENTS (probes); i++)
    probe_assert_heard (probes[i], "news", "[1]");
  for (guint i = 0; i < G_N_ELEMENTS (probes); i++)
    {
      g_assert_cmpuint (probe_count (probes[i], "news"), ==, 0);
      probe_free (probes[i]);
    }
}

static void
test_without_encryption (void)
{
  g_autofree char *open_url = world_ask ("server", "open", kind, "ENCRYPTION=none", NULL);
  g_autoptr (Probe) strict = probe_new (open_url, "ann");
  g_autoptr (Probe) ann = probe_new (open_url, "ann");
  g_autoptr (Probe) bob = probe_new (open_url, "bob");

  g_object_set (ann->client, "require-encryption", FALSE, NULL);
  g_object_set (bob->client, "require-encryption", FALSE, NULL);
  probe_connect (ann);
  probe_connect (bob);
  probe_wait_online (ann);
  probe_wait_online (bob);
  g_test_message ("encrypted: %d", signal_client_get_encrypted (ann->client));
  probe_join (ann, "tea");
  probe_join (bob, "tea");
  probe_send_to (ann, "to", "tea", "news", "1");
  probe_assert_heard (ann, "news", "1");
  probe_assert_heard (bob, "news", "1");
  g_assert_cmpuint (ann->errors->len, ==, 0);

  /* The public server then has no keys to give; the embedded one gives them to who asks. */
  probe_connect (strict);
  if (g_str_equal (kind, "public"))
    {
      g_assert_false (signal_client_get_encrypted (ann->client));
      probe_wait_failure (strict, SIGNAL_ERROR, SIGNAL_ERROR_ENCRYPTION_REQUIRED);
    }
  else
    {
      g_assert_true (signal_client_get_encrypted (ann->client));
      probe_wait_online (strict);
    }
  world_tell ("stop", "open", NULL);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  kind = argv[1];
  url = world_ask ("server", "one", kind, NULL);
  g_test_add_func ("/interop/messages/hello", test_hello);
  g_test_add_func ("/interop/messages/echo", test_echo);
  g_test_add_func ("/interop/messages/echo-without-payload", test_echo_without_payload);
  g_test_add_func ("/interop/messages/echo-large-integer", test_echo_large_integer);
  g_test_add_func ("/interop/messages/first-rooms", test_first_rooms);
  g_test_add_func ("/interop/messages/rooms", test_rooms);
  g_test_add_func ("/interop/messages/auto-join", test_auto_join);
  g_test_add_func ("/interop/messages/reserved-room", test_reserved_room);
  g_test_add_func ("/interop/messages/room-refused", test_room_refused);
  g_test_add_func ("/interop/messages/user", test_user);
  g_test_add_func ("/interop/messages/broadcast", test_broadcast);
  g_test_add_func ("/interop/messages/without-encryption", test_without_encryption);
  result = g_test_run ();
  g_free (url);
  return result;
}
