/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Logs in to a host, becomes root there, and asks in the terminal for what that needs. */
int main (string[] args) {
    var router = new Mitogen.Router ();
    var ask = new Mitogen.TtyOperation ();
    try {
        var ssh = new Mitogen.SshConnection (args[1]) { interaction = ask };
        var there = router.connect (ssh);
        var sudo = new Mitogen.SudoConnection () { interaction = ask };
        var root = router.connect (sudo, there);
        var name = root.call ("getpass:getuser", null, null, VariantType.STRING);
        print ("%s on %s\n", name.get_string (), args[1]);
    } catch (Error error) {
        printerr ("%s\n", error.message);
        return 1;
    }
    return 0;
}
