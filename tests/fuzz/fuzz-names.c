/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "fuzz.h"

#include "signal-glib/signal-error.h"
#include "signal-glib/json/signal-json-scanner-private.h"
#include "signal-glib/client/signal-room-set-private.h"
#include "signal-glib/protocol/signal-room-name-private.h"
#include "signal-glib/websocket/signal-url-private.h"

/* No host ends a line or a header field. */
static void
check_field (GUri *uri)
{
  g_autofree char *field = signal_url_compose_host_field (uri);

  g_assert_true (*field != '\0' && g_str_is_ascii (field));
  for (const char *at = field; *at != '\0'; at++)
    g_assert_true (g_ascii_isalnum (*at) || strchr ("-._:[]", *at) != NULL);
}

static void
check_url (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GUri) strict = signal_url_parse (text, FALSE, &error);
  g_autoptr (GUri) loose = signal_url_parse (text, TRUE, NULL);

  if (strict == NULL)
    {
      g_assert_cmpuint (error->domain, ==, SIGNAL_ERROR);
      g_assert_true (loose == NULL || g_error_matches (error, SIGNAL_ERROR, SIGNAL_ERROR_INSECURE));
      return;
    }

  g_assert_nonnull (loose);
  g_assert_true (g_uri_get_host (strict) != NULL && *g_uri_get_host (strict) != '\0');
  g_assert_null (g_uri_get_userinfo (strict));
  check_field (strict);
  check_field (loose);
  if (g_str_equal (g_uri_get_scheme (strict), "ws"))
    {
      g_autoptr (GInetAddress) address = g_inet_address_new_from_string (g_uri_get_host (strict));

      g_assert_true (address == NULL || g_inet_address_get_is_loopback (address));
    }
}

/* A name that is accepted is the same after a round trip over the wire. */
static void
check_room (const char *text)
{
  const char *names[] = { text, "other", NULL };
  g_autoptr (GPtrArray) frames = NULL;

  if (!signal_room_name_check (text, NULL))
    return;

  g_assert_true (g_utf8_validate (text, -1, NULL) && !g_str_has_prefix (text, "ws:"));
  g_assert_cmpint (g_utf8_strlen (text, -1), <=, SIGNAL_ROOM_NAME_MAX_LENGTH);
  frames = signal_room_name_compose_frames ("join", names, 64);
  for (guint i = 0; i < frames->len; i++)
    g_assert_true (signal_json_check (frames->pdata[i], strlen (frames->pdata[i]), NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);

  check_url (text);
  check_room (text);
  return 0;
}
