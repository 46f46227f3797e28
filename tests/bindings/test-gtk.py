# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The dialog of a GtkMountOperation, on a screen of its own: test-gtk.py PICTURE keeps what it
looks like; doc/password-dialog.png was made so."""

import contextlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time

PATIENCE = 60
APP = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'gtk-app.py')
TOOLS = 'Xvfb', 'openbox', 'xdotool', 'import', 'compare', 'dbus-run-session'

# What asks as sudo does, but needs no account.
SUDO = '''#!/bin/sh
while [ "$1" != -- ]; do
  [ "$1" = -p ] && prompt=$2
  shift
done
shift
printf %s "$prompt" | sed s/%p/alice/ >/dev/tty
read -r answer </dev/tty
[ "$answer" = s3cret ] || exit 1
exec "$@"
'''


def skip(reason):
    print('SKIP:', reason)
    sys.exit(77)


def waits_until(condition, what):
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError('waited in vain for ' + what)
        time.sleep(0.05)


@contextlib.contextmanager
def running(*command, **options):
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def screen(folder):
    """The environment of programs on an own screen with a window manager, which gives focus."""
    env = dict(os.environ, GDK_BACKEND='x11', GSK_RENDERER='cairo', LIBGL_ALWAYS_SOFTWARE='1',
               GTK_A11Y='none', GSETTINGS_BACKEND='memory', NO_AT_BRIDGE='1', LC_ALL='C.UTF-8',
               XDG_RUNTIME_DIR=folder, HOME=folder)
    for name in ('WAYLAND_DISPLAY', 'DBUS_SESSION_BUS_ADDRESS'):
        env.pop(name, None)
    read_end, write_end = os.pipe()
    with running('Xvfb', '-displayfd', str(write_end), '-screen', '0', '800x600x24', '-nolisten',
                 'tcp', pass_fds=[write_end], stderr=subprocess.DEVNULL):
        os.close(write_end)
        with os.fdopen(read_end) as number:
            env['DISPLAY'] = ':' + number.readline().strip()
        with running('openbox', env=env, stderr=subprocess.DEVNULL):
            yield env


def output(env, *command):
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=False)
    return done.stdout.decode().strip() if done.returncode == 0 else ''


def is_same(env, one, other):
    return subprocess.run(['compare', '-metric', 'AE', one, other, 'null:'], env=env,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def take_picture(env, window, path):
    """When nothing on it changes any more."""
    def is_still():
        subprocess.run(['import', '-window', window, path + '.2.png'], env=env, check=True)
        same = os.path.exists(path) and is_same(env, path, path + '.2.png')
        os.replace(path + '.2.png', path)
        return same
    waits_until(is_still, 'a dialog that is drawn')


def check(folder, picture):
    sudo = os.path.join(folder, 'sudo')
    with open(sudo, 'w', encoding='utf-8') as script:
        script.write(SUDO)
    os.chmod(sudo, stat.S_IRWXU)
    with contextlib.suppress(FileNotFoundError):
        os.remove(picture)
    with screen(folder) as env, running('dbus-run-session', '--', sys.executable, APP, sudo,
                                        env=env, stdout=subprocess.PIPE) as app:
        window = waits_until(lambda: output(env, 'xdotool', 'getactivewindow')
                             or app.poll() is not None and 'none', 'the dialog')
        if window != 'none':
            take_picture(env, window, picture)
            subprocess.run(['xdotool', 'type', 's3cret'], env=env, check=True)
            subprocess.run(['xdotool', 'key', 'Return'], env=env, check=True)
        said = app.communicate(timeout=PATIENCE)[0].decode().strip()
    if said.startswith('SKIP'):
        skip(said)
    if said != 'connected 3':
        raise AssertionError('the program said %r' % said)


def main():
    for tool in TOOLS:
        if shutil.which(tool) is None:
            skip('no ' + tool)
    try:
        import gi
        gi.require_version('Gtk', '4.0')
    except (ImportError, ValueError) as error:
        skip(error)
    folder = tempfile.mkdtemp()
    try:
        check(folder, sys.argv[1])
    finally:
        shutil.rmtree(folder)
    print('ok: the dialog asked, was answered, and looks like', sys.argv[1])


if __name__ == '__main__':
    main()
