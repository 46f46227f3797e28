# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The tokens of every file of the standard library are those that Python's own tokenizer finds.

Arguments: token-tool interpreter. Prints TAP. From 3.12 on Python cuts f-strings into pieces: the
interpreter is to be an older one."""

import io
import os
import struct
import subprocess
import sys
import token
import tokenize

KINDS = ('ENDMARKER', 'NAME', 'NUMBER', 'STRING', 'OP', 'COMMENT', 'NEWLINE', 'NL', 'INDENT',
         'DEDENT', 'ERRORTOKEN')
WITH_TEXT = KINDS[1:6]


def list_files():
    for folder, folders, names in os.walk(os.path.dirname(os.__file__)):
        folders[:] = [name for name in folders if not name.endswith('-packages')]
        for name in names:
            if name.endswith('.py'):
                yield os.path.join(folder, name)


def comparable(kind, line, text):
    """Where there is nothing to see, opinions differ on which line it is in."""
    return (kind, 0 if kind in ('DEDENT', 'ENDMARKER') else line,
            text.replace('\r\n', '\n') if kind in WITH_TEXT else '')


def find_theirs(source):
    """None: not for this version."""
    try:
        found = [comparable(token.tok_name[one.type], one.start[0], one.string)
                 for one in tokenize.tokenize(io.BytesIO(source).readline)]
    except (SyntaxError, tokenize.TokenError):
        return None
    if any(kind == 'ERRORTOKEN' for kind, _, _ in found):
        return None
    # The first one is the encoding. Of lines without a statement Python says less.
    return [one for one in found[1:] if one[0] != 'NL']


def find_ours(source, records):
    encoding = tokenize.detect_encoding(io.BytesIO(source).readline)[0].replace('-sig', '')
    for kind, line, start, end in records:
        text = source[start:end].decode(encoding, 'replace')
        if KINDS[kind] != 'NL':
            yield comparable(KINDS[kind], line, text)
        if KINDS[kind] in ('ENDMARKER', 'ERRORTOKEN'):
            return


def check(path, records):
    """True, False, or None for a file that is not for this version."""
    with open(path, 'rb') as stream:
        source = stream.read()
    theirs = find_theirs(source)
    if theirs is None:
        list(find_ours(b'', records))
        return None
    ours = list(find_ours(source, records))
    if ours == theirs:
        return True
    place = next((i for i, pair in enumerate(zip(ours, theirs)) if pair[0] != pair[1]), -1)
    print('# %s: %r is to be %r' % (path, ours[place], theirs[place]))
    return False


def main():
    tool, interpreter = sys.argv[1:]
    if os.path.realpath(sys.executable) != os.path.realpath(interpreter) \
            and os.access(interpreter, os.X_OK):
        os.execv(interpreter, [interpreter, os.path.abspath(__file__), tool, interpreter])
    print('1..1')
    if sys.version_info >= (3, 12) or sys.version_info < (3, 7):
        print('ok 1 - tokens # SKIP Python 3.7 to 3.11 is needed')
        return
    files = list(list_files())
    done = subprocess.run([tool], input=''.join(path + '\n' for path in files).encode(),
                          stdout=subprocess.PIPE, check=True)
    records = struct.iter_unpack('=4I', done.stdout)
    results = [check(path, records) for path in files]
    right = True in results and False not in results and next(records, None) is None
    print('# %d files, %d not for this version' % (len(files), results.count(None)))
    print('%s 1 - tokens' % ('ok' if right else 'not ok'))


if __name__ == '__main__':
    main()
