#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""mitogen-enter, and the same in Python by each interpreter that is here: it enters namespaces of this test, as root.

Usage: test-enter.py mitogen-enter core.json [BEGIN-OF-TITLE]
"""

import fcntl
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HELPER, CORE = [os.path.abspath(path) for path in sys.argv[1:3]]
CHOSEN = " ".join(sys.argv[3:])
# What is in a file whose name is in there.
PASSWD = b"""odd
:x:7:7::/:/
+nis:x:8:8::/:/bin/sh
twice:x:a:b::/:/
twice:x:4294967295:0::/:/
root:x:0:0:root:/tmp:/bin/own
alice:x:1000:1001::/usr:/bin/alice
homeless:x:1002:1002::relative:
2000:x:2001:2002::/:/bin/number
"""
GROUP = b"""odd
root:x:0:
staff:x:1001:
readers:x:1003:bob,alice
writers:x:1004:alice
broken:x:many:alice
"""
# Of the process whose namespaces are entered: it tells its id, as seen from here, by what it writes first.
LEADER = """mount -t tmpfs none /etc
cp {files}/* /etc/
hostname inside
export PATH=/inside:/usr/bin:/bin
exec {files}/../leader
"""
ALL = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--fork", "--mount-proc", "--kill-child"]


class Skip(Exception):
    pass


class Leader(object):
    """A process that sleeps in namespaces of its own."""

    def __init__(self, files, options=ALL, script=LEADER, prefix=()):
        self.process = subprocess.Popen(
            list(prefix) + ["unshare"] + options + ["sh", "-ec", script.format(files=files)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if self.process.stdout.readline() != b"ready\n":
            raise Skip("no namespaces here")
        self.pid = self.find(self.process.pid)

    def find(self, pid):
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            children = f.read().split()
        return int(children[0]) if children else pid

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.kill()
        self.process.stdin.close()
        self.process.stdout.close()

    def kill(self):
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
        self.process.wait()


class Tests(object):
    def __init__(self, command, folder):
        self.command = command
        self.folder = folder
        self.files = folder + "/files"

    # ---- running it ----

    def start(self, options, *words, **how):
        settings = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/")
        settings.update(how)
        return subprocess.Popen(self.command + options + ["--"] + list(words), **settings)

    def enter(self, options, *words, **how):
        """Its output. It has to succeed."""
        p = self.start(options, *words, **how)
        out, err = p.communicate()
        assert p.returncode == 0 and not err, (p.returncode, err)
        return out.decode()

    def fails(self, options, status, message, *words):
        p = self.start(options, *(words or ("true",)))
        out, err = p.communicate()
        assert err.decode() == "mitogen-enter: %s\n" % message, err
        assert p.returncode == status and not out, (p.returncode, out)

    def tool(self, name, script):
        path = "%s/%s" % (self.folder, name)
        with open(path, "w") as f:
            f.write("#!/bin/sh\n%s\n" % script)
        os.chmod(path, 0o755)
        return path

    # ---- namespaces ----

    def test_all_namespaces(self):
        with Leader(self.files) as leader:
            script = "hostname; cat /proc/1/comm; for n in mnt uts ipc net pid cgroup; do readlink /proc/$$/ns/$n; done"
            lines = self.enter(["--pid=%d" % leader.pid], "sh", "-c", script).split("\n")
            expected = [os.readlink("/proc/%d/ns/%s" % (leader.pid, n)) for n in "mnt uts ipc net pid cgroup".split()]
            own = [os.readlink("/proc/self/ns/" + n) for n in "mnt uts ipc net pid cgroup".split()]
            assert lines[:2] == ["inside", "leader"], lines
            assert lines[2:8] == expected and not set(expected) & set(own), (lines, expected)

    def test_user_namespace(self):
        options = ["--user", "--map-users=100000,0,2000", "--map-groups=100000,0,2000", "--setuid", "0", "--setgid", "0"] + ALL
        with Leader(self.files, options) as leader:
            script = "id -u; id -g; cat /proc/self/uid_map; touch %s/x 2>/dev/null && echo outside" % self.folder
            words = self.enter(["--pid=%d" % leader.pid], "sh", "-c", script + "; true").split()
            assert words == ["0", "0", "0", "100000", "2000"], words
            words = self.enter(["--pid=%d" % leader.pid, "--user=alice"], "id", "-G").split()
            assert words == ["1001", "1003", "1004"], words

    def test_without_rights(self):
        """Whoever has made a namespace of users may enter it, others may not."""
        become = ["setpriv", "--reuid=4000", "--regid=4000", "--clear-groups"]
        if subprocess.call(become + self.command[:1] + ["--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) > 125:
            raise Skip("others may not run this program")
        options = ["--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
        with Leader(self.files, options, "exec {files}/../leader", become) as leader:
            command, self.command = self.command, become + self.command
            assert self.enter(["--pid=%d" % leader.pid], "id", "-u") == "0\n"
            self.command = ["setpriv", "--reuid=4001", "--regid=4001", "--clear-groups"] + command
            self.fails(["--pid=%d" % leader.pid], 125,
                       "cannot open the user namespace of process %d: Permission denied" % leader.pid)

    def test_own_namespaces(self):
        assert self.enter(["--pid=%d" % os.getpid()], "hostname") == os.uname()[1] + "\n"

    def test_no_process(self):
        with Leader(self.files) as leader:
            leader.kill()
            self.fails(["--pid=%d" % leader.pid], 125, "there is no process %d" % leader.pid)

    def test_descriptors(self):
        with open("/etc/passwd") as f, Leader(self.files) as leader:
            fd = fcntl.fcntl(f, fcntl.F_DUPFD, 50)
            for options in ["--pid=%d" % leader.pid], ["--pid=%d" % os.getpid()]:
                listed = self.enter(options, "ls", "/proc/self/fd", pass_fds=[fd]).split()
                assert listed == ["0", "1", "2", "3"], listed  # 3 is that of ls
            os.close(fd)

    def test_root(self):
        root = self.folder + "/root"
        self.enter(["--root=/"], "true")
        self.fails(["--root=" + root], 127, "cannot run \"true\": No such file or directory")
        self.fails(["--root=" + root], 126, "cannot run \"/file\": Permission denied", "/file")
        self.fails(["--root=" + root, "--user=alice"], 127, "cannot run \"true\": No such file or directory")
        self.fails(["--root=/no/such"], 125, "cannot open the folder \"/no/such\": No such file or directory")
        self.fails(["--root=/etc/passwd"], 125, "cannot open the folder \"/etc/passwd\": Not a directory")

    def test_program_is_not_its_file(self):
        """A script for /proc/self/exe runs what has entered: its file is not to be written to."""
        with Leader(self.files) as leader:
            p = self.start(["--pid=%d" % leader.pid], self.folder + "/self", stdin=subprocess.DEVNULL)
            with p:
                target = p.stdout.read() + p.stderr.read()
            assert b"sealed" in target or b"usage: mitogen-enter" in target, target

    # ---- users ----

    def test_user(self):
        script = "id -u; id -g; id -G; pwd; echo $HOME $SHELL $USER $LOGNAME $PATH"
        with Leader(self.files) as leader:
            at = "--pid=%d" % leader.pid
            run = lambda *options: self.enter([at] + list(options), "sh", "-c", script).split("\n")
            path = " /inside:/usr/bin:/bin"
            assert run() == ["0", "0", "0", "/tmp", "/tmp /bin/own root root" + path, ""], run()
            alice = ["1000", "1001", "1001 1003 1004", "/usr", "/usr /bin/alice alice alice" + path, ""]
            assert run("--user=alice") == alice, run("--user=alice")
            assert run("--user=1000") == alice
            assert run("--user=alice:readers")[1:3] == ["1003", "1003 1004"], run("--user=alice:readers")
            assert run("--user=alice:77")[1] == "77"
            assert run("--user=homeless")[3:5] == ["/", "/ /bin/sh homeless homeless" + path]
            assert run("--user=2000")[:2] == ["2001", "2002"]
            assert run("--user=3000") == ["3000", "3000", "3000", "/", "/ /bin/sh 3000 3000" + path, ""]
            assert run("--user=3000:staff")[1] == "1001"

    def test_no_user(self):
        with Leader(self.files) as leader:
            at = "--pid=%d" % leader.pid
            for name in "bob", "twice", "+nis", "odd", "", "-1", "4294967295", "1e3", "0x0", " 0":
                self.fails([at, "--user=" + name], 125, "there is no user \"%s\" in there" % name)
            self.fails([at, "--user=alice:nobody"], 125, "there is no group \"nobody\" in there")
            self.fails([at, "--user=alice:broken"], 125, "there is no group \"broken\" in there")

    def test_hostile_users(self):
        """None of these is waited for, or read for long."""
        root = self.folder + "/root"
        path = root + "/etc/passwd"
        begin = "cannot read /etc/passwd in there, to find the user \"alice\": "
        makers = [
            (lambda: os.mkfifo(path), "it is no ordinary file"),
            (lambda: os.mkdir(path), "it is no ordinary file"),
            (lambda: os.mknod(path, 0o20666, os.makedev(1, 5)), "it is no ordinary file"),  # /dev/zero
            (lambda: subprocess.check_call(["truncate", "-s", "40G", path]), "File too large"),
            (lambda: os.symlink("passwd", path), "Too many levels of symbolic links"),
            (lambda: os.symlink("../../../../../../../../etc/passwd-outside", path), "No such file or directory"),
            (lambda: None, "No such file or directory"),
        ]
        for make, why in makers:
            shutil.move(path, self.folder + "/kept")
            try:
                make()
                self.fails(["--root=" + root, "--user=alice"], 125, begin + why)
                self.fails(["--root=" + root], 127, "cannot run \"true\": No such file or directory")
            finally:
                if os.path.isdir(path):
                    os.rmdir(path)
                elif os.path.lexists(path):
                    os.unlink(path)
                shutil.move(self.folder + "/kept", path)

    def test_environment(self):
        env = {"SECRET": "outside", "LC_TIME": "C", "LANG": "C", "TERM": "dumb", "PATH": os.environ["PATH"]}
        with Leader(self.files) as leader:
            out = self.enter(["--pid=%d" % leader.pid], "env", env=env)
        names = set(line.split("=")[0] for line in out.split("\n")) - {"", "LC_CTYPE"}
        assert names == {"PATH", "HOME", "SHELL", "USER", "LOGNAME", "LC_TIME", "LANG", "TERM"}, out

    def test_rights(self):
        """Root has no more rights than the container was given."""
        prefix = ["setpriv", "--bounding-set=-mknod,-sys_module", "--no-new-privs"]
        with Leader(self.files, prefix=prefix) as leader:
            for user in [], ["--user=root"], ["--user=alice"]:
                text = self.enter(["--pid=%d" % leader.pid] + user, "cat", "/proc/self/status")
                status = dict(line.split(":", 1) for line in text.split("\n") if line)
                assert not int(status["CapBnd"], 16) >> 27 & 1 and not int(status["CapBnd"], 16) >> 16 & 1
                assert not int(status["CapPrm"], 16) >> 27 & 1 and not int(status["CapInh"], 16)
                assert (int(status["CapEff"], 16) >> 21 & 1) == (user != ["--user=alice"]), status["CapEff"]
                assert status["NoNewPrivs"].strip() == "1"

    # ---- how it ends ----

    def test_status(self):
        with Leader(self.files) as leader:
            at = ["--pid=%d" % leader.pid]
            for options in at, ["--root=/"]:
                for status in 0, 1, 255:
                    assert self.start(options, "sh", "-c", "exit %d" % status).wait() == status
                for number in signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGHUP:
                    assert self.start(options, "sh", "-c", "kill -%d $$" % number).wait() == -number
            self.fails(at, 127, "cannot run \"no-such\": No such file or directory", "no-such")
            self.fails(at, 126, "cannot run \"/etc/passwd\": Permission denied", "/etc/passwd")

    def test_streams(self):
        with Leader(self.files) as leader:
            p = self.start(["--pid=%d" % leader.pid], "cat")
            out, err = p.communicate(b"x" * 300000)
            assert out == b"x" * 300000 and not err
            # The process that waits has none of them.
            p = self.start(["--pid=%d" % leader.pid], "sh", "-c", "exec 1>&-; echo >&2; read x; exit 3")
            assert p.stderr.readline() == b"\n"
            assert p.stdout.read() == b""
            p.stdin.close()
            assert p.wait() == 3
            p.stdout.close()
            p.stderr.close()

    def test_signals(self):
        """To the process that waits they are for the other one."""
        with Leader(self.files) as leader:
            for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1:
                script = "trap 'exit 4' %d; echo ready; while :; do read x || sleep 0.1; done" % number
                with self.start(["--pid=%d" % leader.pid], "sh", "-c", script) as p:
                    assert p.stdout.readline() == b"ready\n"
                    p.send_signal(number)
                    # A shell deals with it when what it waits for is over.
                    try:
                        p.stdin.write(b"\n")
                        p.stdin.close()
                    except OSError:
                        pass
                    assert p.wait() == 4, p.returncode

    def test_killed(self):
        """Nothing is left in there when the process that waits is killed."""
        with Leader(self.files) as leader:
            for user in [], ["--user=alice"]:
                with self.start(["--pid=%d" % leader.pid] + user, "sh", "-c", "echo ready; exec sleep 1000") as p:
                    assert p.stdout.readline() == b"ready\n"
                    p.kill()
                    assert p.stdout.read() == b""  # until the last one has closed it

    def test_leader_killed(self):
        with Leader(self.files) as leader:
            with self.start(["--pid=%d" % leader.pid], "sh", "-c", "echo ready; exec sleep 1000") as p:
                assert p.stdout.readline() == b"ready\n"
                leader.kill()
                assert p.wait() == -signal.SIGKILL

    # ---- who knows the process ----

    def test_kinds(self):
        with Leader(self.files) as leader:
            for kind, words, form in (
                    ("docker", "inspect --type=container --format={{.State.Pid}} -- a 'b", "%d"),
                    ("podman", "inspect --type=container --format={{.State.Pid}} -- a 'b", "%d"),
                    ("lxc", "--pid --no-humanize --name=a 'b", "%d"),
                    ("lxd", "info -- a 'b", "Name: x\\nStatus: RUNNING\\nPID: %d\\nNetwork:\\n  pid: 1"),
                    ("incus", "info -- a 'b", "Name: x\\nPid: %d\\n"),
                    ("machinectl", "show --property=Leader --value -- a 'b", "%d")):
                check = "[ \"$*\" = \"%s\" ] || { echo \"got $*\" >&2; exit 1; }\nprintf '%s\\n'" % (words, form % leader.pid)
                options = ["--kind=" + kind, "--container=a 'b", "--tool=" + self.tool("tool", check)]
                assert self.enter(options, "hostname") == "inside\n"

    def test_bad_answers(self):
        does_not_run = "the container \"web\" does not run"
        for script, message in (
                ("echo 0", does_not_run), ("echo -1", does_not_run), ("echo", does_not_run), ("true", does_not_run),
                ("echo abc", "\"{tool}\" tells no process of \"web\", but \"abc\""),
                ("echo 12x", "\"{tool}\" tells no process of \"web\", but \"12x\""),
                ("echo 99999999999", "\"{tool}\" tells no process of \"web\", but \"99999999999\""),
                ("echo -5", "\"{tool}\" tells no process of \"web\", but \"-5\""),
                ("echo Error: no such object: web >&2; exit 1",
                 "\"{tool}\" tells no process of \"web\": Error: no such object: web"),
                ("echo first; echo last; exit 1", "\"{tool}\" tells no process of \"web\": last"),
                ("exit 3", "\"{tool}\" tells no process of \"web\": it ended with status 3"),
                ("kill -9 $$", "\"{tool}\" tells no process of \"web\": it was killed by signal 9")):
            tool = self.tool("tool", script)
            self.fails(["--kind=docker", "--container=web", "--tool=" + tool], 125, message.format(tool=tool))
        self.fails(["--kind=lxd", "--container=web", "--tool=" + self.tool("tool", "echo Status: STOPPED; echo ' PID: 1'")],
                   125, does_not_run)
        for name, why in ("/no/such", "No such file or directory"), ("/etc/passwd", "Permission denied"):
            self.fails(["--kind=docker", "--container=web", "--tool=" + name], 125, "cannot ask \"%s\": %s" % (name, why))

    def test_restarted(self):
        """A process that began after the tool was asked is not the one that it named."""
        count = self.folder + "/count"
        with open(count, "w"):
            pass
        # It ends before it can be entered, as if the container were started again each time.
        tool = self.tool("tool", "echo >>%s; sh -c 'echo $$'" % count)
        self.fails(["--kind=docker", "--container=web", "--tool=" + tool], 125, "the container \"web\" does not run for long")
        assert os.path.getsize(count) == 5
        young = self.tool("tool", "sleep 0.1; sleep 10 </dev/null >/dev/null 2>&1 & echo $!; echo $! >>%s.pids" % count)
        self.fails(["--kind=docker", "--container=web", "--tool=" + young], 125, "the container \"web\" does not run for long")
        with open(count + ".pids") as f:
            for pid in f.read().split():
                os.kill(int(pid), signal.SIGKILL)


def interpreters():
    """Of those that are here 2.7 and the newest."""
    found = {}
    for path in ["/usr/bin/python3"] + glob.glob(os.path.expanduser("~/.pyenv/versions/*/bin/python")):
        p = subprocess.run([path, "-c", "import ctypes, sys; print(sys.version_info[:2])"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True)
        version = re.findall(r"\d+", p.stdout)
        if not p.returncode and version and "pypy" not in path:
            found.setdefault(tuple(int(n) for n in version), path)
    chosen = set(max(version for version in found if version[0] == major) for major, _ in found)
    return [("python %d.%d" % version, found[version]) for version in sorted(chosen)]


def prepare(folder):
    os.chmod(folder, 0o755)
    for name in "files", "root", "root/etc":
        os.mkdir("%s/%s" % (folder, name))
    for name, text in ("passwd", PASSWD), ("group", GROUP):
        for at in "files", "root/etc":
            with open("%s/%s/%s" % (folder, at, name), "wb") as f:
                f.write(text)
    for name, text in (("leader", "#!/bin/sh\necho ready; exec >&-; while read x; do :; done; exit\n"),
                       ("self", "#!/proc/self/exe\nimport fcntl\nprint(fcntl.fcntl(open('/proc/self/exe'), 1034) & 8 and 'sealed')\n"),
                       ("root/file", "")):
        with open("%s/%s" % (folder, name), "w") as f:
            f.write(text)
        if name != "root/file":
            os.chmod("%s/%s" % (folder, name), 0o755)


def main():
    if os.geteuid():
        print("1..0 # SKIP only root can enter namespaces of others")
        return 0
    with open(CORE) as f:
        word = json.load(f)["enter"]
    commands = [("helper", [HELPER])] + [(name, [path, "-c", word]) for name, path in interpreters()]
    n = failures = 0
    for title, command in commands:
        for name in sorted(name for name in dir(Tests) if name.startswith("test_")):
            if not (title + " " + name[5:]).startswith(CHOSEN):
                continue
            n += 1
            with tempfile.TemporaryDirectory() as folder:
                prepare(folder)
                try:
                    getattr(Tests(command, folder), name)()
                    print("ok %d - %s %s" % (n, title, name[5:]), flush=True)
                except Skip as e:
                    print("ok %d - %s %s # SKIP %s" % (n, title, name[5:], e), flush=True)
                except Exception as e:
                    failures += 1
                    import traceback
                    print("# " + traceback.format_exc().replace("\n", "\n# "))
                    print("not ok %d - %s %s" % (n, title, name[5:]), flush=True)
    print("1..%d" % n)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
