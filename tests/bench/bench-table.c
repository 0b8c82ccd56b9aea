/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "bench-table.h"

void
bench_table_init (BenchTable *self)
{
  self->rows = json_array_new ();
  self->series = json_array_new ();
}

void
bench_table_clear (BenchTable *self)
{
  g_clear_pointer (&self->rows, json_array_unref);
  g_clear_pointer (&self->series, json_array_unref);
}

/* @must and @aim may be BENCH_NONE. */
void
bench_table_add (BenchTable  *self,
                 const char  *what,
                 const char  *unit,
                 double       value,
                 BenchBetter  better,
                 double       must,
                 double       aim)
{
  JsonObject *row = json_object_new ();

  json_object_set_string_member (row, "what", what);
  json_object_set_string_member (row, "unit", unit);
  json_object_set_double_member (row, "value", value);
  json_object_set_string_member (row, "better", better == BENCH_LESS_IS_BETTER ? "less" : "more");
  if (must >= 0)
    json_object_set_double_member (row, "must", must);
  if (aim >= 0)
    json_object_set_double_member (row, "aim", aim);
  json_array_add_object_element (self->rows, row);
}

static JsonObject *
find_series (BenchTable *self,
             const char *chart,
             const char *name)
{
  for (guint i = 0; i < json_array_get_length (self->series); i++)
    {
      JsonObject *series = json_array_get_object_element (self->series, i);

      if (g_str_equal (json_object_get_string_member (series, "chart"), chart)
          && g_str_equal (json_object_get_string_member (series, "name"), name))
        return series;
    }

  return NULL;
}

/* All series of a chart are in one plot. */
void
bench_table_add_point (BenchTable *self,
                       const char *chart,
                       const char *name,
                       const char *x_label,
                       const char *y_label,
                       double      x,
                       double      y)
{
  JsonObject *series = find_series (self, chart, name);
  JsonArray *point = json_array_new ();

  if (series == NULL)
    {
      series = json_object_new ();
      json_object_set_string_member (series, "chart", chart);
      json_object_set_string_member (series, "name", name);
      json_object_set_string_member (series, "x_label", x_label);
      json_object_set_string_member (series, "y_label", y_label);
      json_object_set_array_member (series, "points", json_array_new ());
      json_array_add_object_element (self->series, series);
    }

  json_array_add_double_element (point, x);
  json_array_add_double_element (point, y);
  json_array_add_array_element (json_object_get_array_member (series, "points"), point);
}

static void
report_array (JsonBuilder *builder,
              const char  *name,
              JsonArray   *array)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  json_node_set_array (node, array);
  json_builder_set_member_name (builder, name);
  json_builder_add_value (builder, node);
}

void
bench_table_report (BenchTable  *self,
                    JsonBuilder *builder)
{
  report_array (builder, "table", self->rows);
  report_array (builder, "series", self->series);
}

void
bench_json_add (JsonBuilder *builder,
                const char  *name,
                double       value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_double_value (builder, value);
}
