/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#define SIGNAL_GLIB_INSIDE
#include <signal-glib/signal-bus.h>
#include <signal-glib/signal-client.h>
#include <signal-glib/signal-enums.h>
#include <signal-glib/signal-error.h>
#include <signal-glib/signal-message-item.h>
#include <signal-glib/signal-message-list.h>
#include <signal-glib/signal-message.h>
#include <signal-glib/signal-peer.h>
#include <signal-glib/signal-server.h>
#include <signal-glib/signal-types.h>
#include <signal-glib/signal-version.h>
#undef SIGNAL_GLIB_INSIDE
