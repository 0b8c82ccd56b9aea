/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* What the application determines of an `authenticate` event, besides the token. */
typedef struct
{
  char     *type;
  JsonNode *data; /* further members, or NULL; the application may modify the object */
  char     *public_key_member;
} SignalAuthenticateOptions;

void signal_authenticate_options_copy  (SignalAuthenticateOptions       *self,
                                        const SignalAuthenticateOptions *from);
void signal_authenticate_options_clear (SignalAuthenticateOptions       *self);

G_END_DECLS
