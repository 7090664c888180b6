"""Whatever happens to a gatherer, nothing is lost, doubled or reordered, and nothing waits for ever."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from athena.executors.crowd import SHORTEST
from athena.models import BatchSettings

from .bench import Bench

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 6)),
        st.tuples(st.just("time"), st.integers(0, 40)),
        st.tuples(st.just("end"), st.integers(0, 3)),
        st.tuples(st.just("discard"), st.integers(0, 200)),
        st.tuples(st.just("die"), st.integers(0, 200)),
        st.tuples(st.just("settle"), st.integers(1, 9)),
        st.tuples(st.just("back"), st.integers(0, 3)),
    ),
    max_size=120,
)


class Story:
    """What may happen, and what is remembered of it."""

    def __init__(self, max_size: int, max_wait_ms: float, lanes: int) -> None:
        self.bench = Bench(max_size, max_wait_ms, lanes)
        self.most = max_size
        self.wait_ms = max_wait_ms
        self.weights: dict[int, int] = {}
        self.gone: set[int] = set()
        self.returned: list[int] = []

    def add(self, weight: int) -> None:
        self.weights[len(self.weights)] = weight
        self.bench.gatherer.add(len(self.weights) - 1, weight)

    def time(self, amount: int) -> None:
        self.bench.pass_time(amount / 10_000)

    def end(self, index: int) -> None:
        if index < len(self.bench.running):
            self.bench.end(index)

    def discard(self, item: int) -> None:
        if self.bench.gatherer.discard(item):
            self.gone.add(item)

    def die(self, item: int) -> None:
        self.bench.dead.add(item)

    def settle(self, most: int) -> None:
        self.most = most
        self.bench.gatherer.settle(BatchSettings(most, self.wait_ms))

    def back(self, index: int) -> None:
        """A worker has died before it saw a batch: its items are the next ones."""
        if index >= len(self.bench.running):
            return
        batch = self.bench.running.pop(index)
        self.bench.ran = [entry for entry in self.bench.ran if entry[1] != batch]
        self.returned += batch
        for item in reversed(batch):
            self.bench.gatherer.add(item, self.weights[item], ahead=True)
        self.bench.gatherer.look()

    def finish(self) -> None:
        """Every hook returns, and time passes."""
        for _ in range(len(self.weights) * 2 + 2):
            self.bench.pass_time(self.wait_ms / 1000 + 3 * SHORTEST)
            if self.bench.running:
                self.bench.end()

    def fits(self, batch: list[int]) -> bool:
        return len(batch) == 1 or sum(self.weights[item] for item in batch) <= self.most


@given(STEPS, st.integers(1, 8), st.sampled_from([0.0, 0.5, 5.0]), st.integers(1, 3))
@settings(max_examples=300, deadline=None)
def test_each_item_runs_once_and_in_order_or_was_dropped(
    steps: list[tuple[str, int]], max_size: int, max_wait_ms: float, lanes: int
) -> None:
    story = Story(max_size, max_wait_ms, lanes)
    bench = story.bench
    for what, amount in steps:
        before = {tuple(batch) for _, batch in bench.ran}
        getattr(story, what)(amount)
        assert len(bench.running) <= lanes
        assert all(story.fits(batch) for _, batch in bench.ran if tuple(batch) not in before)
    story.finish()
    assert not bench.gatherer.waiting
    ran = [item for _, batch in bench.ran for item in batch]
    assert sorted([*ran, *story.gone, *bench.dropped]) == sorted(story.weights)
    undisturbed = [item for item in ran if item not in story.returned]
    assert undisturbed == sorted(undisturbed)


@given(STEPS, st.integers(1, 8), st.sampled_from([0.0, 0.5, 5.0]))
@settings(max_examples=200, deadline=None)
def test_no_lane_is_idle_for_longer_than_a_batch_may_be_held(
    steps: list[tuple[str, int]], max_size: int, max_wait_ms: float
) -> None:
    story = Story(max_size, max_wait_ms, lanes=1)
    idle = 0.0
    for what, amount in steps:
        for _ in range(amount if what == "time" else 1):
            getattr(story, what)(1 if what == "time" else amount)
            held = bool(story.bench.gatherer.waiting) and not story.bench.running
            idle = idle + 0.0001 * (what == "time") if held else 0.0
            assert idle <= max_wait_ms / 1000 + 0.0002
