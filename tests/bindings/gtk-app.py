# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A program with windows that connects by sudo, for test-gtk.py: gtk-app.py SUDO."""

import sys

import gi
gi.require_version('Gtk', '4.0')
gi.require_version('Mitogen', '1.0')
from gi.repository import GLib, Gtk, Mitogen


def main():
    if not Gtk.init_check():
        print('SKIP: no display')
        return 77
    settings = Gtk.Settings.get_default()
    settings.props.gtk_cursor_blink = False
    settings.props.gtk_enable_animations = False
    loop = GLib.MainLoop()
    router = Mitogen.Router()
    connection = Mitogen.SudoConnection(sudo_path=sys.argv[1],
                                        interaction=Gtk.MountOperation())
    outcome = []

    def on_connected(router, result):
        try:
            context = router.connect_finish(result)
            outcome.append('connected %s' % context.call('operator:add', 1, 2))
        except GLib.Error as error:
            outcome.append('failed %s' % error.message)
        loop.quit()

    router.connect_async(connection, None, None, on_connected)
    loop.run()
    print(outcome[0], flush=True)
    router.shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
