/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/lib/recorder.h"

#include <string.h>

/* What a server says before it has authenticated the client, or to refuse it: little is taken, and
 * what is shown to people is harmless. */

/* More than is taken before `connected`, less than afterwards. */
#define LARGE (64 * 1024 + 1)

static char *
fill_message (gsize length)
{
  g_autofree char *padding = g_strnfill (length - strlen ("{\"event\":\"e\",\"data\":\"\"}"), 'x');

  return g_strdup_printf ("{\"event\":\"e\",\"data\":\"%s\"}", padding);
}

static void
greet_with_large (Guest *guest)
{
  g_autofree char *text = fill_message (LARGE);

  if (guest->host->guests->len == 1)
    guest_send_text (guest, text);
  guest_welcome (guest);
}

/* One byte too many ends the attempt, not the client. */
static void
test_large (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  host->greet = greet_with_large;
  recorder_connect (recorder);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE);
  g_assert_cmpuint (host_wait_guest (host, 0)->close_code, ==, 1009);
  g_assert_cmpuint (host->guests->len, ==, 2);
}

static void
greet_at_limit (Guest *guest)
{
  g_autofree char *text = fill_message (LARGE - 1);

  guest_send_text (guest, text);
  guest_welcome_plain (guest);
  g_clear_pointer (&text, g_free);
  text = fill_message (4 * LARGE);
  guest_send_text (guest, text);
}

/* The limit itself is taken before `connected`, and what comes right behind that has the other
 * limit. */
static void
test_limit (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  host->greet = greet_at_limit;
  g_object_set (recorder->client, "require-encryption", FALSE, NULL);
  recorder_connect (recorder);
  WAIT_UNTIL (recorder->messages->len == 2);
  g_assert_cmpuint (recorder->errors->len, ==, 0);
}

static void
greet_with_number (Guest *guest)
{
  g_autofree char *connected = guest_compose_connected (guest);
  g_autoptr (GString) text = g_string_new (connected);

  g_string_replace (text, "\"alice\"", "12345678901234567890", 1);
  guest_send_text (guest, text->str);
  guest_take_key (guest);
}

/* Digit for digit: the number may be beyond what a double or 64 bits can hold. */
static void
test_numeric_user_id (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  host->greet = greet_with_number;
  recorder_connect (recorder);
  g_assert_cmpstr (signal_client_get_user_id (recorder->client), ==, "12345678901234567890");
}

static void
greet_with_controls (Guest *guest)
{
  /* ESC, CSI as a C1 control, a right-to-left override, a line separator. */
  guest_send_text (guest, "{\"event\":\"error\",\"data\":{\"message\":"
                          "\"a\\u001b[2Jb\xc2\x9b" "31mc\xe2\x80\xae" "d\xe2\x80\xa8" "e\\u0007\"}}");
  guest_welcome (guest);
}

static void
test_error_text (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  host->greet = greet_with_controls;
  recorder_connect (recorder);
  g_assert_error (recorder_wait_error (recorder, 0), SIGNAL_ERROR, SIGNAL_ERROR_SERVER);
  g_assert_cmpstr (recorder_wait_error (recorder, 0)->message, ==, "a [2Jb 31mc d e ");
}

static void
refuse_with_reason (Guest *guest)
{
  static const char payload[] = "\x03\xf0" "policy: no\x1b[2Jt \xe2\x80\xae" "today";

  guest_send_frame (guest, 0x88, payload, strlen (payload));
}

/* What the server gives as its reason is shown, without what does something to a terminal. */
static void
test_close_reason (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  host->greet = refuse_with_reason;
  g_object_set (recorder->client, "max-retries", 0, NULL);
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
  g_assert_nonnull (strstr (recorder->error->message, "1008"));
  g_assert_nonnull (strstr (recorder->error->message, "“policy: no [2Jt  today”"));
}

static void
refuse_token_with_reason (Guest *guest)
{
  static const char payload[] = "\x0f\xa3" "Token expired";

  guest_send_frame (guest, 0x88, payload, strlen (payload));
}

static void
test_refusal_reason (void)
{
  g_autoptr (Host) host = host_new ();
  g_autoptr (Recorder) recorder = recorder_new (host->uri);

  host->greet = refuse_token_with_reason;
  recorder_connect_fails (recorder, SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED);
  g_assert_nonnull (strstr (recorder->error->message, "Token expired"));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client/before-auth/large", test_large);
  g_test_add_func ("/client/before-auth/limit", test_limit);
  g_test_add_func ("/client/before-auth/numeric-user-id", test_numeric_user_id);
  g_test_add_func ("/client/before-auth/error-text", test_error_text);
  g_test_add_func ("/client/before-auth/close-reason", test_close_reason);
  g_test_add_func ("/client/before-auth/refusal-reason", test_refusal_reason);

  return g_test_run ();
}
