/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prompt/mitogen-tty-operation.h"
#include "broker/mitogen-fd-private.h"
#include "prompt/mitogen-tty-private.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* No terminal gives a longer line. */
#define MAX_LINE 4096

/**
 * MitogenTtyOperation:
 *
 * Asks in a terminal, as a program without windows does: a [class@Gio.MountOperation] for
 * [property@Mitogen.Connection:interaction].
 *
 * What is typed for a password is not shown. Choices are numbered. The end of input
 * (Ctrl-D) cancels. While it asks, it looks at the signals that end or stop a program: the
 * terminal is put back as it was before they do what they would have done, or what the
 * program has set up for them; after one that does not end the program, the question is
 * cancelled. Only `SIGKILL` leaves the terminal as it is.
 *
 * Without a terminal it does not deal with questions (`G_MOUNT_OPERATION_UNHANDLED`).
 *
 * It asks in the main context that is thread-default when a question comes, and does not
 * block it. Whether a password is saved is up to
 * [property@Gio.MountOperation:password-save]: nobody is asked about that.
 *
 * Since: 1.0
 */
typedef enum
{
  STEP_USER,
  STEP_DOMAIN,
  STEP_PASSWORD,
  STEP_CHOICE,
} Step;

struct _MitogenTtyOperation
{
  GMountOperation parent_instance;

  gboolean is_given; /* not the controlling terminal, but this: */
  int given_fd;      /* -1: it is no terminal */

  /* While it asks, in the main context of the question: */
  gboolean busy; /* it asks, or waits for others to end: protected by turns_lock */
  GMainContext *context;
  char *message;
  char *user;
  char *domain;
  char **choices;
  Step steps[3];
  guint n_steps;
  guint step;

  gboolean asking; /* the terminal is ours */
  int fd;
  int wake_fd;
  GSource *input;
  GSource *events;
  char line[MAX_LINE];
  gsize length;
};

G_DEFINE_FINAL_TYPE (MitogenTtyOperation, mitogen_tty_operation, G_TYPE_MOUNT_OPERATION)

typedef enum
{
  PROP_FD = 1,
} MitogenTtyOperationProperty;

static GParamSpec *properties[PROP_FD + 1];

/* Who asks, and who waits: there is one person, whatever the number of terminals. */
static GMutex turns_lock;
static GQueue turns; /* of MitogenTtyOperation, each with a reference; the first one asks */

static void show (MitogenTtyOperation *self);

/* ---- turns ---- */

static gboolean
on_turn (gpointer data)
{
  MitogenTtyOperation *self = data;
  gboolean is_mine;

  g_mutex_lock (&turns_lock);
  is_mine = self->busy && g_queue_peek_head (&turns) == self;
  g_mutex_unlock (&turns_lock);
  if (is_mine && !self->asking)
    show (self);
  return G_SOURCE_REMOVE;
}

static void
call_up (MitogenTtyOperation *self)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_turn, g_object_ref (self), g_object_unref);
  g_source_attach (source, self->context);
}

static void
take_turn (MitogenTtyOperation *self)
{
  g_mutex_lock (&turns_lock);
  self->busy = TRUE;
  g_queue_push_tail (&turns, g_object_ref (self));
  if (turns.length == 1)
    call_up (self);
  g_mutex_unlock (&turns_lock);
}

/* FALSE: it had none. */
static gboolean
leave_turn (MitogenTtyOperation *self)
{
  gboolean was_busy;

  g_mutex_lock (&turns_lock);
  was_busy = self->busy;
  self->busy = FALSE;
  if (was_busy)
    {
      gboolean was_first = g_queue_peek_head (&turns) == self;

      g_queue_remove (&turns, self);
      if (was_first && turns.length > 0)
        call_up (g_queue_peek_head (&turns));
    }
  g_mutex_unlock (&turns_lock);
  if (was_busy)
    g_object_unref (self);
  return was_busy;
}

/* ---- the screen ---- */

static void
say (MitogenTtyOperation *self, const char *text)
{
  gsize length = strlen (text);

  while (length > 0)
    {
      gssize written = write (self->fd, text, length);

      if (written < 0 && errno == EINTR)
        continue;
      if (written <= 0) /* the output was stopped: the question is there, if not to be read */
        return;
      text += written;
      length -= written;
    }
}

static void
say_field (MitogenTtyOperation *self, const char *label, const char *preset)
{
  g_autofree char *text = preset != NULL && *preset != '\0'
                              ? g_strdup_printf ("%s [%s]: ", label, preset)
                              : g_strdup_printf ("%s: ", label);

  say (self, text);
}

static void
say_choices (MitogenTtyOperation *self)
{
  g_autofree char *range = NULL;
  guint n = g_strv_length (self->choices);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *text = g_strdup_printf ("%3u  %s\n", i + 1, self->choices[i]);

      say (self, text);
    }
  range = g_strdup_printf (_ ("Your choice (1 to %u): "), n);
  say (self, range);
}

/* The first line of a message is what is asked for: it comes last. */
static void
say_question (MitogenTtyOperation *self)
{
  const char *rest = strchr (self->message, '\n');
  g_autofree char *first =
      rest != NULL ? g_strndup (self->message, rest - self->message) : g_strdup (self->message);

  switch (self->steps[self->step])
    {
    case STEP_USER:
      say_field (self, _ ("User"), self->user);
      break;
    case STEP_DOMAIN:
      say_field (self, _ ("Domain"), self->domain);
      break;
    case STEP_PASSWORD:
      if (rest != NULL)
        {
          say (self, rest + 1);
          say (self, "\n");
        }
      say_field (self, first, NULL);
      break;
    case STEP_CHOICE:
    default:
      say (self, self->message);
      say (self, "\n");
      say_choices (self);
      break;
    }
}

static void
next_step (MitogenTtyOperation *self)
{
  self->length = 0;
  mitogen_tty_set_echo (self->steps[self->step] != STEP_PASSWORD);
  say_question (self);
}

/* ---- the end of a question ---- */

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* FALSE: there was none. */
static gboolean
end (MitogenTtyOperation *self)
{
  clear_source (&self->input);
  clear_source (&self->events);
  explicit_bzero (self->line, sizeof self->line);
  self->length = 0;
  if (self->asking)
    mitogen_tty_end ();
  self->asking = FALSE;
  mitogen_fd_close (&self->fd);
  mitogen_fd_close (&self->wake_fd);
  return leave_turn (self);
}

static void
reply (MitogenTtyOperation *self, GMountOperationResult result)
{
  g_autoptr (MitogenTtyOperation) kept = g_object_ref (self);

  if (result == G_MOUNT_OPERATION_ABORTED)
    say (self, "\n");
  if (end (self))
    g_mount_operation_reply (G_MOUNT_OPERATION (kept), result);
}

/* ---- answers ---- */

/* The number of a choice, the choice itself, or for two of them yes and no; -1: neither. */
static int
read_choice (MitogenTtyOperation *self, const char *text)
{
  guint n = g_strv_length (self->choices);
  guint64 number;

  if (g_ascii_string_to_unsigned (text, 10, 1, n, &number, NULL))
    return (int) number - 1;
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *choice = g_utf8_casefold (self->choices[i], -1);
      g_autofree char *given = g_utf8_validate (text, -1, NULL) ? g_utf8_casefold (text, -1) : NULL;

      if (given != NULL && g_str_equal (choice, given))
        return i;
    }
  if (n == 2 && g_ascii_strcasecmp (text, "yes") == 0)
    return 0;
  if (n == 2 && g_ascii_strcasecmp (text, "no") == 0)
    return 1;
  return -1;
}

/* FALSE: it is no answer. */
static gboolean
take_answer (MitogenTtyOperation *self)
{
  GMountOperation *operation = G_MOUNT_OPERATION (self);
  const char *text = self->line;
  int choice;

  switch (self->steps[self->step])
    {
    case STEP_USER:
      g_mount_operation_set_username (operation, *text != '\0' ? text : self->user);
      return TRUE;
    case STEP_DOMAIN:
      g_mount_operation_set_domain (operation, *text != '\0' ? text : self->domain);
      return TRUE;
    case STEP_PASSWORD:
      say (self, "\n"); /* which was not shown, either */
      g_mount_operation_set_password (operation, text);
      return TRUE;
    case STEP_CHOICE:
    default:
      choice = read_choice (self, g_strstrip (self->line));
      if (choice >= 0)
        g_mount_operation_set_choice (operation, choice);
      return choice >= 0;
    }
}

static void
on_line (MitogenTtyOperation *self)
{
  if (take_answer (self))
    self->step++;
  explicit_bzero (self->line, sizeof self->line);
  if (self->step < self->n_steps)
    next_step (self);
  else
    reply (self, G_MOUNT_OPERATION_HANDLED);
}

static gboolean
on_input (gint fd, GIOCondition condition, gpointer data)
{
  MitogenTtyOperation *self = data;
  gssize got = read (fd, self->line + self->length, sizeof self->line - 1 - self->length);
  gboolean is_full;

  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return G_SOURCE_CONTINUE;
  if (got <= 0)
    {
      reply (self, G_MOUNT_OPERATION_ABORTED);
      return G_SOURCE_REMOVE;
    }
  self->length += got;
  is_full = self->length == sizeof self->line - 1;
  if (self->line[self->length - 1] != '\n' && !is_full)
    return G_SOURCE_CONTINUE;
  self->line[is_full ? self->length : self->length - 1] = '\0';
  self->length = 0;
  on_line (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_event (gint fd, GIOCondition condition, gpointer data)
{
  MitogenTtyOperation *self = data;
  guint64 count;
  gssize got = read (fd, &count, sizeof count);

  (void) got; /* only to make it quiet */
  switch (mitogen_tty_take_event ())
    {
    case MITOGEN_TTY_EVENT_INTERRUPTED:
      reply (self, G_MOUNT_OPERATION_ABORTED);
      return G_SOURCE_REMOVE;
    case MITOGEN_TTY_EVENT_CONTINUED:
      next_step (self);
      break;
    case MITOGEN_TTY_EVENT_NONE:
    default:
      break;
    }
  return G_SOURCE_CONTINUE;
}

/* ---- asking ---- */

static GSource *
watch (MitogenTtyOperation *self, int fd, GUnixFDSourceFunc func)
{
  GSource *source = g_unix_fd_source_new (fd, G_IO_IN | G_IO_HUP | G_IO_ERR);

  g_source_set_callback (source, (GSourceFunc) (void (*) (void)) func, g_object_ref (self),
                         g_object_unref);
  g_source_attach (source, self->context);
  return source;
}

static void
show (MitogenTtyOperation *self)
{
  if (!self->is_given || self->given_fd >= 0)
    self->fd = mitogen_tty_open (self->given_fd);
  self->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (self->fd < 0 || self->wake_fd < 0 || !mitogen_tty_begin (self->fd, self->wake_fd))
    {
      reply (self, G_MOUNT_OPERATION_UNHANDLED);
      return;
    }
  self->asking = TRUE;
  self->step = 0;
  next_step (self);
  self->input = watch (self, self->fd, on_input);
  self->events = watch (self, self->wake_fd, on_event);
}

static void
clear_question (MitogenTtyOperation *self)
{
  g_clear_pointer (&self->message, g_free);
  g_clear_pointer (&self->user, g_free);
  g_clear_pointer (&self->domain, g_free);
  g_clear_pointer (&self->choices, g_strfreev);
  g_clear_pointer (&self->context, g_main_context_unref);
  self->n_steps = 0;
}

static void
begin (MitogenTtyOperation *self, const char *message)
{
  end (self);
  clear_question (self);
  self->context = g_main_context_ref_thread_default ();
  self->message = g_strdup (message != NULL ? message : "");
}

static void
mitogen_tty_operation_ask_password (GMountOperation *operation,
                                    const char *message,
                                    const char *default_user,
                                    const char *default_domain,
                                    GAskPasswordFlags flags)
{
  MitogenTtyOperation *self = MITOGEN_TTY_OPERATION (operation);

  begin (self, message);
  self->user = g_strdup (default_user);
  self->domain = g_strdup (default_domain);
  if ((flags & G_ASK_PASSWORD_NEED_USERNAME) != 0)
    self->steps[self->n_steps++] = STEP_USER;
  if ((flags & G_ASK_PASSWORD_NEED_DOMAIN) != 0)
    self->steps[self->n_steps++] = STEP_DOMAIN;
  if ((flags & G_ASK_PASSWORD_NEED_PASSWORD) != 0 || self->n_steps == 0)
    self->steps[self->n_steps++] = STEP_PASSWORD;
  take_turn (self);
}

static void
mitogen_tty_operation_ask_question (GMountOperation *operation,
                                    const char *message,
                                    const char *choices[])
{
  MitogenTtyOperation *self = MITOGEN_TTY_OPERATION (operation);

  begin (self, message);
  self->choices = g_strdupv ((char **) choices);
  self->steps[self->n_steps++] = STEP_CHOICE;
  take_turn (self);
}

static void
mitogen_tty_operation_aborted (GMountOperation *operation)
{
  MitogenTtyOperation *self = MITOGEN_TTY_OPERATION (operation);

  if (self->asking)
    say (self, "\n");
  g_object_ref (self);
  end (self);
  g_object_unref (self);
}

/* ---- the object ---- */

static void
mitogen_tty_operation_dispose (GObject *object)
{
  end (MITOGEN_TTY_OPERATION (object));
  G_OBJECT_CLASS (mitogen_tty_operation_parent_class)->dispose (object);
}

static void
mitogen_tty_operation_finalize (GObject *object)
{
  MitogenTtyOperation *self = MITOGEN_TTY_OPERATION (object);

  clear_question (self);
  mitogen_fd_close (&self->given_fd);
  G_OBJECT_CLASS (mitogen_tty_operation_parent_class)->finalize (object);
}

static void
mitogen_tty_operation_set_property (GObject *object,
                                    guint id,
                                    const GValue *value,
                                    GParamSpec *pspec)
{
  MitogenTtyOperation *self = MITOGEN_TTY_OPERATION (object);

  switch ((MitogenTtyOperationProperty) id)
    {
    case PROP_FD:
      self->is_given = g_value_get_int (value) >= 0;
      if (self->is_given)
        self->given_fd = mitogen_tty_open (g_value_get_int (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_tty_operation_class_init (MitogenTtyOperationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GMountOperationClass *operation_class = G_MOUNT_OPERATION_CLASS (klass);

  object_class->dispose = mitogen_tty_operation_dispose;
  object_class->finalize = mitogen_tty_operation_finalize;
  object_class->set_property = mitogen_tty_operation_set_property;
  operation_class->ask_password = mitogen_tty_operation_ask_password;
  operation_class->ask_question = mitogen_tty_operation_ask_question;
  operation_class->aborted = mitogen_tty_operation_aborted;

  /**
   * MitogenTtyOperation:fd:
   *
   * The terminal to ask in, as a descriptor, which is not taken; -1 for the terminal that
   * the program was started in.
   *
   * Since: 1.0
   */
  properties[PROP_FD] =
      g_param_spec_int ("fd", NULL, NULL, -1, G_MAXINT, -1,
                        G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_tty_operation_init (MitogenTtyOperation *self)
{
  self->given_fd = -1;
  self->fd = -1;
  self->wake_fd = -1;
}

/**
 * mitogen_tty_operation_new:
 *
 * Creates an operation that asks in the terminal that the program was started in.
 *
 * Returns: (transfer full): a new operation
 *
 * Since: 1.0
 */
GMountOperation *
mitogen_tty_operation_new (void)
{
  return g_object_new (MITOGEN_TYPE_TTY_OPERATION, NULL);
}

/**
 * mitogen_tty_operation_new_for_fd:
 * @fd: the descriptor of a terminal, which is not taken
 *
 * Creates an operation that asks in any terminal.
 *
 * Returns: (transfer full): a new operation
 *
 * Since: 1.0
 */
GMountOperation *
mitogen_tty_operation_new_for_fd (int fd)
{
  g_return_val_if_fail (fd >= 0, NULL);
  return g_object_new (MITOGEN_TYPE_TTY_OPERATION, "fd", fd, NULL);
}
