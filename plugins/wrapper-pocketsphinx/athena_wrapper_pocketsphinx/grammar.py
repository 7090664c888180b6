"""Grammars in JSGF as callers send them; what is wrong with one is said in words, which the decoder does not do."""

from __future__ import annotations

import re
from collections.abc import Callable

from athena import Fault, ServiceError

__all__ = ["LARGEST", "proved", "unspeakable", "words"]

HEADER = "#JSGF"
LARGEST = 65_536  # characters
IMPORT = re.compile(r"(^|;)\s*import\b")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
# Names of rules, tags, weights: what stands between them are words.
MARKS = re.compile(r"<[^>]*>|\{[^}]*\}|/[^/\s]*/|[=|()\[\]*+;]")
RULE = re.compile(r"<([^>]+)>\s*=")


def proved(text: str) -> str:
    """The grammar, if it may be given to a decoder.

    Raises:
        ServiceError: BAD_REQUEST, for what is no grammar, has no public rule, or would read files (``import``).
    """
    if len(text) > LARGEST:
        raise wrong(f"{len(text)} characters; at most {LARGEST} are read")
    if not text.startswith(HEADER) or "\0" in text:
        raise wrong(f"expected a grammar in JSGF, which begins with {HEADER} V1.0;")
    bare = COMMENT.sub(" ", text)
    if IMPORT.search(bare):
        raise wrong("import is not allowed: it would read files of this machine")
    if not re.search(r"\bpublic\s*<", bare):
        raise wrong("no public rule: write one such as public <command> = open the door;")
    used = {name for name in re.findall(r"<([^>]+)>", bare) if "." not in name}
    if missing := sorted(used - set(RULE.findall(bare)) - {"NULL", "VOID"}):
        raise wrong(f"rules that are not defined: {', '.join(missing[:10])}")
    return text


def words(text: str) -> set[str]:
    """The words of a grammar."""
    _, _, rules = COMMENT.sub(" ", text).partition(";")
    found: set[str] = set()
    for rule in re.findall(r"<[^>]+>\s*=([^;]*)", rules):
        found.update(MARKS.sub(" ", rule).split())
    return found


def unspeakable(text: str, known: Callable[[str], bool]) -> ServiceError:
    """Why a decoder refused a grammar: a word it cannot say, or its form."""
    strange = sorted(word for word in words(text) if not known(word))
    if strange:
        return wrong(f"words that are not in the dictionary (it is lower-case): {', '.join(strange[:10])}")
    return wrong("not a grammar that can be read: see the JSpeech Grammar Format")


def wrong(what: str) -> ServiceError:
    """The caller's fault."""
    return ServiceError(Fault.BAD_REQUEST, f"parameter.grammar: {what}")
