/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "engine/mitogen-engine-session-private.h"
#include "engine/mitogen-engine-text-private.h"
#include "engine/mitogen-engine-tls-private.h"
#include "wire/mitogen-error.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gi18n-lib.h>
#include <libsoup/soup.h>
#include <string.h>

/* Of an answer that is read as a whole. */
#define MAX_BODY  (1024 * 1024)
#define READ_SIZE (16 * 1024)

/* For a daemon to begin with what is asked of it last. */
#define LAST_WAIT (300 * G_TIME_SPAN_MILLISECOND)

/* The host of a URL; where it really is, the address says. */
#define ANY_HOST "docker"

struct _MitogenEngineSession
{
  guint ref_count;
  const MitogenEngineAddress *address;
  const char *engine;
  SoupSession *soup;
  MitogenEngineTls *tls; /* (nullable) */
  char *base;            /* of each URL */
  char *version;         /* follows it */
  gboolean negotiated;
};

struct _MitogenEngineRequest
{
  MitogenEngineSession *session;
  char *method;
  char *path;
  GBytes *body;
  char *registry_auth;
  const MitogenEngineRequestFuncs *funcs;
  gpointer data; /* NULL: it was cancelled */
  GCancellable *cancellable;
  SoupMessage *message;
  GIOStream *connection;
  GInputStream *stream;
  GByteArray *answer;
};

/* ---- the session ---- */

/* FALSE: no URL can be made of the name of the host. */
static gboolean
make_base (MitogenEngineSession *self)
{
  gboolean named = self->address->tls && self->address->tls_host != NULL;
  const char *host = named ? self->address->tls_host : ANY_HOST;
  gboolean is_ipv6 = strchr (host, ':') != NULL;

  self->base = g_strdup_printf (is_ipv6 ? "%s://[%s]/v" : "%s://%s/v",
                                self->address->tls ? "https" : "http", host);
  return strpbrk (host, "/?#@[]%") == NULL &&
         g_uri_is_valid (self->base, SOUP_HTTP_URI_FLAGS, NULL);
}

/* What is said to a container takes as long as it takes; nobody is asked who might know better
 * where the daemon is, and it cannot send this program to anywhere else. */
MitogenEngineSession *
mitogen_engine_session_new (const MitogenEngineAddress *address, const char *engine, GError **error)
{
  g_autoptr (MitogenEngineSession) self = g_new0 (MitogenEngineSession, 1);

  self->ref_count = 1;
  self->address = address;
  self->engine = engine;
  self->version = g_strdup (MITOGEN_ENGINE_VERSION);
  if (!make_base (self))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _ ("%s is no name of a host"),
                   address->tls_host);
      return NULL;
    }
  self->soup =
      soup_session_new_with_options ("remote-connectable", address->connectable, "timeout", 0,
                                     "max-conns", G_MAXINT, "max-conns-per-host", G_MAXINT,
                                     "proxy-resolver", NULL, "user-agent", "mitogen-glib", NULL);
  soup_session_remove_feature_by_type (self->soup, SOUP_TYPE_CONTENT_DECODER);
  soup_session_remove_feature_by_type (self->soup, SOUP_TYPE_AUTH_MANAGER);
  if (address->tls)
    {
      self->tls = mitogen_engine_tls_new (address, self->soup, error);
      if (self->tls == NULL)
        return NULL;
    }
  return g_steal_pointer (&self);
}

MitogenEngineSession *
mitogen_engine_session_ref (MitogenEngineSession *self)
{
  self->ref_count++;
  return self;
}

void
mitogen_engine_session_unref (MitogenEngineSession *self)
{
  if (--self->ref_count > 0)
    return;
  g_clear_object (&self->soup);
  g_clear_pointer (&self->tls, mitogen_engine_tls_free);
  g_free (self->base);
  g_free (self->version);
  g_free (self);
}

/* ---- a request ---- */

static void
clear_exchange (MitogenEngineRequest *self)
{
  if (self->message != NULL)
    g_signal_handlers_disconnect_by_data (self->message, self);
  g_clear_object (&self->message);
  g_clear_object (&self->connection);
  g_clear_object (&self->stream);
  g_clear_pointer (&self->answer, g_byte_array_unref);
}

static void
request_free (MitogenEngineRequest *self)
{
  clear_exchange (self);
  g_object_unref (self->cancellable);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_free (self->registry_auth);
  g_free (self->method);
  g_free (self->path);
  mitogen_engine_session_unref (self->session);
  g_free (self);
}

void
mitogen_engine_request_cancel (MitogenEngineRequest *self)
{
  self->funcs = NULL;
  g_cancellable_cancel (self->cancellable);
}

static void
tell (MitogenEngineRequest *self, const MitogenEngineAnswer *answer, const GError *error)
{
  if (self->funcs != NULL)
    self->funcs->answered (answer, error, self->data);
  request_free (self);
}

static void
fail (MitogenEngineRequest *self, const GError *cause)
{
  g_autoptr (GError) error = NULL;

  if (self->funcs != NULL)
    error = mitogen_engine_error_unreachable (self->session->address, self->session->engine, cause);
  tell (self, NULL, error);
}

static void
fail_with (MitogenEngineRequest *self, const char *what)
{
  g_autoptr (GError) error = g_error_new_literal (MITOGEN_ERROR, MITOGEN_ERROR_PROTOCOL, what);

  tell (self, NULL, error);
}

/* ---- the answer ---- */

static void start (MitogenEngineRequest *self);

/* Each answer of a daemon says which version it speaks; most need not be asked for it. */
static const char *
get_newest (MitogenEngineRequest *self)
{
  return soup_message_headers_get_one (soup_message_get_response_headers (self->message),
                                       "Api-Version");
}

/* TRUE: it was refused for its version, and has been sent again, or will never be understood. */
static gboolean
negotiate (MitogenEngineRequest *self)
{
  const char *newest = get_newest (self);
  g_autofree char *version = NULL;

  if (newest == NULL || self->session->negotiated ||
      soup_message_get_status (self->message) != SOUP_STATUS_BAD_REQUEST)
    return FALSE;
  version = mitogen_engine_choose_version (newest);
  if (version == NULL)
    {
      g_autofree char *clean = mitogen_engine_clean (newest, strlen (newest));
      g_autofree char *what = g_strdup_printf (
          _ ("the daemon at %s is too old: it speaks version %s of the Engine API"),
          self->session->address->shown, clean);

      fail_with (self, what);
      return TRUE;
    }
  if (strcmp (version, self->session->version) == 0)
    return FALSE;
  self->session->negotiated = TRUE;
  g_free (self->session->version);
  self->session->version = g_steal_pointer (&version);
  clear_exchange (self);
  start (self);
  return TRUE;
}

/* Both have "message" in an object. */
static char *
find_message (MitogenEngineRequest *self, JsonObject *object)
{
  const char *message = object != NULL ? mitogen_engine_json_get_string (object, "message") : NULL;
  const char *reason = soup_message_get_reason_phrase (self->message);
  g_autofree char *clean =
      message != NULL ? mitogen_engine_clean (message, strlen (message))
                      : mitogen_engine_clean ((const char *) self->answer->data, self->answer->len);

  if (*clean != '\0')
    return g_steal_pointer (&clean);
  return g_strdup_printf ("HTTP %u %s", soup_message_get_status (self->message),
                          reason != NULL ? reason : "");
}

static void
complete (MitogenEngineRequest *self)
{
  g_autoptr (JsonObject) object = mitogen_engine_json_parse (self->answer->data, self->answer->len);
  g_autofree char *message = NULL;
  MitogenEngineAnswer answer = { soup_message_get_status (self->message), object, NULL };
  g_autofree char *what = NULL;

  if (self->funcs == NULL)
    {
      request_free (self);
      return;
    }
  if (negotiate (self))
    return;
  answer.message = message = find_message (self, object);
  if (get_newest (self) != NULL || object != NULL)
    {
      tell (self, &answer, NULL);
      return;
    }
  what = g_strdup_printf (_ ("what answers at %s is no container engine: %s"),
                          self->session->address->shown, message);
  fail_with (self, what);
}

static void read_more (MitogenEngineRequest *self);

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  MitogenEngineRequest *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);
  gsize size;
  const guint8 *got;

  if (bytes == NULL)
    {
      fail (self, error);
      return;
    }
  got = g_bytes_get_data (bytes, &size);
  if (size == 0)
    complete (self);
  else if (self->answer->len + size > MAX_BODY)
    fail_with (self, _ ("the answer of the daemon is too long"));
  else
    {
      g_byte_array_append (self->answer, got, (guint) size);
      read_more (self);
    }
}

static void
read_more (MitogenEngineRequest *self)
{
  g_input_stream_read_bytes_async (self->stream, READ_SIZE, G_PRIORITY_DEFAULT, self->cancellable,
                                   on_read, self);
}

static void
on_head (GObject *source, GAsyncResult *result, gpointer data)
{
  MitogenEngineRequest *self = data;
  g_autoptr (GError) error = NULL;

  self->stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (self->stream == NULL)
    {
      fail (self, error);
      return;
    }
  if (self->funcs != NULL && self->funcs->stream != NULL && self->connection != NULL &&
      soup_message_get_status (self->message) == SOUP_STATUS_OK)
    {
      self->funcs->stream (self->stream, self->connection, self->data);
      request_free (self);
      return;
    }
  self->answer = g_byte_array_new ();
  read_more (self);
}

/* ---- sending ---- */

/* That is all of the connection that libsoup lets out of its hands. It has written the request
 * when the answer comes, and will not write any more. */
static void
on_network_event (SoupMessage *message,
                  GSocketClientEvent event,
                  GIOStream *connection,
                  gpointer data)
{
  MitogenEngineRequest *self = data;

  if (event == G_SOCKET_CLIENT_COMPLETE)
    g_set_object (&self->connection, connection);
}

static void
start (MitogenEngineRequest *self)
{
  g_autofree char *url =
      g_strconcat (self->session->base, self->session->version, self->path, NULL);
  SoupMessageHeaders *headers;

  self->message = soup_message_new (self->method, url);
  headers = soup_message_get_request_headers (self->message);
  soup_message_headers_append (headers, "Connection", "close");
  soup_message_add_flags (self->message, SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_NEW_CONNECTION);
  if (self->body != NULL)
    soup_message_set_request_body_from_bytes (self->message, "application/json", self->body);
  if (self->registry_auth != NULL)
    soup_message_headers_append (headers, "X-Registry-Auth", self->registry_auth);
  if (self->session->tls != NULL)
    mitogen_engine_tls_prepare (self->session->tls, self->message);
  g_signal_connect (self->message, "network-event", G_CALLBACK (on_network_event), self);
  soup_session_send_async (self->session->soup, self->message, G_PRIORITY_DEFAULT,
                           self->cancellable, on_head, self);
}

MitogenEngineRequest *
mitogen_engine_session_send (MitogenEngineSession *self,
                             const MitogenEngineRequestSpec *spec,
                             const MitogenEngineRequestFuncs *funcs,
                             gpointer data)
{
  MitogenEngineRequest *request = g_new0 (MitogenEngineRequest, 1);

  request->session = mitogen_engine_session_ref (self);
  request->method = g_strdup (spec->method);
  request->path = g_strdup (spec->path);
  request->body = spec->body != NULL ? g_bytes_ref (spec->body) : NULL;
  request->registry_auth = g_strdup (spec->registry_auth);
  request->funcs = funcs;
  request->data = data;
  request->cancellable = g_cancellable_new ();
  start (request);
  return request;
}

/* ---- the last word ---- */

static gboolean
is_local (const MitogenEngineAddress *address)
{
  return !address->tls && G_IS_UNIX_SOCKET_ADDRESS (address->connectable) &&
         g_unix_socket_address_get_address_type (G_UNIX_SOCKET_ADDRESS (address->connectable)) ==
             G_UNIX_SOCKET_ADDRESS_PATH;
}

void
mitogen_engine_session_send_last (MitogenEngineSession *self, const char *method, const char *path)
{
  g_autofree char *text =
      g_strdup_printf ("%s /v%s%s HTTP/1.1\r\nHost: " ANY_HOST "\r\nConnection: close\r\n\r\n",
                       method, self->version, path);
  g_autoptr (GSocket) socket = NULL;

  if (!is_local (self->address))
    return;
  socket =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  if (socket == NULL)
    return;
  g_socket_set_blocking (socket, FALSE);
  if (g_socket_connect (socket, G_SOCKET_ADDRESS (self->address->connectable), NULL, NULL) &&
      g_socket_send (socket, text, strlen (text), NULL, NULL) > 0)
    g_socket_condition_timed_wait (socket, G_IO_IN, LAST_WAIT, NULL, NULL);
}
