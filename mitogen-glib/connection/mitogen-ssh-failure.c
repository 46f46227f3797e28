/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "connection/mitogen-ssh-failure-private.h"
#include "wire/mitogen-error.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/wait.h>

/* The exit status of the client when it is itself that fails, not what runs on the other side. */
#define STATUS_OF_CLIENT 255

/* In the first line that has @words in it, what stands between those and @until replaces "{}" in
 * the sentence. */
typedef struct
{
  const char *words;
  const char *until;    /* NULL: there is no "{}" */
  const char *sentence; /* the end of one; translated when it is used */
  gint code;
  gboolean busy; /* it may work a moment later */
} Meaning;

/* In the order of what says most. */
static const Meaning client_meanings[] = {
  { "WARNING: REVOKED HOST KEY DETECTED", NULL,
    N_ ("the key of the host is marked as revoked: it may have been stolen"),
    MITOGEN_ERROR_HOST_KEY },
  { " revoked by file ", NULL,
    N_ ("the key of the host is marked as revoked: it may have been stolen"),
    MITOGEN_ERROR_HOST_KEY },
  { "Certificate invalid: ", "", N_ ("the certificate of the host is not valid: {}"),
    MITOGEN_ERROR_HOST_KEY },
  { " host key is known for ", " and you have requested strict checking",
    N_ ("the key of {} is not known, and there was nobody to accept it"), MITOGEN_ERROR_HOST_KEY },
  { "Host key verification failed.", NULL, N_ ("the key of the host was not accepted"),
    MITOGEN_ERROR_HOST_KEY },
  { "Exiting, you have requested strict checking.", NULL,
    N_ ("the key of the host is not the one that is known for its address"),
    MITOGEN_ERROR_HOST_KEY },

  { "Too many authentication failures", NULL,
    N_ ("the host was offered too many keys that it does not know: name the right one as "
        "identity-file, or have fewer in the agent"),
    MITOGEN_ERROR_PASSWORD },
  { "Password change required but no TTY available", NULL,
    N_ ("the password has expired and has to be changed in a terminal first"),
    MITOGEN_ERROR_PASSWORD },
  { "WARNING: Your password has expired", NULL,
    N_ ("the password has expired and has to be changed in a terminal first"),
    MITOGEN_ERROR_PASSWORD },
  { "Your account has expired", NULL, N_ ("the account has expired"), MITOGEN_ERROR_PASSWORD },

  { "Could not resolve hostname ", ":", N_ ("there is no host known as {}"), MITOGEN_ERROR_STREAM },
  { ": Connection refused", NULL,
    N_ ("the host refused the connection: no server for ssh listens there"), MITOGEN_ERROR_STREAM },
  { "No route to host", NULL, N_ ("there is no way to the host in the network"),
    MITOGEN_ERROR_STREAM },
  { "Network is unreachable", NULL, N_ ("the network of the host cannot be reached"),
    MITOGEN_ERROR_STREAM },
  { "stdio forwarding failed", NULL, N_ ("the host in between does not let the connection through"),
    MITOGEN_ERROR_STREAM },
  { "during banner exchange", NULL,
    N_ ("what listens there does not answer as a server for ssh does"), MITOGEN_ERROR_TIMED_OUT },
  { "Connection timed out", NULL, N_ ("the host does not answer"), MITOGEN_ERROR_TIMED_OUT },
  { "Operation timed out", NULL, N_ ("the host does not answer"), MITOGEN_ERROR_TIMED_OUT },
  { "Not allowed at this time", NULL,
    N_ ("the host does not let anybody from here in for a while, after failures"),
    MITOGEN_ERROR_STREAM },
  { "Exceeded MaxStartups", NULL, N_ ("the host has too many logins under way"),
    MITOGEN_ERROR_STREAM, TRUE },
  { "exchange_identification: Connection closed", NULL,
    N_ ("the host closed the connection at once: it has too many logins under way, or wants none "
        "from here"),
    MITOGEN_ERROR_STREAM, TRUE },
  { "exchange_identification: read: Connection reset", NULL,
    N_ ("the host closed the connection at once: it has too many logins under way, or wants none "
        "from here"),
    MITOGEN_ERROR_STREAM, TRUE },
  { "exchange_identification: write: ", NULL,
    N_ ("the host closed the connection at once: it has too many logins under way, or wants none "
        "from here"),
    MITOGEN_ERROR_STREAM, TRUE },
  { "exchange_identification: ", NULL, N_ ("what listens there is no server for ssh"),
    MITOGEN_ERROR_STREAM },
  { "Unable to negotiate with ", "", N_ ("the host and the client have too little in common: {}"),
    MITOGEN_ERROR_STREAM },

  { "Bad configuration option: ", "", N_ ("the client does not know the option {}"),
    MITOGEN_ERROR_STREAM },
  { "nsupported option \"", "\"", N_ ("the client does not know the option {}"),
    MITOGEN_ERROR_STREAM },
  { "Bad owner or permissions on ", "", N_ ("others can write {}, so the client does not read it"),
    MITOGEN_ERROR_STREAM },
  { "Cannot execute command-line and remote command.", NULL,
    N_ ("the client's configuration has a RemoteCommand for the host: it leaves no room for ours"),
    MITOGEN_ERROR_STREAM },
  { "unknown option -- ", "", N_ ("the client does not know the argument -{}"),
    MITOGEN_ERROR_STREAM },
  { "exec request failed", NULL, N_ ("the host does not let the user run commands"),
    MITOGEN_ERROR_STREAM },
  { "Received disconnect from ", "", N_ ("the host broke off: {}"), MITOGEN_ERROR_STREAM },
  { "Connection closed by ", "", N_ ("the host closed the connection during the login"),
    MITOGEN_ERROR_STREAM },
  { "Connection reset by ", "", N_ ("the host closed the connection during the login"),
    MITOGEN_ERROR_STREAM },
};

/* What a login shell, or what is in its place, says. */
static const Meaning shell_meanings[] = {
  { "mitogen: no Python interpreter found", "",
    N_ ("there is no Python interpreter on the host{}: install one, or name it as python-path"),
    MITOGEN_ERROR_NO_INTERPRETER },
  { "This account is currently not available", NULL,
    N_ ("the account is not made for logging in: it has no shell"), MITOGEN_ERROR_PASSWORD },
  { "This service allows sftp connections only", NULL,
    N_ ("the account may only be used for copying files"), MITOGEN_ERROR_PASSWORD },
  { "Password change required but no TTY available", NULL,
    N_ ("the password has expired and has to be changed in a terminal first"),
    MITOGEN_ERROR_PASSWORD },
  { "WARNING: Your password has expired", NULL,
    N_ ("the password has expired and has to be changed in a terminal first"),
    MITOGEN_ERROR_PASSWORD },
  { "Your account has expired", NULL, N_ ("the account has expired"), MITOGEN_ERROR_PASSWORD },
  { "not permitted to log in", NULL, N_ ("the host lets nobody in at the moment"),
    MITOGEN_ERROR_STREAM },
  { "No space left on device", NULL, N_ ("a file system of the host is full"),
    MITOGEN_ERROR_STREAM },
  { "Disk quota exceeded", NULL, N_ ("the user has no room left on a file system of the host"),
    MITOGEN_ERROR_STREAM },
  { "Read-only file system", NULL, N_ ("a file system of the host can only be read"),
    MITOGEN_ERROR_STREAM },
  { "Cannot allocate memory", NULL, N_ ("the host has no memory left"), MITOGEN_ERROR_STREAM },
  { "Resource temporarily unavailable", NULL, N_ ("the host can start no more processes"),
    MITOGEN_ERROR_STREAM },
};

/* In mid-session. */
static const Meaning loss_meanings[] = {
  { "Timeout, server ", NULL, N_ ("the host has not answered for too long"), MITOGEN_ERROR_STREAM },
  { " closed by remote host", NULL, N_ ("the host closed the connection"), MITOGEN_ERROR_STREAM },
  { "Received disconnect from ", NULL, N_ ("the host closed the connection"),
    MITOGEN_ERROR_STREAM },
  { "No route to host", NULL, N_ ("the way to the host was lost"), MITOGEN_ERROR_STREAM },
  { "Network is unreachable", NULL, N_ ("the way to the host was lost"), MITOGEN_ERROR_STREAM },
  { "timed out", NULL, N_ ("the host has not answered for too long"), MITOGEN_ERROR_STREAM },
  { "Broken pipe", NULL, N_ ("the connection to the host was lost"), MITOGEN_ERROR_STREAM },
  { "Connection reset by ", NULL, N_ ("the connection to the host was lost"),
    MITOGEN_ERROR_STREAM },
  { "Connection closed by ", NULL, N_ ("the host closed the connection"), MITOGEN_ERROR_STREAM },
  { "Read from remote host ", NULL, N_ ("the connection to the host was lost"),
    MITOGEN_ERROR_STREAM },
  { "ssh_dispatch_run_fatal: ", NULL, N_ ("the connection to the host was lost"),
    MITOGEN_ERROR_STREAM },
  { "orrupted MAC on input", NULL, N_ ("what came from the host was not what it had sent"),
    MITOGEN_ERROR_STREAM },
  { "Bad packet length", NULL, N_ ("what came from the host was not what it had sent"),
    MITOGEN_ERROR_STREAM },
  { "Killed by signal ", NULL, N_ ("the client was ended by a signal"), MITOGEN_ERROR_STREAM },
  { "Shared connection to ", NULL, N_ ("the shared connection to the host was closed"),
    MITOGEN_ERROR_STREAM },
};

/* ---- finding words ---- */

/* Returns: (transfer full) (nullable): what stands between @words and @until in one line of @said;
 * to the end of the line, if @until is not there */
static char *
find (const char *said, const char *words, const char *until)
{
  const char *start = strstr (said, words);
  const char *end;
  g_autofree char *line = NULL;

  if (start == NULL)
    return NULL;
  start += strlen (words);
  line = g_strndup (start, strcspn (start, "\n"));
  end = until != NULL && *until != '\0' ? strstr (line, until) : NULL;
  return end != NULL ? g_strndup (line, (gsize) (end - line)) : g_steal_pointer (&line);
}

static gboolean
has (const char *said, const char *words)
{
  return strstr (said, words) != NULL;
}

static char *
fill_in (const char *sentence, const char *part)
{
  GString *text = g_string_new (sentence);

  g_string_replace (text, "{}", part, 1);
  return g_string_free (text, FALSE);
}

static char *
look_up (const Meaning *meanings, gsize n, const char *said, gint *code, gboolean *busy)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *part = find (said, meanings[i].words, meanings[i].until);

      if (part == NULL)
        continue;
      *code = meanings[i].code;
      *busy = meanings[i].busy;
      return meanings[i].until != NULL ? fill_in (_ (meanings[i].sentence), part)
                                       : g_strdup (_ (meanings[i].sentence));
    }
  return NULL;
}

/* ---- what takes more than a sentence ---- */

static gboolean
is_changed (const char *said)
{
  return has (said, "REMOTE HOST IDENTIFICATION HAS CHANGED") &&
         (has (said, "Host key verification failed.") || has (said, "requested strict checking") ||
          has (said, "man-in-the-middle attacks."));
}

gboolean
mitogen_ssh_failure_is_changed_key (const MitogenFailure *failure)
{
  return !failure->started && is_changed (failure->said) &&
         !has (failure->said, "REVOKED HOST KEY DETECTED");
}

/* Returns: (transfer full) (nullable): the line that has @words in it */
static char *
find_line (const char *said, const char *words)
{
  const char *start = strstr (said, words);

  if (start == NULL)
    return NULL;
  while (start > said && start[-1] != '\n')
    start--;
  return g_strndup (start, strcspn (start, "\n"));
}

char *
mitogen_ssh_failure_quote_changed_key (const MitogenFailure *failure)
{
  g_autofree char *where = find_line (failure->said, "Offending ");
  g_autofree char *what = find_line (failure->said, " has changed and you have requested ");

  if (what == NULL)
    what = find_line (failure->said, "HAS CHANGED");
  return g_strjoin (where != NULL ? "\n" : NULL, what, where, NULL);
}

/* The fingerprint stands in a line of its own, and the name of the file with the number of a line.
 */
static char *
explain_changed (const char *said)
{
  g_autofree char *where = find (said, "Offending ", NULL);
  g_autofree char *type = find (said, "The fingerprint for the ", " key sent by");
  const char *next = strstr (said, "key sent by the remote host is\n");
  g_autofree char *fingerprint = next != NULL ? find (next, "host is\n", NULL) : NULL;
  const char *file = where != NULL ? strstr (where, " in ") : NULL;
  GString *text = g_string_new (_ ("the key of the host has changed: either it was set up anew, or "
                                   "somebody on the way pretends to be it"));

  if (fingerprint != NULL)
    g_strstrip (fingerprint);
  if (fingerprint != NULL && g_str_has_suffix (fingerprint, "."))
    fingerprint[strlen (fingerprint) - 1] = '\0';
  if (type != NULL && fingerprint != NULL && *fingerprint != '\0')
    /* Translators: the key has changed; it is a key of this type, with that fingerprint */
    g_string_append_printf (text, _ ("; it is now %s %s"), type, fingerprint);
  if (file != NULL)
    /* Translators: a file and the number of a line */
    g_string_append_printf (text, _ ("; the one that was known is in %s"), file + strlen (" in "));
  return g_string_free (text, FALSE);
}

static const char *
find_key_problem (const char *said)
{
  if (has (said, "UNPROTECTED PRIVATE KEY FILE"))
    return _ ("the file of the key can be read by others, so it was not used");
  if (has (said, " not accessible: "))
    return _ ("the file of the key cannot be read");
  if (has (said, "incorrect passphrase supplied"))
    return _ ("the passphrase of the key is wrong");
  if (has (said, "Load key \""))
    return _ ("the file of the key cannot be used");
  if (has (said, "agent refused operation"))
    return _ ("the agent does not want to use the key");
  return NULL;
}

/* "user@host: Permission denied (publickey,password)." */
static char *
explain_denied (const MitogenFailure *failure, const char *methods)
{
  const char *problem = find_key_problem (failure->said);
  GString *text = g_string_new (NULL);

  if (failure->n_answers > 0)
    g_string_append (text, _ ("the host refused what it was answered"));
  else
    g_string_append (text, _ ("the host does not let the user in"));
  if (problem != NULL)
    g_string_append_printf (text, "; %s", problem);
  /* Translators: a list such as "publickey,password" */
  g_string_append_printf (text, _ ("; what it would accept is %s"), methods);
  if (failure->n_answers == 0 && (has (methods, "password") || has (methods, "interactive")))
    g_string_append (text, _ (", but no password was given, and there was nobody to ask"));
  return g_string_free (text, FALSE);
}

/* ---- explaining ---- */

static char *
explain_client (const MitogenFailure *failure, gint *code, gboolean *busy)
{
  g_autofree char *methods = NULL;

  if (is_changed (failure->said))
    {
      *code = MITOGEN_ERROR_HOST_KEY;
      return explain_changed (failure->said);
    }
  if (failure->n_answers > 0 && has (failure->said, "Too many authentication failures"))
    {
      *code = MITOGEN_ERROR_PASSWORD;
      return g_strdup (_ ("the host has refused as many answers as it takes"));
    }
  methods = find (failure->said, "Permission denied (", ")");
  if (methods != NULL && !has (failure->said, "Too many authentication failures"))
    {
      *code = MITOGEN_ERROR_PASSWORD;
      return explain_denied (failure, methods);
    }
  return look_up (client_meanings, G_N_ELEMENTS (client_meanings), failure->said, code, busy);
}

/* "sh: 1: /opt/python: not found" */
static char *
explain_not_found (const MitogenFailure *failure, gint *code)
{
  if (!failure->has_status || !WIFEXITED (failure->wait_status) ||
      (WEXITSTATUS (failure->wait_status) != 127 && WEXITSTATUS (failure->wait_status) != 126))
    return NULL;
  *code = MITOGEN_ERROR_NO_INTERPRETER;
  return g_strdup (WEXITSTATUS (failure->wait_status) == 127
                       ? _ ("there is no such Python interpreter on the host")
                       : _ ("the Python interpreter on the host cannot be started"));
}

static char *
explain_shell (const MitogenFailure *failure, gint *code, gboolean *busy)
{
  char *what = look_up (shell_meanings, G_N_ELEMENTS (shell_meanings), failure->said, code, busy);

  return what != NULL ? what : explain_not_found (failure, code);
}

static gboolean
is_of_client (const MitogenFailure *failure)
{
  return !failure->has_status || !WIFEXITED (failure->wait_status) ||
         WEXITSTATUS (failure->wait_status) == STATUS_OF_CLIENT;
}

char *
mitogen_ssh_failure_explain (const MitogenFailure *failure, gint *code, gboolean *busy)
{
  char *what = NULL;

  if (failure->started)
    {
      *code = MITOGEN_ERROR_STREAM;
      return is_of_client (failure)
                 ? look_up (loss_meanings, G_N_ELEMENTS (loss_meanings), failure->said, code, busy)
                 : NULL;
    }
  if (is_of_client (failure))
    what = explain_client (failure, code, busy);
  return what != NULL ? what : explain_shell (failure, code, busy);
}
