# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Root file systems for containers, copied from this machine: no registry is needed.

  python    sh, the usual small programs, /usr/bin/python3 and its library; users root, mitogen, nobody
  nosh      the same without a shell
  nopython  the same as the first without Python
  bare      nothing but sleep
  box       as the first, with what toolbox needs to make somebody at home in it

make(KIND) returns the folder. Nobody writes into it: an engine gets a tar file of it, everything else
an overlay() of its own.
"""

import glob
import os
import re
import shutil
import subprocess

from real_system import BASE, which, write

PROGRAMS = ("sh env cat ls id sleep true false echo hostname mkdir rm chmod tty uname sed stat base64 getent wc head "
            "sha256sum stty dd kill setpriv").split()
SHELLS = ("sh",)
BOX = "bash capsh chown cut find groupadd ldconfig ln mount passwd readlink touch tr umount useradd usermod".split()
PYTHON = os.path.realpath("/usr/bin/python3")
VERSION = os.path.basename(PYTHON)
# Of the library: what is big, or needs big libraries.
WITHOUT = ("test test_* _test* idlelib tkinter turtle* ensurepip lib2to3 config-* pydoc* distutils dist-packages unittest "
           "_ssl.* _hashlib.* _sqlite3.* sqlite3 _curses* curses _dbm.* _gdbm.* dbm nis.* readline.* _crypt.* _codecs_* "
           "ossaudiodev.* xxlimited* wsgiref xmlrpc venv").split()
PASSWD = """root:x:0:0:root:/root:/bin/sh
mitogen:x:1000:1000::/home/mitogen:/bin/sh
nobody:x:65534:65534::/:/bin/sh
"""
GROUP = """root:x:0:
mitogen:x:1000:
helpers:x:1001:mitogen
nogroup:x:65534:
"""


def make(kind):
    """Root's: made once, read only by agreement."""
    top = "%s/rootfs/%s" % (BASE, kind)
    if not os.path.isdir(top):
        if kind in ("nosh", "nopython"):
            without(top, make("python"), ["usr/bin/" + name for name in SHELLS] if kind == "nosh" else
                    ["usr/bin/python3", "usr/bin/python", "usr/bin/" + VERSION, "usr/lib/" + VERSION])
        else:
            skeleton(top)
            copy_programs(top, ["sleep"] if kind == "bare" else PROGRAMS)
            if kind in ("python", "box"):
                copy_python(top)
            if kind == "box":
                furnish(top)
            copy_libraries(top)
    return top


def overlay(kind, at, lower=None, prefix=()):
    """A writable one at the folder, in an instant. The prefix is for mount."""
    for name in ("", ".upper", ".work"):
        os.makedirs(at + name, 0o755)
    options = "lowerdir=%s,upperdir=%s.upper,workdir=%s.work" % (lower or make(kind), at, at)
    subprocess.check_call(list(prefix) + ["mount", "-t", "overlay", "-o", options, "none", at])
    return at


def tar(kind):
    """A tar file of it."""
    path = "%s/rootfs/%s.tar" % (BASE, kind)
    if not os.path.exists(path):
        subprocess.check_call(["tar", "-C", make(kind), "-cf", path, "."])
    return path


def skeleton(top):
    for name in "usr/bin usr/sbin usr/lib usr/lib64 etc tmp proc sys dev run root home/mitogen var/tmp".split():
        os.makedirs("%s/%s" % (top, name), 0o755)
    for name in ("tmp", "var/tmp"):
        os.chmod("%s/%s" % (top, name), 0o1777)
    for name in ("bin", "sbin", "lib", "lib64"):
        os.symlink("usr/" + name, "%s/%s" % (top, name))
    os.chown(top + "/home/mitogen", 1000, 1000)
    os.chmod(top + "/root", 0o700)
    write(top + "/etc/passwd", PASSWD)
    write(top + "/etc/group", GROUP)
    write(top + "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")


def copy_programs(top, names):
    for name in names:
        shutil.copy(os.path.realpath(which(name)), "%s/usr/bin/%s" % (top, name))


def copy_python(top):
    library = "/usr/lib/" + VERSION
    shutil.copy(PYTHON, top + PYTHON)
    for name in ("python3", "python"):
        os.symlink(VERSION, "%s/usr/bin/%s" % (top, name))
    shutil.copytree(library, top + library, ignore_dangling_symlinks=True,
                    ignore=shutil.ignore_patterns(*WITHOUT))


def furnish(top):
    copy_programs(top, BOX)
    shutil.copy("/etc/login.defs", top + "/etc/login.defs")
    for name in ("media", "mnt", "run/lock", "srv"):
        os.makedirs("%s/%s" % (top, name))
    for name in ("hosts", "host.conf", "localtime", "machine-id", "resolv.conf", "timezone", "gshadow"):
        write("%s/etc/%s" % (top, name), "")
    write(top + "/etc/group", GROUP + "sudo:x:27:\n")
    write(top + "/etc/os-release", "NAME=Debian\nID=debian\nVERSION_ID=12\n")
    write(top + "/etc/shadow", "root:*:19000:0:99999:7:::\n", 0o600)


def copy_libraries(top):
    """Every shared library that something in there needs."""
    programs = glob.glob(top + "/usr/bin/*") + glob.glob(top + "/usr/lib/python*/lib-dynload/*.so")
    listed = subprocess.run(["ldd"] + programs, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True)
    libraries = set(re.findall(r"^\t(?:.* => )?(/\S+)", listed.stdout, re.M))
    libraries.update(glob.glob("/lib/*-linux-gnu/libnss_files.so.2"))
    for path in libraries:
        # The loader's own path must stay as it is.
        at = "%s/%s/%s" % (top, os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        os.makedirs(os.path.dirname(at), exist_ok=True)
        shutil.copy(os.path.realpath(path), at)


def without(top, whole, paths):
    """Hard links to all but these."""
    subprocess.check_call(["cp", "-al", whole, top])
    for path in paths:
        at = "%s/%s" % (top, path)
        if os.path.islink(at) or not os.path.isdir(at):
            os.path.lexists(at) and os.unlink(at)
        else:
            shutil.rmtree(at)
