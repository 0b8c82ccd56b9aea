/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli-bus.h"

#include "cli-tls.h"

void
cli_bus_options_clear (CliBusOptions *options)
{
  g_clear_pointer (&options->uri, g_free);
  g_clear_pointer (&options->channel_prefix, g_free);
  g_clear_pointer (&options->ca_file, g_free);
  g_clear_pointer (&options->certificate_file, g_free);
  g_clear_pointer (&options->key_file, g_free);
}

/* Returns the URI of the options or of the environment, which is not checked, or NULL if there is none. The
 * command line is visible to other users, so that a URI with a password should be in the environment. */
const char *
cli_bus_get_uri (const CliBusOptions *options)
{
  const char *uri = options->uri != NULL ? options->uri : g_getenv ("SIGNAL_REDIS");

  return uri != NULL && *uri != '\0' ? uri : NULL;
}

/* Returns a bus with the given options, or prints an error and returns %NULL. */
SignalBus *
cli_bus_create (const CliBusOptions *options,
                const char          *uri)
{
  g_autoptr (SignalBus) bus = g_object_new (SIGNAL_TYPE_BUS,
                                            "uri", uri,
                                            "channel-prefix", options->channel_prefix,
                                            NULL);

  if (options->ca_file != NULL)
    {
      g_autoptr (GTlsDatabase) database = cli_tls_load_database (options->ca_file);

      if (database == NULL)
        return NULL;
      signal_bus_set_tls_database (bus, database);
    }
  if (options->certificate_file != NULL)
    {
      g_autoptr (GTlsCertificate) certificate =
        cli_tls_load_certificate (options->certificate_file, options->key_file);

      if (certificate == NULL)
        return NULL;
      signal_bus_set_tls_certificate (bus, certificate);
    }
  return g_steal_pointer (&bus);
}
