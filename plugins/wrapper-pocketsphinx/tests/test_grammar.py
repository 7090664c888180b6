"""Grammars of callers: what may be given to a decoder, and what is wrong with the rest."""

from __future__ import annotations

import pytest

from athena import Fault, ServiceError
from athena_wrapper_pocketsphinx.grammar import LARGEST, proved, unspeakable, words

from .conftest import GRAMMAR

HEAD = "#JSGF V1.0;\ngrammar a;\n"


def test_a_grammar_passes_as_it_is() -> None:
    assert proved(GRAMMAR) == GRAMMAR
    assert proved(HEAD + "public <a> = open <NULL> | <a.b>;")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("open the door", "begins with #JSGF"),
        (HEAD + "public <a> = o\0pen;", "begins with #JSGF"),
        (HEAD + "<a> = open;", "no public rule"),
        (HEAD + "// public <a>\n<a> = open;", "no public rule"),
        (HEAD + "import <files.*>;\npublic <a> = open;", "import is not allowed"),
        (HEAD + "/* x */ import <files.*>; public <a> = open;", "import is not allowed"),
        (HEAD + "public <a> = open <b> <c>;", "not defined: b, c"),
        (HEAD + "public <a> = " + "open " * LARGEST + ";", f"at most {LARGEST}"),
    ],
)
def test_what_a_decoder_would_refuse_without_a_word_or_should_never_see_is_refused_with_one(
    text: str, sentence: str
) -> None:
    with pytest.raises(ServiceError, match=sentence) as caught:
        proved(text)
    assert caught.value.fault is Fault.BAD_REQUEST
    assert str(caught.value).startswith("parameter.grammar: ")


def test_the_words_of_a_grammar_are_those_between_its_marks() -> None:
    assert words(HEAD + "public <a> = [please] /0.5/ open {tag} (the | <b>)+; // no word\n<b> = a* door;") == {
        "please",
        "open",
        "the",
        "a",
        "door",
    }


def test_words_that_cannot_be_said_are_named() -> None:
    text = HEAD + "public <a> = open xyzzy;"
    assert "in the dictionary (it is lower-case): xyzzy" in str(unspeakable(text, lambda word: word == "open"))
    assert "JSpeech Grammar Format" in str(unspeakable(text, lambda word: True))
