/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The server's end of a WebSocket, with blocking calls, without libsoup and the library. */
typedef struct
{
  GIOStream         *connection;
  GDataInputStream  *input;
  GOutputStream     *output;
  GByteArray        *payload; /* of the last frame that was read, unmasked */
} BenchWire;

BenchWire  *bench_wire_new          (GIOStream         *connection);
void        bench_wire_free         (BenchWire         *self);
char       *bench_wire_accept       (BenchWire         *self,
                                     GError           **error);
gboolean    bench_wire_read_message (BenchWire         *self,
                                     GError           **error);
gboolean    bench_wire_write        (BenchWire         *self,
                                     const GByteArray  *frames,
                                     GError           **error);
void        bench_wire_append_text  (GByteArray        *frames,
                                     const char        *text,
                                     gsize              length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchWire, bench_wire_free)

G_END_DECLS
