/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "mock-redis.h"

#include <string.h>

/* What the mock Redis does for each command, and what it says, as Redis 7 does. */

#define CHANNEL_DENIED \
  "-NOPERM this user has no permissions to access one of the channels used as arguments\r\n"

static const char *
get_word (GPtrArray *words,
          guint      index)
{
  return ((GString *) words->pdata[index])->str;
}

static void
reply (MockLink   *link,
       const char *text)
{
  if (!link->mock->is_mute)
    mock_link_write_text (link, text);
}

static void
append_bulk (GByteArray *bytes,
             const void *data,
             gsize       length)
{
  g_autofree char *head = g_strdup_printf ("$%" G_GSIZE_FORMAT "\r\n", length);

  g_byte_array_append (bytes, (const guint8 *) head, strlen (head));
  g_byte_array_append (bytes, data, length);
  g_byte_array_append (bytes, (const guint8 *) "\r\n", 2);
}

static void
append_bulk_text (GByteArray *bytes,
                  const char *text)
{
  append_bulk (bytes, text, strlen (text));
}

/* What a subscriber receives; @pattern is NULL for one that has subscribed to the channel itself. */
GByteArray *
mock_redis_format_message (const char *pattern,
                           const char *channel,
                           const void *data,
                           gsize       length)
{
  GByteArray *bytes = g_byte_array_sized_new (length + strlen (channel) + 64);

  g_byte_array_append (bytes, (const guint8 *) (pattern != NULL ? "*4\r\n" : "*3\r\n"), 4);
  append_bulk_text (bytes, pattern != NULL ? "pmessage" : "message");
  if (pattern != NULL)
    append_bulk_text (bytes, pattern);
  append_bulk_text (bytes, channel);
  append_bulk (bytes, data, length);
  return bytes;
}

static void
deliver (MockLink   *link,
         const char *pattern,
         const char *channel,
         const void *data,
         gsize       length)
{
  g_autoptr (GByteArray) bytes = mock_redis_format_message (pattern, channel, data, length);

  mock_link_write (link, bytes->data, bytes->len);
}

/* Publishes as another client would. Returns how many have received it. */
guint
mock_redis_inject_data (MockRedis  *mock,
                        const char *channel,
                        const void *data,
                        gsize       length)
{
  guint count = 0;

  for (guint i = 0; i < mock->links->len; i++)
    {
      MockLink *link = mock->links->pdata[i];
      GHashTableIter iter;
      gpointer pattern;

      if (link->is_closing)
        continue;
      if (g_hash_table_contains (link->channels, channel))
        {
          deliver (link, NULL, channel, data, length);
          count++;
        }
      g_hash_table_iter_init (&iter, link->patterns);
      while (g_hash_table_iter_next (&iter, &pattern, NULL))
        if (g_pattern_match_simple (pattern, channel))
          {
            deliver (link, pattern, channel, data, length);
            count++;
          }
    }
  return count;
}

guint
mock_redis_inject (MockRedis  *mock,
                   const char *channel,
                   const char *text)
{
  return mock_redis_inject_data (mock, channel, text, strlen (text));
}

static gboolean
is_denied (MockLink   *link,
           const char *channel)
{
  return g_strcmp0 (link->mock->denied_channel, channel) == 0;
}

static void
publish (MockLink  *link,
         GPtrArray *words)
{
  const GString *body = words->pdata[2];
  g_autofree char *answer = NULL;

  if (is_denied (link, get_word (words, 1)))
    {
      reply (link, CHANNEL_DENIED);
      return;
    }

  link->mock->n_published++;
  answer = g_strdup_printf (":%u\r\n", mock_redis_inject_data (link->mock, get_word (words, 1), body->str,
                                                               body->len));
  reply (link, link->mock->publish_answer != NULL ? link->mock->publish_answer : answer);
}

static guint
count_subscriptions (MockLink *link)
{
  return g_hash_table_size (link->channels) + g_hash_table_size (link->patterns);
}

static void
confirm (MockLink   *link,
         const char *kind,
         const char *channel)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autofree char *end = g_strdup_printf (":%u\r\n", count_subscriptions (link));

  g_byte_array_append (bytes, (const guint8 *) "*3\r\n", 4);
  append_bulk_text (bytes, kind);
  if (channel != NULL)
    append_bulk_text (bytes, channel);
  else
    g_byte_array_append (bytes, (const guint8 *) "$-1\r\n", 5);
  g_byte_array_append (bytes, (const guint8 *) end, strlen (end));
  if (!link->mock->is_mute)
    mock_link_write (link, bytes->data, bytes->len);
}

static void
add (MockLink   *link,
     GPtrArray  *words,
     const char *kind,
     GHashTable *names)
{
  for (guint i = 1; i < words->len; i++)
    if (is_denied (link, get_word (words, i)))
      {
        reply (link, CHANNEL_DENIED);
        return;
      }

  for (guint i = 1; i < words->len; i++)
    {
      g_hash_table_add (names, g_strdup (get_word (words, i)));
      confirm (link, kind, get_word (words, i));
    }
}

static void
take_away (MockLink   *link,
           GPtrArray  *words,
           const char *kind,
           GHashTable *names)
{
  g_autoptr (GList) all = g_hash_table_get_keys (names);

  if (words->len == 1 && all == NULL)
    confirm (link, kind, NULL);
  for (GList *name = all; words->len == 1 && name != NULL; name = name->next)
    {
      g_autofree char *copy = g_strdup (name->data);

      g_hash_table_remove (names, copy);
      confirm (link, kind, copy);
    }
  for (guint i = 1; i < words->len; i++)
    {
      g_hash_table_remove (names, get_word (words, i));
      confirm (link, kind, get_word (words, i));
    }
}

static void
subscribe (MockLink  *link,
           GPtrArray *words)
{
  add (link, words, "subscribe", link->channels);
}

static void
psubscribe (MockLink  *link,
            GPtrArray *words)
{
  add (link, words, "psubscribe", link->patterns);
}

static void
unsubscribe (MockLink  *link,
             GPtrArray *words)
{
  take_away (link, words, "unsubscribe", link->channels);
}

static void
punsubscribe (MockLink  *link,
              GPtrArray *words)
{
  take_away (link, words, "punsubscribe", link->patterns);
}

static void
ping (MockLink  *link,
      GPtrArray *words)
{
  const char *text = words->len > 1 ? get_word (words, 1) : "";
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  if (link->mock->is_loading)
    {
      reply (link, "-LOADING Redis is loading the dataset in memory\r\n");
      return;
    }
  if (count_subscriptions (link) == 0 && words->len == 1)
    {
      reply (link, "+PONG\r\n");
      return;
    }

  if (count_subscriptions (link) > 0)
    {
      g_byte_array_append (bytes, (const guint8 *) "*2\r\n", 4);
      append_bulk_text (bytes, "pong");
    }
  append_bulk_text (bytes, text);
  if (!link->mock->is_mute)
    mock_link_write (link, bytes->data, bytes->len);
}

static void
auth (MockLink  *link,
      GPtrArray *words)
{
  const MockRedis *mock = link->mock;
  const char *user = words->len == 3 ? get_word (words, 1) : "default";
  const char *password = get_word (words, words->len - 1);

  if (mock->password == NULL && words->len == 2)
    {
      reply (link, "-ERR AUTH <password> called without any password configured for the default user. "
                   "Are you sure your configuration is correct?\r\n");
      return;
    }

  link->is_authenticated = g_strcmp0 (mock->user != NULL ? mock->user : "default", user) == 0
                           && g_strcmp0 (mock->password, password) == 0;
  reply (link, link->is_authenticated
               ? "+OK\r\n" : "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
}

static void
quit (MockLink  *link,
      GPtrArray *words)
{
  link->is_closing = TRUE;
  reply (link, "+OK\r\n");
}

static const struct
{
  const char *name;
  guint       min_words;
  guint       max_words;
  gboolean    is_free_of_auth;
  gboolean    is_for_subscribers;
  void      (*execute) (MockLink  *link,
                        GPtrArray *words);
} commands[] = {
  { "auth", 2, 3, TRUE, FALSE, auth },
  { "ping", 1, 2, FALSE, TRUE, ping },
  { "publish", 3, 3, FALSE, FALSE, publish },
  { "subscribe", 2, G_MAXUINT, FALSE, TRUE, subscribe },
  { "psubscribe", 2, G_MAXUINT, FALSE, TRUE, psubscribe },
  { "unsubscribe", 1, G_MAXUINT, FALSE, TRUE, unsubscribe },
  { "punsubscribe", 1, G_MAXUINT, FALSE, TRUE, punsubscribe },
  { "quit", 1, G_MAXUINT, TRUE, TRUE, quit },
};

static void
record (MockLink  *link,
        GPtrArray *words)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < words->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", get_word (words, i));
  g_ptr_array_add (link->commands, g_strdup (text->str));
  g_ptr_array_add (link->mock->commands, g_strdup (text->str));
}

void
mock_link_execute (MockLink  *link,
                   GPtrArray *words)
{
  g_autofree char *name = g_ascii_strdown (get_word (words, 0), -1);
  g_autofree char *problem = NULL;
  guint i = 0;

  record (link, words);
  while (i < G_N_ELEMENTS (commands) && !g_str_equal (commands[i].name, name))
    i++;

  if (i == G_N_ELEMENTS (commands))
    problem = g_strdup_printf ("-ERR unknown command '%s', with args beginning with: \r\n", name);
  else if (words->len < commands[i].min_words || words->len > commands[i].max_words)
    problem = g_strdup_printf ("-ERR wrong number of arguments for '%s' command\r\n", name);
  else if (link->mock->password != NULL && !link->is_authenticated && !commands[i].is_free_of_auth)
    problem = g_strdup ("-NOAUTH Authentication required.\r\n");
  else if (g_strcmp0 (link->mock->denied_command, name) == 0)
    problem = g_strdup_printf ("-NOPERM this user has no permissions to run the '%s' command\r\n", name);
  else if (count_subscriptions (link) > 0 && !commands[i].is_for_subscribers)
    problem = g_strdup_printf ("-ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / "
                               "QUIT / RESET are allowed in this context\r\n", name);

  if (problem != NULL)
    reply (link, problem);
  else
    commands[i].execute (link, words);
}

/* The number of open connections. */
guint
mock_redis_count_links (MockRedis *mock)
{
  guint count = 0;

  for (guint i = 0; i < mock->links->len; i++)
    count += ((MockLink *) mock->links->pdata[i])->socket != NULL;
  return count;
}

/* The number of commands on all connections until now that begin like this. */
guint
mock_redis_count_commands (MockRedis  *mock,
                           const char *prefix)
{
  guint count = 0;

  for (guint i = 0; i < mock->commands->len; i++)
    count += g_str_has_prefix (mock->commands->pdata[i], prefix);
  return count;
}

/* Returns the index of the first such command from index @from on, or -1 if there is none. */
int
mock_redis_find_command (MockRedis  *mock,
                         const char *prefix,
                         guint       from)
{
  for (guint i = from; i < mock->commands->len; i++)
    if (g_str_has_prefix (mock->commands->pdata[i], prefix))
      return i;
  return -1;
}

guint
mock_redis_count_subscribers (MockRedis  *mock,
                              const char *channel)
{
  guint count = 0;

  for (guint i = 0; i < mock->links->len; i++)
    count += g_hash_table_contains (((MockLink *) mock->links->pdata[i])->channels, channel);
  return count;
}

/* Returns a connection that is subscribed to the channel, or NULL. */
MockLink *
mock_redis_get_subscriber (MockRedis  *mock,
                           const char *channel)
{
  for (guint i = 0; i < mock->links->len; i++)
    if (g_hash_table_contains (((MockLink *) mock->links->pdata[i])->channels, channel))
      return mock->links->pdata[i];
  return NULL;
}

static int
compare_texts (gconstpointer a,
               gconstpointer b)
{
  return g_strcmp0 (*(const char * const *) a, *(const char * const *) b);
}

/* The channels that are subscribed to, in alphabetical order, joined by spaces; one with two subscribers
 * twice. */
char *
mock_redis_dup_channels (MockRedis *mock)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < mock->links->len; i++)
    {
      GHashTableIter iter;
      gpointer name;

      g_hash_table_iter_init (&iter, ((MockLink *) mock->links->pdata[i])->channels);
      while (g_hash_table_iter_next (&iter, &name, NULL))
        g_ptr_array_add (names, name);
    }
  g_ptr_array_sort (names, compare_texts);
  g_ptr_array_add (names, NULL);
  return g_strjoinv (" ", (char **) names->pdata);
}
