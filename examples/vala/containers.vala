/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Says who and where it is at the end of each way: docker://web ssh://admin@web1,podman://shop */
int main (string[] args) {
    var router = new Mitogen.Router ();
    var ask = new Mitogen.TtyOperation ();
    try {
        foreach (var uri in args[1:]) {
            var context = router.connect_uri (uri, ask);
            var name = context.call ("getpass:getuser", null, null, VariantType.STRING);
            var host = context.call ("socket:gethostname", null, null, VariantType.STRING);
            print ("%s is %s in %s\n", uri, name.get_string (), host.get_string ());
        }
    } catch (Error error) {
        printerr ("%s\n", error.message);
        return 1;
    }
    return 0;
}
