/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-sudo-args-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_SHOWN 100

typedef enum
{
  USE_REFUSE, /* it would not run a command, or not in the foreground, or not as we need it */
  USE_IGNORE, /* it says how to ask, which is not sudo's business here */
  USE_PASS,
  USE_USER,
  USE_ROLE,
  USE_TYPE,
  USE_PRESERVE_ENV,
  USE_SET_HOME,
  USE_LOGIN,
} Use;

typedef struct
{
  char letter;
  const char *name;
  gboolean has_value;
  Use use;
} Option;

/* sudo 1.9's. */
static const Option options[] = {
  { 'A', "askpass", FALSE, USE_REFUSE },
  { 'a', "auth-type", TRUE, USE_PASS },
  { 'B', "bell", FALSE, USE_IGNORE },
  { 'b', "background", FALSE, USE_REFUSE },
  { 'C', "close-from", TRUE, USE_PASS },
  { 'c', "login-class", TRUE, USE_PASS },
  { 'D', "chdir", TRUE, USE_PASS },
  { 'E', "preserve-env", FALSE, USE_PRESERVE_ENV },
  { 'e', "edit", FALSE, USE_REFUSE },
  { 'g', "group", TRUE, USE_PASS },
  { 'H', "set-home", FALSE, USE_SET_HOME },
  { '\0', "help", FALSE, USE_REFUSE },
  { 'h', "host", TRUE, USE_REFUSE },
  { 'i', "login", FALSE, USE_LOGIN },
  { 'K', "remove-timestamp", FALSE, USE_REFUSE },
  { 'k', "reset-timestamp", FALSE, USE_PASS },
  { 'l', "list", FALSE, USE_REFUSE },
  { 'N', "no-update", FALSE, USE_PASS },
  { 'n', "non-interactive", FALSE, USE_IGNORE },
  { 'P', "preserve-groups", FALSE, USE_PASS },
  { 'p', "prompt", TRUE, USE_REFUSE },
  { 'R', "chroot", TRUE, USE_PASS },
  { 'r', "role", TRUE, USE_ROLE },
  { 'S', "stdin", FALSE, USE_IGNORE },
  { 's', "shell", FALSE, USE_REFUSE },
  { 'T', "command-timeout", TRUE, USE_PASS },
  { 't', "type", TRUE, USE_TYPE },
  { 'U', "other-user", TRUE, USE_REFUSE },
  { 'u', "user", TRUE, USE_USER },
  { 'V', "version", FALSE, USE_REFUSE },
  { 'v', "validate", FALSE, USE_REFUSE },
};

/* @what: the beginning of a sentence that ends in @word */
static gboolean
refuse (GError **error, const char *what, const char *word)
{
  g_autofree char *shown = g_utf8_make_valid (word, MIN (strlen (word), MAX_SHOWN));

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "sudo: %s “%s”", what, shown);
  return FALSE;
}

/* ---- what an option does ---- */

static void
pass_on (MitogenSudoArgs *self, const Option *option, const char *value)
{
  g_autofree char *word = g_strdup_printf ("-%c%s", option->letter, option->has_value ? value : "");

  g_strv_builder_add (self->others, word);
}

static gboolean
take_text (char **where, const char *value, const char *word, GError **error)
{
  if (*value == '\0')
    return refuse (error, _ ("an empty value for the option"), word);
  g_free (*where);
  *where = g_strdup (value);
  return TRUE;
}

/* @word: as it was written; @value: (nullable) */
static gboolean
take (MitogenSudoArgs *self,
      const Option *option,
      const char *word,
      const char *value,
      GError **error)
{
  switch (option->use)
    {
    case USE_REFUSE:
      return refuse (error, _ ("a context cannot be made with the option"), word);
    case USE_IGNORE:
      return TRUE;
    case USE_PASS:
      pass_on (self, option, value);
      return TRUE;
    case USE_USER:
      return take_text (&self->user, value, word, error);
    case USE_ROLE:
      return take_text (&self->role, value, word, error);
    case USE_TYPE:
      return take_text (&self->type, value, word, error);
    case USE_PRESERVE_ENV:
      self->preserve_env = TRUE;
      return TRUE;
    case USE_SET_HOME:
      self->set_home = TRUE;
      return TRUE;
    case USE_LOGIN:
      self->login = TRUE;
      return TRUE;
    default:
      g_assert_not_reached ();
    }
}

/* ---- getopt_long() ---- */

static const Option *
find_letter (char letter)
{
  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    if (options[i].letter == letter && letter != '\0')
      return &options[i];
  return NULL;
}

/* By its name, or the beginning of it if no other one begins like that. */
static const Option *
find_name (const char *name, gsize length)
{
  const Option *found = NULL;
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    if (strncmp (options[i].name, name, length) == 0)
      {
        if (options[i].name[length] == '\0')
          return &options[i];
        found = &options[i];
        n++;
      }
  return n == 1 ? found : NULL;
}

/* "-Hu" "root". @args: on the word; moved on to the last one that was used */
static gboolean
parse_letters (MitogenSudoArgs *self, const char *const **args, GError **error)
{
  const char *word = **args;

  for (const char *p = word + 1; *p != '\0'; p++)
    {
      const Option *option = find_letter (*p);
      const char *value = NULL;

      if (option == NULL)
        return refuse (error, _ ("there is no such option:"), word);
      if (!option->has_value)
        {
          if (!take (self, option, word, NULL, error))
            return FALSE;
          continue;
        }
      value = p[1] != '\0' ? p + 1 : *++*args;
      if (value == NULL)
        return refuse (error, _ ("a value is missing for the option"), word);
      return take (self, option, word, value, error);
    }
  return TRUE;
}

/* "--user=root", or "--user" "root". */
static gboolean
parse_name (MitogenSudoArgs *self, const char *const **args, GError **error)
{
  const char *word = **args;
  const char *equals = strchr (word, '=');
  const char *value = equals != NULL ? equals + 1 : NULL;
  const Option *option =
      find_name (word + 2, equals != NULL ? (gsize) (equals - word) - 2 : strlen (word) - 2);

  if (option == NULL)
    return refuse (error, _ ("there is no such option:"), word);
  if (option->use == USE_PRESERVE_ENV && value != NULL)
    {
      g_autofree char *list = g_strconcat ("--preserve-env=", value, NULL);

      g_strv_builder_add (self->others, list);
      return TRUE;
    }
  if (!option->has_value && value != NULL)
    return refuse (error, _ ("there is no value for the option"), word);
  if (option->has_value && value == NULL)
    value = *++*args;
  if (option->has_value && value == NULL)
    return refuse (error, _ ("a value is missing for the option"), word);
  return take (self, option, word, value, error);
}

gboolean
mitogen_sudo_args_parse (MitogenSudoArgs *self, const char *const *args, GError **error)
{
  *self = (MitogenSudoArgs){ .others = g_strv_builder_new () };
  if (args == NULL)
    return TRUE;

  for (; *args != NULL && !g_str_equal (*args, "--"); args++)
    {
      if (**args != '-' || (*args)[1] == '\0')
        return refuse (error, _ ("only options can be given, not"), *args);
      if (!((*args)[1] == '-' ? parse_name (self, &args, error)
                              : parse_letters (self, &args, error)))
        return FALSE;
    }
  if (*args != NULL && args[1] != NULL)
    return refuse (error, _ ("only options can be given, not"), args[1]);
  return TRUE;
}

void
mitogen_sudo_args_clear (MitogenSudoArgs *self)
{
  g_clear_pointer (&self->user, g_free);
  g_clear_pointer (&self->role, g_free);
  g_clear_pointer (&self->type, g_free);
  g_clear_pointer (&self->others, g_strv_builder_unref);
}
