# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The mitogen-glib authors
# !mitogen: minify_safe
"""Sources without what their readers need and interpreters do not."""

from __future__ import absolute_import

import itertools
import re
import tokenize

_BLANK = (tokenize.NL, tokenize.COMMENT)
_COOKIE = re.compile(r"coding[:=][ \t]*[-\w.]+")
_STARTS, _ENDS = [[getattr(tokenize, kind + end) for kind in ("FSTRING", "TSTRING") if hasattr(tokenize, kind + end)] for end in ("_START", "_END")]
_DOCSTRING = re.compile(r"(?i)(u|r|ur)?['\"]")


def minimize_source(source):
    """The source, a text, without comments and docstrings. Lines keep their numbers, blocks that were nothing but a docstring become `pass`. What is
    not Python that this interpreter understands is returned as it is."""
    if type(source) is not str and isinstance(source, bytes):
        return minimize_source(source.decode("utf-8")).encode("utf-8")
    lines = source.split("\n")
    try:
        tokens = list(tokenize.generate_tokens(_reader(lines)))
    except (tokenize.TokenError, SyntaxError):
        return source
    if any(token[0] == tokenize.ERRORTOKEN and token[1].strip() for token in tokens):
        return source
    for start, end, text in reversed(sorted(list(_comments(tokens)) + list(_docstrings(tokens)))):
        _replace(lines, start, end, text)
    return "\n".join(lines)


def _reader(lines):
    """All but a last line that is empty; the others end, as old tokenizers want it."""
    left = iter(lines if lines[-1] else lines[:-1])
    return lambda: "".join([line + "\n" for line in itertools.islice(left, 1)])


def _replace(lines, start, end, text):
    """Put a text where something was, which may have had several lines: those that follow the first become empty."""
    (first, begin), (last, stop) = start, end
    before, after = lines[first - 1][:begin], lines[last - 1][stop:]
    if first == last:
        after = before + text + after
        lines[first - 1] = after if text or after.strip() and not before.strip() else _trim(after)
        return
    lines[first - 1] = _trim(before + text)
    for number in range(first, last):
        lines[number] = ""
    lines[last - 1] = _trim(after)


def _trim(line):
    """Without blanks at the end; the carriage return stays."""
    return line.rstrip(" \t\f\r") + ("\r" if line.endswith("\r") else "")


def _comments(tokens):
    strings = 0  # with braces, around: blanks in front of a comment can matter there
    for token in tokens:
        strings += token[0] in _STARTS
        strings -= token[0] in _ENDS
        if token[0] == tokenize.COMMENT and not strings and not (token[2][0] < 3 and _COOKIE.search(token[1])):
            yield token[2], token[3], ""


def _docstrings(tokens):
    """Strings that are the first statement of a module, class or function."""
    tokens = [token for token in tokens if token[0] not in _BLANK and token[0] != getattr(tokenize, "ENCODING", -1)]
    first = True  # of a body that may have a docstring
    defines = False  # the logical line is a def or class
    begins = True  # a logical line
    for i, token in enumerate(tokens):
        if token[0] in (tokenize.INDENT, tokenize.DEDENT):
            continue
        if begins:
            word = tokens[i + 1] if token[1] == "async" else token
            defines = word[0] == tokenize.NAME and word[1] in ("def", "class")
        if (begins and first or defines and tokens[i - 1][1] == ":") and token[0] == tokenize.STRING:
            end = i
            while tokens[end + 1][0] == tokenize.STRING:
                end += 1
            if tokens[end + 1][0] == tokenize.NEWLINE and all(_DOCSTRING.match(t[1]) for t in tokens[i:end + 1]):
                alone = not begins or i and tokens[i - 1][0] == tokenize.INDENT and tokens[end + 2][0] == tokenize.DEDENT
                # A string that follows must not become the docstring.
                yield token[2], tokens[end][3], "pass" if alone else '""' if tokens[end + 2][0] == tokenize.STRING else ""
        first = False
        begins = token[0] == tokenize.NEWLINE
        if begins:
            first = defines and tokens[i + 1][0] == tokenize.INDENT
