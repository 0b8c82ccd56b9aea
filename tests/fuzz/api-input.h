/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The bytes of a case, from which arguments are taken. What it returns belongs to it. */
typedef struct
{
  const guint8 *data;
  gsize         size;
  gboolean      is_over;  /* nothing is left */
  GPtrArray    *strings;
  GPtrArray    *arrays;
  GPtrArray    *nodes;
} ApiInput;

void                api_input_init      (ApiInput           *self,
                                         const guint8       *data,
                                         gsize               size);
void                api_input_clear     (ApiInput           *self);
guint               api_input_below     (ApiInput           *self,
                                         guint               limit);
const char         *api_input_string    (ApiInput           *self,
                                         gboolean            nullable);
const char         *api_input_url       (ApiInput           *self,
                                         const char         *live,
                                         const char * const *others);
const char         *api_input_json      (ApiInput           *self);
const char * const *api_input_strings   (ApiInput           *self);
JsonNode           *api_input_node      (ApiInput           *self);
void                api_input_set_value (ApiInput           *self,
                                         GObject            *object,
                                         GParamSpec         *pspec);

G_END_DECLS
