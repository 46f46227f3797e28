# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Run by the interpreter under test: pickles random values for pickle-tool to read, and
reads what pickle-tool has written. Arguments: tool, seed, number of values."""

from __future__ import print_function

import os
import pickle
import random
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import values  # noqa: E402

BATCH = 2000


def picklers():
    """(name, function of value) for all ways to pickle that this interpreter has."""
    if values.PY2:
        import cPickle
        modules = [('pickle', pickle.dumps), ('cPickle', cPickle.dumps)]
        protocols = range(3)
    else:
        modules = [('pickle', pickle.dumps), ('_pickle', pickle._dumps)]
        protocols = range(pickle.HIGHEST_PROTOCOL + 1)
    return [('%s protocol %d' % (name, protocol),
             lambda value, dumps=dumps, protocol=protocol: dumps(value, protocol))
            for name, dumps in modules for protocol in protocols]


def loads(data):
    return pickle.loads(data) if values.PY2 else pickle.loads(data, encoding='bytes')


def run_tool(tool, arguments, data=b''):
    process = subprocess.Popen([tool] + arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    output, _ = process.communicate(data)
    if process.returncode != 0:
        sys.exit('%s %s: exit status %d' % (tool, ' '.join(arguments), process.returncode))
    return output


def split_records(data):
    records = []
    position = 0
    while position < len(data):
        size, = struct.unpack_from('<I', data, position)
        records.append(data[position + 4:position + 4 + size])
        position += 4 + size
    return records


def expect(value, rewritten):
    try:
        return values.canonical(value, rewritten)
    except values.Refused:
        return '!TYPE'


def check(what, value, found, expected):
    if found != expected:
        sys.exit('%s\nvalue:    %.2000r\nfound:    %.2000s\nexpected: %.2000s'
                 % (what, value, found, expected))


def check_batch(tool, generator, ways, n_values):
    """Values are pickled here and read there, written again there and read here."""
    originals = [generator.top() for _ in range(n_values)]
    used = [ways[n % len(ways)] for n in range(n_values)]
    pickles = [dumps(value) for value, (_, dumps) in zip(originals, used)]
    data = b''.join(struct.pack('<I', len(item)) + item for item in pickles)
    records = split_records(run_tool(tool, ['read'], data))
    assert len(records) == 2 * n_values, 'the tool answered %d of %d' % (len(records), n_values)
    refused = 0
    for value, (way, _), text, again in zip(originals, used, records[::2], records[1::2]):
        expected = expect(value, False)
        check('read, %s' % way, value, text.decode('ascii'), expected)
        if expected == '!TYPE':
            refused += 1
        else:
            check('read, written, %s' % way, value,
                  expect(loads(again), False), expect(value, True))
    return refused


def check_generated(tool, seed, n_values):
    """Values are made and written there, and read here."""
    records = split_records(run_tool(tool, ['generate', str(seed), str(n_values)]))
    assert len(records) == 2 * n_values, 'the tool made %d of %d' % (len(records), n_values)
    for text, data in zip(records[::2], records[1::2]):
        check('written', data, expect(loads(data), False), text.decode('ascii'))


def main():
    tool, seed, n_values = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    generator = values.Generator(random.Random(seed))
    ways = picklers()
    refused = 0
    for start in range(0, n_values, BATCH):
        size = min(BATCH, n_values - start)
        refused += check_batch(tool, generator, ways, size)
        check_generated(tool, seed + start, size)
    # A generator that made nothing but refusals would prove nothing, nor would none.
    assert 0 < refused < n_values // 10, 'refused: %d of %d' % (refused, n_values)
    print('%d values read and written, %d more written, %d refused, %d ways to pickle'
          % (n_values - refused, n_values, refused, len(ways)))


if __name__ == '__main__':
    main()
