"""The server's own paths: what is asked, and what an answer looks like."""

from __future__ import annotations

from athena_proto.openapi_pages import pages, resources, sessions


def test_every_page_is_a_get_that_says_what_it_answers() -> None:
    for path, item in pages(["a"]).items():
        assert set(item) == {"get"}, path
        assert {"200", "4XX"} <= set(item["get"]["responses"])
    assert set(pages([])) >= {"/livez", "/readyz", "/metrics", "/v1/services", "/openapi.json"}
    (name,) = pages(["a", "b"])["/v1/services/{service}"]["get"]["parameters"]
    assert name["schema"]["enum"] == ["a", "b"]


def test_a_session_is_opened_written_read_and_closed() -> None:
    paths = sessions(["a", "b"])
    assert set(paths["/v1/sessions/{sid}"]) == {"post", "get", "delete"}
    for item in paths.values():
        for operation in item.values():
            assert {"200", "4XX", "5XX"} <= set(operation["responses"])


def test_a_resource_is_put_shown_and_deleted() -> None:
    paths = resources(["a"])
    assert set(paths["/v1/services/{service}/resources"]) == {"get"}
    assert set(paths["/v1/services/{service}/resources/{id}"]) == {"put", "get", "delete"}
    for item in paths.values():
        for operation in item.values():
            assert {"4XX", "5XX"} < set(operation["responses"])
            assert operation["parameters"][0]["schema"] == {"enum": ["a"]}
