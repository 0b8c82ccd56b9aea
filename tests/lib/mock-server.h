/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "utils.h"

#include "signal-glib/crypto/signal-aead-private.h"
#include "signal-glib/crypto/signal-ecdh-private.h"
#include "signal-glib/protocol/signal-handshake-private.h"

G_BEGIN_DECLS

#define TEST_TOKEN "top-secret"
#define TEST_INFO "ignis-ecdh-p256-aes-256-gcm-v1"

typedef struct _Host Host;
typedef struct _Guest Guest;
typedef void (*GuestFunc) (Guest *guest);

/* A server that does what a test wants, right or wrong: WebSocket by hand over a listening socket.
 * Without more it welcomes everybody with a key. */
struct _Host
{
  GSocketService        *service;
  char                  *uri;
  guint16                port;
  GPtrArray             *guests; /* Guest, in the order they came, also those that are gone */

  GuestFunc              greet;  /* at each `authenticate` */
  const char            *answer; /* HTTP to refuse everybody with; NULL: upgrade */
  gboolean               mute;   /* accepts, and says nothing at all */
  gboolean               deaf;   /* answers no ping and no close frame */

  GTlsCertificate       *certificate; /* NULL: no TLS */
  GTlsAuthenticationMode authentication;
};

/* One connection, as the host sees it. */
struct _Guest
{
  Host             *host;
  GSocket          *socket;
  GIOStream        *stream;
  GCancellable     *cancellable;
  GByteArray       *in;
  GByteArray       *out;
  GBytes           *writing;     /* NULL: nothing is */
  guint8            buffer[16384];
  guint             n_pending;
  gboolean          is_upgraded;
  gboolean          is_leaving; /* cut when all is written */
  gboolean          is_resetting;
  gboolean          is_gone;    /* the client has closed its end, or is cut off */

  char             *id;
  char             *request;     /* the head of the upgrade request */
  GTlsCertificate  *certificate; /* what the client showed */
  GPtrArray        *frames;      /* every text, as it came */
  GPtrArray        *inner;       /* what was in the encrypted ones */
  GPtrArray        *ivs;         /* base64 */
  char             *token;
  guint             n_pings;
  guint16           close_code;  /* 0: no close frame has come */

  SignalEcdhKeyPair    *key_pair;
  guint8            client_key[SIGNAL_ECDH_PUBLIC_KEY_SIZE];
  guint8            salt[SIGNAL_HANDSHAKE_SALT_SIZE];
  SignalAead *key;
};

Host  *host_new                 (void);
Host  *host_new_tls             (GTlsCertificate *certificate);
void   host_free                (Host            *host);
void   host_shut                (Host            *host);
Guest *host_wait_guest          (Host            *host,
                                 guint            index);

void   guest_welcome            (Guest           *guest);
void   guest_welcome_plain      (Guest           *guest);
char  *guest_compose_connected  (Guest           *guest);
void   guest_take_key           (Guest           *guest);
char  *guest_seal               (Guest           *guest,
                                 const char      *inner);
char  *guest_seal_data          (Guest           *guest,
                                 const void      *data,
                                 gsize            length);
void   guest_send               (Guest           *guest,
                                 const char      *inner);
void   guest_send_text          (Guest           *guest,
                                 const char      *text);
void   guest_send_frame         (Guest           *guest,
                                 guint8           first_byte,
                                 const void      *data,
                                 gsize            length);
void   guest_send_error         (Guest           *guest,
                                 const char      *message);
void   guest_close              (Guest           *guest,
                                 guint16          code);
void   guest_cut                (Guest           *guest);
void   guest_reset              (Guest           *guest);
void   guest_assert_frame       (Guest           *guest,
                                 guint            index,
                                 const char      *text);
void   guest_receive            (Guest           *guest);
void   guest_write              (Guest           *guest,
                                 const void      *data,
                                 gsize            length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Host, host_free)

G_END_DECLS
