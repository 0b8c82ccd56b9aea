/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include <signal-glib/signal-glib.h>

#include "bench-payload.h"
#include "bench-report.h"
#include "bench-table.h"
#include "bench-wire.h"
#include "signal-glib/crypto/signal-aead-private.h"
#include "signal-glib/crypto/signal-secret-private.h"
#include "signal-glib/protocol/signal-envelope-private.h"
#include "signal-glib/protocol/signal-message-private.h"
#include "signal-glib/protocol/signal-replay-window-private.h"
#include "signal-glib/util/signal-base64-private.h"
#include "signal-glib/websocket/signal-websocket-reader-private.h"

/* The parts of what it costs to receive a message, each alone and with warm caches, in nanoseconds a
 * message and in cycles of the time stamp counter a byte of the payload. All parts of a round are
 * measured one after the other. What the main loop and reading from the socket cost is what the
 * benchmark `speed` measures beyond their sum. */

#define N_MESSAGES 512
#define MIN_NS 20000000
#define N_ROUNDS 5

static const gsize sizes[] = { 64, 256, 1024, 4096, 32768 };

/* The same message, encrypted N_MESSAGES times. */
typedef struct
{
  gsize size;
  SignalAead *key;
  EVP_CIPHER_CTX *openssl;
  SignalReplayWindow *replay;
  char *inner;
  gsize inner_length;
  gsize frame_length;
  GByteArray *frames; /* with their headers, without gaps */
  guint8 *buffer;   /* for one ciphertext */
  guint8 *ciphertext;
  SignalMessage *message;
  SignalWebsocketReader reader;
  guint checksum;
} Setting;

static void
setting_init (Setting *self,
              gsize    size)
{
  guint8 key[SIGNAL_AEAD_KEY_SIZE] = { 1 };
  g_autofree char *payload = bench_payload_new (size);
  g_autofree char *text = NULL;
  guint8 iv[SIGNAL_AEAD_IV_SIZE];

  *self = (Setting) { .size = size, .reader.limit = G_MAXUINT32 };
  self->key = signal_aead_new (key);
  self->openssl = EVP_CIPHER_CTX_new ();
  EVP_DecryptInit_ex (self->openssl, EVP_aes_256_gcm (), NULL, key, NULL);
  self->replay = signal_replay_window_new ();
  self->inner = signal_envelope_compose (BENCH_EVENT, payload, NULL, &self->inner_length);
  self->frame_length = signal_envelope_get_encrypted_size (self->inner_length);
  self->frames = g_byte_array_new ();
  text = g_malloc (self->frame_length);
  self->ciphertext = g_malloc (self->inner_length + SIGNAL_AEAD_TAG_SIZE);
  self->buffer = g_malloc (self->inner_length + SIGNAL_AEAD_TAG_SIZE + 3);
  self->message = signal_message_alloc (self->inner_length);
  memcpy (signal_message_storage (self->message), self->inner, self->inner_length);
  if (!signal_message_open (self->message, self->inner_length, TRUE, NULL))
    g_error ("The message is not valid");

  for (guint i = 0; i < N_MESSAGES; i++)
    {
      signal_aead_encrypt (self->key, (const guint8 *) self->inner, self->inner_length, iv,
                           self->ciphertext, NULL);
      signal_envelope_write_encrypted (text, iv, self->ciphertext,
                                       self->inner_length + SIGNAL_AEAD_TAG_SIZE);
      bench_wire_append_text (self->frames, text, self->frame_length);
    }
}

static void
setting_clear (Setting *self)
{
  signal_aead_free (self->key);
  EVP_CIPHER_CTX_free (self->openssl);
  signal_replay_window_free (self->replay);
  signal_websocket_reader_clear (&self->reader);
  signal_message_unref (self->message);
  g_free (self->inner);
  g_byte_array_unref (self->frames);
  g_free (self->buffer);
  g_free (self->ciphertext);
}

static const char *
get_text (const Setting *self,
          guint          i)
{
  gsize end = (gsize) self->frames->len / N_MESSAGES * (i + 1);

  return (const char *) self->frames->data + end - self->frame_length;
}

/* Each of these processes all messages once. */

static void
run_frames (Setting *self)
{
  gsize left = self->frames->len;
  const guint8 *from = self->frames->data;

  while (left > 0)
    {
      const guint8 *data;
      guint8 opcode;
      gsize length;
      guint8 *space = signal_websocket_reader_reserve (&self->reader, &length);

      length = MIN (length, left);
      memcpy (space, from, length);
      signal_websocket_reader_add (&self->reader, length);
      from += length;
      left -= length;
      while (signal_websocket_reader_next (&self->reader, &opcode, &data, &length)
             == SIGNAL_WEBSOCKET_READER_MESSAGE)
        self->checksum += data[0];
    }
}

static void
run_base64 (Setting *self)
{
  SignalEncryptedData data;
  guint8 iv[SIGNAL_AEAD_IV_SIZE];
  gsize length;

  for (guint i = 0; i < N_MESSAGES; i++)
    if (!signal_envelope_match_encrypted (&data, get_text (self, i), self->frame_length)
        || !signal_base64_decode (data.iv.str, data.iv.len, iv, &length)
        || !signal_base64_decode (data.ct.str, data.ct.len, self->buffer, &length))
      g_error ("base64 is not valid");
}

/* The IV is that of the last message. */
static void
run_aead (Setting *self)
{
  SignalEncryptedData data;
  guint8 iv[SIGNAL_AEAD_IV_SIZE];
  gsize length;

  signal_envelope_match_encrypted (&data, get_text (self, N_MESSAGES - 1), self->frame_length);
  signal_base64_decode (data.iv.str, data.iv.len, iv, &length);
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      memcpy (self->buffer, self->ciphertext, self->inner_length + SIGNAL_AEAD_TAG_SIZE);
      if (!signal_aead_decrypt (self->key, iv, self->buffer, self->inner_length + SIGNAL_AEAD_TAG_SIZE,
                                self->buffer, NULL))
        g_error ("Decryption failed");
    }
}

static void
run_openssl (Setting *self)
{
  int length;

  for (guint i = 0; i < N_MESSAGES; i++)
    {
      memcpy (self->buffer, self->ciphertext, self->inner_length + SIGNAL_AEAD_TAG_SIZE);
      EVP_DecryptInit_ex (self->openssl, NULL, NULL, NULL, self->buffer);
      EVP_DecryptUpdate (self->openssl, self->buffer, &length, self->buffer, self->inner_length);
      EVP_DecryptFinal_ex (self->openssl, self->buffer, &length);
    }
}

static void
run_json (Setting *self)
{
  SignalEnvelope envelope;

  for (guint i = 0; i < N_MESSAGES; i++)
    if (!signal_envelope_parse (&envelope, self->inner, self->inner_length, NULL))
      g_error ("JSON is not valid");
}

static void
run_replay (Setting *self)
{
  guint8 iv[SIGNAL_AEAD_IV_SIZE];

  for (guint i = 0; i < N_MESSAGES; i++)
    {
      signal_random_nonce (iv, sizeof iv, NULL);
      self->checksum += signal_replay_window_add (self->replay, iv);
    }
}

static void
run_nonce (Setting *self)
{
  guint8 iv[SIGNAL_AEAD_IV_SIZE];

  for (guint i = 0; i < N_MESSAGES; i++)
    {
      signal_random_nonce (iv, sizeof iv, NULL);
      self->checksum += iv[0];
    }
}

static void
run_message (Setting *self)
{
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      SignalMessage *message = signal_message_alloc (self->inner_length + SIGNAL_AEAD_TAG_SIZE);

      signal_message_storage (message)[0] = 'a';
      signal_message_unref (message);
    }
}

static void
on_message (SignalClient  *client,
            SignalMessage *message,
            gpointer       user_data)
{
  Setting *self = user_data;

  self->checksum += signal_message_get_event (message)[0];
}

static void
run_emission (Setting *self)
{
  g_autoptr (SignalClient) client = signal_client_new ("ws://127.0.0.1:1/", NULL);
  guint id = g_signal_lookup ("message", SIGNAL_TYPE_CLIENT);

  g_signal_connect (client, "message", G_CALLBACK (on_message), self);
  for (guint i = 0; i < N_MESSAGES; i++)
    g_signal_emit (client, id, 0, self->message);
}

static const struct
{
  const char *name;
  void (*run) (Setting *self);
} parts[] = {
  { "frames", run_frames },
  { "base64", run_base64 },
  { "AES-256-GCM", run_aead },
  { "AES-256-GCM, OpenSSL", run_openssl },
  { "UTF-8 and JSON", run_json },
  { "replay window and nonce", run_replay },
  { "nonce", run_nonce },
  { "message", run_message },
  { "signal emission", run_emission },
};

static gint64
read_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

static double
read_cycles (void)
{
#if defined (__x86_64__) || defined (__i386__)
  return __builtin_ia32_rdtsc ();
#else
  return 0;
#endif
}

/* Returns ns for a message. */
static double
measure (Setting *setting,
         guint    part,
         double  *cycles)
{
  gint64 begin = read_ns (), end;
  double begin_cycles = read_cycles ();
  guint n = 0;

  do
    {
      parts[part].run (setting);
      n += N_MESSAGES;
      end = read_ns ();
    }
  while (end - begin < MIN_NS);

  *cycles = (read_cycles () - begin_cycles) / n;
  return (double) (end - begin) / n;
}

static void
measure_size (gsize       size,
              BenchTable *table)
{
  double ns[G_N_ELEMENTS (parts)][N_ROUNDS], cycles[G_N_ELEMENTS (parts)][N_ROUNDS];
  Setting setting;

  setting_init (&setting, size);
  for (guint round = 0; round < N_ROUNDS; round++)
    for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
      ns[i][round] = measure (&setting, i, &cycles[i][round]);

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      BenchSpread spread = bench_spread_compute (ns[i], N_ROUNDS);
      double per_byte = bench_spread_compute (cycles[i], N_ROUNDS).median / size;
      g_autofree char *what = g_strdup_printf ("%s at %" G_GSIZE_FORMAT " B", parts[i].name, size);

      printf ("%6" G_GSIZE_FORMAT "  %-24s %9.1f ns  %7.1f–%-7.1f  %6.2f cycles/B\n", size,
              parts[i].name, spread.median, spread.min, spread.max, per_byte);
      bench_table_add (table, what, "ns", spread.median, BENCH_LESS_IS_BETTER, BENCH_NONE, BENCH_NONE);
    }
  setting_clear (&setting);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GError) error = NULL;
  g_auto (BenchTable) table = { NULL };

  setlocale (LC_ALL, "");
  if (argc != 2)
    {
      g_printerr ("usage: %s FILE-TO-WRITE\n", argv[0]);
      return 2;
    }

  bench_report_begin (builder, "parts");
  bench_table_init (&table);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    measure_size (sizes[i], &table);
  bench_table_report (&table, builder);
  if (!bench_report_finish (builder, argv[1], &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }

  return 0;
}
