/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <math.h>

#include "signal-glib/signal-error.h"
#include "signal-glib/json/signal-json-writer-private.h"
#include "signal-glib/json/signal-json-scanner-private.h"

static char *
write_double (double number)
{
  g_autoptr (JsonNode) node = json_node_init_double (json_node_alloc (), number);

  return signal_json_node_write (node, NULL);
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

/* Whatever the bits, the text is JSON and gives the same bits again. */
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
      g_autofree char *text = signal_json_node_write (node, &error);

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
  g_autofree char *text = signal_json_node_write (node, NULL);

  g_assert_cmpstr (text, ==, json);
}

static void
test_depth (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  JsonNode *node = json_node_init_null (json_node_alloc ());

  for (guint i = 0; i <= SIGNAL_JSON_MAX_DEPTH; i++)
    {
      JsonArray *array = json_array_new ();

      json_array_add_element (array, node);
      node = json_node_init_array (json_node_alloc (), array);
      json_array_unref (array);
    }

  text = signal_json_node_write (node, &error);
  json_node_unref (node);
  g_assert_null (text);
  g_assert_error (error, SIGNAL_ERROR, SIGNAL_ERROR_INVALID_ARGUMENT);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/json-node/numbers", test_numbers);
  g_test_add_func ("/json-node/any-number", test_any_number);
  g_test_add_func ("/json-node/refused", test_refused);
  g_test_add_func ("/json-node/tree", test_tree);
  g_test_add_func ("/json-node/depth", test_depth);

  return g_test_run ();
}
