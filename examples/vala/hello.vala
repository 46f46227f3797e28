/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
async void work (Mitogen.Router router) {
    try {
        var child = yield router.local_async ();
        var names = yield child.call_async ("os:listdir", new Variant ("(s)", "/"), null,
                                            VariantType.STRING_ARRAY);
        print ("%d names in /\n", (int) names.n_children ());
        yield child.call_async ("json:loads", new Variant ("(s)", "{'a': 1}"));
    } catch (Mitogen.Error.CALL error) {
        print ("%s\n%s\n", error.message, Mitogen.Error.get_remote_traceback (error));
    } catch (Error error) {
        printerr ("%s\n", error.message);
    }
}

int main () {
    var loop = new MainLoop ();
    work.begin (new Mitogen.Router (), () => loop.quit ());
    loop.run ();
    return 0;
}
