/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "signal-frame-meter-private.h"

#define MASKED 0x80
#define CONTROL 0x08
#define OPCODE 0x0f

static guint
header_size (const SignalFrameMeter *self)
{
  if (self->have < 2)
    return 2;

  switch (self->header[1] & ~MASKED)
    {
    case 126:
      return 4;
    case 127:
      return 10;
    default:
      return 2;
    }
}

static guint64
payload_size (const SignalFrameMeter *self)
{
  guint64 size = 0;
  guint   header = header_size (self);

  if (header == 2)
    return self->header[1] & ~MASKED;

  for (guint i = 2; i < header; i++)
    size = size << 8 | self->header[i];

  return size;
}

/* Whether the frame whose header is complete keeps its message within the limit. */
static gboolean
admit_frame (SignalFrameMeter *self)
{
  guint64 size = payload_size (self);

  if (size > self->limit)
    return FALSE;

  if ((self->header[0] & CONTROL) == 0)
    {
      if ((self->header[0] & OPCODE) != 0)
        self->message = 0;

      if (size > self->limit - self->message)
        return FALSE;

      self->message += size;
    }

  self->skip = size + (self->header[1] & MASKED ? 4 : 0);
  self->have = 0;
  return TRUE;
}

/* How many of the bytes may go on: all of them, or those before the last byte of the header of the
 * first frame that breaks the limit. Not to be called again after that. */
gsize
signal_frame_meter_pass (SignalFrameMeter *self,
                         const guint8     *data,
                         gsize             length)
{
  gsize at = 0;

  while (at < length)
    {
      if (self->skip > 0)
        {
          gsize step = MIN (self->skip, length - at);

          self->skip -= step;
          at += step;
          continue;
        }

      self->header[self->have++] = data[at];
      if (self->have >= header_size (self) && !admit_frame (self))
        return at;
      at++;
    }

  return length;
}
