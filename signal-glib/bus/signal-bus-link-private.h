/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "json/signal-json-reader-private.h"

G_BEGIN_DECLS

/* The connections of a bus to Redis, from when it is opened until it is closed: one that publishes
 * and one that subscribes, because RESP2 does not allow both on the same. */
#define SIGNAL_TYPE_BUS_LINK (signal_bus_link_get_type ())

G_DECLARE_FINAL_TYPE (SignalBusLink, signal_bus_link, SIGNAL, BUS_LINK, GObject)

/* The callbacks to the owner. Each of them may close the link or release the last reference. */
typedef struct
{
  /* Messages can be published, and all channels are subscribed to. */
  void (*connected) (gpointer      user_data);

  /* What was subscribed to before a call of signal_bus_link_confirm() is effective; in the order of the
   * calls. It is not called if the connection is lost. */
  void (*confirmed) (gpointer      user_data);

  /* An attempt to connect has failed, or the connection was lost; the link tries again. */
  void (*failed)    (const GError *error,
                     gpointer      user_data);

  /* Redis has refused a command. */
  void (*refused)   (const GError *error,
                     gpointer      user_data);

  void (*message)   (SignalSpan    channel,
                     SignalSpan    body,
                     gpointer      user_data);

  /* Everything that was published has been answered after signal_bus_link_drain(), or there is an
   * error. */
  void (*drained)   (const GError *error,
                     gpointer      user_data);
} SignalBusLinkHandlers;

/* The parameters of a link. */
typedef struct
{
  GPtrArray       *uris;        /* of GUri, at least one */
  GTlsDatabase    *database;    /* NULL for that of the system */
  GTlsCertificate *certificate; /* NULL for none */
} SignalBusLinkOptions;

SignalBusLink *signal_bus_link_new           (const SignalBusLinkOptions  *options,
                                              GHashTable                  *channels,
                                              const SignalBusLinkHandlers *handlers,
                                              gpointer                     user_data) G_GNUC_WARN_UNUSED_RESULT;
void           signal_bus_link_close         (SignalBusLink *self);
void           signal_bus_link_subscribe     (SignalBusLink *self,
                                              GPtrArray     *channels);
void           signal_bus_link_unsubscribe   (SignalBusLink *self,
                                              GPtrArray     *channels);
void           signal_bus_link_confirm       (SignalBusLink *self);
gboolean       signal_bus_link_is_connected  (SignalBusLink *self);
gsize          signal_bus_link_get_backlog   (SignalBusLink *self);
void           signal_bus_link_publish       (SignalBusLink *self,
                                              const char    *channel,
                                              const char    *body,
                                              gsize          length);
void           signal_bus_link_drain         (SignalBusLink *self);

G_END_DECLS
