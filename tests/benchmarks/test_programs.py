"""What wrk and h2load print is read as it is meant."""

from __future__ import annotations

import pytest

from benchmarks.load.programs import Sample, read_h2load, read_wrk

WRK = """Running 2s test @ http://127.0.0.1:1/v1/private/echo
  1 threads and 32 connections
  Latency Distribution
     50%    2.09ms
     75%    2.31ms
  28982 requests in 2.00s, 6.05MB read
"""
H2LOAD = """finished in 2.00s, 3890.00 req/s, 774.97KB/s
requests: 7780 total, 7812 started, 7780 done, 7780 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 7780 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 1.51MB (1587137) total, 23.09KB (23640) headers (space savings 96.25%), 1.08MB (1128100) data
"""
LOG = "17952348\t200\t1000\n17952349\t200\t3000\n17952350\t200\t2000\n17952351\t-1\t9\n"


def test_wrk_says_how_many_requests_it_made_and_how_long_half_of_them_took() -> None:
    assert read_wrk(WRK) == Sample(28982, 2.0, pytest.approx(0.00209), 0)
    assert read_wrk(WRK).rate == 14491.0


def test_answers_that_are_errors_do_not_count() -> None:
    found = read_wrk(WRK + "  Non-2xx or 3xx responses: 1000\n  Socket errors: connect 0, read 2, write 0, timeout 1\n")
    assert (found.count, found.failed) == (27982, 1003)


def test_h2load_says_the_same() -> None:
    assert read_h2load(H2LOAD, LOG, answer=145) == Sample(7780, 2.0, 0.002, 0)


def test_an_error_of_grpc_comes_with_http_200_and_is_found_by_its_missing_bytes() -> None:
    half = H2LOAD.replace("(1128100) data", "(564050) data")
    found = read_h2load(half, LOG, answer=145)
    assert (found.count, found.failed) == (3890, 3890)


@pytest.mark.parametrize("read", [read_wrk, lambda text: read_h2load(text, LOG, 1)])
def test_a_program_that_says_nothing_is_an_error_not_a_zero(read: object) -> None:
    with pytest.raises(ValueError, match="did not say"):
        read("unable to connect")  # type: ignore[operator]  # both take a text
