/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-websocket-tls-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "websocket/signal-read-ahead-private.h"

/* The task data of a handshake. */
typedef struct
{
  SignalWebsocketTlsOptions options; /* with its own references */
  GSocketConnection *connection;
  GTlsConnection *tls; /* outlives this struct */
  GTlsCertificateFlags errors;          /* of the certificate, as passed to the handler */
  GTlsCertificateFlags accepted_errors; /* those that the handler has accepted */
} Handshake;

static void
handshake_free (Handshake *handshake)
{
  if (handshake->tls != NULL)
    g_signal_handlers_disconnect_by_data (handshake->tls, handshake);
  g_clear_object (&handshake->tls);
  g_clear_object (&handshake->connection);
  g_clear_pointer (&handshake->options.uri, g_uri_unref);
  g_clear_object (&handshake->options.database);
  g_clear_object (&handshake->options.certificate);
  g_free (handshake);
}

/* A zone identifier is only valid on this host, and the trailing dot of an absolute name is meant
 * for the resolver: certificates contain neither. */
static char *
get_certified_host (GUri *uri)
{
  const char *host = g_uri_get_host (uri);
  char *name = g_strndup (host, strcspn (host, "%"));

  if (g_str_has_suffix (name, "."))
    name[strlen (name) - 1] = '\0';
  return name;
}

/* Creates the identity that the certificate must be valid for. glib-networking also sends the
 * name in a network address to the server, where an IP address is not allowed (RFC 6066 section
 * 3); a server that uses GnuTLS aborts the handshake for an IPv6 address. */
static GSocketConnectable *
new_identity (GUri *uri)
{
  g_autofree char *host = get_certified_host (uri);
  guint16 port = (guint16) g_uri_get_port (uri);
  g_autoptr (GInetAddress) address = NULL;

  if (strchr (host, ':') == NULL)
    return g_network_address_new (host, port);

  address = g_inet_address_new_from_string (host);
  return G_SOCKET_CONNECTABLE (g_inet_socket_address_new (address, port));
}

/* Sets an error that describes the problems of the certificate. */
static void
set_certificate_error (Handshake             *handshake,
                       GTlsCertificateFlags   errors,
                       GError               **error)
{
  const struct
  {
    GTlsCertificateFlags flag;
    const char *text;
  } reasons[] = {
    { G_TLS_CERTIFICATE_UNKNOWN_CA, _("the authority that signed it is not trusted") },
    { G_TLS_CERTIFICATE_BAD_IDENTITY, _("it was issued for another host") },
    { G_TLS_CERTIFICATE_NOT_ACTIVATED, _("it is not valid yet") },
    { G_TLS_CERTIFICATE_EXPIRED, _("it has expired") },
    { G_TLS_CERTIFICATE_REVOKED, _("it has been revoked") },
    { G_TLS_CERTIFICATE_INSECURE, _("it uses an insecure algorithm") },
    { G_TLS_CERTIFICATE_GENERIC_ERROR, _("it cannot be verified") },
  };
  g_autofree char *host = get_certified_host (handshake->options.uri);
  g_autoptr (GString) texts = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    if ((errors & reasons[i].flag) != 0)
      {
        g_string_append (texts, texts->len > 0 ? "; " : "");
        g_string_append (texts, reasons[i].text);
      }

  /* Translators: the first is a host, the second one reason or more, such as “it has expired”. */
  g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
               _("The certificate of “%s” is not accepted: %s"), host, texts->str);
}

static gboolean
on_accept_certificate (GTlsConnection       *connection,
                       GTlsCertificate      *certificate,
                       GTlsCertificateFlags  errors,
                       gpointer              user_data)
{
  Handshake *handshake = user_data;
  const SignalWebsocketTlsOptions *options = &handshake->options;

  handshake->errors = errors;
  if (options->accept_certificate == NULL
      || !options->accept_certificate (certificate, errors, options->user_data))
    return FALSE;

  handshake->accepted_errors = errors;
  return TRUE;
}

/* Before version 2.80, glib-networking has all certificates of the database in memory once more for each
 * connection, which takes megabytes for those of the system. TLS 1.3 does not need them any more, because it
 * has no second handshake. Later versions share them, so that the connection would need more memory
 * without the database. There is no other version to ask for than that of GLib, which is released together
 * with glib-networking. */
static void
release_database (GTlsConnection *tls)
{
  if (glib_check_version (2, 80, 0) != NULL
      && g_tls_connection_get_protocol_version (tls) == G_TLS_PROTOCOL_VERSION_TLS_1_3)
    g_tls_connection_set_database (tls, NULL);
}

static void
on_handshake (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  Handshake *handshake = g_task_get_task_data (task);
  GTlsCertificateFlags errors;
  GSocket *socket;
  GError *error = NULL;

  if (!g_tls_connection_handshake_finish (handshake->tls, result, &error))
    {
      if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE) && handshake->errors != 0)
        {
          g_clear_error (&error);
          set_certificate_error (handshake, handshake->errors, &error);
        }
      g_task_return_error (task, error);
      return;
    }

  /* A successful handshake does not imply that the certificate was accepted: if a session is
   * resumed, the signal is not emitted. */
  errors = g_tls_connection_get_peer_certificate_errors (handshake->tls) & ~handshake->accepted_errors;
  if (errors != 0 || g_tls_connection_get_peer_certificate (handshake->tls) == NULL)
    {
      set_certificate_error (handshake, errors != 0 ? errors : G_TLS_CERTIFICATE_GENERIC_ERROR,
                             &error);
      g_task_return_error (task, error);
      return;
    }

  release_database (handshake->tls);
  socket = g_socket_connection_get_socket (handshake->connection);
  g_task_return_pointer (task, g_tcp_wrapper_connection_new (G_IO_STREAM (handshake->tls), socket),
                         g_object_unref);
}

static void
on_created (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  Handshake *handshake = g_task_get_task_data (task);
  GError *error = NULL;

  handshake->tls = g_task_propagate_pointer (G_TASK (result), &error);
  if (handshake->tls == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  if (handshake->options.certificate != NULL)
    g_tls_connection_set_certificate (handshake->tls, handshake->options.certificate);
  g_signal_connect (handshake->tls, "accept-certificate", G_CALLBACK (on_accept_certificate),
                    handshake);
  g_tls_connection_handshake_async (handshake->tls, g_task_get_priority (task),
                                    g_task_get_cancellable (task), on_handshake, g_object_ref (task));
}

/* Creates the TLS connection in a separate thread, with a database of glib-networking's own type,
 * which is required to verify stapled OCSP responses. It reads all certificates of the database,
 * which takes about 10 ms for those of the system.
 *
 * The base stream is not recognized as a socket by glib-networking, which therefore has no key
 * for its process-wide session cache, so that each handshake verifies the certificate with the
 * database of this connection. A resumed session would count as accepted, regardless of which
 * connection had accepted it, and has no stapled response. */
static void
create_in_thread (GTask        *task,
                  gpointer      source,
                  gpointer      task_data,
                  GCancellable *cancellable)
{
  const Handshake *handshake = task_data;
  GIOStream *stream = G_IO_STREAM (handshake->connection);
  g_autoptr (GSocketConnectable) identity = new_identity (handshake->options.uri);
  g_autoptr (GInputStream) input = signal_read_ahead_new (g_io_stream_get_input_stream (stream));
  g_autoptr (GIOStream) base = g_simple_io_stream_new (input, g_io_stream_get_output_stream (stream));
  GType type = g_tls_backend_get_client_connection_type (g_tls_backend_get_default ());
  GTlsConnection *tls;
  GError *error = NULL;

  /* The connection closes its streams when it is disposed of. */
  g_object_set_data_full (G_OBJECT (base), "signal-glib-connection", g_object_ref (stream),
                          g_object_unref);

  if (handshake->options.database != NULL)
    tls = g_initable_new (type, cancellable, &error,
                          "base-io-stream", base,
                          "server-identity", identity,
                          "database", handshake->options.database,
                          NULL);
  else
    tls = g_initable_new (type, cancellable, &error,
                          "base-io-stream", base,
                          "server-identity", identity,
                          NULL);

  if (tls != NULL)
    g_task_return_pointer (task, tls, g_object_unref);
  else
    g_task_return_error (task, error);
}

/* Adds TLS to a connection. The certificate is verified like by GSocketClient; the handler in the
 * options decides each time whether to accept a certificate that is not valid. Fails with a
 * GTlsError, or with the errors of the streams. */
void
signal_websocket_tls_async (GSocketConnection               *connection,
                            const SignalWebsocketTlsOptions *options,
                            GCancellable                    *cancellable,
                            GAsyncReadyCallback              callback,
                            gpointer                         user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GTask) creation = NULL;
  Handshake *handshake = g_new0 (Handshake, 1);

  handshake->connection = g_object_ref (connection);
  handshake->options.uri = g_uri_ref (options->uri);
  g_set_object (&handshake->options.database, options->database);
  g_set_object (&handshake->options.certificate, options->certificate);
  handshake->options.accept_certificate = options->accept_certificate;
  handshake->options.user_data = options->user_data;

  g_task_set_source_tag (task, signal_websocket_tls_async);
  g_task_set_name (task, "[signal-glib] secure connection");
  g_task_set_task_data (task, handshake, (GDestroyNotify) handshake_free);

  /* GObject can deadlock when two threads register types for the first time; see
   * signal-system-objects.c. */
  g_type_ensure (G_TYPE_SIMPLE_IO_STREAM);
  g_type_ensure (SIGNAL_TYPE_READ_AHEAD);
  g_type_ensure (g_tls_backend_get_client_connection_type (g_tls_backend_get_default ()));

  creation = g_task_new (NULL, cancellable, on_created, g_object_ref (task));
  g_task_set_source_tag (creation, signal_websocket_tls_async);
  g_task_set_name (creation, "[signal-glib] create TLS connection");
  g_task_set_task_data (creation, handshake, NULL); /* owned by the other task */
  g_task_run_in_thread (creation, create_in_thread);
}

/* Returns the TLS connection. */
GSocketConnection *
signal_websocket_tls_finish (GAsyncResult  *result,
                             GError       **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
