/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "server/signal-server-private.h"

G_BEGIN_DECLS

/* Shared by server/signal-server-properties.c and signal-server-settings.c. */

#define SIGNAL_SERVER_DEFAULT_PATH "/ws"
#define SIGNAL_SERVER_DEFAULT_AUTH_TIMEOUT 5000
#define SIGNAL_SERVER_DEFAULT_HEARTBEAT_TIMEOUT 90000
#define SIGNAL_SERVER_DEFAULT_MAX_MESSAGE_SIZE 131072

/* Each takes a file descriptor, and a process usually has 1024 of them. */
#define SIGNAL_SERVER_DEFAULT_MAX_PEERS 512

/* Each takes a file descriptor, too, and some milliseconds at most if it is honest and near. */
#define SIGNAL_SERVER_DEFAULT_MAX_PENDING 128

#define SIGNAL_SERVER_DEFAULT_MAX_ROOMS 1024

/* The public server has 1 MiB, and drops what a program sends in one go to a peer that is merely
 * waiting for its turn. */
#define SIGNAL_SERVER_DEFAULT_MAX_BACKLOG (8 * 1024 * 1024)

enum
{
  SIGNAL_SERVER_PROP_0,
  SIGNAL_SERVER_PROP_PATH,
  SIGNAL_SERVER_PROP_ECDH_INFO,
  SIGNAL_SERVER_PROP_REQUIRE_ENCRYPTION,
  SIGNAL_SERVER_PROP_DEFAULT_ROOMS,
  SIGNAL_SERVER_PROP_AUTH_TIMEOUT,
  SIGNAL_SERVER_PROP_HEARTBEAT_TIMEOUT,
  SIGNAL_SERVER_PROP_MAX_MESSAGE_SIZE,
  SIGNAL_SERVER_PROP_MAX_PEERS,
  SIGNAL_SERVER_PROP_MAX_PENDING,
  SIGNAL_SERVER_PROP_MAX_ROOMS,
  SIGNAL_SERVER_PROP_MAX_BACKLOG,
  SIGNAL_SERVER_PROP_TLS_CERTIFICATE,
  SIGNAL_SERVER_PROP_ALLOWED_ORIGINS,
  SIGNAL_SERVER_N_PROPS,
};

/* server/signal-server-settings.c */
void signal_server_get_property (GObject      *object,
                                 guint         prop_id,
                                 GValue       *value,
                                 GParamSpec   *pspec);
void signal_server_set_property (GObject      *object,
                                 guint         prop_id,
                                 const GValue *value,
                                 GParamSpec   *pspec);

G_END_DECLS
