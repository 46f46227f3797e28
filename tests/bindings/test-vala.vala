/* SPDX-FileCopyrightText: 2026 The mitogen-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The Vala package, against real children. */

/* The name of a function, and what its call must give. */
struct Expectation {
    public string function;
    public string args;
    public string result;
}

const Expectation[] VALUES = {
    { "builtins:abs", "(-5,)", "5" },
    { "builtins:repr", "(1.5,)", "'1.5'" },
    { "builtins:len", "([byte 0x61, 0],)", "2" },
    { "copy:copy", "(@mv nothing,)", "@mv nothing" },
    { "copy:copy", "({'a': <1>},)", "{'a': <int64 1>}" },
    { "builtins:divmod", "(7, 2)", "(int64 3, int64 1)" }
};

class Tests : Object {
    public Mitogen.Router router { get; construct; }
    public Mitogen.Context child { get; construct; }

    public Tests (Mitogen.Router router, Mitogen.Context child) {
        Object (router: router, child: child);
    }

    public async void check_values () throws GLib.Error {
        foreach (var expectation in VALUES) {
            var args = Variant.parse (null, expectation.args);
            var value = yield child.call_async (expectation.function, args);
            assert_cmpstr (value.print (true), CompareOperator.EQ,
                           Variant.parse (value.get_type (), expectation.result).print (true));
        }
    }

    public async void check_reply_type () throws GLib.Error {
        var names = yield child.call_async ("os:listdir", new Variant ("(s)", "/"), null,
                                            VariantType.STRING_ARRAY);
        assert_true ("usr" in names.get_strv ());
        try {
            yield child.call_async ("os:getcwd", null, null, VariantType.INT32);
            assert_not_reached ();
        } catch (Mitogen.Error.TYPE error) {
            assert_nonnull (error.message);
        }
    }

    public async void check_errors () throws GLib.Error {
        try {
            yield child.call_async ("json:loads", new Variant ("(s)", "{x"));
            assert_not_reached ();
        } catch (Mitogen.Error.CALL error) {
            assert_cmpstr (Mitogen.Error.get_remote_type (error), CompareOperator.EQ,
                           "json.decoder.JSONDecodeError");
            assert_true ("raw_decode" in Mitogen.Error.get_remote_traceback (error));
        }
        try {
            yield child.call_async ("time:sleep", new Variant ("(d)", 0.3), null, null, 30);
            assert_not_reached ();
        } catch (Mitogen.Error.TIMED_OUT error) {
            assert_nonnull (error.message);
        }
        try {
            var connection = new Mitogen.LocalConnection () { python_path = { "/no/such/python" } };
            yield router.connect_async (connection);
            assert_not_reached ();
        } catch (Mitogen.Error error) {
            assert_true ("/no/such/python" in error.message);
        }
    }

    public async void check_cancel () throws GLib.Error {
        var cancellable = new Cancellable ();
        Timeout.add (30, () => {
            cancellable.cancel ();
            return Source.REMOVE;
        });
        try {
            yield child.call_async ("time:sleep", new Variant ("(d)", 0.3), null, null, -1,
                                    cancellable);
            assert_not_reached ();
        } catch (IOError.CANCELLED error) {
            assert_nonnull (error.message);
        }
    }

    public async void check_select () throws GLib.Error {
        var select = new Mitogen.Select ();
        int64 sum = 0;
        for (int i = 0; i < 5; i++)
            select.add (child.start_call ("copy:copy", new Variant ("(i)", i)));
        while (select.get_n_sources () > 0) {
            var message = yield select.get_async ();
            assert_true (message.get_receiver ().context == child);
            sum += message.unpickle ().get_int64 ();
        }
        assert_true (sum == 10);
    }

    public async void check_output () throws GLib.Error {
        var thread = Thread.self<void*> ();
        string? seen = null;
        var handler = child.output.connect ((stream, line) => {
            assert_true (Thread.self<void*> () == thread);
            seen = @"$stream $line";
        });
        yield child.call_async ("builtins:print", new Variant ("(s)", "hello"));
        while (seen == null)
            yield pause (10);
        assert_cmpstr (seen, CompareOperator.EQ, "stdout hello");
        child.disconnect (handler);
    }

    public async void check_disconnected () throws GLib.Error {
        var other = yield router.local_async ();
        string? reason = null;
        other.disconnected.connect ((error) => reason = error.message);
        yield other.shutdown_async (true);
        while (reason == null)
            yield pause (10);
        assert_true (other.state == Mitogen.ContextState.DISCONNECTED);
    }

    async void pause (uint milliseconds) {
        Timeout.add (milliseconds, () => {
            pause.callback ();
            return Source.REMOVE;
        });
        yield;
    }

    public async void check_via () throws GLib.Error {
        var other = yield router.connect_async (new Mitogen.LocalConnection (), child);
        assert_true (other.via == child);
        var next = router.start_connect (new Mitogen.LocalConnection (), other);
        var ppid = yield next.call_async ("os:getppid");
        assert_true (ppid.get_int64 () == other.dup_info ().lookup_value ("pid", null).get_int64 ());
        yield other.shutdown_async (true);
    }

    public async void check_ways () throws GLib.Error {
        Mitogen.Connection[] ways = {
            new Mitogen.SshConnection ("far") {
                ssh_path = "/no/such/program",
                check_host_keys = Mitogen.CheckHostKeys.ACCEPT
            },
            new Mitogen.SudoConnection () {
                username = "nobody", sudo_path = "/no/such/program", sudo_args = { "-H" }
            },
            new Mitogen.SuConnection () { su_path = "/no/such/program" },
            new Mitogen.DoasConnection () { doas_path = "/no/such/program" },
            new Mitogen.PkexecConnection () { pkexec_path = "/no/such/program" }
        };
        foreach (var way in ways) {
            try {
                yield router.connect_async (way);
                assert_not_reached ();
            } catch (GLib.Error error) {
                assert_true ("/no/such/program" in error.message);
            }
        }
        try {
            yield router.docker_async ("-x");
            assert_not_reached ();
        } catch (IOError.INVALID_ARGUMENT error) {
            assert_true ("-x" in error.message);
        }
        try {
            yield router.sudo_async ("-x");
            assert_not_reached ();
        } catch (IOError.INVALID_ARGUMENT error) {
            assert_true ("-x" in error.message);
        }
    }

    public async void check_uris () throws GLib.Error {
        var steps = Mitogen.uri_parse ("ssh://admin@web1,sudo:root");
        assert_true (steps.length () == 2);
        ((Mitogen.SshConnection) steps.data).port = 22;
        assert_true (Mitogen.uri_format (steps) == "ssh://admin@web1:22,sudo:root");
        assert_true (Mitogen.Connection.from_uri ("su:alice").to_uri () == "su:alice");
        var other = yield router.connect_uri_async ("local?python-path=/usr/bin/python3", null, child);
        assert_true (other.via == child);
        assert_true (other.to_uri ().has_suffix (",local?python-path=/usr/bin/python3"));
        yield other.shutdown_async (true);
    }

    public async void check_socket () throws GLib.Error {
        try {
            IOStream stream = yield child.open_socket_async ("/nowhere/to/be/found");
            stream.close ();
            assert_not_reached ();
        } catch (IOError.NOT_FOUND error) {
            assert_true ("/nowhere/to/be/found" in error.message);
        }
        try {
            child.open_socket ("/nowhere/to/be/found");
            assert_not_reached ();
        } catch (IOError.NOT_FOUND error) {
            assert_true (child.name in error.message);
        }
    }

    public async void check_modules () throws GLib.Error {
        var responder = router.get_responder ();
        responder.add_module ("vala_single", "import vala_other\ndef f(n):\n    return vala_other.N + n\n");
        responder.set_find_func ((responder, name, out is_package) => {
            is_package = false;
            return name == "vala_other" ? "N = 40" : null;
        });
        yield child.preload_async ({ "vala_single" });
        var sum = yield child.call_async ("vala_single:f", new Variant ("(i)", 2));
        assert_true (sum.get_int64 () == 42);
        uint sent;
        assert_true (responder.get_statistics ().lookup ("sent", "u", out sent));
        assert_true (sent >= 2);
        responder.set_find_func (null);
        try {
            yield child.preload_async ({ "vala_nothing" });
            assert_not_reached ();
        } catch (Mitogen.Error.MODULE_NOT_FOUND error) {
            assert_true ("vala_nothing" in error.message);
        }
    }

    async Variant call_back (string name, Variant args = new Variant ("()")) throws GLib.Error {
        Variant[] parts = { name, args, new Variant ("a{sv}", null) };
        return yield child.call_async ("it_exports:call", new Variant.tuple (parts));
    }

    async string fail_back (string name) throws GLib.Error {
        var text = yield child.call_async ("it_exports:call_fails", new Variant ("(s)", name));
        return text.get_string ();
    }

    public async void check_exports () throws GLib.Error {
        router.export_function ("app:add", Mitogen.Policy.ANY, (call) => {
            try {
                int64 a, b;
                if (!call.get_args ().is_of_type (new VariantType ("(xx)")))
                    throw new Mitogen.Error.TYPE ("two integers, please");
                call.get_args ().get ("(xx)", out a, out b);
                if (b < 0)
                    call.return_exception ("app.Negative", b.to_string ());
                call.return_value (a + b);
            } catch (GLib.Error error) {
                call.return_error (error);
            }
        });
        router.export_function ("app:parents", Mitogen.Policy.PARENTS, () => assert_not_reached ());
        var sum = yield call_back ("app:add", new Variant ("(xx)", (int64) 20, (int64) 22));
        assert_true (sum.get_int64 () == 42);
        assert_true ("two integers" in yield fail_back ("app:add"));
        assert_true ("may not call" in yield fail_back ("app:parents"));
        try {
            yield call_back ("app:add", new Variant ("(xx)", (int64) 1, (int64) (-1)));
            assert_not_reached ();
        } catch (Mitogen.Error.CALL error) {
            assert_true ("app.Negative: -1" in error.message);
        }
        try {
            router.export_function ("app:add", Mitogen.Policy.ANY, () => {});
            assert_not_reached ();
        } catch (IOError.EXISTS error) {
            assert_nonnull (error.message);
        }
        assert_true (router.unexport_function ("app:add"));
        assert_true ("No function" in yield fail_back ("app:add"));
    }

    async void answer_slowly (Mitogen.Call call) throws GLib.Error {
        yield pause (1);
        call.return_value (call.get_source_id ());
    }

    public async void check_exported_later () throws GLib.Error {
        router.export_function ("app:later", Mitogen.Policy.ANY, (call) => answer_slowly.begin (call));
        var id = yield call_back ("app:later");
        assert_true (id.get_int64 () == child.id);
        router.unexport_function ("app:later");
    }

    public void check_blocking () throws GLib.Error {
        assert_true (child.call ("builtins:len", new Variant ("(s)", "ab")).get_int64 () == 2);
    }

    public async void run () throws GLib.Error {
        yield check_values ();
        yield check_reply_type ();
        yield check_errors ();
        yield check_cancel ();
        yield check_select ();
        yield check_output ();
        yield check_disconnected ();
        yield check_joining ();
        yield check_own_connection ();
        yield check_via ();
        yield check_ways ();
        yield check_uris ();
        yield check_socket ();
        yield check_modules ();
        yield check_exports ();
        yield check_exported_later ();
        check_blocking ();
    }

    public async void check_joining () throws GLib.Error {
        var listener = new Mitogen.UnixListener (router, null);
        var joined = yield Mitogen.unix_connect_async (listener.path, null);
        var same = joined.context_by_id (child.id, null);
        var pid = yield same.call_async ("os:getpid");
        assert_true (pid.equal (yield child.call_async ("os:getpid")));
        listener.close ();
        try {
            yield Mitogen.unix_connect_async (listener.path, null);
            assert_not_reached ();
        } catch (IOError.NOT_FOUND error) {
            assert_nonnull (error.message);
        }
        joined.shutdown ();
        assert_true (joined.join (10000));
    }

    public async void check_own_connection () throws GLib.Error {
        var other = yield router.connect_async (new Shell ());
        assert_cmpstr (other.name, CompareOperator.EQ, "shell");
        yield other.shutdown_async (true);
    }
}

/* A method of reaching a context that the program brings itself. */
class Shell : Mitogen.Connection {
    public override string[] get_argv (Mitogen.Context? via, string[] python_argv) throws GLib.Error {
        string[] argv = { "/bin/sh", "-c", "exec \"$@\"", "sh" };
        foreach (var argument in python_argv)
            argv += argument;
        return argv;
    }

    public override string get_name () {
        return "shell";
    }
}

async void run_all (Mitogen.Router router) throws GLib.Error {
    var connection = new Mitogen.LocalConnection () { remote_name = "test" };
    var child = yield router.connect_async (connection);
    yield new Tests (router, child).run ();
}

int main () {
    var loop = new MainLoop ();
    var router = new Mitogen.Router ();
    int status = 1;

    run_all.begin (router, (source, result) => {
        try {
            run_all.end (result);
            status = 0;
        } catch (GLib.Error error) {
            printerr ("%s\n", error.message);
        }
        loop.quit ();
    });
    loop.run ();

    router.shutdown ();
    assert_true (router.join (10000));
    return status;
}
