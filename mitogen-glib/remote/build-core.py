#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
"""Make what the library sends to children out of the sources beside this file.

Usage: build-core.py OUTPUT-DIRECTORY

Writes core.bin, core-debug.txt, core.json, mitogen-remote-core.h, and NAME.z for each of PARTS. The header has enter.py, too, as a word of a command line. core.bin is first "rest": core_warm.py and core_rest.py, which stay as
they are until they are needed; then "hot": core_hot.py as a raw deflate stream that ends in a sync flush, so that the per-child line
main({...}) can follow as a stream of its own. Rest is compressed as if it followed hot, with whose text it has much in common: 2 bytes with
its length (these included), then the continuation of the raw deflate stream. core-debug.txt goes before the line main({...}) of children
with the settings debug or profiling. NAME.z is a part of the core that comes later, as LOAD_MODULE carries it (zlib), in pieces like the core.
Needs nothing but Python 3.6 or later; the same sources and zlib give the same bytes. Fails when a limit is exceeded.
"""

import ast
import base64
import io
import json
import os
import re
import struct
import sys
import textwrap
import tokenize
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
MAX_CORE = 12 * 1024
MAX_STAGE = 700
MAX_RELAY = 4 * 1024
MAX_ENTER = 6 * 1024
PARTS = {"debug": "core_debug", "detach": "detach", "fork": "fork", "forward": "forward", "importer": "importer", "parent": "parent",
         "relay": "relay", "requests": "requests", "resources": "resources", "streams": "streams"}
PIECE_SIZE = 1000  # characters; less saves no more memory
# The longest values that the placeholders of the first stage can take.
WIDEST = {"@NONCE@": "0" * 16, "@LENGTH@": "0" * 5, "@REST@": "0" * 5}


def read(*name):
    with open(os.path.join(HERE, *name), encoding="utf-8") as f:
        return f.read()


def minify(source):
    """Drop comments, docstrings and blank lines; indent by one space a level; drop spaces that separate nothing."""
    skip = (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER)
    tokens = [t for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type not in skip]
    out = []
    level = 0
    start = True  # of a logical line
    for i, token in enumerate(tokens):
        if token.type == tokenize.INDENT:
            level += 1
        elif token.type == tokenize.DEDENT:
            level -= 1
        elif token.type == tokenize.NEWLINE:
            if out and out[-1] != "\n":
                out.append("\n")
            start = True
        else:
            if start and token.type == tokenize.STRING and tokens[i + 1].type == tokenize.NEWLINE:
                if tokens[i + 2].type == tokenize.DEDENT and out[-2].endswith(":"):
                    out.append(" " * level + "pass")  # the docstring was the whole block
                continue
            if start:
                out.append(" " * level)
            elif needs_space(tokens[i - 1].string, token.string):
                out.append(" ")
            out.append(token.string)
            start = False
    return fold("".join(out))


def rename_locals(source):
    """Give the local variables of functions names of one letter; arguments keep theirs, but for self."""
    lines = source.split("\n")
    tokens = [t for t in tokenize.generate_tokens(io.StringIO(source).readline) if t.type not in (tokenize.COMMENT, tokenize.NL)]
    edits = []
    i = 0
    while i < len(tokens):
        if tokens[i].string != "def":
            i += 1
            continue
        end = i
        while tokens[end].type != tokenize.INDENT:
            end += 1
        depth = 1
        while depth:
            end += 1
            depth += (tokens[end].type == tokenize.INDENT) - (tokens[end].type == tokenize.DEDENT)
        first = tokens[i].start[0] - 1
        last = max(t.start[0] for t in tokens[i:end] if t.type == tokenize.NEWLINE)
        tree = ast.parse(textwrap.dedent("\n".join(lines[first:last])))
        new = new_names(tree, [t.string for t in tokens[i:end] if t.type == tokenize.NAME])
        for before, t in zip(tokens[i:], tokens[i + 1:end]):
            if t.type == tokenize.NAME and t.string in new and before.string != ".":
                edits.append((t.start, t.end, new[t.string]))
        i = end
    for (row, start), (_, end), name in reversed(edits):
        lines[row - 1] = lines[row - 1][:start] + name + lines[row - 1][end:]
    return "\n".join(lines)


def new_names(function, used):
    bound, fixed, arguments = set(), set(), []
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.Global):
            fixed.update(node.names)
        elif isinstance(node, ast.keyword):
            fixed.add(node.arg)
        elif isinstance(node, ast.arg):
            arguments.append(node.arg)
    if arguments.count("self") == 1:
        bound.add("self")
        arguments.remove("self")
    bound -= fixed.union(arguments)
    letters = [c for c in "sabcdefghijklmnopqrtuvwxyz" if c not in used or c in bound]
    new = {"self": letters.pop(0)} if "self" in bound and letters[0] == "s" else {}
    ranked = sorted(bound - set(new), key=lambda name: (-used.count(name), name))
    new.update(zip(ranked, letters))
    return new


COMPOUND = re.compile(r"(if|for|while|with|def|class|elif|except)\b|try:|else:|finally:|@")


def fold(text):
    """Put simple statements that follow each other on one line, and a block made of nothing else behind its colon."""
    out = []
    depth = lambda line: len(line) - len(line.lstrip(" "))
    simple = lambda line: line and not COMPOUND.match(line.lstrip(" "))
    for line in text.split("\n"):
        if out and simple(line) and simple(out[-1]) and depth(line) == depth(out[-1]) and depth(line):
            out[-1] += ";" + line.lstrip(" ")
        else:
            out.append(line)
    lines, out = out, []
    for i, line in enumerate(lines):
        below = depth(lines[i + 1]) if i + 1 < len(lines) else 0
        if out and simple(line) and out[-1].endswith(":") and depth(line) == depth(out[-1]) + 1 and below <= depth(out[-1]):
            out[-1] += line.lstrip(" ")
        else:
            out.append(line)
    return "\n".join(out)


def needs_space(before, after):
    word = lambda c: c.isalnum() or c == "_" or ord(c) > 127
    return word(before[-1]) and (word(after[0]) or after[0] in "'\"") or before[-1] in "'\"" and word(after[0])


def pieces(source):
    """Cut the source at top-level statements, and where a line "# piece" says so, and minify each piece."""
    for chunk in source.split("\n# piece\n"):
        lines = minify(rename_locals(chunk)).split("\n")
        starts = [min([n.lineno] + [d.lineno for d in getattr(n, "decorator_list", ())]) - 1
                  for n in ast.parse("\n".join(lines)).body] + [len(lines)]
        begin = 0
        for here, following in zip(starts, starts[1:]):
            if here > begin and len("\n".join(lines[begin:following])) > PIECE_SIZE:
                yield "\n".join(lines[begin:here]) + "\n"
                begin = here
        text = "\n".join(lines[begin:])
        if text.strip():
            yield text


def join(source):
    parts = [p.encode("utf-8") for p in pieces(source)]
    for p in parts:
        assert b"\0" not in p
        compile(p, "piece", "exec")
    return b"\0".join(parts) + (b"" if parts[-1].endswith(b"\n") else b"\n")


def join_part(source):
    """What stands behind a line "# later" becomes the list later_pieces, which nobody has compiled yet."""
    now, _, later = source.partition("\n# later\n")
    text = join(now)
    return text + b"\0later_pieces = " + repr(join(later).split(b"\0")).encode() if later else text


def first_stage():
    lines = [line for line in read("first-stage.py").split("\n") if line and not line.startswith("#")]
    stage = ";".join(lines)
    for c in "'!\n\\":
        if c in stage:
            sys.exit("first stage: contains %r" % c)
    if "MITO0" in stage:
        sys.exit("first stage: contains its own marker")
    stage.encode("ascii")
    return stage


def enter():
    """A word that passes through shells as the first stage does."""
    text = zlib.compress(minify(rename_locals(read("enter.py"))).encode("ascii"), 9)
    word = "import base64,zlib;exec(zlib.decompress(base64.b64decode(\"%s\")))" % base64.b64encode(text).decode()
    print("enter.py: %d bytes of %d" % (len(word), MAX_ENTER))
    if len(word) > MAX_ENTER:
        sys.exit("build-core: enter.py too large")
    return word


def main(output):
    hot = join(read("mitogen", "core_hot.py"))
    rest = join(read("mitogen", "core_warm.py")) + b"\0\0" + join(read("mitogen", "core_rest.py"))
    debug = join(read("mitogen", "core_debug.py")) + b"\0"
    # The piece that is compiled before the version is known, and the line that follows, are pieces of their own.
    c = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    hot_bin = c.compress(hot + b"\0") + c.flush(zlib.Z_SYNC_FLUSH)
    rest_bin = c.compress(rest) + c.flush(zlib.Z_FINISH)
    rest_bin = struct.pack(">H", len(rest_bin) + 2) + rest_bin
    core = rest_bin + hot_bin
    stage = first_stage()
    widest = stage
    for name, value in WIDEST.items():
        widest = widest.replace(name, value)
    print("hot: %d bytes, %d compressed, %d pieces" % (len(hot), len(hot_bin), hot.count(b"\0") + 1))
    print("rest: %d bytes, %d compressed, %d pieces" % (len(rest), len(rest_bin), rest.count(b"\0") + 1))
    print("core.bin: %d bytes of %d; first stage: %d bytes of %d" % (len(core), MAX_CORE, len(widest), MAX_STAGE))
    if len(core) > MAX_CORE or len(widest) > MAX_STAGE:
        sys.exit("build-core: too large")
    os.makedirs(output, exist_ok=True)
    parts = {name: zlib.compress(join_part(read("mitogen", PARTS[name] + ".py")), 9) for name in sorted(PARTS)}
    print("parts: " + ", ".join("%s.z %d" % (name, len(parts[name])) for name in parts) + " bytes; relay.z of %d" % MAX_RELAY)
    if len(parts["relay"]) > MAX_RELAY:
        sys.exit("build-core: relay too large")
    entering = enter()
    quoted = [text.replace('"', '\\"') for text in (stage, entering)]
    files = {
        "core.bin": core,
        "core-debug.txt": debug,
        "core.json": (json.dumps({"first_stage": stage, "rest_length": len(rest_bin), "core_length": len(core), "enter": entering}, indent=1,
                                 sort_keys=True) + "\n").encode(),
        "mitogen-remote-core.h": ("/* Made by build-core.py: do not edit. */\n#pragma once\n\n"
                                  "#define MITOGEN_REMOTE_REST_LENGTH %d\n#define MITOGEN_REMOTE_CORE_LENGTH %d\n"
                                  "#define MITOGEN_REMOTE_FIRST_STAGE \"%s\"\n"
                                  "#define MITOGEN_REMOTE_ENTER \"%s\"\n" % (len(rest_bin), len(core), quoted[0], quoted[1])).encode(),
    }
    files.update((name + ".z", parts[name]) for name in parts)
    for name, data in files.items():
        with open(os.path.join(output, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
