/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include <gio/gio.h>

#include <signal-glib/signal-glib.h>

#include "signal-glib/protocol/signal-close-code-private.h"

/* The table of close codes in the protocol's documentation. */
static const struct
{
  guint16           code;
  const char       *server_error;
  SignalCloseAction action;
  int               error;        /* SignalError */
} cases[] = {
  { 1000, NULL, SIGNAL_CLOSE_ACTION_RETRY, SIGNAL_ERROR_NOT_CONNECTED },
  { 1001, NULL, SIGNAL_CLOSE_ACTION_RETRY, SIGNAL_ERROR_NOT_CONNECTED },
  { 1005, NULL, SIGNAL_CLOSE_ACTION_RETRY, SIGNAL_ERROR_NOT_CONNECTED },
  { 1006, NULL, SIGNAL_CLOSE_ACTION_RETRY, SIGNAL_ERROR_NOT_CONNECTED },
  { 1006, "Authentication failed", SIGNAL_CLOSE_ACTION_RETRY, SIGNAL_ERROR_NOT_CONNECTED },
  { 1009, NULL, SIGNAL_CLOSE_ACTION_RETRY, SIGNAL_ERROR_TOO_LARGE },
  { 1011, NULL, SIGNAL_CLOSE_ACTION_RETRY, SIGNAL_ERROR_NOT_CONNECTED },
  { 1012, NULL, SIGNAL_CLOSE_ACTION_RETRY, SIGNAL_ERROR_NOT_CONNECTED },
  { 1013, NULL, SIGNAL_CLOSE_ACTION_RETRY, SIGNAL_ERROR_NOT_CONNECTED },
  { 4001, NULL, SIGNAL_CLOSE_ACTION_RETRY, SIGNAL_ERROR_TIMED_OUT },
  { 4002, NULL, SIGNAL_CLOSE_ACTION_RETRY_NOW, SIGNAL_ERROR_TIMED_OUT },
  { 4003, NULL, SIGNAL_CLOSE_ACTION_WAIT_FOR_TOKEN, SIGNAL_ERROR_AUTHENTICATION_FAILED },
  { 4003, "", SIGNAL_CLOSE_ACTION_WAIT_FOR_TOKEN, SIGNAL_ERROR_AUTHENTICATION_FAILED },
  { 4003, "Authentication failed", SIGNAL_CLOSE_ACTION_WAIT_FOR_TOKEN, SIGNAL_ERROR_AUTHENTICATION_FAILED },
  { 4003, "Authentication error", SIGNAL_CLOSE_ACTION_RETRY, SIGNAL_ERROR_SERVER },
  { 4004, NULL, SIGNAL_CLOSE_ACTION_STOP, SIGNAL_ERROR_ENCRYPTION_REQUIRED },
  { 4004, "Encryption handshake failed", SIGNAL_CLOSE_ACTION_STOP, SIGNAL_ERROR_ENCRYPTION_REQUIRED },
  { 4999, NULL, SIGNAL_CLOSE_ACTION_RETRY, SIGNAL_ERROR_NOT_CONNECTED },
  { G_MAXUINT16, NULL, SIGNAL_CLOSE_ACTION_RETRY, SIGNAL_ERROR_NOT_CONNECTED },
};

static void
test_table (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      SignalCloseAction action = SIGNAL_CLOSE_ACTION_STOP;
      g_autoptr (GError) error = signal_close_code_explain (cases[i].code, NULL, cases[i].server_error,
                                                         NULL, &action);

      g_test_message ("%u after %s", cases[i].code,
                      cases[i].server_error != NULL ? cases[i].server_error : "nothing");
      g_assert_error (error, SIGNAL_ERROR, cases[i].error);
      g_assert_cmpint (action, ==, cases[i].action);
      g_assert_cmpuint (strlen (error->message), >, 20);
    }
}

/* The two causes of a 4004 are distinguished. */
static void
test_encryption_causes (void)
{
  SignalCloseAction action;
  g_autoptr (GError) refused = signal_close_code_explain (4004, NULL, "Encryption handshake failed",
                                                       NULL, &action);
  g_autoptr (GError) wrong = signal_close_code_explain (4004, NULL, NULL, NULL, &action);

  g_assert_nonnull (strstr (refused->message, "rejected the encryption handshake"));
  g_assert_nonnull (strstr (wrong->message, "requires encryption but did not start it"));
}

/* Without a close frame, the error of the transport is reported; with one, that of the server. */
static void
test_transport_error (void)
{
  g_autoptr (GError) reset = g_error_new (G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "Reset");
  SignalCloseAction action;
  g_autoptr (GError) lost = signal_close_code_explain (1006, NULL, NULL, reset, &action);
  g_autoptr (GError) closed = NULL;

  g_assert_error (lost, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  g_assert_cmpint (action, ==, SIGNAL_CLOSE_ACTION_RETRY);
  closed = signal_close_code_explain (1012, NULL, NULL, reset, &action);
  g_assert_error (closed, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
  g_assert_nonnull (strstr (closed->message, "1012"));
}

static gboolean
is_listed (guint code)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    if (cases[i].code == code && cases[i].error != SIGNAL_ERROR_NOT_CONNECTED)
      return TRUE;

  return FALSE;
}

/* Of all codes, only those of the table have a meaning of their own, and only those that the transport
 * itself closes with are explained by its error. */
static void
test_all_codes (void)
{
  g_autoptr (GError) reset = g_error_new (G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "Reset");

  for (guint code = 0; code <= G_MAXUINT16; code++)
    {
      SignalCloseAction action = SIGNAL_CLOSE_ACTION_STOP;
      g_autofree char *number = g_strdup_printf ("(code %u)", code);
      g_autoptr (GError) alone = signal_close_code_explain ((guint16) code, NULL, NULL, NULL, &action);
      g_autoptr (GError) both = signal_close_code_explain ((guint16) code, NULL, NULL, reset, &action);

      if (!is_listed (code))
        {
          g_assert_error (alone, SIGNAL_ERROR, SIGNAL_ERROR_NOT_CONNECTED);
          g_assert_cmpint (strstr (alone->message, number) != NULL, ==, code != 1006);
          g_assert_cmpint (action, ==, SIGNAL_CLOSE_ACTION_RETRY);
        }
      if (code == 1002 || code == 1006 || code == 1007 || code == 1009)
        g_assert_cmpstr (both->message, ==, "Reset");
      else
        g_assert_cmpstr (both->message, ==, alone->message);
    }
}

/* The reason is quoted on a single line, and changes nothing else. */
static void
test_reason (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *server_error = cases[i].server_error;
      SignalCloseAction action = SIGNAL_CLOSE_ACTION_RETRY;
      g_autoptr (GError) none = signal_close_code_explain (cases[i].code, NULL, server_error, NULL, &action);
      g_autoptr (GError) empty = signal_close_code_explain (cases[i].code, "", server_error, NULL, &action);
      g_autoptr (GError) given = signal_close_code_explain (cases[i].code, "back\nsoon", server_error, NULL,
                                                            &action);
      g_autofree char *expected = g_strconcat (none->message, ": “back soon”", NULL);

      g_assert_cmpstr (empty->message, ==, none->message);
      g_assert_error (given, SIGNAL_ERROR, cases[i].error);
      g_assert_cmpstr (given->message, ==, expected);
      g_assert_cmpint (action, ==, cases[i].action);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/close-code/table", test_table);
  g_test_add_func ("/close-code/encryption-causes", test_encryption_causes);
  g_test_add_func ("/close-code/transport-error", test_transport_error);
  g_test_add_func ("/close-code/all-codes", test_all_codes);
  g_test_add_func ("/close-code/reason", test_reason);

  return g_test_run ();
}
