/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stands in for a Python interpreter and the context in it, at a fraction of the cost: where a
 * master is measured that forwards between contexts or has a thousand of them, the contexts
 * should not be what takes the time. It understands the bootstrap of this library and that of
 * python3-mitogen 0.3 (or is told "raw" and its id, and begins with frames), greets, and then
 * answers
 *
 *   a call of any function    with its process id
 *   handle 2000               by sending messages to another context: see Order
 *   handle 2001               once it has got so many messages at handle 2002: a u32
 *   anything else             with a dead message
 *
 * No library but zlib, so that a thousand of them are started in no time.
 */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define HEADER_SIZE      26
#define MAGIC            0x4d49
#define CALL_FUNCTION    101
#define SHUTDOWN         106
#define HELLO            204
#define IS_DEAD          999
#define SEND             2000
#define COUNT            2001
#define COUNTED          2002
#define BUFFER_SIZE      (1024 * 1024)
#define SEND_AT_ONCE     (128 * 1024)
#define MAX_COMMAND_LINE 8192

typedef struct
{
  uint32_t dst_id;
  uint32_t src_id;
  uint32_t auth_id;
  uint32_t handle;
  uint32_t reply_to;
  uint32_t length;
} Header;

/* The payload of a message to SEND, big-endian. */
typedef struct
{
  uint32_t dst_id;
  uint32_t count;
  uint32_t size;
} Order;

static uint8_t buffer[BUFFER_SIZE];
static uint32_t own_id;
static Header counter; /* the request that is answered once */
static uint32_t wanted;
static uint32_t counted; /* so many have come */

/* ---- bytes ---- */

static void __attribute__ ((noreturn)) fail (const char *what)
{
  fprintf (stderr, "stand-in: %s\n", what);
  exit (EXIT_FAILURE);
}

static uint32_t
get_u32 (const uint8_t *bytes)
{
  return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 | (uint32_t) bytes[2] << 8 |
         bytes[3];
}

static uint8_t *
put_u32 (uint8_t *bytes, uint32_t value)
{
  bytes[0] = (uint8_t) (value >> 24);
  bytes[1] = (uint8_t) (value >> 16);
  bytes[2] = (uint8_t) (value >> 8);
  bytes[3] = (uint8_t) value;
  return bytes + 4;
}

/* Whoever no longer reads is gone, and so are we. */
static void
write_all (const void *data, size_t size)
{
  const uint8_t *rest = data;

  while (size > 0)
    {
      ssize_t written = write (STDOUT_FILENO, rest, size);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        exit (EXIT_SUCCESS);
      rest += written;
      size -= (size_t) written;
    }
}

static size_t
read_some (void *data, size_t size)
{
  ssize_t got;

  do
    got = read (STDIN_FILENO, data, size);
  while (got < 0 && errno == EINTR);
  if (got <= 0)
    exit (EXIT_SUCCESS);
  return (size_t) got;
}

static void
say (const char *line)
{
  write_all (line, strlen (line));
}

/* ---- coming to life ---- */

/* What stands between the end of @before and the next @end. */
static void
copy_between (const char *text, const char *before, char end, char *value, size_t room)
{
  const char *start = strstr (text, before);
  size_t size;

  if (start == NULL)
    fail ("the bootstrap is none that it knows");
  start += strlen (before);
  size = (size_t) (strchrnul (start, end) - start);
  if (size >= room)
    fail ("the bootstrap is none that it knows");
  memcpy (value, start, size);
  value[size] = '\0';
}

static unsigned long
number_after (const char *text, const char *before)
{
  char *end;
  unsigned long number;
  const char *start = strstr (text, before);

  if (start == NULL)
    fail ("the bootstrap lacks a number");
  start += strlen (before);
  number = strtoul (start, &end, 10);
  if (end == start)
    fail ("the bootstrap lacks a number");
  return number;
}

/* The rest of a zlib or raw deflate stream, as text. */
static char *
inflate_text (const uint8_t *data, size_t size, int window_bits)
{
  z_stream z = { .next_in = (uint8_t *) data, .avail_in = (uInt) size };
  char *text = malloc (BUFFER_SIZE + 1);

  z.next_out = (uint8_t *) text;
  z.avail_out = BUFFER_SIZE;
  if (text == NULL || inflateInit2 (&z, window_bits) != Z_OK ||
      inflate (&z, Z_FINISH) != Z_STREAM_END)
    fail ("cannot inflate what it was sent");
  text[BUFFER_SIZE - z.avail_out] = '\0';
  /* The pieces of a core have a NUL between them. */
  for (uLong i = 0; i < z.total_out; i++)
    if (text[i] == '\0')
      text[i] = '\n';
  inflateEnd (&z);
  return text;
}

static size_t
decode_base64 (const char *text, uint8_t *bytes)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  uint32_t bits = 0;
  unsigned n_bits = 0;
  size_t size = 0;

  for (; *text != '\0' && *text != '='; text++)
    {
      bits = bits << 6 | (uint32_t) (strchrnul (digits, *text) - digits);
      n_bits += 6;
      if (n_bits >= 8)
        {
          n_bits -= 8;
          bytes[size++] = (uint8_t) (bits >> n_bits);
        }
    }
  return size;
}

static void
read_preamble (size_t size)
{
  size_t have = 0;

  if (size > BUFFER_SIZE)
    fail ("the preamble is too large");
  while (have < size)
    have += read_some (buffer + have, size - have);
}

static void
send_message (const Header *to, uint32_t handle, uint32_t reply_to, const void *data, size_t size)
{
  uint8_t message[256] = { MAGIC >> 8, MAGIC & 0xff };
  uint8_t *end = put_u32 (message + 2, to->src_id);

  end = put_u32 (end, own_id);
  end = put_u32 (end, own_id);
  end = put_u32 (end, handle);
  end = put_u32 (end, reply_to);
  end = put_u32 (end, (uint32_t) size);
  memcpy (end, data, size);
  write_all (message, HEADER_SIZE + size);
}

/* {"pid": 1234}, pickled. */
static void
greet (void)
{
  uint8_t greeting[] = "\x80\x02}X\x03\0\0\0pidJ\0\0\0\0s.";
  int32_t pid = getpid ();
  Header master = { 0 };

  for (unsigned i = 0; i < 4; i++)
    greeting[12 + i] = (uint8_t) (pid >> (8 * i));
  send_message (&master, HELLO, 0, greeting, sizeof greeting - 1);
}

static void
start_as_ours (const char *stage)
{
  char line[64];
  char nonce[32];
  size_t length = number_after (stage, "len(b)<");
  size_t rest = number_after (stage, "decompress(b[");
  char *text;

  copy_between (stage, "ITO0 ", '%', nonce, sizeof nonce);
  snprintf (line, sizeof line, "MITO0 %s\n", nonce);
  say (line);

  read_preamble (length);
  text = inflate_text (buffer + rest, length - rest, -15);
  own_id = (uint32_t) number_after (text, "main({'context_id':");
  copy_between (text, "'marker':'", '\'', nonce, sizeof nonce);
  free (text);
  snprintf (line, sizeof line, "MITO1 %s\n", nonce);
  say (line);
  greet ();
}

static void
start_as_theirs (const char *command)
{
  char encoded[MAX_COMMAND_LINE];
  uint8_t compressed[MAX_COMMAND_LINE];
  size_t length;
  char *text;

  copy_between (command, "\"", '"', encoded, sizeof encoded);
  text = inflate_text (compressed, decode_base64 (encoded, compressed), 15);
  length = number_after (text, "os.fdopen(0,'rb').read(");
  free (text);
  say ("MITO000\n");

  read_preamble (length);
  text = inflate_text (buffer, length, 15);
  own_id = (uint32_t) number_after (strstr (text, "\nExternalContext("), "'context_id': ");
  free (text);
  say ("MITO001\nMITO002\n");
}

/* ---- what it does for others ---- */

/* Frames made once and written again and again: what they cost is the receiver's business. */
static void
obey (const Header *header, const uint8_t *payload)
{
  Order order = { get_u32 (payload), get_u32 (payload + 4), get_u32 (payload + 8) };
  size_t frame_size = HEADER_SIZE + order.size;
  uint32_t at_once = frame_size < SEND_AT_ONCE ? (uint32_t) (SEND_AT_ONCE / frame_size) : 1;
  uint8_t *frames = calloc (at_once, frame_size);

  if (frames == NULL)
    fail ("no memory");
  for (uint32_t i = 0; i < at_once; i++)
    {
      uint8_t *frame = frames + i * frame_size;

      frame[0] = MAGIC >> 8;
      frame[1] = MAGIC & 0xff;
      frame = put_u32 (frame + 2, order.dst_id);
      frame = put_u32 (frame, own_id);
      frame = put_u32 (frame, own_id);
      frame = put_u32 (frame, COUNTED);
      put_u32 (put_u32 (frame, 0), order.size);
    }
  while (order.count > 0)
    {
      uint32_t n = order.count < at_once ? order.count : at_once;

      write_all (frames, n * frame_size);
      order.count -= n;
    }
  free (frames);
}

static void
answer_if_all_counted (void)
{
  if (wanted == 0 || counted < wanted)
    return;
  send_message (&counter, counter.reply_to, 0, "\x80\x02N.", 4);
  counted -= wanted;
  wanted = 0;
}

static void
answer_pid (const Header *header)
{
  uint8_t pickle[] = "\x80\x02J\0\0\0\0.";
  int32_t pid = getpid ();

  for (unsigned i = 0; i < 4; i++)
    pickle[3 + i] = (uint8_t) (pid >> (8 * i));
  send_message (header, header->reply_to, 0, pickle, sizeof pickle - 1);
}

static void
receive (const Header *header, const uint8_t *payload)
{
  if (header->handle == COUNTED)
    counted++;
  else if (header->handle == SHUTDOWN)
    exit (EXIT_SUCCESS);
  else if (header->handle == SEND && header->length == sizeof (Order))
    obey (header, payload);
  else if (header->handle == COUNT && header->length == sizeof wanted)
    {
      counter = *header;
      wanted = get_u32 (payload);
    }
  else if (header->reply_to == 0 || header->reply_to == IS_DEAD)
    return;
  else if (header->handle == CALL_FUNCTION)
    answer_pid (header);
  else
    send_message (header, header->reply_to, IS_DEAD, "invalid handle", 14);
}

/* Returns the size of the frame at @data, or 0 if it is not complete. */
static size_t
take_frame (const uint8_t *data, size_t size)
{
  Header header;

  if (size < HEADER_SIZE)
    return 0;
  if (data[0] != MAGIC >> 8)
    fail ("something else than a frame has come");
  header = (Header){ get_u32 (data + 2),  get_u32 (data + 6),  get_u32 (data + 10),
                     get_u32 (data + 14), get_u32 (data + 18), get_u32 (data + 22) };
  if (header.length > BUFFER_SIZE - HEADER_SIZE)
    fail ("a message is too large for it");
  if (size < HEADER_SIZE + header.length)
    return 0;
  receive (&header, data + HEADER_SIZE);
  return HEADER_SIZE + header.length;
}

static void __attribute__ ((noreturn)) serve (void)
{
  size_t have = 0;

  for (;;)
    {
      size_t taken = 0;
      size_t n;

      have += read_some (buffer + have, BUFFER_SIZE - have);
      while ((n = take_frame (buffer + taken, have - taken)) > 0)
        taken += n;
      have -= taken;
      memmove (buffer, buffer + taken, have);
      answer_if_all_counted ();
    }
}

int
main (int argc, char **argv)
{
  if (argc < 3 || strcmp (argv[1], "-c") != 0)
    fail ("it can only be started by a master");
  if (strcmp (argv[2], "raw") == 0 && argc > 3)
    own_id = (uint32_t) strtoul (argv[3], NULL, 10);
  else if (strstr (argv[2], "ITO0 ") != NULL)
    start_as_ours (argv[2]);
  else
    start_as_theirs (argv[2]);
  serve ();
}
