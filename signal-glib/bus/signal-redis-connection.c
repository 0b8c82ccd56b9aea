/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus/signal-redis-connection-private.h"

#include <gio/gnetworking.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "bus/signal-bus-uri-private.h"
#include "bus/signal-redis-codec-private.h"
#include "signal-error.h"
#include "util/signal-display-text-private.h"
#include "util/signal-source-private.h"
#include "websocket/signal-websocket-tls-private.h"

/* How long it may take until Redis accepts commands, in microseconds. */
#define CONNECT_TIMEOUT (5 * G_USEC_PER_SEC)

/* When nothing has been received for this time, Redis is asked for an answer; when nothing has
 * been received for twice this time, the connection has failed. In microseconds. */
#define QUIET_TIME (5 * G_USEC_PER_SEC)

#define READ_SIZE (16 * 1024)

/* The number of channels in one command. */
#define MAX_CHANNELS 512

/* How long reading continues before control returns to the main loop, and when it is resumed at
 * the latest even if more urgent sources are ready, in microseconds. */
#define READ_TIME 3000
#define RESUME_TIME 3000

/* Data that is written at once, and the size of a buffer that is kept. */
#define MAX_COALESCED (64 * 1024)

/* The maximum size of a record of TLS (RFC 8446 section 5.1). */
#define RECORD_SIZE (16 * 1024)

/* The number of expectations that are removed at once. */
#define MAX_TAKEN 256

/* Why a command was sent, in the order of the replies. */
typedef enum
{
  COMMAND_AUTHENTICATE,
  COMMAND_GREET,   /* the first PING, which shows that Redis accepts commands */
  COMMAND_PUBLISH,
  COMMAND_CHANNELS,
  COMMAND_ASK,     /* a PING on behalf of the owner */
  COMMAND_PING,    /* a PING because nothing has been received for some time */
} Command;

typedef struct
{
  Command kind;
  guint   n_replies; /* those of consecutive commands of the same kind, if a reply is one command */
} Expected;

struct _SignalRedisConnection
{
  GObject parent_instance;

  const SignalRedisConnectionHandlers *handlers; /* NULL once closed */
  gpointer user_data;

  GMainContext *context;
  GUri *uri;
  GTlsDatabase *database;
  GTlsCertificate *certificate;
  GCancellable *cancellable; /* of the attempt to connect */
  GSource *timer;            /* the deadline of that, and then the check for silence */
  gboolean is_ready;

  GIOStream *stream;
  SignalRedisCodec *codec;
  GArray *expected;     /* of Expected */
  guint first_expected; /* index */

  GByteArray *output;
  gsize written;        /* of the output */
  gsize attempt;        /* bytes of a write that would have blocked; GnuTLS requires the same again */
  GSource *write_source;

  GSource *read_source;
  GSource *resume_timeout;
  GSource *resume_idle;
  guint n_delivering;   /* calls of handlers that have not returned */
  gboolean has_unread;  /* there may be further replies */
  gint64 last_received;
  gboolean has_asked;   /* for an answer, since then */
};

G_DEFINE_FINAL_TYPE (SignalRedisConnection, signal_redis_connection, G_TYPE_OBJECT)

static void
stop_reading (SignalRedisConnection *self)
{
  signal_source_clear (&self->read_source);
  signal_source_clear (&self->resume_timeout);
  signal_source_clear (&self->resume_idle);
}

static void
on_stream_closed (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  g_io_stream_close_finish (G_IO_STREAM (source), result, NULL);
}

/* Closes the connection. No callbacks follow. */
void
signal_redis_connection_close (SignalRedisConnection *self)
{
  self->handlers = NULL;

  stop_reading (self);
  signal_source_clear (&self->timer);
  signal_source_clear (&self->write_source);
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->stream != NULL)
    g_io_stream_close_async (self->stream, G_PRIORITY_DEFAULT, NULL, on_stream_closed, NULL);
  g_clear_object (&self->stream);
}

static void
signal_redis_connection_dispose (GObject *object)
{
  signal_redis_connection_close (SIGNAL_REDIS_CONNECTION (object));

  G_OBJECT_CLASS (signal_redis_connection_parent_class)->dispose (object);
}

static void
signal_redis_connection_finalize (GObject *object)
{
  SignalRedisConnection *self = SIGNAL_REDIS_CONNECTION (object);

  g_clear_pointer (&self->uri, g_uri_unref);
  g_clear_object (&self->database);
  g_clear_object (&self->certificate);
  g_clear_pointer (&self->codec, signal_redis_codec_free);
  g_clear_pointer (&self->expected, g_array_unref);
  g_clear_pointer (&self->output, g_byte_array_unref);
  g_clear_pointer (&self->context, g_main_context_unref);

  G_OBJECT_CLASS (signal_redis_connection_parent_class)->finalize (object);
}

static void
signal_redis_connection_class_init (SignalRedisConnectionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = signal_redis_connection_dispose;
  object_class->finalize = signal_redis_connection_finalize;
}

static void
signal_redis_connection_init (SignalRedisConnection *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->codec = signal_redis_codec_new ();
  self->expected = g_array_new (FALSE, FALSE, sizeof (Expected));
  self->output = g_byte_array_new ();
}

static void
fail (SignalRedisConnection *self,
      const GError          *error)
{
  const SignalRedisConnectionHandlers *handlers = self->handlers;

  signal_redis_connection_close (self);
  if (handlers != NULL)
    handlers->failed (self, error, self->user_data);
}

/* Fails before Redis accepts commands. */
static void
fail_to_connect (SignalRedisConnection *self,
                 const GError          *cause)
{
  g_autofree char *label = signal_bus_uri_get_label (self->uri);
  g_autoptr (GError) error = g_error_copy (cause);

  /* Translators: a host and a port, then what went wrong */
  g_prefix_error (&error, _("Cannot connect to Redis at “%s”: "), label);
  fail (self, error);
}

/* Fails after Redis has accepted commands. */
static void
fail_connected (SignalRedisConnection *self,
                const GError          *cause)
{
  g_autofree char *label = signal_bus_uri_get_label (self->uri);
  g_autoptr (GError) error = NULL;

  /* Translators: a host and a port, then what went wrong */
  error = g_error_new (SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST,
                       _("The connection to Redis at “%s” was lost: %s"), label, cause->message);
  fail (self, error);
}

static void
fail_with (SignalRedisConnection *self,
           const GError          *error)
{
  if (self->is_ready)
    fail_connected (self, error);
  else
    fail_to_connect (self, error);
}

/* Writing */

static void
on_output_failed (SignalRedisConnection *self,
                  const GError          *error)
{
  /* What Redis has sent before, such as a reason, is read first. */
  if (self->read_source != NULL || self->resume_timeout != NULL)
    return;

  fail_with (self, error);
}

static gboolean on_writable (GObject  *stream,
                             gpointer  user_data);

static void
watch_output (SignalRedisConnection *self)
{
  GPollableOutputStream *out = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->stream));

  signal_source_clear (&self->write_source);
  self->write_source = g_pollable_output_stream_create_source (out, NULL);
  g_source_set_callback (self->write_source, G_SOURCE_FUNC (on_writable), self, NULL);
  g_source_set_static_name (self->write_source, "[signal-glib] Redis output");
  g_source_attach (self->write_source, self->context);
}

static void
trim_output (SignalRedisConnection *self)
{
  /* Not for each write, which would be quadratic. */
  if (self->written < self->output->len && self->written <= self->output->len / 2)
    return;

  g_byte_array_remove_range (self->output, 0, (guint) self->written);
  self->written = 0;
}

static void
free_output (SignalRedisConnection *self)
{
  if (self->output->len > MAX_COALESCED)
    {
      g_byte_array_unref (self->output);
      self->output = g_byte_array_new ();
    }

  g_byte_array_set_size (self->output, 0);
  self->written = 0;
}

static gsize
get_write_size (SignalRedisConnection *self)
{
  gsize size = self->output->len - self->written;

  if (self->attempt > 0)
    return self->attempt;

  return signal_bus_uri_is_secure (self->uri) ? MIN (size, RECORD_SIZE) : size;
}

static void
write_output (SignalRedisConnection *self)
{
  GPollableOutputStream *out = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->stream));

  while (self->written < self->output->len)
    {
      g_autoptr (GError) error = NULL;
      gsize size = get_write_size (self);
      gssize n = g_pollable_output_stream_write_nonblocking (out, self->output->data + self->written, size,
                                                             NULL, &error);

      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          self->attempt = size;
          trim_output (self);
          watch_output (self);
          return;
        }

      if (n < 0)
        {
          signal_source_clear (&self->write_source);
          on_output_failed (self, error);
          return;
        }

      self->attempt = 0;
      self->written += (gsize) n;
    }

  free_output (self);
  signal_source_clear (&self->write_source);
}

static gboolean
on_writable (GObject  *stream,
             gpointer  user_data)
{
  G_GNUC_UNUSED g_autoptr (SignalRedisConnection) keep = g_object_ref (user_data);

  write_output (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_flush (gpointer user_data)
{
  on_writable (NULL, user_data);
  return G_SOURCE_CONTINUE;
}

/* Commands of the same iteration of the main loop are written together. */
static void
flush_later (SignalRedisConnection *self)
{
  if (self->write_source != NULL || self->stream == NULL)
    return;

  if (self->output->len >= MAX_COALESCED)
    {
      write_output (self);
      return;
    }

  self->write_source = signal_source_new_timed (on_flush, self, "[signal-glib] Redis flush");
  g_source_set_ready_time (self->write_source, 0);
  g_source_attach (self->write_source, self->context);
}

static void
flush_now (SignalRedisConnection *self)
{
  G_GNUC_UNUSED g_autoptr (SignalRedisConnection) keep = g_object_ref (self);

  if (self->stream != NULL)
    write_output (self);
}

gsize
signal_redis_connection_get_backlog (SignalRedisConnection *self)
{
  return self->output->len - self->written;
}

static void
expect (SignalRedisConnection *self,
        Command                kind,
        guint                  n_replies)
{
  Expected expected = { .kind = kind, .n_replies = n_replies };
  Expected *last = NULL;

  if (self->expected->len > self->first_expected)
    last = &g_array_index (self->expected, Expected, self->expected->len - 1);

  /* An error is the only reply to a command that has several otherwise. */
  if (last != NULL && last->kind == kind && kind != COMMAND_CHANNELS)
    last->n_replies += n_replies;
  else
    g_array_append_val (self->expected, expected);
}

static void
append_command (SignalRedisConnection *self,
                guint                  n_args,
                const char           **args)
{
  gsize lengths[3];

  g_assert (n_args <= G_N_ELEMENTS (lengths));
  for (guint i = 0; i < n_args; i++)
    lengths[i] = strlen (args[i]);
  signal_redis_codec_format (self->output, n_args, args, lengths);
}

static void
append_ping (SignalRedisConnection *self,
             Command                kind)
{
  const char *args[] = { "PING" };

  append_command (self, G_N_ELEMENTS (args), args);
  expect (self, kind, 1);
}

/* Written at the end of this iteration of the main loop. */
void
signal_redis_connection_publish (SignalRedisConnection *self,
                                 const char            *channel,
                                 const char            *body,
                                 gsize                  length)
{
  const char *args[] = { "PUBLISH", channel, body };
  const gsize lengths[] = { strlen ("PUBLISH"), strlen (channel), length };

  signal_redis_codec_format (self->output, G_N_ELEMENTS (args), args, lengths);
  expect (self, COMMAND_PUBLISH, 1);
  flush_later (self);
}

static void
append_channels (SignalRedisConnection *self,
                 const char            *command,
                 GPtrArray             *channels)
{
  for (guint i = 0; i < channels->len; i += MAX_CHANNELS)
    {
      guint n = MIN (channels->len - i, MAX_CHANNELS);
      g_autofree const char **args = g_new (const char *, n + 1);
      g_autofree gsize *lengths = g_new (gsize, n + 1);

      args[0] = command;
      for (guint j = 0; j < n; j++)
        args[j + 1] = channels->pdata[i + j];
      for (guint j = 0; j <= n; j++)
        lengths[j] = strlen (args[j]);
      signal_redis_codec_format (self->output, n + 1, args, lengths);
      /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not know g_autofree. */
      expect (self, COMMAND_CHANNELS, n);
    }
}

/* Written immediately if possible: what is published later by somebody who was caused to do so is
 * received. */
void
signal_redis_connection_subscribe (SignalRedisConnection *self,
                                   GPtrArray             *channels)
{
  append_channels (self, "SUBSCRIBE", channels);
  flush_now (self);
}

void
signal_redis_connection_unsubscribe (SignalRedisConnection *self,
                                     GPtrArray             *channels)
{
  append_channels (self, "UNSUBSCRIBE", channels);
  flush_later (self);
}

/* Calls the callback `answered` when Redis has answered all previous commands. */
void
signal_redis_connection_ask (SignalRedisConnection *self)
{
  append_ping (self, COMMAND_ASK);
  flush_later (self);
}

/* Reading */

/* An unknown command is repeated by Redis with its arguments, such as the password or the message. */
static char *
dup_without_arguments (const char *text)
{
  const char *arguments = strstr (text, ", with args");

  return g_strndup (text, arguments != NULL ? (gsize) (arguments - text) : strlen (text));
}

static GError *
new_refusal (const char *text)
{
  g_autofree char *quoted = dup_without_arguments (text);
  g_autofree char *valid = g_utf8_make_valid (quoted, -1);
  g_autofree char *shown = signal_display_text_new (valid);
  gboolean is_authentication = g_str_has_prefix (text, "NOAUTH") || g_str_has_prefix (text, "WRONGPASS")
                               || g_str_has_prefix (text, "NOPERM");

  if (is_authentication)
    /* Translators: the text of the error is that of Redis */
    return g_error_new (SIGNAL_ERROR, SIGNAL_ERROR_AUTHENTICATION_FAILED,
                        _("Redis does not permit this; check the user, the password and the "
                          "permissions of the user: %s"), shown);

  /* Translators: the text of the error is that of Redis */
  return g_error_new (SIGNAL_ERROR, SIGNAL_ERROR_SERVER, _("Redis reports an error: %s"), shown);
}

static void
on_ready (SignalRedisConnection *self)
{
  self->is_ready = TRUE;
  g_source_set_ready_time (self->timer, self->last_received + QUIET_TIME);
  self->handlers->ready (self, self->user_data);
}

static void
on_error_reply (SignalRedisConnection *self,
                Command                kind,
                SignalSpan             span)
{
  g_autofree char *text = g_strndup (span.str, span.len);
  g_autoptr (GError) error = new_refusal (text);
  gboolean is_forbidden = g_str_has_prefix (text, "NOPERM");

  switch (kind)
    {
    case COMMAND_AUTHENTICATE:
      /* Versions before 6 answer with a text that has no code. */
      error->code = SIGNAL_ERROR_AUTHENTICATION_FAILED;
      fail_to_connect (self, error);
      break;

    case COMMAND_GREET:
      /* An answer nevertheless. */
      if (is_forbidden)
        on_ready (self);
      else
        fail_to_connect (self, error);
      break;

    case COMMAND_ASK:
    case COMMAND_PING:
      if (kind == COMMAND_ASK && is_forbidden)
        self->handlers->answered (self, self->user_data);
      else if (!is_forbidden)
        fail_with (self, error);
      break;

    case COMMAND_PUBLISH:
    case COMMAND_CHANNELS:
    default:
      self->handlers->refused (self, error, self->user_data);
    }
}

/* Removes the expectation that a reply fulfils. Returns FALSE if there was none. */
static gboolean
take_expected (SignalRedisConnection *self,
               gboolean               is_error,
               Command               *kind)
{
  Expected *expected;

  if (self->first_expected == self->expected->len)
    return FALSE;

  expected = &g_array_index (self->expected, Expected, self->first_expected);
  *kind = expected->kind;
  if (--expected->n_replies == 0 || (is_error && *kind == COMMAND_CHANNELS))
    self->first_expected++;

  /* Not for each reply, which would be quadratic. */
  if (self->first_expected == self->expected->len || self->first_expected > MAX_TAKEN)
    {
      g_array_remove_range (self->expected, 0, self->first_expected);
      self->first_expected = 0;
    }
  return TRUE;
}

static void
on_reply (SignalRedisConnection  *self,
          const SignalRedisReply *reply)
{
  gboolean is_error = reply->type == SIGNAL_REDIS_REPLY_ERROR;
  Command kind;

  if (reply->type == SIGNAL_REDIS_REPLY_MESSAGE)
    {
      self->handlers->message (self, reply->channel, reply->text, self->user_data);
      return;
    }

  if (!take_expected (self, is_error, &kind))
    {
      g_autofree char *text = g_strndup (reply->text.str, reply->text.len);
      g_autoptr (GError) error = NULL;

      error = is_error ? new_refusal (text)
                       : g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
                                              _("Redis has sent a reply to nothing"));
      fail_with (self, error);
    }
  else if (is_error)
    on_error_reply (self, kind, reply->text);
  else if (kind == COMMAND_GREET)
    on_ready (self);
  else if (kind == COMMAND_ASK)
    self->handlers->answered (self, self->user_data);
}

/* Reads from the socket. Returns FALSE if there is nothing to read now, or if the connection has
 * failed. */
static gboolean
fill (SignalRedisConnection *self)
{
  GPollableInputStream *in = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (self->stream));
  g_autoptr (GError) error = NULL;
  char buffer[READ_SIZE];
  gssize n = g_pollable_input_stream_read_nonblocking (in, buffer, sizeof buffer, NULL, &error);

  if (n > 0)
    {
      self->last_received = g_get_monotonic_time ();
      self->has_asked = FALSE;
      signal_redis_codec_feed (self->codec, buffer, (gsize) n);
      return TRUE;
    }

  if (n == 0)
    error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_CONNECTION_LOST,
                                 _("Redis has closed the connection"));
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    fail_with (self, error);
  return FALSE;
}

static void read_available (SignalRedisConnection *self);

typedef struct
{
  GSource parent;
  SignalRedisConnection *connection;
} InputSource;

/* If a handler runs the main loop, there may be further replies even though the stream is not
 * readable. */
static gboolean
input_source_prepare (GSource *source,
                      int     *timeout)
{
  SignalRedisConnection *self = ((InputSource *) source)->connection;

  *timeout = -1;
  return self->n_delivering > 0 && self->has_unread;
}

static gboolean
input_source_dispatch (GSource     *source,
                       GSourceFunc  callback,
                       gpointer     user_data)
{
  read_available (((InputSource *) source)->connection);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs input_source_funcs = {
  .prepare = input_source_prepare,
  .dispatch = input_source_dispatch,
};

/* The source is dispatched in nested main loops too: Redis would be considered lost otherwise. */
static void
watch_input (SignalRedisConnection *self)
{
  GPollableInputStream *in = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (self->stream));
  g_autoptr (GSource) child = g_pollable_input_stream_create_source (in, NULL);

  self->read_source = g_source_new (&input_source_funcs, sizeof (InputSource));
  ((InputSource *) self->read_source)->connection = self;
  g_source_set_dummy_callback (child);
  g_source_add_child_source (self->read_source, child);
  g_source_set_can_recurse (self->read_source, TRUE);
  g_source_set_static_name (self->read_source, "[signal-glib] Redis input");
  g_source_attach (self->read_source, self->context);
}

static gboolean
on_resume (gpointer user_data)
{
  SignalRedisConnection *self = user_data;

  stop_reading (self);
  watch_input (self);
  read_available (self);
  return G_SOURCE_REMOVE;
}

/* Continues when more urgent sources have been dispatched, or after some time. */
static void
resume_later (SignalRedisConnection *self)
{
  stop_reading (self);

  self->resume_timeout = signal_source_new_timed (on_resume, self, "[signal-glib] Redis resume timeout");
  g_source_set_ready_time (self->resume_timeout, g_get_monotonic_time () + RESUME_TIME);
  g_source_attach (self->resume_timeout, self->context);

  self->resume_idle = g_idle_source_new ();
  g_source_set_priority (self->resume_idle, SIGNAL_SOURCE_AFTER_REDRAW);
  g_source_set_callback (self->resume_idle, on_resume, self, NULL);
  g_source_set_static_name (self->resume_idle, "[signal-glib] Redis resume");
  g_source_attach (self->resume_idle, self->context);
}

/* A callback may close the connection, or run the main loop and thus call this function
 * recursively, but then with the replies that follow. */
static void
read_available (SignalRedisConnection *self)
{
  G_GNUC_UNUSED g_autoptr (SignalRedisConnection) keep = g_object_ref (self);
  gint64 end = g_get_monotonic_time () + READ_TIME;

  while (self->read_source != NULL)
    {
      g_autoptr (GError) error = NULL;
      SignalRedisReply reply;

      self->has_unread = TRUE;
      if (signal_redis_codec_next (self->codec, &reply, &error))
        {
          self->n_delivering++;
          on_reply (self, &reply);
          self->n_delivering--;
        }
      else if (error != NULL)
        {
          fail_with (self, error);
        }
      else if (!fill (self))
        {
          self->has_unread = FALSE;
          return;
        }

      if (self->read_source != NULL && g_get_monotonic_time () >= end)
        {
          resume_later (self);
          return;
        }
    }
}

/* Silence */

static gboolean
on_timer (gpointer user_data)
{
  G_GNUC_UNUSED g_autoptr (SignalRedisConnection) self = g_object_ref (user_data);
  gint64 now = g_get_monotonic_time ();
  gint64 quiet_since = self->last_received;
  g_autoptr (GError) error = NULL;

  if (self->is_ready && now < quiet_since + QUIET_TIME)
    {
      g_source_set_ready_time (self->timer, quiet_since + QUIET_TIME);
      return G_SOURCE_CONTINUE;
    }

  if (self->is_ready && !self->has_asked)
    {
      self->has_asked = TRUE;
      append_ping (self, COMMAND_PING);
      flush_later (self);
      g_source_set_ready_time (self->timer, now + QUIET_TIME);
      return G_SOURCE_CONTINUE;
    }

  error = g_error_new_literal (SIGNAL_ERROR, SIGNAL_ERROR_TIMED_OUT, _("Redis does not answer"));
  fail_with (self, error);
  return G_SOURCE_REMOVE;
}

static void
start_timer (SignalRedisConnection *self)
{
  self->timer = signal_source_new_timed (on_timer, self, "[signal-glib] Redis timeout");
  g_source_set_priority (self->timer, SIGNAL_SOURCE_AFTER_READING);
  g_source_set_ready_time (self->timer, g_get_monotonic_time () + CONNECT_TIMEOUT);
  g_source_attach (self->timer, self->context);
}

/* Connecting */

static void
greet (SignalRedisConnection *self)
{
  const char *user = g_uri_get_user (self->uri);
  const char *password = g_uri_get_password (self->uri);
  const char *args[3] = { "AUTH" };
  guint n_args = 1;

  if (password != NULL)
    {
      if (user != NULL && *user != '\0')
        args[n_args++] = user;
      args[n_args++] = password;
      append_command (self, n_args, args);
      expect (self, COMMAND_AUTHENTICATE, 1);
    }

  append_ping (self, COMMAND_GREET);
  watch_input (self);
  flush_now (self);
}

/* Takes ownership of the connection and the error. */
static void
on_stream (SignalRedisConnection *self,
           GSocketConnection     *connection,
           GError                *error)
{
  g_autoptr (GError) cause = error;

  if (connection == NULL)
    {
      if (self->handlers != NULL)
        fail_to_connect (self, cause);
      return;
    }

  if (self->handlers == NULL)
    {
      g_object_unref (connection);
      return;
    }

  self->stream = G_IO_STREAM (connection);
  self->last_received = g_get_monotonic_time ();
  greet (self);
}

static void
on_secured (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (SignalRedisConnection) self = user_data;
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection = signal_websocket_tls_finish (result, &error);

  on_stream (self, connection, g_steal_pointer (&error));
}

static void
on_connected (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (SignalRedisConnection) self = user_data;
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;

  connection = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  if (connection != NULL)
    g_socket_set_option (g_socket_connection_get_socket (connection), IPPROTO_TCP, TCP_NODELAY, 1, NULL);

  if (connection != NULL && self->handlers != NULL && signal_bus_uri_is_secure (self->uri))
    {
      const SignalWebsocketTlsOptions options = {
        .uri = self->uri,
        .database = self->database,
        .certificate = self->certificate,
      };

      signal_websocket_tls_async (connection, &options, self->cancellable, on_secured, g_object_ref (self));
      return;
    }

  on_stream (self, g_steal_pointer (&connection), g_steal_pointer (&error));
}

/* Starts to connect, in the thread-default main context. */
SignalRedisConnection *
signal_redis_connection_new (const SignalRedisConnectionOptions  *options,
                             const SignalRedisConnectionHandlers *handlers,
                             gpointer                             user_data)
{
  SignalRedisConnection *self = g_object_new (SIGNAL_TYPE_REDIS_CONNECTION, NULL);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnectable) address = NULL;

  self->handlers = handlers;
  self->user_data = user_data;
  self->uri = g_uri_ref (options->uri);
  g_set_object (&self->database, options->database);
  g_set_object (&self->certificate, options->certificate);
  self->cancellable = g_cancellable_new ();
  start_timer (self);

  /* The proxy of the desktop is for the Web. */
  g_socket_client_set_enable_proxy (client, FALSE);
  address = g_network_address_new (g_uri_get_host (self->uri), (guint16) g_uri_get_port (self->uri));
  g_socket_client_connect_async (client, address, self->cancellable, on_connected, g_object_ref (self));
  return self;
}
