# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Ways to contexts in Python: into containers, and as URIs."""

import os
import sys
import unittest

try:
    import gi
    gi.require_version('Mitogen', '1.0')
    from gi.repository import Gio, GLib, Mitogen
except (ImportError, ValueError) as error:
    print('SKIP:', error)
    sys.exit(77)

LOCAL = 'local?python-path=/usr/bin/python3'


class Router(unittest.TestCase):
    def setUp(self):
        self.router = Mitogen.Router()
        self.addCleanup(self.router.join)
        self.addCleanup(self.router.shutdown)


# Method: what its program is called in the options.
CONTAINERS = {
    'docker': 'docker_path', 'podman': 'podman_path', 'buildah': 'buildah_path',
    'kubectl': 'kubectl_path', 'lxc': 'lxc_attach_path', 'lxd': 'lxc_path',
    'incus': 'incus_path', 'jail': 'jexec_path', 'toolbox': 'toolbox_path',
    'distrobox': 'distrobox_path', 'machinectl': 'systemd_run_path', 'flatpak': 'flatpak_path',
    'setns': 'docker_path',
}


class Containers(Router):
    """Nothing but programs that are not there: the rest is the same for all languages."""

    def test_ways(self):
        for way, path in CONTAINERS.items():
            with self.subTest(way), self.assertRaises(GLib.Error) as caught:
                options = {'kind': 'docker'} if way == 'setns' else {}
                getattr(self.router, way)('web', **{path: '/no/such/program'}, **options)
            self.assertIn('/no/such/program', caught.exception.message)
            self.assertIn(way + '.web', caught.exception.message)

    def test_names(self):
        context = self.router.start_docker(container='web', docker_path='/no/such/program')
        self.assertEqual(context.props.connection.props.container, 'web')
        context = self.router.start_kubectl(pod='web', kubectl_path='/no/such/program')
        self.assertEqual(context.props.connection.props.pod, 'web')
        context = self.router.start_podman(image='debian', podman_path='/no/such/program',
                                           environment=['A=1'])
        self.assertEqual(context.props.connection.props.environment, ['A=1'])
        with self.assertRaises(TypeError):
            self.router.docker('web', container='web')
        with self.assertRaises(TypeError):
            self.router.flatpak_host('web')

    def test_choices(self):
        kinds = Mitogen.SetnsKind
        for given, meant in (('docker', kinds.DOCKER), (kinds.LXC, kinds.LXC)):
            context = self.router.start_setns('web', kind=given, docker_path='/no/such/program')
            self.assertEqual(context.props.connection.props.kind, meant)
        context = self.router.start_docker(image='debian', pull='never',
                                           docker_path='/no/such/program')
        self.assertEqual(context.props.connection.props.pull, Mitogen.EnginePull.NEVER)
        with self.assertRaisesRegex(ValueError, "pull is 'perhaps', but not one of missing"):
            self.router.start_docker(image='debian', pull='perhaps')

    def test_others(self):
        for connect in (lambda: self.router.chroot('/nonexistent'),
                        lambda: self.router.nspawn(directory='/nonexistent'),
                        lambda: self.router.flatpak_host(flatpak_spawn_path='/nonexistent')):
            with self.assertRaises(GLib.Error) as caught:
                connect()
            self.assertIn('/nonexistent', caught.exception.message)


class Uris(Router):
    def test_parse(self):
        steps = Mitogen.uri_parse('ssh://admin@web1:2222,sudo:root?login')
        self.assertEqual([type(step) for step in steps],
                         [Mitogen.SshConnection, Mitogen.SudoConnection])
        self.assertEqual(steps[0].props.hostname, 'web1')
        self.assertTrue(steps[1].props.login)
        steps[0].props.port = 22
        self.assertEqual(Mitogen.uri_format(steps), 'ssh://admin@web1:22,sudo:root?login=true')
        self.assertEqual(steps[1].to_uri(), 'sudo:root?login=true')
        self.assertEqual(Mitogen.Connection.from_uri('su:alice').props.username, 'alice')

    def test_wrong(self):
        with self.assertRaises(GLib.Error) as caught:
            Mitogen.uri_parse('ssh://web1,sud:root')
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(),
                                                 Gio.IOErrorEnum.INVALID_ARGUMENT))
        self.assertIn('Character 12 of the URI: “sud”', caught.exception.message)

    def test_connect(self):
        context = self.router.connect_uri(','.join([LOCAL, LOCAL]))
        self.assertEqual(context.call(os.getppid), context.get_via().call(os.getpid))
        self.assertEqual(context.to_uri(), ','.join([LOCAL, LOCAL]))
        further = self.router.connect_uri(LOCAL, via=context)
        self.assertEqual(further.call(os.getppid), context.call(os.getpid))

    def test_async(self):
        loop = GLib.MainLoop()
        outcome = []

        def on_connected(router, result, word):
            outcome.append((router.connect_uri_finish(result), word))
            loop.quit()

        self.router.connect_uri_async(LOCAL, callback=on_connected, user_data=('word',))
        loop.run()
        self.assertEqual(outcome[0][0].call('operator:add', 1, 2), 3)
        self.assertEqual(outcome[0][1], 'word')

    def test_cancelled(self):
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        with self.assertRaises(GLib.Error) as caught:
            self.router.connect_uri(LOCAL, cancellable=cancellable)
        self.assertTrue(caught.exception.matches(Gio.io_error_quark(),
                                                 Gio.IOErrorEnum.CANCELLED))


if __name__ == '__main__':
    unittest.main(verbosity=2)
