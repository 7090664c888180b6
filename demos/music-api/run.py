"""A song is known by its humming, by a remote API, through all the troubles that has. Ends with 0 if all went well."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from standin import Api, Trouble, serving

import athena
from athena import Kind, Part, Request, ServiceError
from athena.testing import served

HERE = Path(__file__).parent
HUMMING = HERE / "humming.wav"
NEAR = 0.1  # what a score may be off, on a machine that rounds otherwise

Song = dict[str, Any]  # Any: a JSON object; its shape is the wrapper's output schema
TROUBLES: dict[str, tuple[list[Trouble], float]] = {
    "the API fails twice": ([Trouble(500), Trouble(503)], 10),
    "it is busy, and says for how long": ([Trouble(429, {"Retry-After": "1"})], 10),
    "it breaks off within its answer": ([Trouble(drop=10)], 10),
    "it does not answer in time": ([Trouble(before=20)], 2),
    "it answers no JSON": ([Trouble(body=b"<html>")], 10),
    "it does not know us": ([Trouble(401)], 10),
    "it fails whatever one does": ([Trouble(500)] * 4, 10),
}
"""What goes wrong, and the seconds that the caller has."""

serve = partial(served, HERE / "aiges.toml", "--set=log.level=error", wires=("http", "grpc"))


class DemoFailed(Exception):
    """What went wrong, as a sentence."""


def main(words: Sequence[str] | None = None) -> int:
    """Serve both, hum, compare; then the troubles."""
    parser = argparse.ArgumentParser(prog="run.py", description="Know a song by its humming.")
    parser.add_argument("audio", nargs="?", type=Path, default=HUMMING, help="a WAV file, mono, 16 bits")
    audio = parser.parse_args(words).audio
    try:
        if not audio.is_file():
            raise DemoFailed(f"{audio}: no such file")
        with serving() as api, serve(at(api)) as kernel, athena.Client(kernel.endpoints[0]) as client:
            print(f"ready {kernel.endpoints[0]}, the API {api.url}")
            songs = asked(client, audio.read_bytes(), 10)
            for song in songs:
                print(f"  {song['score']:5.3f}  {song['title']} ({song['composer']})")
            if audio == HUMMING:
                expected = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
                agree(songs, expected["songs"])
                agree_on_troubles(troubled(client, api, audio.read_bytes()), expected["troubles"])
                print("as expected")
    except (DemoFailed, athena.AthenaError) as error:
        print(f"the demo failed: {error}")
        return 1
    return 0


def at(api: Api) -> str:
    """The option that says where the API is."""
    return f"--set=services.music.config.url={api.url}"


def asked(client: Any, audio: bytes, seconds: float) -> list[Song]:  # Any: a BlockingClient
    """The songs that a recording may be."""
    request = Request("music", parts=(Part("data", audio, Kind.AUDIO),), deadline=time.monotonic() + seconds)
    songs: list[Song] = json.loads(client.once("music", request).part("songs").text)
    return songs


def troubled(client: Any, api: Api, audio: bytes) -> dict[str, str]:  # Any: a BlockingClient
    """What becomes of each trouble: the song all the same, or the fault that the caller is told; and how many tries."""
    found = {}
    for what, (troubles, seconds) in TROUBLES.items():
        api.troubles[:], before = troubles, len(api.seen)
        try:
            said = asked(client, audio, seconds)[0]["title"]
        except ServiceError as error:
            said = error.fault.name + (f" {error.code}" if error.code else "")
        found[what] = f"{said}, after {len(api.seen) - before}"
        print(f"{what}: {found[what]}")
    return found


def agree(songs: Sequence[Song], expected: Sequence[Song]) -> None:
    """The same songs, their scores near enough."""
    same = len(songs) == len(expected) and all(
        one["title"] == other["title"] and abs(one["score"] - other["score"]) <= NEAR
        for one, other in zip(songs, expected, strict=True)
    )
    if not same:
        raise DemoFailed(f"expected {expected}, got {songs}")


def agree_on_troubles(found: dict[str, str], expected: dict[str, str]) -> None:
    """What became of each trouble is what is promised."""
    for what, said in expected.items():
        if found.get(what) != said:
            raise DemoFailed(f"{what}: expected {said!r}, got {found.get(what)!r}")


if __name__ == "__main__":
    sys.exit(main())
