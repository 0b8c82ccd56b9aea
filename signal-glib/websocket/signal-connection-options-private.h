/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* The settings of one connection. This reference-counted struct is immutable while it is shared;
 * see signal_connection_options_make_writable(). All pointers except ecdh_info may be NULL for
 * the default. */
typedef struct
{
  gatomicrefcount     ref_count;

  GTlsDatabase       *tls_database;
  GTlsCertificate    *tls_certificate; /* the client certificate */
  GProxyResolver     *proxy_resolver;
  SoupMessageHeaders *headers;
  gboolean            allow_insecure;

  char               *ecdh_info;
  gboolean            require_encryption;
  guint               connect_timeout;    /* ms */
  guint               heartbeat_interval; /* ms; 0: no heartbeats */
  guint               liveness_timeout;   /* ms */
  guint               max_message_size;   /* bytes of a frame's payload */
  guint64             max_incoming_size;  /* likewise */
} SignalConnectionOptions;

SignalConnectionOptions *signal_connection_options_new           (void) G_GNUC_WARN_UNUSED_RESULT;
SignalConnectionOptions *signal_connection_options_ref           (SignalConnectionOptions  *self);
void                     signal_connection_options_unref         (SignalConnectionOptions  *self);
SignalConnectionOptions *signal_connection_options_make_writable (SignalConnectionOptions **self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalConnectionOptions, signal_connection_options_unref)

G_END_DECLS
