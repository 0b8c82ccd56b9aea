/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "wire.h"

#include <string.h>
#include <sys/socket.h>

#include "signal-glib/protocol/signal-envelope-private.h"

#define MOST_TURNS 2000

/* Dispatches what is ready, without waiting, and without end only up to a limit. */
void
wire_turn (void)
{
  for (guint i = 0; i < MOST_TURNS && g_main_context_iteration (NULL, FALSE); i++)
    continue;
}

/* Returns an end of a new connection, and the descriptor of the other end, which the caller closes. */
GIOStream *
wire_open (int *fd)
{
  g_autoptr (GSocket) socket = NULL;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
  socket = g_socket_new_from_fd (fds[0], NULL);
  g_assert_nonnull (socket);
  *fd = fds[1];
  return G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
}

/* Appends a frame with a text. */
void
wire_append_frame (GByteArray *out,
                   const char *text,
                   gsize       length,
                   gboolean    masked)
{
  static const guint8 mask[4]; /* zeros, which do not change the payload */
  guint8 head[4] = { 0x81, length < 126 ? length : 126, length >> 8, length };

  if (masked)
    head[1] |= 0x80;
  g_byte_array_append (out, head, length < 126 ? 2 : 4);
  if (masked)
    g_byte_array_append (out, mask, sizeof mask);
  g_byte_array_append (out, (const guint8 *) text, length);
}

/* Appends a frame with an encrypted text. */
void
wire_append_sealed (GByteArray *out,
                    SignalAead *key,
                    const char *text,
                    gsize       length,
                    gboolean    masked)
{
  g_autofree guint8 *ciphertext = g_malloc (length + SIGNAL_AEAD_TAG_SIZE);
  guint8 iv[SIGNAL_AEAD_IV_SIZE] = { out->len, out->len >> 8 };
  gsize frame_length = signal_envelope_get_encrypted_size (length);
  g_autofree char *frame = g_malloc (frame_length);

  g_assert_true (signal_aead_encrypt_with_iv (key, iv, (const guint8 *) text, length, ciphertext, NULL));
  signal_envelope_write_encrypted (frame, iv, ciphertext, length + SIGNAL_AEAD_TAG_SIZE);
  wire_append_frame (out, frame, frame_length, masked);
}
