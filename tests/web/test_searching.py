"""Search over the whole store, for people and for programs."""

from __future__ import annotations

import pytest

from tests.web.conftest import Site


def test_words_find_papers_with_their_newest_day(site: Site) -> None:
    text = site.get("/search", params={"q": "diffusion"}).text
    assert 'value="diffusion"' in text
    assert "listed <a" in text
    assert "iffusion" in text.split('class="papers"')[1]


def test_what_is_found_nowhere_says_so_and_offers_to_subscribe(site: Site) -> None:
    text = site.get("/search", params={"q": "zyzzyva"}).text
    assert "No paper has these words." in text
    assert 'name="keywords" value="zyzzyva"' in text


def test_results_come_in_pages(site: Site) -> None:
    first = site.get("/api/search", params={"q": "diffusion robot speech retrieval agents video"}).json()
    seen = [one["id"] for one in first["papers"]]
    assert len(seen) == 20
    second = site.get(
        "/api/search", params={"q": "diffusion robot speech retrieval agents video", "offset": first["next"]}
    )
    assert not set(seen) & {one["id"] for one in second.json()["papers"]}
    page = site.get(
        "/search", params={"q": "diffusion robot speech retrieval agents video", "offset": "20"}
    ).text
    assert "← Before" in page


@pytest.mark.parametrize("words", ['"', "***", "x" * 500, "'; DROP TABLE papers; --", "(" * 100])
def test_odd_queries_are_answered_in_words(site: Site, words: str) -> None:
    for offset in ("0", "-5", "x", "9" * 30):
        answer = site.get("/search", params={"q": words, "offset": offset})
        assert answer.status_code == 200
    assert site.get("/api/search", params={"q": words}).status_code in {200, 422}


def test_an_empty_query_shows_the_box(site: Site) -> None:
    text = site.get("/search").text
    assert 'role="search"' in text
    assert "No paper" not in text
