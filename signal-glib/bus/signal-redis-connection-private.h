/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "json/signal-json-reader-private.h"

G_BEGIN_DECLS

/* One connection to Redis, which is open until it is closed or has failed. */
#define SIGNAL_TYPE_REDIS_CONNECTION (signal_redis_connection_get_type ())

G_DECLARE_FINAL_TYPE (SignalRedisConnection, signal_redis_connection, SIGNAL, REDIS_CONNECTION, GObject)

/* The callbacks to the owner. Each of them may release the last reference. */
typedef struct
{
  /* Redis accepts commands. */
  void (*ready)    (SignalRedisConnection *self,
                    gpointer               user_data);

  /* A message on a channel that was subscribed to. */
  void (*message)  (SignalRedisConnection *self,
                    SignalSpan             channel,
                    SignalSpan             body,
                    gpointer               user_data);

  /* Redis has answered everything that was sent before signal_redis_connection_ask(). */
  void (*answered) (SignalRedisConnection *self,
                    gpointer               user_data);

  /* Redis has refused a command, and the connection remains open. */
  void (*refused)  (SignalRedisConnection *self,
                    const GError          *error,
                    gpointer               user_data);

  /* The connection has failed; no further callbacks follow. */
  void (*failed)   (SignalRedisConnection *self,
                    const GError          *error,
                    gpointer               user_data);
} SignalRedisConnectionHandlers;

/* The parameters of a connection. */
typedef struct
{
  GUri            *uri;
  GTlsDatabase    *database;    /* NULL for that of the system */
  GTlsCertificate *certificate; /* NULL for none */
} SignalRedisConnectionOptions;

SignalRedisConnection *signal_redis_connection_new (const SignalRedisConnectionOptions  *options,
                                                    const SignalRedisConnectionHandlers *handlers,
                                                    gpointer                             user_data) G_GNUC_WARN_UNUSED_RESULT;
void     signal_redis_connection_close       (SignalRedisConnection *self);

void     signal_redis_connection_publish     (SignalRedisConnection *self,
                                              const char            *channel,
                                              const char            *body,
                                              gsize                  length);
void     signal_redis_connection_subscribe   (SignalRedisConnection *self,
                                              GPtrArray             *channels);
void     signal_redis_connection_unsubscribe (SignalRedisConnection *self,
                                              GPtrArray             *channels);
void     signal_redis_connection_ask         (SignalRedisConnection *self);
gsize    signal_redis_connection_get_backlog (SignalRedisConnection *self);

G_END_DECLS
