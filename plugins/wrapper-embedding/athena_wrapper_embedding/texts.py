"""The texts of a request: parts, or a JSON array of strings; what is wrong is said with its place."""

from __future__ import annotations

import json

from athena import Fault, Part, Request, ServiceError

__all__ = ["texts_of"]


def texts_of(request: Request, most: int) -> list[str]:
    """Every text, in order: a part ``text`` is one, a part ``texts`` an array of them.

    Args:
        request: What was sent.
        most: So many are taken.

    Raises:
        ServiceError: BAD_REQUEST for no text, an empty one, or an array of something else; TOO_LARGE for too many.
    """
    found: list[tuple[str, str]] = []  # where it stands, and the text
    for part in request.parts:
        if part.key == "text":
            found.append(("payload.text", part.text))
        elif part.key == "texts":
            found += ((f"payload.texts[{number}]", text) for number, text in enumerate(listed(part)))
    if not found:
        raise wrong("payload", "no text; send the parts text, or texts, a JSON array of strings")
    if len(found) > most:
        raise ServiceError(Fault.TOO_LARGE, f"payload: {len(found)} texts, more than max_texts = {most}")
    for place, text in found:
        if not text.strip():
            raise wrong(place, "an empty text")
    return [text for _, text in found]


def listed(part: Part) -> list[str]:
    """The strings of a JSON array."""
    try:
        value = json.loads(part.text)
    except (ValueError, RecursionError) as error:
        raise wrong("payload.texts", "expected a JSON array of strings, got no JSON") from error
    if not isinstance(value, list):
        raise wrong("payload.texts", f"expected an array of strings, got {type(value).__name__}")
    for number, text in enumerate(value):
        if not isinstance(text, str):
            raise wrong(f"payload.texts[{number}]", f"expected a string, got {type(text).__name__}")
        try:
            text.encode()  # JSON can spell half a pair of surrogates, which is no text
        except UnicodeEncodeError as error:
            raise wrong(f"payload.texts[{number}]", "half a pair of surrogates") from error
    return value


def wrong(place: str, what: str) -> ServiceError:
    """The caller's mistake, and where it is."""
    return ServiceError(Fault.BAD_REQUEST, f"{place}: {what}")
