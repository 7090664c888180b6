"""Decoders, which hear one utterance at a time and are lent to one after another."""

from __future__ import annotations

from threading import Lock
from typing import Any

from pocketsphinx import Decoder, get_model_path

from .audio import RATE, SAMPLE, wrong
from .grammar import unspeakable

__all__ = ["Decoders", "Utterance"]

PIECE = RATE // 10 * SAMPLE
TAIL = bytes(RATE // 5 * SAMPLE)  # the last word ends where silence begins: without some, it may be lost
OWN, SERVICE = "own", "service"  # what grammars are called inside a decoder
FRAMES = 100  # in a second


class Decoders:
    """Makes decoders as they are needed, and keeps some that are idle: making one takes a third of a second."""

    def __init__(self, grammar: str, keep: int) -> None:
        self._grammar = grammar
        self._keep = keep
        self._lock = Lock()
        self._idle = [self._made()]
        # What a fresh decoder takes the microphone to be; it learns from what it hears, and must not between callers.
        self._fresh = self._idle[0].get_cmn(False)
        self._usual = self._idle[0].current_search()

    def begin(self, grammar: str = "") -> Utterance:
        """An utterance to be recognised, by the service's grammar or its own.

        Raises:
            ServiceError: BAD_REQUEST, for a grammar the decoder does not accept.
        """
        with self._lock:
            decoder = self._idle.pop() if self._idle else None
        decoder = decoder or self._made()
        if grammar:
            try:
                decoder.add_jsgf_string(OWN, grammar)
                decoder.activate_search(OWN)
            except (ValueError, RuntimeError) as error:
                self._put(decoder)
                raise unspeakable(grammar, lambda word: decoder.lookup_word(word) is not None) from error
        decoder.set_cmn(self._fresh)
        decoder.start_utt()
        return Utterance(decoder)

    def back(self, utterance: Utterance) -> None:
        """Take the decoder of an utterance back, ended or broken off."""
        decoder = utterance.released()
        if decoder is None:
            return
        if decoder.current_search() == OWN:
            # In this order: to remove the search that is active kills the process.
            decoder.activate_search(self._usual)
            decoder.remove_search(OWN)
        self._put(decoder)

    def _put(self, decoder: Any) -> None:  # Any: pocketsphinx ships no types
        with self._lock:
            if len(self._idle) < self._keep:
                self._idle.append(decoder)

    def _made(self) -> Any:  # Any: pocketsphinx ships no types
        model = None if self._grammar else get_model_path("en-us/en-us.lm.bin")
        decoder = Decoder(
            hmm=get_model_path("en-us/en-us"),
            dict=get_model_path("en-us/cmudict-en-us.dict"),
            lm=model,
            samprate=RATE,
            loglevel="FATAL",
        )
        if self._grammar:
            try:
                decoder.add_jsgf_string(SERVICE, self._grammar)
            except (ValueError, RuntimeError) as error:
                raise unspeakable(self._grammar, lambda word: decoder.lookup_word(word) is not None) from error
            decoder.activate_search(SERVICE)
        return decoder


class Utterance:
    """One utterance: samples in, in pieces of any length; what was said so far out."""

    def __init__(self, decoder: Any) -> None:  # Any: pocketsphinx ships no types
        self._decoder = decoder
        self._rest = b""
        self._bytes = 0
        self._speaking = True

    @property
    def milliseconds(self) -> int:
        """How much was heard."""
        return 1000 * self._bytes // SAMPLE // RATE

    def hear(self, data: bytes) -> str:
        """Take a piece, also one that ends within a sample; gives what was said so far."""
        self._bytes += len(data)
        data = self._rest + data
        whole = len(data) // SAMPLE * SAMPLE
        self._rest = data[whole:]
        for at in range(0, whole, PIECE):
            self._decoder.process_raw(data[at : min(at + PIECE, whole)], False, False)
        return self._text()

    def end(self) -> dict[str, object]:
        """No more comes: the final text, and its words with their times.

        Raises:
            ServiceError: BAD_REQUEST, for half a sample.
        """
        if self._rest:
            raise wrong(f"ended after {self._bytes} bytes, within a sample; they are 16-bit")
        self._decoder.process_raw(TAIL, False, False)
        self._decoder.end_utt()
        self._speaking = False
        text = self._text()
        # Of words said twice in a row, and of other pronunciations, "the(2)", the word itself.
        said = [each for each in self._decoder.seg() or () if each.word[0] not in "<[("] if text else []
        words = [
            {
                "word": each.word.partition("(")[0],
                "begin": each.start_frame / FRAMES,
                "end": (each.end_frame + 1) / FRAMES,
            }
            for each in said
        ]
        return {"text": text, "final": True, "words": words}

    def released(self) -> Any:  # Any: pocketsphinx ships no types
        """The decoder, out of the utterance, once; then None."""
        decoder, self._decoder = self._decoder, None
        if decoder is not None and self._speaking:
            self._speaking = False
            decoder.end_utt()
        return decoder

    def _text(self) -> str:
        found = self._decoder.hyp()
        return str(found.hypstr) if found is not None and found.hypstr else ""
