"""The straight line, thin and quick: sample days over HTTP, ranked, into mails by SMTP. Nothing twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from digest.demo.mailbox import Mail, html_of
from digest.demo.play import AGAIN, MORNINGS, Round, Stage, open_stage
from digest.store import listings
from digest.store.database import reading


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with open_stage() as opened:
        yield opened


@pytest.fixture(scope="module")
def first(stage: Stage) -> Round:
    return stage.round(MORNINGS[0])


@pytest.fixture(scope="module")
def second(stage: Stage, first: Round) -> Round:
    return stage.round(MORNINGS[1])


def letter(mails: tuple[Mail, ...], name: str) -> EmailMessage:
    (mail,) = [mail for mail in mails if mail.recipients == (f"{name}@sample.example",)]
    parsed = message_from_bytes(mail.content, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def text(mails: tuple[Mail, ...], name: str) -> str:
    body = letter(mails, name).get_body(("plain",))
    assert body
    return " ".join(str(body.get_content()).split())


def test_each_subscriber_gets_one_mail_with_what_the_source_listed(stage: Stage, first: Round) -> None:
    assert (first.days, first.added, first.prepared) == (2, 39, 3)
    assert sorted(mail.recipients for mail in first.mails) == [
        (f"{name}@sample.example",) for name in ("ada", "mika", "ravi")
    ]
    with reading(stage.house.engine) as session:
        assert len(listings.of_day(session, MORNINGS[0].date())) == 13


def test_the_best_match_stands_first_with_its_reasons(first: Round) -> None:
    mail = text(first.mails, "ada")

    titles = ("Patient Policies: Diffusion Planning", "Dreaming in Sim", "Two Hands Are Not Twice One")
    assert sorted(titles, key=mail.index) == list(titles)
    assert "robot manipulation (" in mail
    assert "LegalLoom" not in mail


def test_trending_readers_get_what_has_most_votes(first: Round) -> None:
    mail = text(first.mails, "mika")

    assert mail.index("Patient Policies") < mail.index("Retrieval Is a Budget") < mail.index("Longhand")


def test_the_late_paper_comes_in_the_next_digest_marked_late(first: Round, second: Round) -> None:
    assert "Failure Replay" not in text(first.mails, "ada")
    mail = text(second.mails, "ada")

    assert re.search(r"Diffusion Policies Learn to Recover.{0,250}\blate\b", mail, re.IGNORECASE)


def test_no_paper_comes_twice(first: Round, second: Round) -> None:
    for name in ("ada", "ravi", "mika"):
        before, after = (
            set(re.findall(r"2[0-9]{3}\.9[0-9]{4}", text(done.mails, name))) for done in (first, second)
        )
        assert before
        assert after
        assert not before & after


def test_the_account_adds_up(second: Round) -> None:
    found = re.search(r"papers listed from [^,]*, (\d+ new to you[^:]*): (.*?)\. ", text(second.mails, "ada"))
    assert found

    came, counted = (sum(map(int, re.findall(r"(?:^|, )(\d+) ", part))) for part in found.groups())
    assert counted == came


def test_markup_in_titles_stays_text(first: Round) -> None:
    pages = [html_of(mail) for mail in first.mails]

    assert any("&lt;think&gt;" in page for page in pages)
    assert not any("<think>" in page for page in pages)


def test_a_second_run_sends_nothing_twice(stage: Stage, second: Round) -> None:
    again = stage.round(second.now + AGAIN)

    assert (again.prepared, again.mails) == (0, ())
