/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "demo-android.h"

#include <gio/gio.h>

#include "../common/system-certificates.h"

/* Where Android 14 and later have the certificates, and where earlier versions do. */
static const char * const CERTIFICATES[] = {
  "/apex/com.android.conscrypt/cacerts",
  "/system/etc/security/cacerts",
  NULL,
};

/* The entry point of glib-networking's backend, which no header declares. */
void g_io_openssl_load (GIOModule *module);

/* An APK has no directory of GIO modules: the backend for TLS is linked into this program. */
void
demo_android_init_tls (void)
{
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) error = NULL;

  g_io_openssl_load (NULL);

  database = system_certificates_load (CERTIFICATES, &error);
  if (database == NULL)
    {
      g_warning ("Failed to load the certificates of the system: %s", error->message);
      return;
    }
  g_tls_backend_set_default_database (g_tls_backend_get_default (), database);
}
