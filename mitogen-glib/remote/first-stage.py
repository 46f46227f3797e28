# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
#
# The template of the one line given to `python -c`. build-core.py drops these comments and joins the lines below with ";".
# The line goes through login shells (sh, csh, fish, nested too), so it holds no ', no !, no backslash and no newline.
#
#   @NONCE@   16 hex digits: no login banner can imitate marker A, and it is put together here, so that a shell that echoes its
#             command line does not imitate it either
#   @LENGTH@  bytes of the preamble, read exactly: what follows it are frames
#   @REST@    bytes of the preamble's first part, which stays compressed until it is needed
#
# The entry "" leaves sys.path before the first import (a select.py in the current directory), select makes an O_NONBLOCK stdin
# harmless, and the hook turns what can go wrong before the core runs (no zlib) into one line. "m" and "b" are fetched by the core.
import sys
sys.path[:]=filter(None,sys.path)
import os
sys.excepthook=lambda*a:os.write(2,("mitogen: %s: %s%c"%(sys.executable,a[1],10)).encode())
import select,zlib
os.write(1,("%cITO0 @NONCE@%c"%(77,10)).encode())
b=b""
exec("while len(b)<@LENGTH@:select.select([0],[],[]);b+=os.read(0,@LENGTH@-len(b))or os._exit(1)")
m=type("module",(type(sys),),{})("core")
exec("for p in zlib.decompress(b[@REST@:],-15).split(bytes(bytearray(1))):exec(p,m.__dict__)")
