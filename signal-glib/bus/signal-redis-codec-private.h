/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "json/signal-json-reader-private.h"

G_BEGIN_DECLS

/* The protocol of Redis (RESP2), by the formatter and the parser of hiredis. */
typedef struct _SignalRedisCodec SignalRedisCodec;

typedef enum
{
  SIGNAL_REDIS_REPLY_MESSAGE, /* a message on a channel, which was not requested */
  SIGNAL_REDIS_REPLY_ERROR,
  SIGNAL_REDIS_REPLY_OTHER,
} SignalRedisReplyType;

/* The spans are valid until the next call. */
typedef struct
{
  SignalRedisReplyType type;
  SignalSpan           channel; /* of a message */
  SignalSpan           text;    /* the body of a message, or the text of an error */
} SignalRedisReply;

gboolean          signal_redis_codec_is_available (void);
SignalRedisCodec *signal_redis_codec_new          (void) G_GNUC_WARN_UNUSED_RESULT;
void              signal_redis_codec_free         (SignalRedisCodec    *self);
void              signal_redis_codec_feed         (SignalRedisCodec    *self,
                                                   const char          *data,
                                                   gsize                length);
gboolean          signal_redis_codec_next         (SignalRedisCodec    *self,
                                                   SignalRedisReply    *reply,
                                                   GError             **error);
void              signal_redis_codec_format       (GByteArray          *out,
                                                   guint                n_args,
                                                   const char         **args,
                                                   const gsize         *lengths);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalRedisCodec, signal_redis_codec_free)

G_END_DECLS
