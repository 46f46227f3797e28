#!/usr/bin/gjs -m
// SPDX-FileCopyrightText: 2026 The mitogen-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later
import GLib from 'gi://GLib';
import Mitogen from 'gi://Mitogen?version=1.0';

async function main(router) {
    const children = await Promise.all(
        [1, 2, 3].map(() => router.local()));
    const names = await children[0].call('os:listdir', ['/']);
    print(`${names.length} names in /`);

    const pids = await Promise.all(children.map(child => child.call('os:getpid')));
    children.forEach((child, n) => print(`${child.name} is process ${pids[n]}`));

    await children[0].call('json:loads', ["{'a': 1}"]).catch(
        error => print(`${error}\n${error.traceback}`));
}

const loop = new GLib.MainLoop(null, false);
main(new Mitogen.Router()).catch(logError).finally(() => loop.quit());
loop.run();
