/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bus/signal-redis-codec-private.h"

#include <glib/gi18n-lib.h>

#include "signal-error.h"

#ifdef HAVE_HIREDIS

#include <hiredis/hiredis.h>
#include <string.h>

/* The maximum size of a reply that has not been received completely. Redis disconnects a subscriber
 * that has not read 32 MiB by default. */
#define MAX_REPLY_SIZE (64 * 1024 * 1024)

/* The maximum number of parts of a reply: those of a message for a pattern. Each part takes more memory
 * than it has bytes. */
#define MAX_PARTS 4

#if HIREDIS_MAJOR < 1
typedef int PartCount;
#else
typedef size_t PartCount;
#endif

struct _SignalRedisCodec
{
  redisReader *reader;
  redisReplyObjectFunctions functions;
  void      *(*create_any_array) (const redisReadTask *, PartCount);
  redisReply  *reply;     /* the last one that was returned */
  gsize        n_pending; /* bytes after that */
};

static void *
create_array (const redisReadTask *task,
              PartCount            n_parts)
{
  SignalRedisCodec *self = task->privdata;

  return n_parts <= MAX_PARTS ? self->create_any_array (task, n_parts) : NULL;
}

gboolean
signal_redis_codec_is_available (void)
{
  return TRUE;
}

SignalRedisCodec *
signal_redis_codec_new (void)
{
  SignalRedisCodec *self = g_new0 (SignalRedisCodec, 1);

  self->reader = redisReaderCreate ();
  if (self->reader == NULL)
    g_error ("Out of memory");

  self->functions = *self->reader->fn;
  self->create_any_array = self->functions.createArray;
  self->functions.createArray = create_array;
  self->reader->fn = &self->functions;
  self->reader->privdata = self;
  return self;
}

void
signal_redis_codec_free (SignalRedisCodec *self)
{
  if (self->reply != NULL)
    freeReplyObject (self->reply);
  redisReaderFree (self->reader);
  g_free (self);
}

/* An error is reported by signal_redis_codec_next(). */
void
signal_redis_codec_feed (SignalRedisCodec *self,
                         const char       *data,
                         gsize             length)
{
  redisReaderFeed (self->reader, data, length);
  self->n_pending += length;
}

static gboolean
is_text (const redisReply *reply)
{
  return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS;
}

static SignalSpan
get_span (const redisReply *reply)
{
  return (SignalSpan) { reply->str, (gsize) reply->len };
}

static gboolean
is_word (const redisReply *reply,
         const char       *word)
{
  return is_text (reply) && (gsize) reply->len == strlen (word)
         && memcmp (reply->str, word, (gsize) reply->len) == 0;
}

static void
classify (SignalRedisReply *out,
          const redisReply *reply)
{
  *out = (SignalRedisReply) { .type = SIGNAL_REDIS_REPLY_OTHER };

  if (reply->type == REDIS_REPLY_ERROR)
    {
      out->type = SIGNAL_REDIS_REPLY_ERROR;
      out->text = get_span (reply);
    }
  else if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 3)
    {
      redisReply **parts = reply->element;

      if (is_word (parts[0], "message") && is_text (parts[1]) && is_text (parts[2]))
        {
          out->type = SIGNAL_REDIS_REPLY_MESSAGE;
          out->channel = get_span (parts[1]);
          out->text = get_span (parts[2]);
        }
    }
}

/* Returns FALSE without an error if more data is required, and with one if the data is not that of
 * Redis; the codec cannot be used any more then. */
gboolean
signal_redis_codec_next (SignalRedisCodec  *self,
                         SignalRedisReply  *reply,
                         GError           **error)
{
  gpointer next = NULL;

  if (self->reply != NULL)
    freeReplyObject (g_steal_pointer (&self->reply));

  if (redisReaderGetReply (self->reader, &next) != REDIS_OK)
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_PROTOCOL,
                   _("The server does not speak the protocol of Redis; check the URI of the bus"));
      return FALSE;
    }

  /* Parts of an incomplete reply have been removed from the buffer. */
  if (next == NULL && self->n_pending > MAX_REPLY_SIZE)
    {
      g_set_error (error, SIGNAL_ERROR, SIGNAL_ERROR_TOO_LARGE,
                   _("A reply of Redis exceeds %d bytes"), MAX_REPLY_SIZE);
      return FALSE;
    }

  self->reply = next;
  if (next == NULL)
    return FALSE;

  self->n_pending = self->reader->len - self->reader->pos;
  classify (reply, self->reply);
  return TRUE;
}

/* Appends a command. */
void
signal_redis_codec_format (GByteArray   *out,
                           guint         n_args,
                           const char  **args,
                           const gsize  *lengths)
{
  char *command = NULL;
  int length = redisFormatCommandArgv (&command, (int) n_args, args, lengths);

  if (length < 0)
    g_error ("Out of memory");

  g_byte_array_append (out, (const guint8 *) command, (guint) length);
  redisFreeCommand (command);
}

#else

gboolean
signal_redis_codec_is_available (void)
{
  return FALSE;
}

SignalRedisCodec *
signal_redis_codec_new (void)
{
  return NULL;
}

void
signal_redis_codec_free (SignalRedisCodec *self)
{
}

void
signal_redis_codec_feed (SignalRedisCodec *self,
                         const char       *data,
                         gsize             length)
{
}

gboolean
signal_redis_codec_next (SignalRedisCodec  *self,
                         SignalRedisReply  *reply,
                         GError           **error)
{
  return FALSE;
}

void
signal_redis_codec_format (GByteArray   *out,
                           guint         n_args,
                           const char  **args,
                           const gsize  *lengths)
{
}

#endif
