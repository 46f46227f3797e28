# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Connections to container engines in Python, with a stand-in for the engine."""

import http.server
import json
import os
import shutil
import socketserver
import sys
import tempfile
import threading
import unittest

try:
    import gi
    gi.require_version('Mitogen', '1.0')
    from gi.repository import GLib, Mitogen
except (ImportError, ValueError) as error:
    print('SKIP:', error)
    sys.exit(77)

PULL = [
    {'status': 'Pulling fs layer', 'id': 'a', 'progressDetail': {}},
    {'status': 'Downloading', 'id': 'a', 'progressDetail': {'current': 10, 'total': 100}},
    {'status': 'Downloading', 'id': 'b', 'progressDetail': {'current': 50, 'total': 60}},
    {'status': 'Download complete', 'id': 'a', 'progressDetail': {}},
    {'status': 'Download complete', 'id': 'b', 'progressDetail': {}},
]
MISSING = [{'errorDetail': {'message': 'manifest unknown'}, 'error': 'manifest unknown'}]


class Handler(http.server.BaseHTTPRequestHandler):
    """Fetches images, and makes no container of them."""

    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.send_header('Api-Version', '1.41')
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def do_GET(self):
        self.answer(200, json.dumps({'ApiVersion': '1.41', 'MinAPIVersion': '1.12'}).encode())

    do_HEAD = do_GET

    def do_POST(self):
        self.rfile.read(int(self.headers.get('Content-Length') or 0))
        if '/images/create' not in self.path:
            self.answer(500, b'{"message": "out of containers"}')
            return
        lines = MISSING if 'missing' in self.path else PULL
        self.answer(200, b''.join(json.dumps(line).encode() + b'\r\n' for line in lines))


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def get_request(self):
        request, _ = super().get_request()
        return request, ('engine', 0)


class Pull(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.path = os.path.join(self.dir, 'engine.sock')
        self.server = Server(self.path, Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        self.router = Mitogen.Router()
        self.reports = []
        self.threads = set()

    def tearDown(self):
        self.router.shutdown()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        shutil.rmtree(self.dir)

    def on_progress(self, connection, status, done, total):
        self.reports.append((status, done, total))
        self.threads.add(threading.current_thread())

    def connection(self, kind, image):
        connection = kind(image=image, pull=Mitogen.EnginePull.ALWAYS,
                          address='unix://' + self.path)
        connection.connect('progress', self.on_progress)
        return connection

    def check(self, error):
        self.assertIn('out of containers', str(error))
        self.assertTrue(self.reports)
        self.assertEqual(self.reports[-1][1:], (160, 160))
        for status, done, total in self.reports:
            self.assertIsInstance(status, str)
            self.assertLessEqual(done, total)

    def test_blocking(self):
        for kind in (Mitogen.DockerConnection, Mitogen.PodmanConnection):
            with self.subTest(kind), self.assertRaises(GLib.Error) as caught:
                self.reports.clear()
                self.router.connect(self.connection(kind, 'tiny'))
            self.check(caught.exception)
            # A thread of Python's: that of the blocking call, not the library's own.
            for thread in self.threads:
                self.assertNotIn('Dummy', thread.name)

    def test_main_loop(self):
        connection = self.connection(Mitogen.DockerConnection, 'tiny')
        loop = GLib.MainLoop()
        errors = []

        def done(router, result):
            try:
                router.connect_finish(result)
            except GLib.Error as error:
                errors.append(error)
            loop.quit()

        self.router.connect_async(connection, None, None, done)
        self.assertFalse(self.reports)
        loop.run()
        self.check(errors[0])
        self.assertEqual(self.threads, {threading.current_thread()})

    def test_missing(self):
        connection = self.connection(Mitogen.DockerConnection, 'missing')
        with self.assertRaises(GLib.Error) as caught:
            self.router.connect(connection)
        self.assertIn('manifest unknown', str(caught.exception))
        self.assertIn('docker.missing', str(caught.exception))


if __name__ == '__main__':
    unittest.main(verbosity=2)
