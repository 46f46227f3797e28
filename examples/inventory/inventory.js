#!/usr/bin/gjs -m
// SPDX-FileCopyrightText: 2026 The mitogen-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// A program that brings its remote modules along in its GResource, beside its icons and templates:
//
//   gjs -m inventory.js org.example.Inventory.gresource
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import System from 'system';
import Mitogen from 'gi://Mitogen?version=1.0';

Gio.Resource.load(ARGV[0])._register();

async function main(router) {
    router.responder.add_resource('resource:///org/example/Inventory/remote/');

    const machines = await Promise.all([1, 2].map(() => router.local()));
    for (const machine of machines) {
        const {processors, disk} = await machine.call('inventory:describe', ['/']);
        print(`${machine.name}: ${processors} processors, a disk of ${disk}`);
    }
}

const loop = new GLib.MainLoop(null, false);
let failed = false;
main(new Mitogen.Router()).catch(error => {
    failed = true;
    logError(error);
}).finally(() => loop.quit());
loop.run();
if (failed)
    System.exit(1);
