/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A pollable stream that reads from another one in large pieces. */
#define SIGNAL_TYPE_READ_AHEAD (signal_read_ahead_get_type ())
G_DECLARE_FINAL_TYPE (SignalReadAhead, signal_read_ahead, SIGNAL, READ_AHEAD, GFilterInputStream)

GInputStream *signal_read_ahead_new (GInputStream *base);

G_END_DECLS
