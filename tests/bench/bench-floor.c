/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "bench-payload.h"
#include "bench-run.h"

/* The floor: reads the frames with a buffer of 64 KiB, finds their ends, and decrypts as many bytes
 * of them as there are in the ciphertext with OpenSSL's AES-256-GCM. There is no base64, JSON, check or
 * main loop, and a burst of messages is written at once. Over wss, OpenSSL's TLS reads as many bytes of the
 * socket at once, and verifies no certificate. */

#define BUFFER_SIZE (64 * 1024)
#define TAG_SIZE 16
#define MASK_SIZE 4

typedef struct
{
  BenchRun run;
  EVP_CIPHER_CTX *cipher;
  int socket;
  SSL_CTX *tls_context;
  SSL *tls; /* NULL without TLS */
  gsize inner_size; /* of the text that is encrypted */
  guint8 *input;
  guint8 *plaintext; /* as large as the input */
  GByteArray *output;
} FloorRun;

static gboolean
fail (GError     **error,
      const char  *what)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", what, g_strerror (errno));
  return FALSE;
}

static gssize
read_some (FloorRun *self,
           guint8   *bytes,
           gsize     size)
{
  return self->tls != NULL ? SSL_read (self->tls, bytes, size) : read (self->socket, bytes, size);
}

static gboolean
write_all (FloorRun      *self,
           const guint8  *bytes,
           gsize          length,
           GError       **error)
{
  while (length > 0)
    {
      gssize written = self->tls != NULL ? SSL_write (self->tls, bytes, MIN (length, G_MAXINT32))
                                         : write (self->socket, bytes, length);

      if (written <= 0)
        return fail (error, "write()");
      bytes += written;
      length -= written;
    }

  return TRUE;
}

static gboolean
open_tls (FloorRun  *self,
          GError   **error)
{
  self->tls_context = SSL_CTX_new (TLS_client_method ());
  SSL_CTX_set_read_ahead (self->tls_context, TRUE);
  SSL_CTX_set_default_read_buffer_len (self->tls_context, BUFFER_SIZE);
  self->tls = SSL_new (self->tls_context);
  SSL_set_fd (self->tls, self->socket);
  return SSL_connect (self->tls) == 1 || fail (error, "SSL_connect()");
}

static gboolean
open_socket (FloorRun    *self,
             const char  *uri_text,
             GError     **error)
{
  g_autoptr (GUri) uri = g_uri_parse (uri_text, G_URI_FLAGS_NONE, error);
  g_autofree char *request = NULL;
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  int on = 1;
  gssize length = 0;

  if (uri == NULL)
    return FALSE;

  address.sin_port = htons (g_uri_get_port (uri));
  self->socket = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (self->socket < 0 || connect (self->socket, (struct sockaddr *) &address, sizeof address) != 0
      || setsockopt (self->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    return fail (error, "connect()");
  if (g_str_equal (g_uri_get_scheme (uri), "wss") && !open_tls (self, error))
    return FALSE;

  request = g_strdup_printf ("GET /?%s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                             "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                             g_uri_get_query (uri));
  if (!write_all (self, (const guint8 *) request, strlen (request), error))
    return FALSE;

  /* The response is read byte by byte, so that what follows is left for the loop. */
  do
    if (length == BUFFER_SIZE || read_some (self, self->input + length, 1) != 1)
      return fail (error, "The response to the upgrade");
  while (++length < 4 || memcmp (self->input + length - 4, "\r\n\r\n", 4) != 0);

  return TRUE;
}

static void
start_feeder (BenchRun *run)
{
  static const guint8 frame[] = { 0x81, 0x82, 0, 0, 0, 0, 'g', 'o' };

  g_byte_array_append (((FloorRun *) run)->output, frame, sizeof frame);
}

/* Appends a frame of the size of an encrypted message that is masked with zeros. */
static void
send_frame (BenchRun *run)
{
  FloorRun *self = (FloorRun *) run;
  gsize size = bench_payload_get_frame_size (self->run.task->size);
  guint begin = self->output->len;
  guint8 *header, *payload;
  gsize header_size = size < 126 ? 2 : size <= G_MAXUINT16 ? 4 : 10;
  int length;

  g_byte_array_set_size (self->output, begin + header_size + MASK_SIZE + size);
  header = self->output->data + begin;
  payload = header + header_size + MASK_SIZE;
  memset (header, 0, header_size + MASK_SIZE);
  header[0] = 0x81;
  header[1] = 0x80 | (size < 126 ? size : size <= G_MAXUINT16 ? 126 : 127);
  for (gsize i = 2; i < header_size; i++)
    header[i] = size >> 8 * (header_size - 1 - i);

  EVP_EncryptInit_ex (self->cipher, NULL, NULL, NULL, self->plaintext);
  EVP_EncryptUpdate (self->cipher, payload, &length, payload, self->inner_size);
  EVP_EncryptFinal_ex (self->cipher, payload + length, &length);
  EVP_CIPHER_CTX_ctrl (self->cipher, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, payload + self->inner_size);
}

/* Returns the size of the frame's header, or 0 if it has not arrived yet. */
static gsize
parse_header (const guint8 *bytes,
              gsize         available,
              guint64      *payload_size)
{
  gsize size;

  if (available < 2)
    return 0;
  size = bytes[1] < 126 ? 2 : bytes[1] == 126 ? 4 : 10;
  if (available < size)
    return 0;

  *payload_size = size == 2 ? bytes[1] : 0;
  for (gsize i = 2; i < size; i++)
    *payload_size = *payload_size << 8 | bytes[i];
  return size;
}

/* A frame of which a part has arrived. */
typedef struct
{
  guint64 left;    /* of its payload */
  gsize encrypted; /* how many of these bytes are decrypted */
} Frame;

static void
begin_frame (FloorRun *self,
             Frame    *frame,
             guint64   size)
{
  frame->left = size;
  frame->encrypted = self->run.is_ready ? MIN (self->inner_size, size) : 0;
  if (frame->encrypted > 0)
    EVP_DecryptInit_ex (self->cipher, NULL, NULL, NULL, self->input);
}

/* The tag is computed, and not compared with anything. */
static void
continue_frame (FloorRun     *self,
                Frame        *frame,
                const guint8 *bytes,
                gsize         length)
{
  int n = MIN (length, frame->encrypted);

  if (n > 0)
    {
      EVP_DecryptUpdate (self->cipher, self->plaintext, &n, bytes, n);
      frame->encrypted -= n;
      self->run.checksum += self->plaintext[0];
    }
  frame->left -= length;
  if (frame->left > 0)
    return;

  if (self->run.is_ready)
    EVP_DecryptFinal_ex (self->cipher, self->plaintext, &n);
  bench_run_arrived (&self->run);
}

static gboolean
run_loop (FloorRun  *self,
          GError   **error)
{
  Frame frame = { 0 };
  gsize kept = 0; /* the bytes of an incomplete header */

  while (!self->run.is_over)
    {
      gssize length = read_some (self, self->input + kept, BUFFER_SIZE - kept);
      gsize position = 0;

      if (length <= 0)
        return fail (error, "read()");
      kept += length;
      while (position < kept)
        {
          gsize n;

          if (frame.left == 0)
            {
              guint64 size;
              gsize header = parse_header (self->input + position, kept - position, &size);

              if (header == 0)
                break;
              position += header;
              begin_frame (self, &frame, size);
            }
          n = MIN (frame.left, kept - position);
          if (n > 0)
            continue_frame (self, &frame, self->input + position, n);
          position += n;
        }
      kept -= position;
      memmove (self->input, self->input + position, kept);

      if (self->output->len > 0 && !write_all (self, self->output->data, self->output->len, error))
        return FALSE;
      g_byte_array_set_size (self->output, 0);
    }

  return TRUE;
}

static gboolean
perform (const BenchContender  *contender,
         const BenchTask       *task,
         BenchSample           *sample,
         GError               **error)
{
  static const guint8 key[32] = { 1 };
  FloorRun self = { .run = { .start = start_feeder, .send = send_frame }, .socket = -1 };
  g_autofree char *uri = bench_task_build_uri (task, "replay");
  gboolean done;

  bench_run_init (&self.run, task, sample);
  self.inner_size = bench_payload_get_inner_size (task->size);
  self.input = g_malloc (BUFFER_SIZE);
  self.plaintext = g_malloc0 (BUFFER_SIZE);
  self.output = g_byte_array_new ();
  self.cipher = EVP_CIPHER_CTX_new ();
  EVP_CipherInit_ex (self.cipher, EVP_aes_256_gcm (), NULL, key, NULL,
                     task->direction == BENCH_SEND);

  done = open_socket (&self, uri, error) && run_loop (&self, error);

  SSL_free (self.tls);
  SSL_CTX_free (self.tls_context);
  if (self.socket >= 0)
    close (self.socket);
  EVP_CIPHER_CTX_free (self.cipher);
  g_byte_array_unref (self.output);
  g_free (self.plaintext);
  g_free (self.input);
  bench_run_clear (&self.run);

  return done;
}

const BenchContender bench_contender_floor = { "floor", 1, TRUE, perform };
