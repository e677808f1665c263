"""The series of one server: names, labels, and a scrape that never fails and never waits long."""

import asyncio
import time
from pathlib import Path
from types import MappingProxyType

import pytest
from prometheus_client.parser import text_string_to_metric_families

from readstone.domain.refusals import Reason, Refusal
from readstone.domain.stages import PageKind, Stage, engine_name, page_done, stage, watched_by
from readstone.observe.exposition import Exposition
from readstone.observe.metrics import Metrics
from readstone.observe.observer import Observer
from readstone.observe.queue import Queue
from readstone.operations.errors import StoreUnavailableError
from readstone.operations.operation import Operation, PageClaim, State
from readstone.operations.store import Counts

COUNTS = Counts(5, 2, 3.5, MappingProxyType({State.NOT_STARTED: 1, State.RUNNING: 2}))


class CountedStore:
    """Answers `counts`, or does what the test says; counts how often it was asked."""

    def __init__(self, fault: Exception | None = None, seconds: float = 0.0) -> None:
        self.fault = fault
        self.seconds = seconds
        self.asked = 0

    async def counts(self) -> Counts:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        if self.fault:
            raise self.fault
        return COUNTS


def series(text: bytes) -> dict[str, float]:
    """Every sample by its name and labels, labels in the order of the alphabet."""
    found = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def scraped(metrics: Metrics, store: CountedStore, folder: Path, **options: float) -> dict[str, float]:
    async def scrape() -> bytes:
        return (await Exposition(metrics, Queue(store, folder, **options)).scrape("")).text

    return series(asyncio.run(scrape()))


def operation(state: State = State.SUCCEEDED) -> Operation:
    return Operation("id", "v3.2", "read", b"", "", state, 100.0, 107.0, (1, 2))


def test_what_happens_is_counted_under_the_agreed_names(tmp_path: Path) -> None:
    observer = Observer()
    metrics = observer.metrics
    metrics.request_of("v3.2", "Read", 202)(0.03)
    metrics.request_of("v3.2", "Read", 202)(0.2)
    observer.refused(Refusal(Reason.IMAGE_FORMAT, "no"))
    observer.refused(Refusal(Reason.TOO_MANY_REQUESTS, "no", bound="rate"))
    with watched_by(observer):
        with stage(Stage.DECODE, "decoder"):
            pass
        page_done(PageKind.READ)
    with observer.page(PageClaim(operation(), 0, 1, 1, left_behind=True)):
        pass
    observer.ended(operation())
    metrics.count_from("others_total", "help", "reason", lambda: {"x": 3})
    found = scraped(metrics, CountedStore(), tmp_path)
    expected = {
        'readstone_http_requests_total{code="202",operation="Read",version="v3.2"}': 2,
        'readstone_http_request_duration_seconds_bucket{le="0.05",operation="Read",version="v3.2"}': 1,
        'readstone_http_request_duration_seconds_count{operation="Read",version="v3.2"}': 2,
        "readstone_http_requests_in_flight": 0,
        'readstone_intake_refused_total{reason="image_format"}': 1,
        'readstone_rate_limited_total{bound="rate"}': 1,
        'readstone_stage_duration_seconds_count{engine="decoder",stage="decode"}': 1,
        'readstone_pages_total{kind="read"}': 1,
        "readstone_lease_reclaims_total": 1,
        'readstone_operation_duration_seconds_sum{kind="read",state="succeeded"}': 7.0,
        'readstone_others_total{reason="x"}': 3,
        'readstone_operations{state="not_started"}': 1,
        'readstone_operations{state="running"}': 2,
        'readstone_queued_pages{state="waiting"}': 5,
        'readstone_queued_pages{state="reading"}': 2,
        "readstone_operation_oldest_queued_seconds": 3.5,
        "readstone_store_up": 1,
    }
    assert {name: found.get(name) for name in expected} == expected
    assert 0 < found["readstone_store_used_ratio"] < 1
    assert [name for name in found if name.startswith("readstone_build_info{")]
    assert [name for name in found if name.startswith("process_resident_memory_bytes")]
    assert not [name for name in found if name.endswith("_created")]


def test_servers_in_one_process_count_apart(tmp_path: Path) -> None:
    one, other = Metrics(), Metrics()
    one.request_of("v3.2", "Read", 202)(0.03)
    assert not [name for name in scraped(other, CountedStore(), tmp_path) if "http_requests_total" in name]


def test_without_a_watch_nothing_happens() -> None:
    with stage(Stage.READ, "x"):
        page_done(PageKind.READ)


def test_a_stage_that_fails_is_timed_too(tmp_path: Path) -> None:
    observer = Observer()
    with watched_by(observer), pytest.raises(ZeroDivisionError), stage(Stage.SEE, "default"):
        raise ZeroDivisionError
    found = scraped(observer.metrics, CountedStore(), tmp_path)
    assert found['readstone_stage_duration_seconds_count{engine="default",stage="see"}'] == 1


def test_engines_are_named_by_themselves_or_their_class() -> None:
    class Plain: ...

    class Named:
        name = "large"

    assert (engine_name(Plain()), engine_name(Named())) == ("Plain", "large")


@pytest.mark.parametrize("fault", [StoreUnavailableError("away"), RuntimeError("a bug")])
def test_a_store_that_is_away_hides_nothing_else(tmp_path: Path, fault: Exception) -> None:
    found = scraped(Metrics(), CountedStore(fault), tmp_path)
    assert found["readstone_store_up"] == 0
    assert "readstone_operation_oldest_queued_seconds" not in found
    assert found["readstone_http_requests_in_flight"] == 0
    assert "readstone_store_used_ratio" in found


def test_a_folder_that_is_gone_hides_nothing_else(tmp_path: Path) -> None:
    found = scraped(Metrics(), CountedStore(), tmp_path / "gone")
    assert found["readstone_store_up"] == 1
    assert "readstone_store_used_ratio" not in found


def test_a_store_that_hangs_is_asked_once_and_waited_for_briefly(tmp_path: Path) -> None:
    store = CountedStore(seconds=3.0)

    async def main() -> None:
        queue = Queue(store, tmp_path, fresh_seconds=0.01, patience_seconds=0.05)
        exposition = Exposition(Metrics(), queue)
        for _ in range(3):
            started = time.monotonic()
            assert series((await exposition.scrape("")).text)["readstone_store_up"] == 0
            assert time.monotonic() - started < 0.35
            await asyncio.sleep(0.02)
        assert store.asked == 1
        store.seconds = 0.0
        while not series((await exposition.scrape("")).text)["readstone_store_up"]:
            await asyncio.sleep(0.1)
            assert time.monotonic() - started < 30

    asyncio.run(main())


def test_many_who_look_at_once_ask_the_store_once(tmp_path: Path) -> None:
    store = CountedStore(seconds=0.05)

    async def main() -> None:
        exposition = Exposition(Metrics(), Queue(store, tmp_path))
        scrapes = await asyncio.gather(*(exposition.scrape("") for _ in range(20)))
        assert {series(scrape.text)["readstone_store_up"] for scrape in scrapes} == {1}
        await exposition.scrape("")

    asyncio.run(main())
    assert store.asked == 1


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [("", "text/plain"), ("application/openmetrics-text;version=1.0.0", "application/openmetrics-text")],
)
def test_the_format_is_the_scrapers_choice(tmp_path: Path, accept: str, media_type: str) -> None:
    async def main() -> None:
        scrape = await Exposition(Metrics(), Queue(CountedStore(), tmp_path)).scrape(accept)
        assert scrape.media_type.startswith(media_type)
        assert scrape.text.endswith(b"# EOF\n") is ("openmetrics" in media_type)

    asyncio.run(main())
