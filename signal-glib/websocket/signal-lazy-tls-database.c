/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-lazy-tls-database-private.h"

/* Asks another database. GLib's TLS reads all the certificates of a database of its own kind once
 * more for each connection, on the main loop: of the system's, that is 10 ms each time. Of this it
 * only asks whether a chain is good, and in the thread that the handshake is in. */

#define SIGNAL_TYPE_TRUST (signal_trust_get_type ())

G_DECLARE_FINAL_TYPE (SignalTrust, signal_trust, SIGNAL, TRUST, GTlsDatabase)

struct _SignalTrust
{
  GTlsDatabase parent_instance;

  GTlsDatabase *database; /* NULL: the system's, which is read when it is first asked */
};

G_DEFINE_FINAL_TYPE (SignalTrust, signal_trust, G_TYPE_TLS_DATABASE)

static GTlsCertificateFlags
signal_trust_verify_chain (GTlsDatabase             *database,
                           GTlsCertificate          *chain,
                           const char               *purpose,
                           GSocketConnectable       *identity,
                           GTlsInteraction          *interaction,
                           GTlsDatabaseVerifyFlags   flags,
                           GCancellable             *cancellable,
                           GError                  **error)
{
  SignalTrust *self = SIGNAL_TRUST (database);
  g_autoptr (GTlsDatabase) asked = NULL;

  if (self->database != NULL)
    asked = g_object_ref (self->database);
  else
    asked = g_tls_backend_get_default_database (g_tls_backend_get_default ());
  if (asked == NULL)
    return G_TLS_CERTIFICATE_UNKNOWN_CA;

  return g_tls_database_verify_chain (asked, chain, purpose, identity, interaction, flags,
                                      cancellable, error);
}

static void
signal_trust_finalize (GObject *object)
{
  g_clear_object (&SIGNAL_TRUST (object)->database);

  G_OBJECT_CLASS (signal_trust_parent_class)->finalize (object);
}

static void
signal_trust_class_init (SignalTrustClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = signal_trust_finalize;
  G_TLS_DATABASE_CLASS (klass)->verify_chain = signal_trust_verify_chain;
}

static void
signal_trust_init (SignalTrust *self)
{
}

/* database: NULL for the system's. */
GTlsDatabase *
signal_trust_new (GTlsDatabase *database)
{
  SignalTrust *self = g_object_new (SIGNAL_TYPE_TRUST, NULL);

  g_set_object (&self->database, database);
  return G_TLS_DATABASE (self);
}
