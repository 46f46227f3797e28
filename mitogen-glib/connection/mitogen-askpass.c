/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-askpass-private.h"
#include "broker/mitogen-fd-private.h"
#include "helper/mitogen-askpass-protocol-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM_VARIABLE "MITOGEN_ASKPASS"

/* ssh asks one thing at a time, and each ssh that it connects through may. */
#define MAX_WAITING 4
/* Reads at once. */
#define MAX_DRAINED 16

/* As many as the kernel is asked for; it closes what is more. */
#define MAX_FDS 4

/* What ssh's parser, and sh, take for themselves. */
#define ORDINARY_IN_PATH G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "/-_.,+@:="

typedef struct
{
  int fd;
  MitogenWatch *watch; /* once it is being asked */
  char *bytes;         /* the strings point in there */
  GPtrArray *words;    /* magic, hint, arguments */
} Request;

struct _MitogenAskpass
{
  grefcount ref_count; /* a function that is called may free it */
  MitogenIo *io;
  int fd;
  MitogenWatch *watch;
  const MitogenAskpassFuncs *funcs; /* NULL: freed */
  gpointer data;
  GQueue requests; /* the first is being asked */
};

/* ---- requests ---- */

static void
request_free (Request *request)
{
  g_clear_pointer (&request->watch, mitogen_watch_remove);
  mitogen_fd_close (&request->fd);
  g_ptr_array_unref (request->words);
  g_free (request->bytes);
  g_free (request);
}

/* Reading from anything else might wait. */
static gboolean
is_stream_socket (int fd)
{
  struct sockaddr_storage address = { 0 };
  socklen_t size = sizeof address;
  int type = 0;
  socklen_t type_size = sizeof type;

  return getsockname (fd, (struct sockaddr *) &address, &size) == 0 &&
         address.ss_family == AF_UNIX &&
         getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &type_size) == 0 && type == SOCK_STREAM;
}

/* FALSE: it is not there as a whole, or too long. */
static gboolean
receive (int fd, char *bytes, gsize *size)
{
  gssize got;

  *size = 0;
  do
    {
      got = recv (fd, bytes + *size, MITOGEN_ASKPASS_MAX_REQUEST - *size, MSG_DONTWAIT);
      if (got > 0)
        *size += got;
    }
  while ((got > 0 && *size < MITOGEN_ASKPASS_MAX_REQUEST) || (got < 0 && errno == EINTR));
  return got == 0 && *size > 0 && bytes[*size - 1] == '\0';
}

static void
split (Request *request, gsize size)
{
  const char *end = request->bytes + size;

  request->words = g_ptr_array_new ();
  for (char *word = request->bytes; word < end; word += strlen (word) + 1)
    g_ptr_array_add (request->words, word);
}

static const char *
get_word (Request *request, guint i)
{
  return request->words->pdata[i];
}

static gboolean
is_key (Request *request)
{
  return request->words->len == 2 + MITOGEN_ASKPASS_N_HOST_KEY &&
         g_str_equal (get_word (request, 2), MITOGEN_ASKPASS_HOST_KEY);
}

static gboolean
is_valid (Request *request)
{
  return request->words->len >= 3 && g_str_equal (get_word (request, 0), MITOGEN_ASKPASS_MAGIC) &&
         (request->words->len == 3 || is_key (request));
}

/* @fd: taken. Returns: (nullable) */
static Request *
request_new (int fd)
{
  Request *request = g_new0 (Request, 1);
  gsize size = 0;

  request->fd = fd;
  request->bytes = g_malloc (MITOGEN_ASKPASS_MAX_REQUEST);
  if (!is_stream_socket (fd) || !receive (fd, request->bytes, &size))
    size = 0;
  split (request, size);
  if (!is_valid (request))
    g_clear_pointer (&request, request_free);
  return request;
}

static MitogenAskpassKind
get_kind (Request *request)
{
  const char *hint = get_word (request, 1);

  if (is_key (request))
    return MITOGEN_ASKPASS_KEY;
  if (g_str_equal (hint, "confirm"))
    return MITOGEN_ASKPASS_CONFIRM;
  return g_str_equal (hint, "none") ? MITOGEN_ASKPASS_NOTICE : MITOGEN_ASKPASS_QUESTION;
}

static MitogenAskpassRequest
describe (Request *request)
{
  MitogenAskpassRequest described = { .kind = get_kind (request) };

  if (described.kind != MITOGEN_ASKPASS_KEY)
    described.text = get_word (request, 2);
  else
    {
      described.reason = get_word (request, 3);
      described.host = get_word (request, 4);
      described.key_type = get_word (request, 5);
      described.key = get_word (request, 6);
      described.fingerprint = get_word (request, 7);
    }
  return described;
}

/* ---- life ---- */

static void
askpass_unref (MitogenAskpass *self)
{
  if (!g_ref_count_dec (&self->ref_count))
    return;

  mitogen_io_unref (self->io);
  g_free (self);
}

static MitogenAskpass *
askpass_ref (MitogenAskpass *self)
{
  g_ref_count_inc (&self->ref_count);
  return self;
}

void
mitogen_askpass_free (MitogenAskpass *self)
{
  self->funcs = NULL;
  g_clear_pointer (&self->watch, mitogen_watch_remove);
  mitogen_fd_close (&self->fd);
  g_queue_clear_full (&self->requests, (GDestroyNotify) request_free);
  askpass_unref (self);
}

/* ---- asking ---- */

static void
drop_first (MitogenAskpass *self)
{
  request_free (g_queue_pop_head (&self->requests));
}

static void ask_next (MitogenAskpass *self);

static void
on_hung_up (GIOCondition condition, gpointer data)
{
  MitogenAskpass *self = askpass_ref (data);

  drop_first (self);
  self->funcs->withdrawn (self->data);
  ask_next (self);
  askpass_unref (self);
}

/* The next one, unless one is being asked. */
static void
ask_next (MitogenAskpass *self)
{
  Request *request = g_queue_peek_head (&self->requests);
  MitogenAskpassRequest described;

  if (self->funcs == NULL || request == NULL || request->watch != NULL)
    return;
  request->watch = mitogen_io_watch_fd (self->io, request->fd, G_IO_HUP, on_hung_up, self);
  described = describe (request);
  self->funcs->asked (&described, self->data);
}

static void
send_reply (int fd, int status, const char *text, gsize length)
{
  guint8 header[MITOGEN_ASKPASS_REPLY_HEADER] = { status, length >> 24, length >> 16, length >> 8,
                                                  length };
  struct iovec parts[] = { { header, sizeof header }, { (char *) text, length } };
  struct msghdr message = { .msg_iov = parts, .msg_iovlen = G_N_ELEMENTS (parts) };

  /* It fits into the buffer of the socket, or whoever is there is not our program. */
  while (sendmsg (fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EINTR)
    ;
}

static gboolean
is_asked (MitogenAskpass *self)
{
  Request *request = g_queue_peek_head (&self->requests);

  return request != NULL && request->watch != NULL;
}

void
mitogen_askpass_reply (MitogenAskpass *self, int status, const char *text, gsize length)
{
  Request *request = g_queue_peek_head (&self->requests);

  if (!is_asked (self))
    return;
  if (length <= MITOGEN_ASKPASS_MAX_REPLY)
    send_reply (request->fd, status, text, length);
  drop_first (self);
  ask_next (self);
}

void
mitogen_askpass_refuse (MitogenAskpass *self)
{
  if (!is_asked (self))
    return;
  drop_first (self);
  ask_next (self);
}

/* ---- reading ---- */

typedef struct
{
  guint8 bytes[4096];
  gsize size;
  int fds[MAX_FDS];
  guint n_fds;
} Received;

static void
take_fds (struct msghdr *message, Received *received)
{
  for (struct cmsghdr *header = CMSG_FIRSTHDR (message); header != NULL;
       header = CMSG_NXTHDR (message, header))
    {
      gsize n = (header->cmsg_len - CMSG_LEN (0)) / sizeof (int);

      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
        continue;
      n = MIN (n, MAX_FDS - received->n_fds);
      memcpy (received->fds + received->n_fds, CMSG_DATA (header), n * sizeof (int));
      received->n_fds += n;
    }
}

/* Text that came before descriptors may be in it, but none that came after. */
static gssize
receive_some (int fd, Received *received)
{
  struct iovec part = { received->bytes, sizeof received->bytes };
  union
  {
    char data[CMSG_SPACE (MAX_FDS * sizeof (int))];
    struct cmsghdr align;
  } control;
  struct msghdr message = { .msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.data,
                            .msg_controllen = sizeof control.data };
  gssize got = recvmsg (fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

  received->n_fds = 0;
  if (got < 0)
    return got;
  take_fds (&message, received);
  received->size = got;
  if (received->n_fds > 0 && got > 0 && received->bytes[got - 1] == MITOGEN_ASKPASS_ANNOUNCEMENT)
    received->size--;
  return got;
}

static void
take_request (MitogenAskpass *self, int fd)
{
  Request *request = NULL;

  if (self->funcs == NULL || self->requests.length >= MAX_WAITING)
    mitogen_fd_close (&fd);
  else
    request = request_new (fd);
  if (request != NULL)
    g_queue_push_tail (&self->requests, request);
}

/* FALSE: there is no more to be read just now. */
static gboolean
read_some (MitogenAskpass *self)
{
  Received received;
  gssize got = receive_some (self->fd, &received);

  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
    {
      g_clear_pointer (&self->watch, mitogen_watch_remove);
      self->funcs->ended (self->data);
    }
  else if (got > 0)
    {
      if (received.size > 0)
        self->funcs->text (received.bytes, received.size, self->data);
      for (guint i = 0; i < received.n_fds; i++)
        take_request (self, received.fds[i]);
      ask_next (self);
    }
  return got > 0 && self->funcs != NULL;
}

static void
on_readable (GIOCondition condition, gpointer data)
{
  MitogenAskpass *self = askpass_ref (data);

  read_some (self);
  askpass_unref (self);
}

void
mitogen_askpass_drain (MitogenAskpass *self)
{
  gboolean more = self->watch != NULL;

  askpass_ref (self);
  for (guint i = 0; more && i < MAX_DRAINED; i++)
    more = read_some (self);
  askpass_unref (self);
}

MitogenAskpass *
mitogen_askpass_new (MitogenIo *io, int fd, const MitogenAskpassFuncs *funcs, gpointer data)
{
  MitogenAskpass *self = g_new0 (MitogenAskpass, 1);

  g_assert (mitogen_io_is_current (io));
  g_ref_count_init (&self->ref_count);
  self->io = mitogen_io_ref (io);
  self->fd = fd;
  self->funcs = funcs;
  self->data = data;
  self->watch = mitogen_io_watch_fd (io, fd, G_IO_IN, on_readable, self);
  return self;
}

/* ---- what ssh is told ---- */

static gboolean
is_usable (const char *path)
{
  struct stat info;

  return path[0] == '/' && path[strspn (path, ORDINARY_IN_PATH)] == '\0' &&
         stat (path, &info) == 0 && S_ISREG (info.st_mode) && access (path, X_OK) == 0;
}

char *
mitogen_askpass_find (void)
{
  const char *path = secure_getenv (PROGRAM_VARIABLE);

  if (path == NULL)
    path = MITOGEN_HELPERDIR "/mitogen-askpass";
  return is_usable (path) ? g_strdup (path) : NULL;
}

char **
mitogen_askpass_get_environment (const char *program)
{
  char **environment = g_new0 (char *, 4);

  environment[0] = g_strconcat ("SSH_ASKPASS=", program, NULL);
  environment[1] = g_strdup ("SSH_ASKPASS_REQUIRE=force");
  environment[2] = g_strdup ("SSH_ASKPASS_PROMPT");
  return environment;
}

static gboolean
has_command (const char *const *argv)
{
  for (guint i = 0; argv[i] != NULL; i++)
    {
      g_autofree char *lower = g_ascii_strdown (argv[i], -1);

      if (strstr (lower, "knownhostscommand") != NULL)
        return TRUE;
    }
  return FALSE;
}

/* Not with IgnoreUnknown for older ones: that would replace the user's own. */
char **
mitogen_askpass_add_options (const char *const *argv, const char *client, const char *program)
{
  g_autoptr (GPtrArray) made = g_ptr_array_new ();
  gboolean done = has_command (argv);

  for (guint i = 0; argv[i] != NULL; i++)
    {
      g_ptr_array_add (made, g_strdup (argv[i]));
      if (done || !g_str_equal (argv[i], client))
        continue;
      done = TRUE;
      g_ptr_array_add (made, g_strdup_printf ("-oKnownHostsCommand=%s " MITOGEN_ASKPASS_HOST_KEY
                                              " %%I %%H %%t %%K %%f",
                                              program));
    }
  g_ptr_array_add (made, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&made), FALSE);
}

gboolean
mitogen_askpass_is_unknown (const char *said)
{
  g_autofree char *lower = g_ascii_strdown (said, -1);

  return strstr (lower, "bad configuration option: knownhostscommand") != NULL;
}
