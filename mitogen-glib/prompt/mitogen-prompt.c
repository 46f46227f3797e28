/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prompt/mitogen-prompt-private.h"
#include "mitogen-enums.h"

/**
 * MitogenPrompt:
 *
 * Something that the program which a connection starts has said on its terminal, and that
 * may be a question.
 *
 * Classes of a program's own get one in [vfunc@Mitogen.Connection.handle_prompt]: they say
 * what kind of question it is, and what people are to be told of it, or answer it at once.
 *
 * It should only be used in the call that it is given to.
 *
 * Since: 1.0
 */
struct _MitogenPrompt
{
  GObject parent_instance;

  MitogenQuestion question;
  MitogenPassword *answer;
};

G_DEFINE_FINAL_TYPE (MitogenPrompt, mitogen_prompt, G_TYPE_OBJECT)

typedef enum
{
  PROP_TEXT = 1,
  PROP_AGAIN,
  PROP_KIND,
  PROP_SUBJECT,
  PROP_MESSAGE,
  PROP_CHOICES,
  PROP_ANSWER,
} MitogenPromptProperty;

static GParamSpec *properties[PROP_ANSWER + 1];

static void
mitogen_prompt_finalize (GObject *object)
{
  MitogenPrompt *self = MITOGEN_PROMPT (object);

  mitogen_question_clear (&self->question);
  g_clear_pointer (&self->answer, mitogen_password_unref);
  G_OBJECT_CLASS (mitogen_prompt_parent_class)->finalize (object);
}

static void
mitogen_prompt_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  MitogenPrompt *self = MITOGEN_PROMPT (object);

  switch ((MitogenPromptProperty) id)
    {
    case PROP_TEXT:
      g_value_set_string (value, mitogen_prompt_get_text (self));
      break;
    case PROP_AGAIN:
      g_value_set_boolean (value, self->question.again);
      break;
    case PROP_KIND:
      g_value_set_enum (value, self->question.kind);
      break;
    case PROP_SUBJECT:
      g_value_set_string (value, self->question.subject);
      break;
    case PROP_MESSAGE:
      g_value_set_string (value, self->question.message);
      break;
    case PROP_CHOICES:
      g_value_set_boxed (value, self->question.choices);
      break;
    case PROP_ANSWER: /* write-only */
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
mitogen_prompt_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  MitogenPrompt *self = MITOGEN_PROMPT (object);

  switch ((MitogenPromptProperty) id)
    {
    case PROP_KIND:
      mitogen_prompt_set_kind (self, g_value_get_enum (value));
      break;
    case PROP_SUBJECT:
      mitogen_prompt_set_subject (self, g_value_get_string (value));
      break;
    case PROP_MESSAGE:
      mitogen_prompt_set_message (self, g_value_get_string (value));
      break;
    case PROP_CHOICES:
      mitogen_prompt_set_choices (self, g_value_get_boxed (value));
      break;
    case PROP_ANSWER:
      mitogen_prompt_set_answer (self, g_value_get_string (value));
      break;
    case PROP_TEXT:
    case PROP_AGAIN:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
make_given_properties (void)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * MitogenPrompt:text: (getter get_text)
   *
   * What the program has said, without control characters.
   *
   * Since: 1.0
   */
  properties[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, NULL, flags);
  /**
   * MitogenPrompt:again: (getter get_again)
   *
   * Whether the same was asked before, so that the answer was refused.
   *
   * Since: 1.0
   */
  properties[PROP_AGAIN] = g_param_spec_boolean ("again", NULL, NULL, FALSE, flags);
}

static void
make_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  /**
   * MitogenPrompt:kind: (getter get_kind) (setter set_kind)
   *
   * What is asked for. It decides who may answer, and how people are asked.
   *
   * [property@Mitogen.Connection:password] answers passwords and passphrases only, and only
   * these can be saved.
   *
   * Since: 1.0
   */
  properties[PROP_KIND] =
      g_param_spec_enum ("kind", NULL, NULL, MITOGEN_TYPE_PROMPT_KIND, MITOGEN_PROMPT_OTHER, flags);
  /**
   * MitogenPrompt:subject: (getter get_subject) (setter set_subject)
   *
   * What the question is about: the name of an account, or of a key.
   *
   * Since: 1.0
   */
  properties[PROP_SUBJECT] = g_param_spec_string ("subject", NULL, NULL, NULL, flags);
  /**
   * MitogenPrompt:message: (getter get_message) (setter set_message)
   *
   * What people are told, in place of a sentence made of the kind, the subject and the
   * connection's name.
   *
   * Since: 1.0
   */
  properties[PROP_MESSAGE] = g_param_spec_string ("message", NULL, NULL, NULL, flags);
  /**
   * MitogenPrompt:choices: (getter get_choices) (setter set_choices)
   *
   * What there is to choose from, if the answer is not any text. The program is then
   * answered with the number of the choice, from 0.
   *
   * Since: 1.0
   */
  properties[PROP_CHOICES] = g_param_spec_boxed ("choices", NULL, NULL, G_TYPE_STRV, flags);
  /**
   * MitogenPrompt:answer: (setter set_answer)
   *
   * The answer, if it is known: nobody is asked then. It cannot be read back.
   *
   * Since: 1.0
   */
  properties[PROP_ANSWER] =
      g_param_spec_string ("answer", NULL, NULL, NULL,
                           G_PARAM_WRITABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
}

static void
mitogen_prompt_class_init (MitogenPromptClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = mitogen_prompt_finalize;
  object_class->get_property = mitogen_prompt_get_property;
  object_class->set_property = mitogen_prompt_set_property;
  make_given_properties ();
  make_properties ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
mitogen_prompt_init (MitogenPrompt *self)
{
}

MitogenPrompt *
mitogen_prompt_new (const MitogenQuestion *question)
{
  MitogenPrompt *self = g_object_new (MITOGEN_TYPE_PROMPT, NULL);

  mitogen_question_copy (&self->question, question);
  return self;
}

void
mitogen_prompt_read (MitogenPrompt *self, MitogenQuestion *question, MitogenPassword **answer)
{
  mitogen_question_clear (question);
  mitogen_question_copy (question, &self->question);
  *answer = self->answer != NULL ? mitogen_password_ref (self->answer) : NULL;
}

/**
 * mitogen_prompt_get_text: (get-property text)
 * @self: a prompt
 *
 * Gets what the program has said.
 *
 * Returns: (transfer none): its words, without control characters
 *
 * Since: 1.0
 */
const char *
mitogen_prompt_get_text (MitogenPrompt *self)
{
  g_return_val_if_fail (MITOGEN_IS_PROMPT (self), NULL);
  return self->question.text != NULL ? self->question.text : "";
}

/**
 * mitogen_prompt_get_again: (get-property again)
 * @self: a prompt
 *
 * Tells whether the same was asked before.
 *
 * Returns: whether the last answer was refused
 *
 * Since: 1.0
 */
gboolean
mitogen_prompt_get_again (MitogenPrompt *self)
{
  g_return_val_if_fail (MITOGEN_IS_PROMPT (self), FALSE);
  return self->question.again;
}

/**
 * mitogen_prompt_get_kind: (get-property kind)
 * @self: a prompt
 *
 * Gets what is asked for.
 *
 * Returns: the kind of question
 *
 * Since: 1.0
 */
MitogenPromptKind
mitogen_prompt_get_kind (MitogenPrompt *self)
{
  g_return_val_if_fail (MITOGEN_IS_PROMPT (self), MITOGEN_PROMPT_OTHER);
  return self->question.kind;
}

/**
 * mitogen_prompt_set_kind: (set-property kind)
 * @self: a prompt
 * @kind: the kind of question
 *
 * Says what is asked for.
 *
 * Since: 1.0
 */
void
mitogen_prompt_set_kind (MitogenPrompt *self, MitogenPromptKind kind)
{
  g_return_if_fail (MITOGEN_IS_PROMPT (self));
  if (self->question.kind == kind)
    return;
  self->question.kind = kind;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_KIND]);
}

static void
set_text (MitogenPrompt *self, char **place, const char *text, MitogenPromptProperty property)
{
  if (g_strcmp0 (*place, text) == 0)
    return;
  g_free (*place);
  *place = g_strdup (text);
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

/**
 * mitogen_prompt_get_subject: (get-property subject)
 * @self: a prompt
 *
 * Gets what the question is about.
 *
 * Returns: (transfer none) (nullable): an account, or a key
 *
 * Since: 1.0
 */
const char *
mitogen_prompt_get_subject (MitogenPrompt *self)
{
  g_return_val_if_fail (MITOGEN_IS_PROMPT (self), NULL);
  return self->question.subject;
}

/**
 * mitogen_prompt_set_subject: (set-property subject)
 * @self: a prompt
 * @subject: (nullable): an account, or a key
 *
 * Says what the question is about.
 *
 * Since: 1.0
 */
void
mitogen_prompt_set_subject (MitogenPrompt *self, const char *subject)
{
  g_return_if_fail (MITOGEN_IS_PROMPT (self));
  set_text (self, &self->question.subject, subject, PROP_SUBJECT);
}

/**
 * mitogen_prompt_get_message: (get-property message)
 * @self: a prompt
 *
 * Gets what people are told.
 *
 * Returns: (transfer none) (nullable): a message; nothing for the library's own
 *
 * Since: 1.0
 */
const char *
mitogen_prompt_get_message (MitogenPrompt *self)
{
  g_return_val_if_fail (MITOGEN_IS_PROMPT (self), NULL);
  return self->question.message;
}

/**
 * mitogen_prompt_set_message: (set-property message)
 * @self: a prompt
 * @message: (nullable): a message; nothing for the library's own
 *
 * Decides what people are told.
 *
 * Since: 1.0
 */
void
mitogen_prompt_set_message (MitogenPrompt *self, const char *message)
{
  g_return_if_fail (MITOGEN_IS_PROMPT (self));
  set_text (self, &self->question.message, message, PROP_MESSAGE);
}

/**
 * mitogen_prompt_get_choices: (get-property choices)
 * @self: a prompt
 *
 * Gets what there is to choose from.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): the choices; nothing for
 *   any text
 *
 * Since: 1.0
 */
const char *const *
mitogen_prompt_get_choices (MitogenPrompt *self)
{
  g_return_val_if_fail (MITOGEN_IS_PROMPT (self), NULL);
  return (const char *const *) self->question.choices;
}

/**
 * mitogen_prompt_set_choices: (set-property choices)
 * @self: a prompt
 * @choices: (nullable) (array zero-terminated=1): the choices; nothing for any text
 *
 * Says what there is to choose from.
 *
 * Since: 1.0
 */
void
mitogen_prompt_set_choices (MitogenPrompt *self, const char *const *choices)
{
  char **old;

  g_return_if_fail (MITOGEN_IS_PROMPT (self));
  old = self->question.choices;
  self->question.choices =
      choices != NULL && choices[0] != NULL ? g_strdupv ((char **) choices) : NULL;
  g_strfreev (old);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CHOICES]);
}

/**
 * mitogen_prompt_set_answer: (set-property answer)
 * @self: a prompt
 * @answer: (nullable): the answer; nothing if it is not known
 *
 * Answers, so that nobody is asked.
 *
 * What is refused is asked again, and after two refused answers connecting fails.
 *
 * Since: 1.0
 */
void
mitogen_prompt_set_answer (MitogenPrompt *self, const char *answer)
{
  g_return_if_fail (MITOGEN_IS_PROMPT (self));
  g_clear_pointer (&self->answer, mitogen_password_unref);
  self->answer = answer != NULL ? mitogen_password_new (answer, -1) : NULL;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ANSWER]);
}
