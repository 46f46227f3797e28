# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Wrote corpus-pickle and corpus-frame: run with Python 2.7, then with 3.8 or later."""

import os
import pickle
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PY2 = sys.version_info[0] == 2


def write(folder, name, data):
    with open(os.path.join(HERE, folder, name), 'wb') as f:
        f.write(data)


def make_value():
    shared = [1, u'shared']
    return {
        u'atoms': [None, True, False, 0, 255, 65535, -1, 1 << 31, 1 << 40, -(1 << 63), 1 << 63,
                   1.5, float('inf'), u'', u'text \u20ac \\ \n', b'', b'\0\xff', bytearray(b'ab')],
        u'tuples': [(), (1,), (1, u'a'), (1, 2.0, None), (True, b'x', u'y', [], {})],
        u'dicts': [{}, {u'a': {u'b': []}}, {1: 2, 3: 4}, {1: u'a', u'b': 2}, {(1, 2): None}],
        u'shared': [shared, shared, (shared, shared)],
        u'lists': [[[[]]], list(range(5)), [u'a'] * 3, [(1, u'a'), (2, u'b')]],
    }


def make_refused():
    recursive = []
    recursive.append(recursive)
    return [set([1]), 1 << 64, u'\0', u'\udc80', recursive]


def main():
    tag = 'py2' if PY2 else 'py3'
    for protocol in range(3 if PY2 else 6):
        write('corpus-pickle', '%s-all-%d' % (tag, protocol), pickle.dumps(make_value(), protocol))
        for number, value in enumerate(make_refused()):
            if protocol in (0, 2, 4):
                write('corpus-pickle', '%s-refused-%d-%d' % (tag, number, protocol),
                      pickle.dumps(value, protocol))
        for key, value in sorted(make_value().items()):
            if protocol in (0, 2, 5):
                write('corpus-pickle', '%s-%s-%d' % (tag, key, protocol),
                      pickle.dumps(value, protocol))
    if PY2:
        import cPickle
        write('corpus-pickle', 'py2-cpickle', cPickle.dumps(make_value(), 2))
        return

    core = b'cmitogen.core\n'
    for name, data in [
            ('context', core + b'_unpickle_context\nK\x01X\x03\0\0\0web\x86R.'),
            ('sender', core + b'_unpickle_sender\nK\0M\xf0\x03\x86R.'),
            ('error', core + b'CallError\nX\x10\0\0\0m.E: x\n  File \n\n\x85R.'),
            ('kwargs', b'(' + core + b'Kwargs\n}U\x01aK\x01s\x85R' + core + b'Secret\nX\x01\0\0\0s'
             b'\x85R' + core + b'Blob\nU\x01b\x85Rt.'),
            ('large', pickle.dumps([u'x' * 5000, b'y' * 5000, {u'z': b'y' * 6000}], 3)),
            ('several', b'\x80\x02X\x01\0\0\0aq\0.\x80\x02h\0.\x80\x02T\x01\0\0\0b.'),
            ('stack', b'(K\x01K\x0210K\x02(0)10N2\x86.')]:
        write('corpus-pickle', name, data)
    for name, magic in [('legacy', 0x4d49), ('pickle', 0x4d4a), ('raw', 0x4d4b), ('bad', 0x4d4c)]:
        write('corpus-frame', name, struct.pack('>HLLLLLL', magic, 1, 0, 0, 101, 1000, 81))


if __name__ == '__main__':
    main()
