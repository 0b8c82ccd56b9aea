/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "websocket/signal-websocket-reader-private.h"

#include <string.h>

/* The maximum number of bytes that are read from the socket at a time. */
#define READ_SIZE (64 * 1024)

static gsize
get_length (const SignalWebsocketReader *self)
{
  return self->end - self->start;
}

/* Twice what has been received, or as much as the frame needs, so that a header with a large size
 * does not cause a large allocation. */
static gsize
choose_capacity (const SignalWebsocketReader *self)
{
  gsize capacity = 2 * self->end;

  if (self->has_frame && self->frame.size < capacity - self->frame.header_size)
    capacity = self->frame.header_size + self->frame.size;

  return MAX (capacity, READ_SIZE);
}

/* Returns where to store the next bytes, and how many there is room for, which is at least
 * one. */
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

  if (self->capacity < READ_SIZE || self->end == self->capacity)
    {
      self->capacity = choose_capacity (self);
      self->data = g_realloc (self->data, self->capacity);
    }

  *size = self->capacity - self->end;
  return self->data + self->end;
}

/* Adds bytes that have been stored there. */
void
signal_websocket_reader_add (SignalWebsocketReader *self,
                             gsize                  size)
{
  self->end += size;
}

static guint8 *
get_payload (SignalWebsocketReader *self)
{
  return self->data + self->start + self->frame.header_size;
}

static const guint8 *
get_mask (SignalWebsocketReader *self)
{
  return get_payload (self) - SIGNAL_WEBSOCKET_FRAME_MASK_SIZE;
}

/* Returns whether the message of the current frame, whose header is complete, remains within the
 * limit. */
static gboolean
check_size (SignalWebsocketReader *self)
{
  const SignalWebsocketFrame *frame = &self->frame;

  if (frame->size > self->limit)
    return FALSE;
  if (signal_websocket_frame_is_control (frame))
    return TRUE;

  if (frame->opcode != SIGNAL_WEBSOCKET_FRAME_CONTINUATION)
    self->message_size = 0;
  if (frame->size > self->limit - self->message_size)
    return FALSE;

  self->message_size += frame->size;
  return TRUE;
}

static SignalWebsocketReaderEvent
finish (SignalWebsocketReader      *self,
        SignalWebsocketReaderEvent  event)
{
  self->is_finished = TRUE;
  g_clear_pointer (&self->fragments, g_byte_array_unref);
  return event;
}

/* Parses a header that has become complete. Returns NEEDS_DATA if the frame is valid so far. A
 * length of 2⁶³ or more is not valid, but exceeds the limit first. */
static SignalWebsocketReaderEvent
begin_frame (SignalWebsocketReader *self)
{
  if (!check_size (self))
    return finish (self, SIGNAL_WEBSOCKET_READER_TOO_LARGE);

  self->fault = signal_websocket_frame_find_fault (&self->frame, self->must_mask, self->is_in_message);
  if (self->fault != NULL)
    return finish (self, SIGNAL_WEBSOCKET_READER_FAULT);

  self->has_frame = TRUE;
  self->taken = 0;
  if (!signal_websocket_frame_is_control (&self->frame))
    {
      if (self->frame.opcode != SIGNAL_WEBSOCKET_FRAME_CONTINUATION)
        self->opcode = self->frame.opcode;
      self->is_in_message = !self->frame.is_final;
    }

  return SIGNAL_WEBSOCKET_READER_NEEDS_DATA;
}

/* Skips the frame. Its bytes remain in place until more are read. */
static void
end_frame (SignalWebsocketReader *self)
{
  self->start += self->frame.header_size + self->frame.size;
  self->has_frame = FALSE;
}

/* Returns an unfragmented message in place. */
static SignalWebsocketReaderEvent
take_message (SignalWebsocketReader  *self,
              const guint8          **data,
              gsize                  *length)
{
  guint8 *payload = get_payload (self);

  if (get_length (self) - self->frame.header_size < self->frame.size)
    return SIGNAL_WEBSOCKET_READER_NEEDS_DATA;

  if (self->frame.is_masked)
    signal_websocket_frame_mask (payload, self->frame.size, get_mask (self));
  *data = payload;
  *length = self->frame.size;
  end_frame (self);
  return SIGNAL_WEBSOCKET_READER_MESSAGE;
}

/* Moves the available part of a fragment to the previous ones as it is received, so that the
 * message is in memory only once; in multiples of the mask size, except at the end. Returns TRUE
 * at the end of the frame. */
static gboolean
take_fragment (SignalWebsocketReader *self)
{
  gsize available = get_length (self) - self->frame.header_size;
  gsize left = self->frame.size - self->taken;
  gsize size = available < left ? available & ~(gsize) (SIGNAL_WEBSOCKET_FRAME_MASK_SIZE - 1) : left;
  guint8 *payload = get_payload (self);
  guint at;

  if (self->fragments == NULL)
    self->fragments = g_byte_array_new ();

  at = self->fragments->len;
  g_byte_array_append (self->fragments, payload, (guint) size);
  /* An empty array has no data. */
  if (self->frame.is_masked && size > 0)
    signal_websocket_frame_mask (self->fragments->data + at, size, get_mask (self));
  self->taken += size;

  if (self->taken == self->frame.size)
    {
      self->start += self->frame.header_size + size;
      self->has_frame = FALSE;
      return TRUE;
    }

  /* The header remains before the rest of the payload. */
  memmove (payload, payload + size, available - size);
  self->end -= size;
  return FALSE;
}

static SignalWebsocketReaderEvent
take_fragmented_message (SignalWebsocketReader  *self,
                         const guint8          **data,
                         gsize                  *length)
{
  self->is_delivered = TRUE;
  *data = self->fragments->len > 0 ? self->fragments->data : (const guint8 *) ""; /* not NULL */
  *length = self->fragments->len;
  return SIGNAL_WEBSOCKET_READER_MESSAGE;
}

static SignalWebsocketReaderEvent
take_control (SignalWebsocketReader  *self,
              const guint8          **data,
              gsize                  *length)
{
  guint8 *payload = get_payload (self);
  gsize size = self->frame.size;
  guint8 unmasked[SIGNAL_WEBSOCKET_FRAME_CONTROL_MAX];

  if (get_length (self) - self->frame.header_size < size)
    return SIGNAL_WEBSOCKET_READER_NEEDS_DATA;

  *data = self->data + self->start;
  *length = self->frame.header_size + size;
  end_frame (self);
  if (self->frame.opcode != SIGNAL_WEBSOCKET_FRAME_CLOSE)
    return SIGNAL_WEBSOCKET_READER_CONTROL;

  memcpy (unmasked, payload, size);
  if (self->frame.is_masked)
    signal_websocket_frame_mask (unmasked, size, payload - SIGNAL_WEBSOCKET_FRAME_MASK_SIZE);
  self->fault = signal_websocket_frame_find_close_fault (unmasked, size);

  return finish (self, self->fault != NULL ? SIGNAL_WEBSOCKET_READER_FAULT
                                           : SIGNAL_WEBSOCKET_READER_CONTROL);
}

/* Finds the next message or control frame. opcode is set to that of the message or of the control
 * frame. data is valid until bytes are reserved or this is called again. */
SignalWebsocketReaderEvent
signal_websocket_reader_next (SignalWebsocketReader  *self,
                              guint8                 *opcode,
                              const guint8          **data,
                              gsize                  *length)
{
  if (self->is_delivered)
    {
      g_clear_pointer (&self->fragments, g_byte_array_unref);
      self->is_delivered = FALSE;
    }

  while (!self->is_finished)
    {
      SignalWebsocketReaderEvent event;

      if (!self->has_frame)
        {
          /* Without data, self->data may be NULL, to which no offset may be added, not even 0. */
          if (get_length (self) == 0
              || !signal_websocket_frame_parse (&self->frame, self->data + self->start, get_length (self)))
            return SIGNAL_WEBSOCKET_READER_NEEDS_DATA;
          event = begin_frame (self);
          if (event != SIGNAL_WEBSOCKET_READER_NEEDS_DATA)
            return event;
        }

      *opcode = self->frame.opcode;
      if (signal_websocket_frame_is_control (&self->frame))
        return take_control (self, data, length);

      *opcode = self->opcode;
      if (self->frame.is_final && self->frame.opcode != SIGNAL_WEBSOCKET_FRAME_CONTINUATION)
        return take_message (self, data, length);
      if (!take_fragment (self))
        return SIGNAL_WEBSOCKET_READER_NEEDS_DATA;
      if (self->frame.is_final)
        return take_fragmented_message (self, data, length);
    }

  self->start = self->end;
  return SIGNAL_WEBSOCKET_READER_FINISHED;
}

/* Returns whether the next bytes belong to a data frame. */
gboolean
signal_websocket_reader_is_at_data (const SignalWebsocketReader *self)
{
  guint8 opcode;

  if (self->start == self->end)
    return FALSE;

  opcode = self->has_frame ? self->frame.opcode : self->data[self->start] & 0x0f;
  return opcode < SIGNAL_WEBSOCKET_FRAME_CLOSE;
}

/* Frees memory when there is nothing to read, so that a peer that sends only part of a frame does
 * not occupy READ_SIZE bytes. */
void
signal_websocket_reader_trim (SignalWebsocketReader *self)
{
  gsize length = get_length (self);

  if (length == 0)
    {
      g_clear_pointer (&self->data, g_free);
      self->capacity = self->start = self->end = 0;
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
  g_clear_pointer (&self->fragments, g_byte_array_unref);
  self->is_delivered = FALSE;
}
