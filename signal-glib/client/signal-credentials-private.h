/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The token that a session authenticates with, and whether the server has accepted it. */
typedef struct _SignalCredentials SignalCredentials;

SignalCredentials *signal_credentials_new           (void) G_GNUC_WARN_UNUSED_RESULT;
void               signal_credentials_free          (SignalCredentials  *self);
void               signal_credentials_set_token     (SignalCredentials  *self,
                                                     const char         *token);
const char        *signal_credentials_get_token     (SignalCredentials  *self);
gboolean           signal_credentials_check_token   (const char         *token,
                                                     GError            **error);
gboolean           signal_credentials_check         (SignalCredentials  *self,
                                                     GError            **error);

void               signal_credentials_refuse        (SignalCredentials  *self,
                                                     const GError       *error);
void               signal_credentials_accept        (SignalCredentials  *self);
void               signal_credentials_reset         (SignalCredentials  *self);
gboolean           signal_credentials_may_ask_again (SignalCredentials  *self);

void               signal_credentials_promise       (SignalCredentials  *self);
gboolean           signal_credentials_deliver       (SignalCredentials  *self);
void               signal_credentials_keep_late     (SignalCredentials  *self);
gboolean           signal_credentials_take_late     (SignalCredentials  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SignalCredentials, signal_credentials_free)

G_END_DECLS
