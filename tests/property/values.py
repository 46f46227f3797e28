# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Random Python values, and the canonical text by which they are compared with
what pickle-tool.c prints. Works under Python 2.7 and 3."""

import re
import struct
import sys

PY2 = sys.version_info[0] == 2

if PY2:
    text_type = unicode  # noqa: F821
    int_types = (int, long)  # noqa: F821
    unichr_ = lambda n: (u'\\U%08x' % n).encode('ascii').decode('unicode_escape')
else:
    text_type = str
    int_types = (int,)
    unichr_ = chr

MAX_INT64 = (1 << 63) - 1
SURROGATE = re.compile(b'\xed[\xa0-\xbf]')


class Refused(Exception):
    """What a GVariant cannot hold."""


def to_utf8(text):
    utf8 = text.encode('utf-8') if PY2 else text.encode('utf-8', 'surrogatepass')
    if b'\0' in utf8 or SURROGATE.search(utf8):
        raise Refused('text')
    return utf8


def to_hex(data):
    return ''.join('%02x' % byte for byte in bytearray(data))


def canonical_float(value):
    if value != value:
        return 'dnan'
    return 'd' + to_hex(struct.pack('>d', value))


def canonical_int(value):
    if not -MAX_INT64 - 1 <= value <= 2 * MAX_INT64 + 1:
        raise Refused('int')
    return '%s%d' % ('i' if value <= MAX_INT64 else 'u', value)


def is_text_key(key):
    if isinstance(key, text_type):
        return True
    if not PY2 or not isinstance(key, str) or b'\0' in key or SURROGATE.search(key):
        return False
    try:
        key.decode('utf-8')
    except UnicodeDecodeError:
        return False
    return True


def is_int_key(key):
    return isinstance(key, int_types) and not isinstance(key, bool) and (
        -MAX_INT64 - 1 <= key <= MAX_INT64)


def canonical_dict(value, rewritten):
    if all(map(is_text_key, value)):
        kind = 'S{'
        keys = ['s' + to_hex(to_utf8(key) if isinstance(key, text_type) else key)
                for key in value]
    else:
        kind = 'X{' if all(map(is_int_key, value)) else 'V{'
        keys = [canonical(key, rewritten) for key in value]
    values = [canonical(value[key], rewritten) for key in value]
    if kind == 'V{' and rewritten:
        # Read, it is a list of pairs; nothing says that it was a dictionary.
        return 'L[%s]' % ','.join('(%s,%s,)' % pair for pair in zip(keys, values))
    return kind + ','.join(sorted(map(':'.join, zip(keys, values)))) + '}'


def canonical(value, rewritten=False):
    """The text for a value; with rewritten, for what comes back of it after a GVariant."""
    if value is None:
        return 'N'
    if isinstance(value, bool):
        return 'T' if value else 'F'
    if isinstance(value, int_types):
        return canonical_int(value)
    if isinstance(value, float):
        return canonical_float(value)
    if isinstance(value, text_type):
        return 's' + to_hex(to_utf8(value))
    if isinstance(value, (bytes, bytearray)):
        return 'y' + to_hex(value)
    if isinstance(value, list):
        return 'L[%s]' % ','.join(canonical(item, rewritten) for item in value)
    if isinstance(value, tuple):
        return '(%s)' % ''.join(canonical(item, rewritten) + ',' for item in value)
    if isinstance(value, dict):
        return canonical_dict(value, rewritten)
    raise Refused(type(value).__name__)


BOUNDARIES = sorted(set(
    sign * (1 << bits) + step
    for bits in (0, 7, 8, 15, 16, 31, 32, 39, 40, 47, 48, 53, 55, 56, 62, 63)
    for sign in (1, -1) for step in (-1, 0, 1)))
FLOATS = [0.0, -0.0, 1.0, -1.5, 1e300, -1e-300, 5e-324, 1.7976931348623157e308, 0.1,
          float('inf'), float('-inf'), float('nan')]
ALPHABETS = [
    [chr(n) if not PY2 else unichr(n) for n in range(0x20, 0x7f)],  # noqa: F821
    [unichr_(n) for n in (1, 9, 10, 13, 0x1a, 0x22, 0x27, 0x5c, 0x7f, 0x75, 0x55)],
    [unichr_(n) for n in (0x80, 0xe9, 0xff, 0x100, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff)],
    [unichr_(n) for n in (0x10000, 0x1f600, 0x10ffff)],
]


class Unsupported(object):
    """An object of a program's own class."""

    def __init__(self, member):
        self.member = member


class Generator(object):
    """Makes values from a random.Random; some share parts with one another."""

    def __init__(self, random):
        self.random = random
        self.pool = []

    def text(self):
        r = self.random.random
        alphabet = ALPHABETS[int(r() * r() * len(ALPHABETS))]
        size = int(r() * r() * 12)
        if r() < 0.004:
            size = int(r() * 9000)
        text = u''.join([alphabet[int(r() * len(alphabet))] for _ in range(size)])
        if r() < 0.004:
            text += u'\0' if r() < 0.5 else u'\udc80'
        return text

    def bytes(self):
        r = self.random.random
        size = int(r() * r() * 12)
        if r() < 0.01:
            size = int(r() * 9000)
        data = bytearray(int(r() * 256) for _ in range(size))
        if r() < 0.3:
            data = bytearray(byte & 0x7f or 0x41 for byte in data)
        return data if r() < 0.1 else bytes(data)

    def int(self):
        r = self.random.random
        if r() < 0.3:
            return self.random.choice(BOUNDARIES)
        if r() < 0.004:
            return (1 << 64) + int(r() * 4) - 1
        return int((r() - 0.5) * (1 << int(r() * 63)))

    def float(self):
        if self.random.random() < 0.5:
            return self.random.choice(FLOATS)
        return struct.unpack('>d', struct.pack('>Q', self.random.getrandbits(64)))[0]

    def unsupported(self):
        return self.random.choice([set([1]), frozenset([1]), 1j, Unsupported(1)])

    def atom(self):
        pick = self.random.random()
        if pick < 0.35:
            return self.int()
        if pick < 0.60:
            return self.text()
        if pick < 0.75:
            return self.bytes()
        if pick < 0.85:
            return self.float()
        if pick < 0.998:
            return self.random.choice([None, True, False])
        return self.unsupported()

    def key(self, pick):
        r = self.random.random()
        if pick < 0.5:
            return self.text()
        if pick < 0.75:
            return self.int()
        if pick < 0.85:
            return bytes(self.bytes())
        if r < 0.2:
            return (self.int(), self.text())
        if r < 0.5:
            return self.text()
        return self.random.choice([None, True, 1.5, (), 7, b'key', u'key'])

    def size(self):
        r = self.random.random
        if r() < 0.002:
            return int(r() * 2500)  # more than one batch of a pickler
        return int(r() * r() * 7)

    def container(self, depth):
        pick = self.random.random()
        if pick < 0.4:
            return [self.value(depth + 1) for _ in range(self.size())]
        if pick < 0.7:
            return tuple(self.value(depth + 1) for _ in range(self.size()))
        kind = self.random.random()
        return dict((self.key(kind), self.value(depth + 1)) for _ in range(self.size()))

    def value(self, depth=0):
        pick = self.random.random()
        if pick < 0.08 and self.pool:
            return self.random.choice(self.pool)
        if depth < 5 and pick < 0.45:
            value = self.container(depth)
        else:
            value = self.atom()
        if self.random.random() < 0.1:
            self.pool.append(value)
            del self.pool[:-20]
        return value

    def top(self):
        del self.pool[:]
        value = self.container(0) if self.random.random() < 0.8 else self.value()
        # Nests more deeply than chance does.
        if self.random.random() < 0.01:
            for _ in range(int(self.random.random() * 30)):
                value = [value] if self.random.random() < 0.5 else (value, 1)
        return value
