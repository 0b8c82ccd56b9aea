/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "utils.h"

G_BEGIN_DECLS

typedef struct _MockRedis MockRedis;
typedef struct _MockLink MockLink;

/* A small Redis that publishes and subscribes in RESP2, in the main context of the test, so that a test can
 * stop it, make it hang, and make it say what a Redis never says. */
struct _MockRedis
{
  GSocketService        *service;        /* NULL while it is stopped */
  char                  *uri;
  guint16                port;
  GPtrArray             *links;          /* MockLink, in the order of their connections; closed ones stay */
  GPtrArray             *commands;       /* char *, of all connections in order: words joined by spaces */
  guint                  n_published;

  const char            *user;           /* NULL for the default one */
  const char            *password;       /* NULL if none is needed */
  const char            *denied_command; /* in lower case: nobody may use it */
  const char            *denied_channel; /* nobody may publish or subscribe to it */
  const char            *publish_answer; /* instead of the number of receivers, or NULL */
  gboolean               is_loading;     /* its data set: it does not answer PING */
  gboolean               is_mute;        /* it executes commands, and answers nothing */
  gboolean               is_bytewise;    /* each byte is sent by itself */
  gboolean               is_frozen;      /* see mock_redis_freeze() */

  GTlsCertificate       *certificate;    /* NULL for no TLS */
  GTlsAuthenticationMode authentication;

  GThread               *flood;          /* NULL if there is none */
  MockLink              *flooded;
  GBytes                *flood_message;
  guint                  n_flood;
  gint                   is_flooding;    /* read atomically */
};

/* A connection, as seen by the Redis. */
struct _MockLink
{
  MockRedis       *mock;
  GSocket         *socket;      /* NULL once it is closed */
  GIOStream       *stream;
  GCancellable    *cancellable;
  GSource         *reading;     /* NULL while it does not read */
  GSource         *writing;     /* NULL if nothing waits to be written */
  GByteArray      *in;
  GByteArray      *out;
  gsize            n_written;   /* of what is in @out */
  guint            n_pending;
  gboolean         is_open;     /* ready to be read and written */
  gboolean         is_closing;  /* to be closed as soon as everything is written */
  gboolean         is_authenticated;

  GPtrArray       *commands;    /* char *, as those of the Redis */
  GHashTable      *channels;
  GHashTable      *patterns;
  GTlsCertificate *certificate; /* of the other side */
};

MockRedis *mock_redis_new               (void);
MockRedis *mock_redis_new_tls           (GTlsCertificate *certificate);
void       mock_redis_free              (MockRedis       *mock);
void       mock_redis_start             (MockRedis       *mock);
void       mock_redis_stop              (MockRedis       *mock);
void       mock_redis_kill_links        (MockRedis       *mock);
void       mock_redis_reset_links       (MockRedis       *mock);
void       mock_redis_freeze            (MockRedis       *mock,
                                         gboolean         is_frozen);
void       mock_redis_drain             (MockRedis       *mock);
guint      mock_redis_inject            (MockRedis       *mock,
                                         const char      *channel,
                                         const char      *text);
guint      mock_redis_inject_data       (MockRedis       *mock,
                                         const char      *channel,
                                         const void      *data,
                                         gsize            length);
void       mock_redis_start_flood       (MockRedis       *mock,
                                         const char      *channel,
                                         const char      *text,
                                         guint            count);
void       mock_redis_stop_flood        (MockRedis       *mock);

guint      mock_redis_count_links       (MockRedis       *mock);
guint      mock_redis_count_commands    (MockRedis       *mock,
                                         const char      *prefix);
int        mock_redis_find_command      (MockRedis       *mock,
                                         const char      *prefix,
                                         guint            from);
guint      mock_redis_count_subscribers (MockRedis       *mock,
                                         const char      *channel);
char      *mock_redis_dup_channels      (MockRedis       *mock);
MockLink  *mock_redis_get_subscriber    (MockRedis       *mock,
                                         const char      *channel);

void       mock_link_close              (MockLink        *link);
void       mock_link_write              (MockLink        *link,
                                         const void      *data,
                                         gsize            length);
void       mock_link_write_text         (MockLink        *link,
                                         const char      *text);
void       mock_link_execute            (MockLink        *link,
                                         GPtrArray       *words);
GByteArray *mock_redis_format_message   (const char      *pattern,
                                         const char      *channel,
                                         const void      *data,
                                         gsize            length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MockRedis, mock_redis_free)

G_END_DECLS
