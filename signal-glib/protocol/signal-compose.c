/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/signal-compose-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "crypto/signal-crypto-private.h"
#include "protocol/signal-envelope-private.h"
#include "signal-error.h"
#include "json/signal-json-writer-private.h"

static gboolean
check_event (const char  *event,
             GError     **error)
{
  if (event == NULL || event[0] == '\0' || !g_utf8_validate (event, -1, NULL))
    {
      g_set_error_literal (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                           _("A message needs the name of an event, in UTF-8"));
      return FALSE;
    }

  if (signal_envelope_event_is_control (event))
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                   _("The event name “%s” belongs to the protocol"), event);
      return FALSE;
    }

  return TRUE;
}

/* json: NULL for a message without payload. */
char *
signal_envelope_compose_json (const char  *event,
                              const char  *json,
                              gsize       *length,
                              GError     **error)
{
  g_autoptr (GError) cause = NULL;

  if (!check_event (event, error))
    return NULL;

  if (json != NULL && !signal_json_check (json, strlen (json), &cause))
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT,
                   _("The payload cannot be sent: %s"), cause->message);
      return NULL;
    }

  return signal_envelope_compose (event, json, length);
}

/* payload: NULL for a message without one. */
char *
signal_envelope_compose_node (const char  *event,
                              JsonNode    *payload,
                              gsize       *length,
                              GError     **error)
{
  g_autofree char *json = NULL;
  char *envelope;

  if (payload != NULL)
    {
      json = signal_json_node_write (payload, error);
      if (json == NULL)
        return NULL;
    }

  envelope = signal_envelope_compose_json (event, json, length, error);
  if (json != NULL)
    signal_crypto_wipe (json, strlen (json));
  return envelope;
}
