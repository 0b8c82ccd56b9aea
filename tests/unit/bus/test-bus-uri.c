/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "signal-glib/signal-error.h"
#include "signal-glib/bus/signal-bus-uri-private.h"

#define SECRET "a-secret-of-the-test"

static const struct
{
  const char *text;
  const char *user;     /* NULL for none */
  const char *password; /* NULL for none */
  const char *label;
  gboolean is_secure;
} good[] = {
  { "redis://localhost", NULL, NULL, "localhost:6379", FALSE },
  { "rediss://localhost", NULL, NULL, "localhost:6379", TRUE },
  { "redis://localhost:7000", NULL, NULL, "localhost:7000", FALSE },
  { "redis://127.0.0.1:1", NULL, NULL, "127.0.0.1:1", FALSE },
  { "redis://[::1]", NULL, NULL, "[::1]:6379", FALSE },
  { "redis://[::1]:65535", NULL, NULL, "[::1]:65535", FALSE },
  { "redis://:secret@localhost", "", "secret", "localhost:6379", FALSE },
  { "redis://ann:secret@localhost:7000", "ann", "secret", "localhost:7000", FALSE },
  { "redis://ann:@localhost", "ann", "", "localhost:6379", FALSE },
  { "redis://a%3Ab:p%40s%2Fs%25@localhost", "a:b", "p@s/s%", "localhost:6379", FALSE },
  { "redis://:a:b@localhost", "", "a:b", "localhost:6379", FALSE },
  { "redis://localhost/", NULL, NULL, "localhost:6379", FALSE },
  { "redis://localhost:7000/12", NULL, NULL, "localhost:7000", FALSE },
  { "REDIS://localhost", NULL, NULL, "localhost:6379", FALSE },
};

static const struct
{
  const char *text;
  const char *reason; /* a part of the error */
} bad[] = {
  { NULL, "no URI" },
  { "", "no URI" },
  { "localhost", "not valid" },
  { "localhost:6379", "must begin with" },
  { "http://localhost", "must begin with" },
  { "unix:///run/redis.sock", "must begin with" },
  { "redis:localhost", "no host" },
  { "redis://", "no host" },
  { "redis://:6379", "no host" },
  { "redis://:" SECRET "@", "no host" },
  { "redis://a..b", "neither an IP address" },
  { "redis://a%0d%0ab", "neither an IP address" },
  { "redis://localhost:0", "between 1 and 65535" },
  { "redis://localhost:65536", "not valid" },
  { "redis://localhost:port", "not valid" },
  { "redis://" SECRET "@localhost", "no password" },
  { "redis://localhost/a", "path" },
  { "redis://:" SECRET "@localhost/1/2", "path" },
  { "redis://localhost?db=1", "path" },
  { "redis://localhost#a", "path" },
  { "redis://:" SECRET "%@localhost", "not valid" },
  { "redis://:" SECRET "%00@localhost", "not valid" },
  { "redis://:\xff@localhost", "not valid" },
};

static void
test_good (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GUri) uri = signal_bus_uri_parse (good[i].text, &error);
      g_autofree char *label = NULL;

      g_test_message ("%s", good[i].text);
      g_assert_no_error (error);
      label = signal_bus_uri_get_label (uri);
      g_assert_cmpstr (label, ==, good[i].label);
      g_assert_cmpstr (g_uri_get_user (uri), ==, good[i].user);
      g_assert_cmpstr (g_uri_get_password (uri), ==, good[i].password);
      g_assert_cmpint (signal_bus_uri_is_secure (uri), ==, good[i].is_secure);
    }
}

static void
test_bad (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GUri) uri = signal_bus_uri_parse (bad[i].text, &error);

      g_test_message ("%u", i);
      g_assert_null (uri);
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (error->message, bad[i].reason));
      g_assert_null (strstr (error->message, SECRET));
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/bus-uri/good", test_good);
  g_test_add_func ("/bus-uri/bad", test_bad);

  return g_test_run ();
}
