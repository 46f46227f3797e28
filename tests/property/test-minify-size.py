# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Minified source is no larger than what python3-mitogen makes of it.

Arguments: minify-tool interpreter. Prints TAP."""

import importlib.util
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def list_files():
    for folder, folders, names in os.walk(os.path.dirname(os.__file__)):
        folders[:] = [name for name in folders if not name.endswith('-packages')]
        for name in names:
            if name.endswith('.py'):
                yield os.path.join(folder, name)


def minify_all(tool, files):
    """What we make of each."""
    done = subprocess.run([tool], input=''.join(path + '\n' for path in files).encode(),
                          stdout=subprocess.PIPE, check=True)
    start = 0
    for path in files:
        end = done.stdout.index(b'\n', start)
        size = int(done.stdout[start:end].split()[1])
        start = end + 1 + size
        yield path, done.stdout[end + 1:start]


def minify_theirs(minimize_source, path):
    with open(path, 'rb') as stream:
        source = stream.read()
    # It fails with some docstrings that are alone in their block, and spoils others.
    try:
        minified = minimize_source(source)
        compile(minified, path, 'exec', 0, True)
    except (ValueError, SyntaxError):
        return None
    return minified.encode('utf-8')


def compare(tool):
    import mitogen.minify  # pylint: disable=import-outside-toplevel

    larger, theirs_size, ours_size, failed = [], 0, 0, 0
    for path, ours in minify_all(tool, list(list_files())):
        theirs = minify_theirs(mitogen.minify.minimize_source, path)
        if theirs is None:
            failed += 1
            continue
        theirs_size += len(theirs)
        ours_size += len(ours)
        if len(ours) > len(theirs):
            larger.append('%s: %d, theirs %d' % (path, len(ours), len(theirs)))
    print('# %d bytes, theirs %d; they failed with %d files' % (ours_size, theirs_size, failed))
    for line in larger:
        print('# ' + line)
    return theirs_size > 0 and not larger


def main():
    tool, interpreter = sys.argv[1:]
    if os.path.realpath(sys.executable) != os.path.realpath(interpreter) \
            and os.access(interpreter, os.X_OK):
        os.execv(interpreter, [interpreter, os.path.abspath(__file__), tool, interpreter])
    print('1..1')
    if importlib.util.find_spec('mitogen') is None:
        print('ok 1 - no larger than theirs # SKIP python3-mitogen is not installed')
    else:
        print('%s 1 - no larger than theirs' % ('ok' if compare(tool) else 'not ok'))


if __name__ == '__main__':
    main()
