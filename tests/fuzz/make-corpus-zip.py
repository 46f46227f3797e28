# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Wrote corpus-zip: run with Python 3.8 or later."""

import io
import os
import zipfile

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'corpus-zip')
TEXT = b'def f(x):\n    return x * 2\n' * 4


def make(files, method=zipfile.ZIP_DEFLATED, zip64=False, comment=b''):
    output = io.BytesIO()
    with zipfile.ZipFile(output, 'w', method) as archive:
        archive.comment = comment
        for name in files:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            with archive.open(info, 'w', force_zip64=zip64) as f:
                f.write(b'' if name.endswith('/') else TEXT)
    return output.getvalue()


def as_64(data):
    """With the end records of 64 bits, which are written for large archives only."""
    end = data.rindex(b'PK\5\6')
    count = data[end + 8:end + 10].ljust(8, b'\0')
    size = data[end + 12:end + 16].ljust(8, b'\0')
    position = data[end + 16:end + 20].ljust(8, b'\0')
    records = (b'PK\6\6' + (44).to_bytes(8, 'little') + b'\x2d\0\x2d\0' + bytes(8) + count + count
               + size + position + b'PK\6\7' + bytes(4) + end.to_bytes(8, 'little') + b'\1\0\0\0')
    return data[:end] + records + data[end:]


def main():
    os.makedirs(FOLDER, exist_ok=True)
    package = ['a.py', 'pkg/', 'pkg/__init__.py', 'pkg/b.py', 'pkg/data/x.txt']
    for name, data in [
            ('deflated', make(package)),
            ('stored', make(package, zipfile.ZIP_STORED)),
            ('one', make(['a.py'])),
            ('empty', make([])),
            ('comment', make(['a.py'], comment=b'PK\5\6 is in the comment'.ljust(60))),
            ('prefix', b'#!/usr/bin/env python3\n' + make(package)),
            ('utf-8', make(['\xe9t\xe9.py', '\u20ac/x.py'])),
            ('64', as_64(make(package, zip64=True))),
            ('names', make(['../a.py', '/b.py', 'c//d.py', './e.py', 'f', 'f/g', 'h/'])),
            ('twice', make(['a.py', 'b/a.py']).replace(b'b/a.py', b'a.py/x')),
            ('lzma', make(['a.py'], zipfile.ZIP_LZMA)),
    ]:
        with open(os.path.join(FOLDER, name), 'wb') as f:
            f.write(data)


if __name__ == '__main__':
    main()
