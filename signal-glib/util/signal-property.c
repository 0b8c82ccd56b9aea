/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "util/signal-property-private.h"

gboolean
signal_property_set_string (char         **field,
                            const GValue  *value)
{
  if (g_strcmp0 (*field, g_value_get_string (value)) == 0)
    return FALSE;

  g_free (*field);
  *field = g_value_dup_string (value);
  return TRUE;
}

/* The field is never NULL; the value may be. */
gboolean
signal_property_set_strv (char         ***field,
                          const GValue   *value)
{
  static const char * const none[] = { NULL };
  const char * const *texts = g_value_get_boxed (value);

  if (texts == NULL)
    texts = none;
  if (g_strv_equal ((const char * const *) *field, texts))
    return FALSE;

  g_strfreev (*field);
  *field = g_strdupv ((char **) texts);
  return TRUE;
}

gboolean
signal_property_set_uint (guint        *field,
                          const GValue *value)
{
  guint before = *field;

  *field = g_value_get_uint (value);
  return before != *field;
}

gboolean
signal_property_set_uint64 (guint64      *field,
                            const GValue *value)
{
  guint64 before = *field;

  *field = g_value_get_uint64 (value);
  return before != *field;
}

gboolean
signal_property_set_double (double       *field,
                            const GValue *value)
{
  double before = *field;

  *field = g_value_get_double (value);
  return before < *field || before > *field;
}

gboolean
signal_property_set_boolean (gboolean     *field,
                             const GValue *value)
{
  gboolean before = *field;

  *field = g_value_get_boolean (value);
  return before != *field;
}

/* A signal accumulator that stops at the first handler that returns a string. */
gboolean
signal_property_first_string (GSignalInvocationHint *hint,
                              GValue                *accumulated,
                              const GValue          *returned,
                              gpointer               user_data)
{
  if (g_value_get_string (returned) == NULL)
    return TRUE;

  g_value_copy (returned, accumulated);
  return FALSE;
}
