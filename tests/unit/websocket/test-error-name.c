/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>
#include <libsoup/soup.h>

#include "signal-glib/signal-error.h"
#include "signal-glib/websocket/signal-error-name-private.h"

static void
assert_name (GQuark      domain,
             int         code,
             const char *expected)
{
  g_autoptr (GError) error = g_error_new_literal (domain, code, "text of the peer");
  g_autofree char *name = signal_error_name (error);

  g_assert_cmpstr (name, ==, expected);
}

/* The message is never a part of it. */
static void
test_names (void)
{
  assert_name (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT, "SIGNAL_ERROR_TIMED_OUT");
  assert_name (G_IO_ERROR, G_IO_ERROR_CANCELLED, "G_IO_ERROR_CANCELLED");
  assert_name (G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "G_TLS_ERROR_BAD_CERTIFICATE");
  assert_name (G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "G_RESOLVER_ERROR_NOT_FOUND");
  assert_name (SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE,
               "SOUP_WEBSOCKET_ERROR_BAD_HANDSHAKE");
}

/* libsoup uses close codes as error codes, which its enumeration does not contain; any other domain may
 * come from a stream or a handler of the application. */
static void
test_unknown (void)
{
  assert_name (SOUP_WEBSOCKET_ERROR, SOUP_WEBSOCKET_CLOSE_PROTOCOL_ERROR, "soup-websocket-error-quark 1002");
  assert_name (g_quark_from_static_string ("an-application-error"), 7, "an-application-error 7");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/error-name/known", test_names);
  g_test_add_func ("/error-name/unknown", test_unknown);

  return g_test_run ();
}
