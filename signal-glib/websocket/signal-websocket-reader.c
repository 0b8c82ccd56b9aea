/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-websocket-reader-private.h"

#include <string.h>

/* Read from the socket at once, where libsoup asks for 1024 bytes at a time. */
#define READ_AHEAD (64 * 1024)

static gsize
get_length (const SignalWebsocketReader *self)
{
  return self->end - self->start;
}

/* Twice what has come, or as much as the frame takes: a header that announces much costs
 * nothing. */
static gsize
choose_capacity (const SignalWebsocketReader *self)
{
  gsize capacity = 2 * self->end;

  if (self->has_frame && self->frame.size < capacity - self->frame.header_size)
    capacity = self->frame.header_size + self->frame.size;

  return MAX (capacity, READ_AHEAD);
}

/* Space for what comes next. */
guint8 *
signal_websocket_reader_reserve (SignalWebsocketReader *self,
                                 gsize                 *size)
{
  if (self->start > 0)
    {
      memmove (self->data, self->data + self->start, get_length (self));
      self->end -= self->start;
      self->start = 0;
    }

  if (self->capacity < READ_AHEAD || self->end == self->capacity)
    {
      self->capacity = choose_capacity (self);
      self->data = g_realloc (self->data, self->capacity);
    }

  *size = self->capacity - self->end;
  return self->data + self->end;
}

/* So many bytes have been put into that space. */
void
signal_websocket_reader_add (SignalWebsocketReader *self,
                             gsize                  size)
{
  self->end += size;
}

/* Whether the frame, whose header is complete, keeps its message within the limit. */
static gboolean
admit (SignalWebsocketReader *self)
{
  const SignalWebsocketFrame *frame = &self->frame;

  if (frame->size > self->limit)
    return FALSE;
  if (signal_websocket_frame_is_control (frame))
    return TRUE;

  if (frame->opcode != SIGNAL_WEBSOCKET_FRAME_CONTINUATION)
    self->message = 0;
  if (frame->size > self->limit - self->message)
    return FALSE;

  self->message += frame->size;
  return TRUE;
}

/* Whether it is to be taken as a whole, and not to be left to libsoup. */
static gboolean
is_for_taking (const SignalWebsocketReader *self)
{
  return self->takes_text && self->frame.opcode == SIGNAL_WEBSOCKET_FRAME_TEXT && self->frame.is_final;
}

static guint8 *
get_payload (SignalWebsocketReader *self)
{
  return self->data + self->start + self->frame.header_size;
}

static void
unmask (SignalWebsocketReader *self)
{
  guint8 *payload = get_payload (self);

  if (self->frame.is_masked)
    signal_websocket_frame_mask (payload, self->frame.size, payload - SIGNAL_WEBSOCKET_FRAME_MASK_SIZE);
}

/* libsoup ends the connection for what is wrong with a close frame, as it does for a bad header. */
static void
judge_close (SignalWebsocketReader *self)
{
  unmask (self);
  self->fault = signal_websocket_frame_find_close_fault (get_payload (self), self->frame.size);
  unmask (self);
}

/* Where the header of a frame has become complete. FALSE: the limit is broken. */
static gboolean
enter_frame (SignalWebsocketReader *self)
{
  /* 2⁶³ and more is no length at all, but the limit says so first. */
  if (!admit (self))
    return FALSE;

  self->has_frame = TRUE;
  self->fault = signal_websocket_frame_find_fault (&self->frame, self->must_mask, self->is_in_message);
  if (self->fault == NULL && !signal_websocket_frame_is_control (&self->frame))
    self->is_in_message = !self->frame.is_final;

  return TRUE;
}

/* Nothing goes on after a broken limit or a fault: libsoup does not know them all, and until it is
 * closed it would collect whatever follows. */
static SignalFrameBufferStep
end_here (SignalWebsocketReader *self)
{
  self->is_over = TRUE;
  return SIGNAL_WEBSOCKET_READER_OVERFLOW;
}

/* Leaves the frame, or with a close frame everything from here on, to libsoup. */
static SignalFrameBufferStep
leave_to_libsoup (SignalWebsocketReader *self)
{
  gboolean is_end = self->frame.opcode == SIGNAL_WEBSOCKET_FRAME_CLOSE;

  self->has_frame = FALSE;
  self->passing = is_end ? G_MAXUINT64 : self->frame.header_size + self->frame.size;
  return SIGNAL_WEBSOCKET_READER_PASS;
}

SignalFrameBufferStep
signal_websocket_reader_look (SignalWebsocketReader *self)
{
  gsize length = get_length (self);
  gboolean is_whole;

  if (self->is_over)
    return SIGNAL_WEBSOCKET_READER_OVERFLOW;
  if (length == 0)
    return SIGNAL_WEBSOCKET_READER_WAIT;
  if (self->passing > 0)
    return SIGNAL_WEBSOCKET_READER_PASS;

  if (!self->has_frame)
    {
      if (!signal_websocket_frame_parse (&self->frame, self->data + self->start, length))
        return SIGNAL_WEBSOCKET_READER_WAIT;
      if (!enter_frame (self) || self->fault != NULL)
        return end_here (self);
    }

  is_whole = length - self->frame.header_size >= self->frame.size;
  if (is_for_taking (self))
    return is_whole ? SIGNAL_WEBSOCKET_READER_TEXT : SIGNAL_WEBSOCKET_READER_WAIT;

  if (signal_websocket_frame_is_control (&self->frame))
    {
      if (!is_whole)
        return SIGNAL_WEBSOCKET_READER_WAIT;
      if (self->frame.opcode == SIGNAL_WEBSOCKET_FRAME_CLOSE)
        judge_close (self);
      if (self->fault != NULL)
        return end_here (self);
    }

  return leave_to_libsoup (self);
}

/* After PASS: hands on up to size bytes, from as many frames as there are in a row. Returns how
 * many. */
gsize
signal_websocket_reader_pass (SignalWebsocketReader *self,
                              guint8                *buffer,
                              gsize                  size)
{
  gsize at = 0;

  while (at < size && signal_websocket_reader_look (self) == SIGNAL_WEBSOCKET_READER_PASS)
    {
      gsize step = MIN (size - at, get_length (self));

      step = MIN (step, self->passing);
      memcpy (buffer + at, self->data + self->start, step);
      at += step;
      self->start += step;
      if (self->passing != G_MAXUINT64)
        self->passing -= step;
    }

  return at;
}

/* After TEXT, once: its text, which lies in the buffer. */
const char *
signal_websocket_reader_get_text (SignalWebsocketReader *self,
                                  gsize                 *length)
{
  unmask (self);
  *length = self->frame.size;
  return (const char *) get_payload (self);
}

/* After TEXT: past the message. */
void
signal_websocket_reader_skip (SignalWebsocketReader *self)
{
  self->start += self->frame.header_size + self->frame.size;
  self->has_frame = FALSE;
}

/* Nothing comes for now. A peer that sends half a frame and no more must not cost us READ_AHEAD. */
void
signal_websocket_reader_trim (SignalWebsocketReader *self)
{
  gsize length = get_length (self);

  if (length == 0)
    {
      signal_websocket_reader_clear (self);
    }
  else if (length < self->capacity / 2)
    {
      memmove (self->data, self->data + self->start, length);
      self->data = g_realloc (self->data, length);
      self->capacity = self->end = length;
      self->start = 0;
    }
}

void
signal_websocket_reader_clear (SignalWebsocketReader *self)
{
  g_clear_pointer (&self->data, g_free);
  self->capacity = self->start = self->end = 0;
}
