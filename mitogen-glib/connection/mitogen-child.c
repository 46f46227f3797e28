/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-child-private.h"
#include "broker/mitogen-fd-private.h"
#include "connection/mitogen-preamble-private.h"
#include "router/mitogen-router-private.h"
#include "router/mitogen-uplink-private.h"
#include "wire/mitogen-error.h"

#include "mitogen-version.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long the program may take to leave when its parent is gone and all else has ended. */
#define EXIT_GRACE (2 * G_TIME_SPAN_SECOND)

#define MAX_CONFIG_SIZE (1024 * 1024)

static gboolean initialized;

gboolean
mitogen_child_is_possible (GError **error)
{
  if (!initialized)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED,
                         _ ("This program cannot start itself again: it has to call "
                            "mitogen_init_child() at its beginning"));
  return initialized;
}

/* ---- serving ---- */

static void
on_disconnected (MitogenRouter *router, GError *error, gpointer data)
{
  g_main_loop_quit (data);
}

static GVariant *
describe_myself (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *name = program != NULL ? g_utf8_make_valid (program, -1) : g_strdup ("?");
  g_autofree char *user = g_utf8_make_valid (g_get_user_name (), -1);
  g_autofree char *host = g_utf8_make_valid (g_get_host_name (), -1);
  GVariantDict info;

  g_variant_dict_init (&info, NULL);
  g_variant_dict_insert (&info, "interpreter", "s", name);
  g_variant_dict_insert (&info, "version", "s", MITOGEN_VERSION_S);
  g_variant_dict_insert (&info, "implementation", "s", "mitogen-glib");
  g_variant_dict_insert (&info, "pid", "x", (gint64) getpid ());
  g_variant_dict_insert (&info, "user", "s", user);
  g_variant_dict_insert (&info, "host", "s", host);
  g_variant_dict_insert (&info, "platform", "s", "linux");
  return g_variant_dict_end (&info);
}

static void
greet (MitogenRouter *router, guint32 parent_id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenMessage) hello =
      mitogen_message_new_pickled (parent_id, MITOGEN_HANDLE_HELLO, describe_myself (), &error);

  g_assert_no_error (error);
  mitogen_router_route (router, hello);
}

/* ---- the end of a program that is in a function which never returns ---- */

static gpointer
exit_later (gpointer data)
{
  g_usleep (EXIT_GRACE);
  _exit (0);
  return NULL;
}

static void
on_broker_shutdown (gpointer data)
{
}

static void
on_broker_exited (gpointer io)
{
  mitogen_io_remove_client (io, io);
  g_thread_unref (g_thread_new ("mitogen-exit", exit_later, NULL));
}

static const MitogenIoClientFuncs client_funcs = { .shutdown = on_broker_shutdown,
                                                   .exited = on_broker_exited };

static void
watch_the_end (gpointer io)
{
  mitogen_io_add_client (io, &client_funcs, io);
}

static G_NORETURN void
give_up (const char *why)
{
  g_printerr ("%s\n", why);
  _exit (EXIT_FAILURE);
}

void
mitogen_child_serve (const MitogenChildConfig *config,
                     int fd,
                     GBytes *first,
                     MitogenChildFunc func,
                     gpointer data)
{
  const MitogenJoin join = {
    .id = config->id,
    .parent_ids = config->parent_ids,
    .n_parent_ids = config->n_parent_ids,
    .parent_name = "parent",
    .in_fd = fd,
    .out_fd = fd,
    .max_message_size = config->max_message_size,
    .unidirectional = config->unidirectional,
    .silent = TRUE,
    .first = first,
  };
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  g_autoptr (GError) error = NULL;
  g_autoptr (MitogenStream) stream = NULL;
  MitogenRouter *router = mitogen_router_new_joined (NULL, &join, &error);

  if (router == NULL)
    give_up (error->message);
  mitogen_io_post (mitogen_core_get_io (mitogen_router_get_core (router)), watch_the_end,
                   mitogen_core_get_io (mitogen_router_get_core (router)), NULL);
  g_signal_connect (router, "disconnected", G_CALLBACK (on_disconnected), loop);
  mitogen_child_capture_output (router);

  /* Whoever calls a function finds it: nothing is read before they are all exported. */
  if (func != NULL)
    func (router, data);
  greet (router, config->parent_ids[0]);
  stream = mitogen_router_stream_by_id (router, config->parent_ids[0]);
  if (stream != NULL)
    mitogen_broker_start_receive (mitogen_router_get_broker (router), stream);
  g_main_loop_run (loop);

  mitogen_router_join (router, -1);
  if (!config->is_copy)
    exit (EXIT_SUCCESS);
  fflush (stdout);
  _exit (EXIT_SUCCESS);
}

/* ---- a process that is started as a child ---- */

typedef struct
{
  int pid; /* of the parent */
  guint length;
  char nonce[33];
} Marker;

static gboolean
parse_marker (const char *text, Marker *marker)
{
  return sscanf (text, MITOGEN_CHILD_FORMAT_IN, &marker->pid, &marker->length, marker->nonce) ==
             3 &&
         marker->length <= MAX_CONFIG_SIZE;
}

/* Not by accident, and not with a variable that some other process was meant to have: standard
 * input has to be what the parent made for it. */
static gboolean
is_child (const char *text, Marker *marker)
{
  struct ucred peer;
  socklen_t size = sizeof peer;

  return parse_marker (text, marker) && mitogen_fd_is_socket (STDIN_FILENO) &&
         getsockopt (STDIN_FILENO, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.pid == marker->pid;
}

/* The parent has gone: there is nobody to tell. */
static void
transfer (int fd, short event, gssize (*func) (int, void *, gsize), void *data, gsize size)
{
  while (size > 0)
    {
      struct pollfd poll_fd = { .fd = fd, .events = event };
      gssize done = func (fd, data, size);

      if (done > 0)
        {
          data = (guint8 *) data + done;
          size -= done;
        }
      else if (done < 0 && errno == EAGAIN)
        poll (&poll_fd, 1, -1);
      else if (done == 0 || errno != EINTR)
        _exit (0);
    }
}

static gssize
send_some (int fd, void *data, gsize size)
{
  return send (fd, data, size, MSG_NOSIGNAL);
}

static gssize
receive_some (int fd, void *data, gsize size)
{
  return recv (fd, data, size, 0);
}

static void
clear_standard (void)
{
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  if (null < 0 || dup2 (null, STDIN_FILENO) < 0 || dup2 (null, STDOUT_FILENO) < 0)
    give_up (g_strerror (errno));
  close (null);
}

/* The stream moves away from where the program, and what it starts, would find it. */
static int
take_stream (void)
{
  int fd = fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

  if (fd < 0)
    give_up (g_strerror (errno));
  return fd;
}

static GVariant *
read_config (int fd, const Marker *marker)
{
  g_autofree char *line = g_strdup_printf ("MITO0 %s\n", marker->nonce);
  guint8 *data = g_malloc (marker->length);
  g_autoptr (GBytes) bytes = g_bytes_new_take (data, marker->length);
  GVariant *config;

  transfer (fd, POLLOUT, send_some, line, strlen (line));
  transfer (fd, POLLIN, receive_some, data, marker->length);
  config = g_variant_new_from_bytes (G_VARIANT_TYPE (MITOGEN_CHILD_CONFIG_TYPE), bytes, FALSE);
  if (!g_variant_is_normal_form (config))
    give_up ("The configuration of this context cannot be read");
  return config;
}

static G_NORETURN void
become_child (int fd, const Marker *marker, gboolean is_copy, MitogenChildFunc func, gpointer data)
{
  GVariant *text = read_config (fd, marker);
  g_autoptr (GVariant) parent_ids = NULL;
  g_autofree char *ready = NULL;
  g_autoptr (GBytes) first = NULL;
  MitogenChildConfig config = { .is_copy = is_copy };
  const char *nonce;
  gsize n;

  g_variant_get (text, MITOGEN_CHILD_CONFIG_FORMAT, &config.id, &parent_ids,
                 &config.max_message_size, &config.unidirectional, &config.remote_name, &nonce);
  config.parent_ids = g_variant_get_fixed_array (parent_ids, &n, sizeof (guint32));
  config.n_parent_ids = n;
  if (n == 0)
    give_up ("The configuration of this context has no parent");
  ready = g_strdup_printf ("MITO1 %s\n", nonce);
  first = g_bytes_new (ready, strlen (ready));
  mitogen_child_serve (&config, fd, first, func, data);
}

void
mitogen_child_continue (int fd, const char *environment, MitogenChildFunc func, gpointer data)
{
  Marker marker;

  clear_standard ();
  if (!parse_marker (environment + strlen (MITOGEN_CHILD_VARIABLE "="), &marker))
    give_up ("This process does not know what it is");
  become_child (fd, &marker, TRUE, func, data);
}

/**
 * mitogen_init_child:
 * @func: (nullable) (scope call) (closure data): exports what can be called
 * @data: passed to @func
 *
 * Lets this program be a context of itself: see [class@Mitogen.SelfConnection].
 *
 * To be called at the beginning of `main()`, before arguments are read, threads are
 * started, or anything is done that is not to be done twice. In a process that a
 * program started by itself it returns at once.
 *
 * In one that [class@Mitogen.SelfConnection] started, it does not return: it connects
 * to the parent, calls @func, which exports functions with
 * [method@Mitogen.Router.export_function], and iterates the default main context until
 * the parent is gone or wants the context to end. Then the process exits. If a function
 * does not return by then, it is given two seconds.
 *
 * What the program writes to its standard output becomes lines of
 * [signal@Mitogen.Context::output] in the parent, as does what it writes to its error
 * output. Its standard input is empty.
 *
 * ```python
 * def set_up(router):
 *     router.export_function('app:crunch', crunch)
 *
 * Mitogen.init_child(set_up)
 * ```
 *
 * Since: 1.0
 */
void
mitogen_init_child (MitogenChildFunc func, gpointer data)
{
  g_autofree char *text = g_strdup (g_getenv (MITOGEN_CHILD_VARIABLE));
  Marker marker;

  initialized = TRUE;
  if (text == NULL)
    return;
  g_unsetenv (MITOGEN_CHILD_VARIABLE);
  if (is_child (text, &marker))
    {
      int fd = take_stream ();

      clear_standard ();
      become_child (fd, &marker, FALSE, func, data);
    }
}
