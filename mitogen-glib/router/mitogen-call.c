/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "router/mitogen-call.h"
#include "router/mitogen-exports-private.h"
#include "wire/mitogen-error.h"
#include "wire/mitogen-pickle-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* What a 0.3.3 peer can read. */
#define MAX_ERROR_TEXT 9000

/**
 * MitogenCall:
 *
 * A call that another context makes to a function of this program.
 *
 * It is answered once, with [method@Mitogen.Call.return_value],
 * [method@Mitogen.Call.return_error] or [method@Mitogen.Call.return_exception], at once
 * or later and from any thread. A call that is dropped without an answer is answered with
 * an error.
 *
 * Methods may be called from any thread.
 *
 * Since: 1.0
 */
struct _MitogenCall
{
  GObject parent_instance;

  MitogenCore *core;
  MitogenMessage *message;
  char *function;
  GVariant *args;
  GVariant *kwargs;
  gint answered; /* atomic */
};

G_DEFINE_FINAL_TYPE (MitogenCall, mitogen_call, G_TYPE_OBJECT)

static void
mitogen_call_finalize (GObject *object)
{
  MitogenCall *self = MITOGEN_CALL (object);

  if (!g_atomic_int_get (&self->answered))
    {
      g_autoptr (GError) error =
          g_error_new (MITOGEN_ERROR, MITOGEN_ERROR_CALL,
                       _ ("The function “%s” has gone without an answer"), self->function);

      mitogen_call_return_error (self, error);
    }
  g_free (self->function);
  g_variant_unref (self->args);
  g_variant_unref (self->kwargs);
  mitogen_message_unref (self->message);
  mitogen_core_unref (self->core);
  G_OBJECT_CLASS (mitogen_call_parent_class)->finalize (object);
}

static void
mitogen_call_class_init (MitogenCallClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = mitogen_call_finalize;
}

static void
mitogen_call_init (MitogenCall *self)
{
}

MitogenCall *
mitogen_call_new (MitogenCore *core,
                  MitogenMessage *message,
                  const char *function,
                  GVariant *args,
                  GVariant *kwargs)
{
  MitogenCall *self = g_object_new (MITOGEN_TYPE_CALL, NULL);

  self->core = mitogen_core_ref (core);
  self->message = mitogen_message_ref (message);
  self->function = g_strdup (function);
  self->args = g_variant_ref (args);
  self->kwargs = g_variant_ref (kwargs);
  return self;
}

/**
 * mitogen_call_get_function:
 * @self: a call
 *
 * Gets the name of the function.
 *
 * Returns: (transfer none): the name, as it was exported
 *
 * Since: 1.0
 */
const char *
mitogen_call_get_function (MitogenCall *self)
{
  g_return_val_if_fail (MITOGEN_IS_CALL (self), NULL);
  return self->function;
}

/**
 * mitogen_call_get_args:
 * @self: a call
 *
 * Gets the positional arguments.
 *
 * Returns: (transfer none): a tuple
 *
 * Since: 1.0
 */
GVariant *
mitogen_call_get_args (MitogenCall *self)
{
  g_return_val_if_fail (MITOGEN_IS_CALL (self), NULL);
  return self->args;
}

/**
 * mitogen_call_get_kwargs:
 * @self: a call
 *
 * Gets the keyword arguments.
 *
 * Returns: (transfer none): an `a{sv}`
 *
 * Since: 1.0
 */
GVariant *
mitogen_call_get_kwargs (MitogenCall *self)
{
  g_return_val_if_fail (MITOGEN_IS_CALL (self), NULL);
  return self->kwargs;
}

/**
 * mitogen_call_dup_router:
 * @self: a call
 *
 * Gets the router that the call came to, for what the function does with contexts among
 * its arguments.
 *
 * Returns: (transfer full) (nullable): the router, or %NULL if the program has dropped it
 *
 * Since: 1.0
 */
MitogenRouter *
mitogen_call_dup_router (MitogenCall *self)
{
  g_return_val_if_fail (MITOGEN_IS_CALL (self), NULL);
  return mitogen_core_dup_router (self->core);
}

/**
 * mitogen_call_get_source_id:
 * @self: a call
 *
 * Gets the id of the context that calls.
 *
 * Returns: the id
 *
 * Since: 1.0
 */
guint32
mitogen_call_get_source_id (MitogenCall *self)
{
  g_return_val_if_fail (MITOGEN_IS_CALL (self), 0);
  return mitogen_message_get_src_id (self->message);
}

/* TRUE for the first only. */
static gboolean
claim (MitogenCall *self)
{
  return g_atomic_int_compare_and_exchange (&self->answered, FALSE, TRUE);
}

static void
answer (MitogenCore *core, MitogenMessage *message, MitogenPickleWriter *writer)
{
  MitogenFrameHeader header = {
    .encoding = MITOGEN_ENCODING_LEGACY,
    .dst_id = mitogen_message_get_src_id (message),
    .handle = mitogen_message_get_reply_to (message),
  };
  g_autoptr (MitogenMessage) reply =
      mitogen_message_new_segments (&header, mitogen_pickle_writer_end (writer));

  if (header.handle != 0)
    mitogen_core_send (core, reply);
}

/**
 * mitogen_call_return_value:
 * @self: a call
 * @value: the result; a floating reference is consumed
 * @error: return location for an error
 *
 * Answers the call with a result.
 *
 * Fails with `MITOGEN_ERROR_TYPE` if the value cannot be sent: the call is not answered
 * then. A second answer is ignored.
 *
 * Returns: whether the value could be pickled
 *
 * Since: 1.0
 */
gboolean
mitogen_call_return_value (MitogenCall *self, GVariant *value, GError **error)
{
  g_autoptr (GVariant) owned = NULL;
  g_autoptr (MitogenPickleWriter) writer = NULL;

  g_return_val_if_fail (MITOGEN_IS_CALL (self), FALSE);
  g_return_val_if_fail (value != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  owned = g_variant_ref_sink (value);
  writer = mitogen_pickle_writer_new ();
  if (!mitogen_pickle_writer_add_variant (writer, owned, error))
    return FALSE;
  if (claim (self))
    answer (self->core, self->message, writer);
  return TRUE;
}

/* "type: message", a line as Python prints it, and the traceback if there is room for it. */
static char *
describe_exception (const char *type, const char *message, const char *traceback)
{
  g_autofree char *text = g_strdup_printf ("%s: %s", type, message);
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autofree char *valid_traceback = g_utf8_make_valid (traceback != NULL ? traceback : "", -1);

  if (strlen (valid) > MAX_ERROR_TEXT)
    {
      *g_utf8_find_prev_char (valid, valid + MAX_ERROR_TEXT) = '\0';
      return g_strconcat (valid, "…\n", NULL);
    }
  if (strlen (valid) + strlen (valid_traceback) > MAX_ERROR_TEXT)
    *valid_traceback = '\0';
  return g_strconcat (valid, "\n", valid_traceback, NULL);
}

static char *
describe_error (const GError *error)
{
  const char *type = mitogen_error_get_remote_type (error);
  g_autofree char *text = NULL;

  if (type != NULL)
    return describe_exception (type, mitogen_error_get_remote_message (error), NULL);
  text = g_strdup_printf ("%s (%s, %d)", error->message, g_quark_to_string (error->domain),
                          error->code);
  return describe_exception ("GLib.Error", text, NULL);
}

static void
answer_error (MitogenCore *core, MitogenMessage *message, const char *text)
{
  g_autoptr (MitogenPickleWriter) writer = mitogen_pickle_writer_new ();

  mitogen_pickle_writer_add_call_error (writer, text);
  answer (core, message, writer);
}

void
mitogen_call_refuse (MitogenCore *core, MitogenMessage *message, const GError *error)
{
  g_autofree char *text = describe_error (error);

  answer_error (core, message, text);
}

/**
 * mitogen_call_return_error:
 * @self: a call
 * @error: what went wrong
 *
 * Answers the call with an error: it is raised as an exception where the function was
 * called. A second answer is ignored.
 *
 * Since: 1.0
 */
void
mitogen_call_return_error (MitogenCall *self, const GError *error)
{
  g_return_if_fail (MITOGEN_IS_CALL (self));
  g_return_if_fail (error != NULL);

  if (claim (self))
    mitogen_call_refuse (self->core, self->message, error);
}

/**
 * mitogen_call_return_exception:
 * @self: a call
 * @type: the name of the exception's class, such as `app.NoSuchThing`, without spaces
 *   and colons
 * @message: its text
 * @traceback: (nullable): where it was raised, in lines as Python prints them
 *
 * Answers the call with an exception that has a class of its own, as language bindings
 * do: it is what [func@Mitogen.Error.get_remote_type] and its siblings tell where the
 * function was called. A second answer is ignored.
 *
 * A text that is too long for the caller is cut short, and a traceback left out. A
 * traceback tells the caller about the program: it is for callers that may know.
 *
 * Since: 1.0
 */
void
mitogen_call_return_exception (MitogenCall *self,
                               const char *type,
                               const char *message,
                               const char *traceback)
{
  g_autofree char *text = NULL;

  g_return_if_fail (MITOGEN_IS_CALL (self));
  g_return_if_fail (type != NULL && *type != '\0' && strpbrk (type, " \t\r\n:") == NULL);
  g_return_if_fail (message != NULL);

  if (!claim (self))
    return;
  text = describe_exception (type, message, traceback);
  answer_error (self->core, self->message, text);
}
