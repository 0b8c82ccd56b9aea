/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "signal-glib/crypto/signal-aead-private.h"

G_BEGIN_DECLS

/* The other end of the connection that a target tests: a socket, and what is written to it. */

/* Fits into the buffer of a socket, so that writing does not block. */
#define WIRE_MOST_BYTES (64 * 1024)

void       wire_turn          (void);
GIOStream *wire_open          (int        *fd);
void       wire_append_frame  (GByteArray *out,
                               const char *text,
                               gsize       length,
                               gboolean    masked);
void       wire_append_sealed (GByteArray *out,
                               SignalAead *key,
                               const char *text,
                               gsize       length,
                               gboolean    masked);

G_END_DECLS
