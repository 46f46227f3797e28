# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Wrote corpus-engine: what container engines send."""

import os
import struct

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'corpus-engine')


def frame(stream, data):
    return struct.pack('>BxxxL', stream, len(data)) + data


FILES = {
    'frames': frame(1, b'MITOG\n') + frame(2, b'warning: x\n') + frame(1, b'') + frame(0, b'i') + frame(3, b'error'),
    'long': frame(1, bytes(range(256)) * 4),
    'half': frame(2, b'abcdef')[:11],
    'unknown': frame(4, b'x'),
    'huge': b'\1\0\0\0\xff\xff\xff\xff',
    'padding': b'\1\0\0\1\0\0\0\1x',
    'http': b'HTTP/1.1 200 OK\r\n',
    'fetch': (b'{"status":"Pulling from library/debian","id":"12"}\r\n'
              b'{"status":"Pulling fs layer","progressDetail":{},"id":"a1"}\r\n'
              b'{"status":"Downloading","progressDetail":{"current":5,"total":10},"progress":"[=>]","id":"a1"}\r\n'
              b'{"status":"Download complete","progressDetail":{},"id":"a1"}\r\n'
              b'{"status":"Extracting","progressDetail":{"current":5,"total":10},"id":"a1"}\r\n'
              b'{"status":"Pull complete","progressDetail":{},"id":"a1"}\r\n'),
    'fetch-error': b'{"errorDetail":{"message":"no\\nspace"},"error":"no \\u0007 space"}\n',
    'together': b'{"a":"}{\\""}{"b":[[],{}]}',
    'refusal': b'{"cause":"no such container","message":"no container with name","response":404}\n',
    'created': b'{"Id":"0339f69b39a8","Warnings":[]}\n',
    'deep': b'{"a":' + b'[' * 40,
    'odd': b'{"status":7,"progressDetail":[],"id":null,"error":{}}',
    'large': b'{"status":"Downloading","progressDetail":{"current":9223372036854775807,"total":-1},"id":"a"}',
    'image': b'localhost:5000/a/b:1.2@sha256:00ff',
    'version': b'1.41',
    'name': b'../a b?#%\r\n',
}

if __name__ == '__main__':
    os.makedirs(FOLDER, exist_ok=True)
    for number, (name, data) in enumerate(FILES.items()):
        with open(os.path.join(FOLDER, name), 'wb') as f:
            f.write(bytes([number]) + data)
