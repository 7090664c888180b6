"""The operators' page names every metric the kernel has, and shows what `athena top` looks like."""

from __future__ import annotations

import re

from tools import watching

# The names that operators' dashboards may rely on; what else there is may change.
FIXED = {
    "athena_requests_total": {"service", "transport", "fault"},
    "athena_request_seconds": {"service"},
    "athena_stage_seconds": {"stage"},
    "athena_inflight": {"service"},
    "athena_queue_depth": {"service"},
    "athena_sessions": {"service"},
    "athena_batch_items": {"service"},
    "athena_workers": {"service", "state"},
    "athena_worker_restarts_total": {"service", "reason"},
    "athena_cancelled_total": {"service"},
}


async def test_the_page_has_every_metric_of_a_running_kernel() -> None:
    found = await watching.families()
    assert watching.PAGE.read_text(encoding="utf-8") == watching.page(found), "run: python -m tools.watching --write"
    labels = {name: set(told.split(", ")) for name, _, told, _ in found}
    for name, needed in FIXED.items():
        assert needed <= labels[name], name
    assert all(len(text.split()) >= 3 and text.endswith(".") for *_, text in found), "a metric says what it means"


def test_the_page_shows_what_top_shows_and_fetches_nothing() -> None:
    page, picture = watching.PAGE.read_text(encoding="utf-8"), watching.PICTURE.read_text(encoding="utf-8")
    assert f"]({watching.PICTURE.name})" in page
    for word in ("athena", *watching.SERVICES, *watching.WORKERS, *watching.PARTIES):
        assert word.replace(" ", "&#160;") in picture, word
    links = set(re.findall(r"https?://[^\s\"']+", picture))
    assert links <= {"http://www.w3.org/2000/svg", "https://www.textualize.io"}
