/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "interop.h"
#include "tests/histories/history.h"

#include <string.h>

/* Messages and rooms, with either server. */

static const char *kind;
static char *url;

static void
test_connected (void)
{
  g_autoptr (Recorder) recorder = interop_recorder_new_connected (url, "ann");

  g_assert_true (g_uuid_string_is_valid (signal_client_get_client_id (recorder->client)));
  g_assert_cmpstr (signal_client_get_user_id (recorder->client), ==, "ann");
  g_assert_true (signal_client_get_encrypted (recorder->client));
  g_assert_cmpuint (recorder->n_connected, ==, 1);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

static void
test_echo (void)
{
  const char * const payloads[] = {
    "{\"text\":\"hi\",\"list\":[1,2.5,-3,true,false,null,{}]}", "[]", "\"\"", "0", "-1", "true",
    "false", "null", "\"\\\"\\\\ \\n\\t añ🎈 \"", "9007199254740991", "{\"\":{\"\":[[[]]]}}",
  };
  g_autoptr (Recorder) recorder = interop_recorder_new_connected (url, "ann");

  for (guint i = 0; i < G_N_ELEMENTS (payloads); i++)
    {
      g_autofree char *answer = interop_request (recorder, "echo", payloads[i]);

      g_assert_cmpstr (answer, ==, payloads[i]);
    }
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

static void
test_echo_without_payload (void)
{
  g_autoptr (Recorder) recorder = interop_recorder_new_connected (url, "ann");
  g_autofree char *answer = interop_request (recorder, "echo", NULL);

  g_assert_null (answer);
}

/* The public server parses and writes JSON like JavaScript. */
static void
test_echo_large_integer (void)
{
  g_autoptr (Recorder) recorder = interop_recorder_new_connected (url, "ann");
  g_autofree char *answer = interop_request (recorder, "echo", "9007199254740993");

  g_assert_cmpstr (answer, ==,
                   g_str_equal (kind, "public") ? "9007199254740992" : "9007199254740993");
}

typedef struct
{
  SignalMessage *answer;
  GError        *error;
  guint          n_done;
} Answer;

static void
on_answered (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Answer *answer = user_data;

  answer->answer = signal_client_request_finish (SIGNAL_CLIENT (source), result, &answer->error);
  answer->n_done++;
}

static void
answer_clear (Answer *answer)
{
  g_clear_pointer (&answer->answer, signal_message_unref);
  g_clear_error (&answer->error);
}

#define N_REQUESTS 200

/* The public server decrypts and encrypts concurrently, so that answers arrive in any order. */
static void
ask_many (Recorder   *recorder,
          const char *event)
{
  Answer answers[N_REQUESTS] = { 0 };

  for (guint i = 0; i < N_REQUESTS; i++)
    {
      g_autofree char *json = g_strdup_printf ("{\"n\":%u}", i);

      signal_client_request_json_async (recorder->client, event, json, 0, NULL, on_answered, &answers[i]);
    }

  for (guint i = 0; i < N_REQUESTS; i++)
    {
      JsonObject *object;

      INTEROP_WAIT (answers[i].n_done > 0);
      g_assert_no_error (answers[i].error);
      object = json_node_get_object (signal_message_get_payload (answers[i].answer));
      g_assert_cmpint (json_object_get_int_member (object, "n"), ==, i);
      answer_clear (&answers[i]);
    }
}

static void
test_requests (void)
{
  g_autoptr (Recorder) recorder = interop_recorder_new_connected (url, "ann");
  Answer denied = { 0 };
  Answer ignored = { 0 };

  ask_many (recorder, "ask");
  signal_client_request_json_async (recorder->client, "deny", NULL, 0, NULL, on_answered, &denied);
  signal_client_request_json_async (recorder->client, "ignored", NULL, 200, NULL, on_answered, &ignored);
  INTEROP_WAIT (denied.n_done > 0 && ignored.n_done > 0);
  g_assert_error (denied.error, SIGNAL_ERROR, SIGNAL_ERROR_SERVER);
  g_assert_cmpstr (denied.error->message, ==, "Denied");
  g_assert_error (ignored.error, SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT);
  answer_clear (&denied);
  answer_clear (&ignored);

  signal_client_set_correlation_member (recorder->client, "requestId");
  ask_many (recorder, "ask-member");
  g_assert_cmpuint (recorder->errors->len, ==, 0);
  g_assert_cmpuint (recorder->messages->len, ==, 0);
}

static void
test_first_rooms (void)
{
  g_autoptr (Recorder) ann = interop_recorder_new_connected (url, "ann");
  g_autoptr (Recorder) bob = interop_recorder_new_connected (url, "bob");

  g_assert_true (interop_is_in_room (ann, "ws-default"));
  g_assert_true (interop_is_in_room (ann, "ws-notification"));
  g_assert_true (interop_is_in_room (ann, signal_client_get_client_id (ann->client)));

  interop_send_to (bob, "to", signal_client_get_client_id (ann->client), "news", "1");
  recorder_assert_message (ann, "news", "1");
  interop_send_to (bob, "to", "ws-notification", "news", "2");
  recorder_assert_message (ann, "news", "2");
  recorder_assert_message (bob, "news", "2");
}

static void
test_rooms (void)
{
  const char * const tea[] = { "tea", NULL };
  g_autoptr (Recorder) ann = interop_recorder_new_connected (url, "ann");
  g_autoptr (Recorder) bob = interop_recorder_new_connected (url, "bob");
  g_autoptr (Recorder) eve = interop_recorder_new_connected (url, "eve");
  g_autofree char *members = NULL;

  interop_join (ann, "tea");
  interop_join (bob, "tea");
  members = interop_request (eve, "members", "{\"room\":\"tea\"}");
  g_assert_cmpstr (members, ==, "[\"ann\",\"bob\"]");

  interop_send_to (eve, "to", "tea", "news", "{\"cups\":2}");
  recorder_assert_message (ann, "news", "{\"cups\":2}");
  recorder_assert_message (bob, "news", "{\"cups\":2}");

  g_assert_true (signal_client_leave_rooms (bob->client, tea, NULL));
  INTEROP_WAIT (!interop_is_in_room (bob, "tea"));
  interop_send_to (ann, "to", "tea", "news", "{\"cups\":1}");
  recorder_assert_message (ann, "news", "{\"cups\":1}");
  interop_settle (bob);
  interop_settle (eve);
  g_assert_cmpuint (recorder_count_messages (bob, "news") + recorder_count_messages (eve, "news"),
                    ==, 0);
}

static void
test_auto_join (void)
{
  const char * const rooms[] = { "tea", "ünï", NULL };
  g_autoptr (Recorder) recorder = interop_recorder_new (url, "ann");

  g_object_set (recorder->client, "auto-join-rooms", rooms, NULL);
  recorder_start (recorder);
  recorder_wait_connected (recorder);
  INTEROP_WAIT (interop_is_in_room (recorder, "tea") && interop_is_in_room (recorder, "ünï"));
}

static void
test_reserved_room (void)
{
  const char * const rooms[] = { "fine", "ws:broadcast", NULL };
  g_autoptr (Recorder) ann = interop_recorder_new_connected (url, "ann");
  g_autoptr (RawClient) raw = raw_client_new_authenticated (url, "raw");
  g_autoptr (GError) error = NULL;
  g_autofree char *members = NULL;

  g_assert_false (signal_client_join_rooms (ann->client, rooms, &error));
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
  interop_settle (ann);
  g_assert_false (interop_is_in_room (ann, "fine"));

  raw_client_send_text (raw, "{\"event\":\"join\",\"data\":{\"rooms\":[\"ws:secret\",\"open\"]}}");
  INTEROP_WAIT (g_strcmp0 (members = (g_free (members),
                                      interop_request (ann, "members", "{\"room\":\"open\"}")),
                           "[\"raw\"]") == 0);
  g_free (members);
  members = interop_request (ann, "members", "{\"room\":\"ws:secret\"}");
  g_assert_cmpstr (members, ==, "[]");
}

static void
test_room_refused (void)
{
  const char * const rooms[] = { "forbidden-tea", "tea", NULL };
  g_autoptr (Recorder) ann = interop_recorder_new_connected (url, "ann");
  g_autoptr (Recorder) bob = interop_recorder_new_connected (url, "bob");

  g_assert_true (signal_client_join_rooms (ann->client, rooms, NULL));
  INTEROP_WAIT (interop_is_in_room (ann, "tea"));
  g_assert_false (interop_is_in_room (ann, "forbidden-tea"));
  interop_send_to (bob, "to", "forbidden-tea", "news", "1");
  interop_settle (bob);
  interop_settle (ann);
  g_assert_cmpuint (recorder_count_messages (ann, "news"), ==, 0);
  g_assert_cmpuint (ann->errors->len, ==, 0);
  g_assert_cmpuint (g_strv_length ((GStrv) signal_client_get_rooms (ann->client)), ==, 2);
}

static void
test_user (void)
{
  g_autoptr (Recorder) desk = interop_recorder_new_connected (url, "ann");
  g_autoptr (Recorder) phone = interop_recorder_new_connected (url, "ann");
  g_autoptr (Recorder) bob = interop_recorder_new_connected (url, "bob");

  interop_send_to (bob, "to-user", "ann", "news", "\"for ann\"");
  recorder_assert_message (desk, "news", "\"for ann\"");
  recorder_assert_message (phone, "news", "\"for ann\"");
  interop_settle (bob);
  g_assert_cmpuint (recorder_count_messages (bob, "news"), ==, 0);
}

static void
test_broadcast (void)
{
  Recorder *recorders[20];

  for (guint i = 0; i < G_N_ELEMENTS (recorders); i++)
    {
      recorders[i] = interop_recorder_new (url, "ann");
      recorder_start (recorders[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (recorders); i++)
    recorder_wait_connected (recorders[i]);

  interop_send_to (recorders[0], "broadcast", "", "news", "[1]");
  for (guint i = 0; i < G_N_ELEMENTS (recorders); i++)
    recorder_assert_message (recorders[i], "news", "[1]");
  for (guint i = 0; i < G_N_ELEMENTS (recorders); i++)
    {
      g_assert_cmpuint (recorder_count_messages (recorders[i], "news"), ==, 0);
      recorder_free (recorders[i]);
    }
}

static void
test_without_encryption (void)
{
  g_autofree char *open_url = processes_query ("server", "open", kind, "ENCRYPTION=none", NULL);
  g_autoptr (Recorder) strict = interop_recorder_new (open_url, "ann");
  g_autoptr (Recorder) ann = interop_recorder_new (open_url, "ann");
  g_autoptr (Recorder) bob = interop_recorder_new (open_url, "bob");

  g_object_set (ann->client, "require-encryption", FALSE, NULL);
  g_object_set (bob->client, "require-encryption", FALSE, NULL);
  recorder_start (ann);
  recorder_start (bob);
  recorder_wait_connected (ann);
  recorder_wait_connected (bob);
  g_test_message ("encrypted: %d", signal_client_get_encrypted (ann->client));
  interop_join (ann, "tea");
  interop_join (bob, "tea");
  interop_send_to (ann, "to", "tea", "news", "1");
  recorder_assert_message (ann, "news", "1");
  recorder_assert_message (bob, "news", "1");
  g_assert_cmpuint (ann->errors->len, ==, 0);

  /* The public server then supports no keys; the embedded one agrees on a key with a client that
   * requests it. */
  recorder_start (strict);
  if (g_str_equal (kind, "public"))
    {
      g_assert_false (signal_client_get_encrypted (ann->client));
      recorder_wait_failure (strict, SIGNAL_ERROR, SIGNAL_ERROR_ENCRYPTION_REQUIRED);
    }
  else
    {
      g_assert_true (signal_client_get_encrypted (ann->client));
      recorder_wait_connected (strict);
    }
  processes_command ("stop", "open", NULL);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  interop_test_init (&argc, &argv);
  kind = argv[1];
  url = processes_query ("server", "one", kind, NULL);
  g_test_add_func ("/interop/messages/connected", test_connected);
  g_test_add_func ("/interop/messages/echo", test_echo);
  g_test_add_func ("/interop/messages/echo-without-payload", test_echo_without_payload);
  g_test_add_func ("/interop/messages/echo-large-integer", test_echo_large_integer);
  g_test_add_func ("/interop/messages/requests", test_requests);
  g_test_add_func ("/interop/messages/first-rooms", test_first_rooms);
  g_test_add_func ("/interop/messages/rooms", test_rooms);
  g_test_add_func ("/interop/messages/auto-join", test_auto_join);
  g_test_add_func ("/interop/messages/reserved-room", test_reserved_room);
  g_test_add_func ("/interop/messages/room-refused", test_room_refused);
  g_test_add_func ("/interop/messages/user", test_user);
  g_test_add_func ("/interop/messages/broadcast", test_broadcast);
  g_test_add_func ("/interop/messages/without-encryption", test_without_encryption);
  result = history_run ();
  g_free (url);
  return result;
}
