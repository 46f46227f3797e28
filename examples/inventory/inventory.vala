/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program that brings its remote modules along in its GResource, which is linked into it.
 */
async void work (Mitogen.Router router) throws Error {
    router.get_responder ().add_resource ("resource:///org/example/Inventory/remote/");
    var machine = yield router.local_async ();
    var known = yield machine.call_async ("inventory:describe", new Variant ("(s)", "/"), null,
                                          VariantType.VARDICT);
    print ("%s: %s\n", machine.name, known.print (false));
}

int main () {
    var loop = new MainLoop ();
    int status = 0;

    work.begin (new Mitogen.Router (), (source, result) => {
        try {
            work.end (result);
        } catch (Error error) {
            printerr ("%s\n", error.message);
            status = 1;
        }
        loop.quit ();
    });
    loop.run ();
    return status;
}
