/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <math.h>

#include "signal-glib/signal-error.h"
#include "signal-glib/json/signal-json-writer-private.h"
#include "signal-glib/json/signal-json-scanner-private.h"

static char *
write_node (JsonNode  *node,
            GError   **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (!signal_json_append_node (text, node, error))
    return NULL;

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
write_double (double number)
{
  g_autoptr (JsonNode) node = json_node_init_double (json_node_alloc (), number);

  return write_node (node, NULL);
}

static void
test_numbers (void)
{
  static const struct
  {
    double      number;
    const char *text;
  } cases[] = {
    { 0.1, "0.1" }, { 1.0, "1.0" }, { -0.0, "-0.0" }, { 1e308, "1e+308" },
    { 5e-324, "4.94065645841247e-324" },
    { 1.0 / 3, "0.3333333333333333" }, { 1e15, "1e+15" }, { 123456789012345680.0, "1.2345678901234568e+17" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = write_double (cases[i].number);

      g_assert_cmpstr (text, ==, cases[i].text);
      g_assert_true (signal_json_check (text, strlen (text), NULL));
      g_assert_true (g_ascii_strtod (text, NULL) == cases[i].number);
    }
}

/* Any double is written as JSON that is read as the same bits. */
static void
test_any_number (void)
{
  for (guint i = 0; i < 100000; i++)
    {
      union
      {
        guint64 bits;
        double  number;
      } value = { (guint64) g_test_rand_int () << 32 | (guint32) g_test_rand_int () };
      g_autofree char *text = NULL;

      if (!isfinite (value.number))
        continue;

      text = write_double (value.number);
      g_assert_true (signal_json_check (text, strlen (text), NULL));
      g_assert_true (g_ascii_strtod (text, NULL) == value.number);
    }
}

static void
test_refused (void)
{
  static const double cases[] = { INFINITY, -INFINITY, NAN };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (JsonNode) node = json_node_init_double (json_node_alloc (), cases[i]);
      g_autoptr (GError) error = NULL;
      g_autofree char *text = write_node (node, &error);

      g_assert_null (text);
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_tree (void)
{
  static const char json[] = "{\"b\":[1,-9223372036854775808,true,false,null,\"\\\"\\\\\\u0001ä\"],"
                             "\"a\":{\"\":[]},\"c\":{}}";
  g_autoptr (JsonNode) node = json_from_string (json, NULL);
  g_autofree char *text = write_node (node, NULL);

  g_assert_cmpstr (text, ==, json);
}

static JsonNode *
new_array (JsonNode *element)
{
  g_autoptr (JsonArray) array = json_array_new ();

  if (element != NULL)
    json_array_add_element (array, element);
  return json_node_init_array (json_node_alloc (), array);
}

/* This number of nested arrays. */
static JsonNode *
nest (JsonNode *node,
      guint     depth)
{
  for (guint i = 0; i < depth; i++)
    node = new_array (node);
  return node;
}

/* Only what can be read is written, which limits the depth. */
static void
test_depth (void)
{
  for (guint depth = SIGNAL_JSON_MAX_DEPTH - 1; depth <= SIGNAL_JSON_MAX_DEPTH + 1; depth++)
    {
      g_autoptr (JsonNode) scalar = nest (json_node_init_int (json_node_alloc (), 1), depth);
      g_autoptr (JsonNode) empty = nest (NULL, depth);
      JsonNode *nodes[] = { scalar, empty };

      for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
        {
          g_autoptr (GError) error = NULL;
          g_autofree char *text = write_node (nodes[i], &error);

          if (depth <= SIGNAL_JSON_MAX_DEPTH)
            g_assert_true (signal_json_check (text, strlen (text), NULL));
          else
            g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
        }
    }
}

/* In a value, and in the name of a member. */
static void
test_encoding (void)
{
  static const char * const texts[] = { "\xff", "a\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\x80" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (JsonNode) value = json_node_init_string (json_node_alloc (), texts[i]);
      g_autoptr (JsonObject) object = json_object_new ();
      g_autoptr (JsonNode) name = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_null (write_node (value, &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);

      json_object_set_int_member (object, texts[i], 1);
      name = json_node_init_object (json_node_alloc (), object);
      g_assert_null (write_node (name, &error));
      g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
    }
}

static JsonNode *
any_string (void)
{
  char text[8];

  for (guint i = 0; i < sizeof text - 1; i++)
    text[i] = (char) g_test_rand_int_range (0, 256);
  text[sizeof text - 1] = '\0';
  return json_node_init_string (json_node_alloc (), text);
}

static JsonNode *
any_node (guint depth)
{
  switch (g_test_rand_int_range (0, depth > 0 ? 6 : 4))
    {
    case 0:
      return json_node_init_null (json_node_alloc ());
    case 1:
      return json_node_init_double (json_node_alloc (), g_test_rand_double_range (-1e300, 1e300));
    case 2:
      return json_node_init_boolean (json_node_alloc (), g_test_rand_bit ());
    case 3:
      return any_string ();
    case 4:
      return new_array (any_node (depth - 1));
    default:
      {
        g_autoptr (JsonObject) object = json_object_new ();
        g_autoptr (JsonNode) name = any_string ();

        json_object_set_member (object, json_node_get_string (name), any_node (depth - 1));
        return json_node_init_object (json_node_alloc (), object);
      }
    }
}

/* The text is not checked again before it is sent. */
static void
test_any_tree (void)
{
  guint count = 0;

  for (guint i = 0; i < 20000; i++)
    {
      g_autoptr (JsonNode) node = any_node (5);
      g_autofree char *text = write_node (node, NULL);

      if (text == NULL)
        continue;

      count++;
      g_assert_true (signal_json_check (text, strlen (text), NULL));
    }

  g_assert_cmpuint (count, >, 1000);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/json-writer/numbers", test_numbers);
  g_test_add_func ("/json-writer/any-number", test_any_number);
  g_test_add_func ("/json-writer/refused", test_refused);
  g_test_add_func ("/json-writer/tree", test_tree);
  g_test_add_func ("/json-writer/depth", test_depth);
  g_test_add_func ("/json-writer/encoding", test_encoding);
  g_test_add_func ("/json-writer/any-tree", test_any_tree);

  return g_test_run ();
}
