"""The day pages, week and month, trending."""

from __future__ import annotations

import pytest

from tests.web.conftest import Build, Site


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/", "Fri 16 Oct 2026"),
        ("/day/2026-10-15", "Thu 15 Oct 2026"),
        ("/week/2026-W42", "Week 42, 2026"),
        ("/month/2026-10", "October 2026"),
        ("/trending", "Trending"),
    ],
)
def test_a_page_of_papers_says_what_it_is_and_lists_them(site: Site, path: str, heading: str) -> None:
    answer = site.get(path)
    assert answer.status_code == 200
    assert f"<h1>{heading}</h1>" in answer.text
    assert answer.text.count('<li class="paper">') >= 20


def test_a_day_leads_to_its_neighbours_and_ends_where_nothing_is_known(site: Site) -> None:
    middle = site.get("/day/2026-10-15").text
    assert 'rel="prev" href="/day/2026-10-14"' in middle
    assert 'rel="next" href="/day/2026-10-16"' in middle
    assert 'href="/week/2026-W42"' in middle
    assert 'href="/month/2026-10"' in middle
    assert 'rel="prev"' not in site.get("/day/2026-10-14").text
    assert 'rel="next"' not in site.get("/day/2026-10-16").text


def test_a_week_leads_to_its_days_with_papers_and_a_month_to_its_weeks(site: Site) -> None:
    week, month = site.get("/week/2026-W42").text, site.get("/month/2026-10").text
    for day in ("14", "15", "16"):
        assert f'<a href="/day/2026-10-{day}">' in week.split("</nav>")[1]
    assert 'href="/day/2026-10-17"' not in week
    assert month.split("</nav>")[1].count('<a href="/week/2026-W42">Week 42</a>') == 1


def test_the_front_page_says_so_when_its_day_is_not_today(site: Site) -> None:
    assert "the latest day with papers" not in site.get("/").text
    site.clock.later(days=2)  # a Sunday, after a Saturday without papers
    front = site.get("/").text
    assert "<h1>Fri 16 Oct 2026</h1>" in front
    assert "the latest day with papers" in front
    assert "the latest day with papers" not in site.get("/day/2026-10-16").text


def test_a_paper_shows_title_people_date_votes_and_links(site: Site) -> None:
    text = site.get("/day/2026-10-15").text
    first = text.split('<li class="paper">')[1]
    for piece in ("upvotes", "published", "https://arxiv.org/abs/", "https://huggingface.co/papers/", "PDF"):
        assert piece in first


@pytest.mark.parametrize(
    "path",
    [
        "/day/2020-01-01",
        "/day/2026-02-30",
        "/day/nonsense",
        "/week/2026-W99",
        "/week/x",
        "/month/2026-13",
        "/month/0001-01",
        "/month/2019-02",
        "/month/2023-04",
        "/week/2023-W17",
        "/month/2026-11",
        "/week/2026-W43",
        "/month/2199-01",
        "/nothing",
        "/paper/9999.99999",
        "/assets/../secrets",
    ],
)
def test_what_there_is_not_is_a_page_that_says_so(site: Site, path: str) -> None:
    answer = site.get(path)
    assert answer.status_code == 404
    assert "<h1>Nothing here</h1>" in answer.text


def test_an_empty_store_says_so(build: Build) -> None:
    site = build()
    with site.engine.begin() as connection:
        for table in ("listings", "observations", "days", "papers"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    assert "No papers yet" in site.get("/").text
    assert "No papers are known" in site.get("/trending").text


@pytest.mark.parametrize(
    ("path", "kind"), [("/month/2026-09", "month"), ("/week/2026-W41", "week"), ("/month/2023-05", "month")]
)
def test_a_week_or_month_that_was_never_read_says_so(site: Site, path: str, kind: str) -> None:
    answer = site.get(path)
    assert (answer.status_code, "0 papers" in answer.text) == (200, False)
    assert f"Nothing of this {kind} has been read." in answer.text


def test_weeks_and_months_lead_no_further_than_the_source_and_today(site: Site) -> None:
    for first, second in (("/month/2023-05", "/month/2023-06"), ("/week/2023-W18", "/week/2023-W19")):
        assert 'rel="prev"' not in site.get(first).text
        assert f'rel="next" href="{second}"' in site.get(first).text
        assert f'rel="prev" href="{first}"' in site.get(second).text
    for last in ("/month/2026-10", "/week/2026-W42"):
        assert 'rel="prev"' in site.get(last).text
        assert 'rel="next"' not in site.get(last).text


def test_a_week_or_month_that_was_read_in_part_names_or_counts_the_days_that_were_not(site: Site) -> None:
    assert "not read: Mon 12 Oct, Tue 13 Oct<" in site.get("/week/2026-W42").text
    assert "9 of 12 weekdays were not read" in site.get("/month/2026-10").text
    with site.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM listings")
        connection.exec_driver_sql(
            "UPDATE days SET state = 'failed', first_read_at = NULL WHERE day = '2026-10-15'"
        )
    week = site.get("/week/2026-W42").text
    assert "not read: Mon 12 Oct, Tue 13 Oct, Thu 15 Oct<" in week
    assert "No papers were listed on the days that were read." in week


def test_markup_in_a_title_stays_text(site: Site) -> None:
    with site.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE papers SET title = '<script>alert(1)</script> & <b>bold</b>', "
            "code_url = 'javascript:alert(1)', abstract = '<img src=x onerror=alert(2)>'"
        )
    for path in ("/", "/trending"):
        text = site.get(path).text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "javascript:" not in text


def test_a_site_below_a_path_links_below_it(build: Build) -> None:
    site = build(base_url="https://example.org/papers/")
    text = site.get("/papers/day/2026-10-15").text
    assert 'href="/papers/day/2026-10-14"' in text
    assert 'href="/papers/assets/site.css?' in text
    assert 'href="/day' not in text


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("", "Not read yet"),
        ("open", "No papers so far"),
        ("settled", "No papers were listed"),
        ("failed", "could not be read"),
    ],
)
def test_a_day_without_papers_says_whether_there_were_none_or_it_was_not_read(
    site: Site, state: str, said: str
) -> None:
    with site.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM listings WHERE day = '2026-10-15'")
        if state:
            connection.exec_driver_sql(f"UPDATE days SET state = '{state}' WHERE day = '2026-10-15'")
        else:
            connection.exec_driver_sql("DELETE FROM days WHERE day = '2026-10-15'")
    answer = site.get("/day/2026-10-15")
    assert (answer.status_code, said in answer.text, "0 papers" in answer.text) == (200, True, False)
    assert 'href="/day/2026-10-14"' in answer.text
    assert 'href="/day/2026-10-16"' in answer.text


def test_a_page_asked_again_shows_what_has_changed_since(site: Site) -> None:
    before = site.get("/").text
    with site.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE papers SET title = 'Corrected ' || title, abstract = 'Anew. ' || abstract"
        )
        connection.exec_driver_sql("UPDATE listings SET upvotes = 4321")
    after = site.get("/").text
    papers = before.count('<li class="paper">')
    assert after.count("Corrected ") == after.count("<p>Anew. ") == after.count("4321 upvotes") == papers
