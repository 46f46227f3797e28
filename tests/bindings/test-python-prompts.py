# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Programs that ask on their terminal, and who answers, in Python."""

import os
import pty
import select
import sys
import threading
import unittest

try:
    import gi
    gi.require_version('Mitogen', '1.0')
    from gi.repository import Gio, GLib, Mitogen
except (ImportError, ValueError) as error:
    print('SKIP:', error)
    sys.exit(77)

SCRIPT = '''
ask() {
  printf %s "$1" >/dev/tty
  read -r answer </dev/tty
  [ "$answer" = "$2" ] || { echo "not $answer" >/dev/tty; exit 1; }
}
ask 'Name: ' alice
ask 'Pin> ' 1234
exec "$@"
'''


class Door(Mitogen.Connection):
    """A way of the program's own, with a command that asks twice."""

    __gtype_name__ = 'Door'

    def __init__(self, **options):
        super().__init__(terminal=Mitogen.Terminal.BESIDE, **options)
        self.seen = []

    def do_get_argv(self, via, python_argv):
        return ['/bin/sh', '-c', SCRIPT, 'door'] + list(python_argv)

    def do_get_name(self):
        return 'door.{pid}'

    def do_handle_prompt(self, prompt):
        self.seen.append(prompt.props.text)
        if prompt.props.text == 'Name:':
            prompt.props.answer = 'alice'
            return True
        if prompt.props.text == 'Pin>':
            prompt.props.kind = Mitogen.PromptKind.CODE
            prompt.props.message = 'The pin of the door'
            return True
        return False


class Person(Gio.MountOperation):
    """Answers as it is told."""

    __gtype_name__ = 'Person'

    def __init__(self, answer):
        super().__init__()
        self.answer = answer
        self.asked = []
        self.n_aborted = 0

    def do_ask_password(self, message, user, domain, flags):
        self.asked.append(message)
        if self.answer is None:
            self.reply(Gio.MountOperationResult.ABORTED)
        else:
            self.set_password(self.answer)
            self.reply(Gio.MountOperationResult.HANDLED)

    def do_aborted(self):
        self.n_aborted += 1


class PromptsTest(unittest.TestCase):
    def setUp(self):
        self.router = Mitogen.Router()
        self.addCleanup(self.router.shutdown)

    def test_own_class(self):
        person = Person('1234')
        door = Door(interaction=person)
        context = self.router.connect(door)
        self.assertEqual(context.call('operator:add', 1, 2), 3)
        self.assertEqual(door.seen, ['Name:', 'Pin>'])
        self.assertEqual(person.asked, ['The pin of the door'])
        self.assertIsNone(person.get_password())

    def test_handler_of_signal(self):
        asked = []

        def on_ask(operation, message, user, domain, flags):
            asked.append(message)

            def reply():
                operation.set_password('1234')
                operation.reply(Gio.MountOperationResult.HANDLED)
            GLib.idle_add(reply)

        operation = Gio.MountOperation()
        operation.connect('ask-password', on_ask)
        loop = GLib.MainLoop()
        outcome = []

        def on_connected(router, result):
            outcome.append(router.connect_finish(result))
            loop.quit()

        self.router.connect_async(Door(interaction=operation), None, None, on_connected)
        loop.run()
        self.assertEqual(outcome[0].call('operator:add', 1, 2), 3)
        self.assertEqual(asked, ['The pin of the door'])

    def test_cancelled(self):
        with self.assertRaises(GLib.Error) as caught:
            self.router.connect(Door(interaction=Person(None)))
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(),
                                                 Gio.IOErrorEnum.FAILED_HANDLED))

    def test_nobody(self):
        with self.assertRaises(GLib.Error) as caught:
            self.router.connect(Door())
        self.assertTrue(caught.exception.matches(Mitogen.error_quark(),
                                                 Mitogen.Error.PASSWORD))
        self.assertIn('The pin of the door', caught.exception.message)

    def test_handler_that_raises(self):
        class Broken(Door):
            __gtype_name__ = 'BrokenDoor'

            def do_handle_prompt(self, prompt):
                raise ValueError('broken')

        hook, sys.excepthook = sys.excepthook, lambda *args: None
        self.addCleanup(setattr, sys, 'excepthook', hook)
        with self.assertRaises(GLib.Error):
            self.router.connect(Broken(connect_timeout=2000))

    def test_terminal(self):
        master, slave = pty.openpty()
        operation = Mitogen.TtyOperation.new_for_fd(slave)
        shown = []

        def type_pin():
            seen = b''
            while not seen.endswith(b': ') and select.select([master], [], [], 30)[0]:
                seen += os.read(master, 1000)
            shown.append(seen)
            os.write(master, b'1234\n')

        person = threading.Thread(target=type_pin)
        person.start()
        context = self.router.connect(Door(interaction=operation))
        person.join()
        self.assertEqual(context.call('operator:add', 1, 2), 3)
        self.assertEqual(shown, [b'The pin of the door: '])
        os.close(master)
        os.close(slave)


if __name__ == '__main__':
    unittest.main(verbosity=2)
