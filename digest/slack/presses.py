"""Buttons: more, less, save, why, and taking each back. A press that comes twice is the same as once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from digest import subscriptions
from digest.account_wording import account_line
from digest.channels.slack_entry import LESS, MORE, SAVE, WHY
from digest.channels.slack_text import actions, bold, button, clean, context, cut, section
from digest.errors import DigestError, NotFound, SubscriptionError
from digest.model import Digest, FeedbackVerdict, Subscriber
from digest.slack.desk import Desk, Reply, sorry
from digest.slack.library import titles
from digest.slack.place import Place
from digest.slack.showing import named_paper
from digest.slack_address import Conversation, read_address
from digest.store import digests, saved
from digest.store import subscribers as store_subscribers
from digest.store.database import reading, transaction
from digest.wording import points, reason_account

UNDO, UNSAVE = "digest_undo", "digest_unsave"
NOT_YOURS = "that digest belongs to another conversation"

Press = Callable[[Desk, Place, int, str, datetime], Reply]


def pressed(desk: Desk, place: Place, action: str, value: str, now: datetime) -> Reply:
    """The reply to a press; ``value`` is ``DIGEST/PAPER`` as the button was made with."""
    try:
        digest_id, paper_id = read_value(value)
        return PRESSES[action](desk, place, digest_id, paper_id, now)
    except DigestError as error:
        return sorry(error)


def read_value(value: str) -> tuple[int, str]:
    number, _, paper_id = value.partition("/")
    if not (number.isascii() and number.isdigit() and len(number) < 19 and 0 < len(paper_id) <= 64):
        raise NotFound("that button is too old", remedy="use a newer digest")
    return int(number), paper_id


def owner(session: Session, place: Place, digest_id: int) -> tuple[Digest, Subscriber]:
    """The digest and its subscriber, if it stands in this conversation. Raises ``SubscriptionError``."""
    found = digests.load(session, [digest_id]).get(digest_id)
    if found is None:
        raise NotFound("that digest is no longer kept", remedy="use a newer digest")
    subscriber = store_subscribers.get(session, found.subscriber_id)
    if not _stands_in(subscriber.address, place):
        raise SubscriptionError(NOT_YOURS, remedy="press the buttons of your own digest")
    return found, subscriber


def _stands_in(address: str, place: Place) -> bool:
    if "://" in address:
        return False
    to = read_address(address, ())
    if not isinstance(to, Conversation) or to.team != place.team:
        return False
    return to.id in (place.channel, place.person)


def _judge(verdict: FeedbackVerdict, told: str) -> Press:
    def press(desk: Desk, place: Place, digest_id: int, paper_id: str, now: datetime) -> Reply:
        with reading(desk.engine) as session:
            _, subscriber = owner(session, place, digest_id)
            name = named_paper(paper_id, titles(session, [paper_id]).get(paper_id, ""))
        corpus = desk.material(now).corpus
        subscriptions.judge(desk.engine, subscriber.id, paper_id, verdict, corpus, now)
        return _with_undo(f"{told} {name}.", UNDO, digest_id, paper_id)

    return press


def _with_undo(told: str, action: str, digest_id: int, paper_id: str) -> Reply:
    value = f"{digest_id}/{paper_id}"
    return Reply(told, (section(told), actions(f"undo/{value}", button("Undo", action, value))))


def _undo(desk: Desk, place: Place, digest_id: int, paper_id: str, now: datetime) -> Reply:
    with reading(desk.engine) as session:
        _, subscriber = owner(session, place, digest_id)
    corpus = desk.material(now).corpus
    subscriptions.judge(desk.engine, subscriber.id, paper_id, None, corpus, now)
    return Reply("Taken back.")


def _save(desk: Desk, place: Place, digest_id: int, paper_id: str, now: datetime) -> Reply:
    with transaction(desk.engine) as session:
        _, subscriber = owner(session, place, digest_id)
        name = named_paper(paper_id, titles(session, [paper_id]).get(paper_id, ""))
        saved.save(session, subscriber.id, paper_id, now)
    return _with_undo(f"Saved {name}. The app's Home lists what you saved.", UNSAVE, digest_id, paper_id)


def _unsave(desk: Desk, place: Place, digest_id: int, paper_id: str, now: datetime) -> Reply:  # noqa: ARG001
    with transaction(desk.engine) as session:
        _, subscriber = owner(session, place, digest_id)
        saved.remove(session, subscriber.id, paper_id)
    return Reply("No longer saved.")


def _why(desk: Desk, place: Place, digest_id: int, paper_id: str, now: datetime) -> Reply:  # noqa: ARG001
    """Why these: the arithmetic of this paper, the profile it met, and the account of the whole digest."""
    with reading(desk.engine) as session:
        digest, _ = owner(session, place, digest_id)
        name = named_paper(paper_id, titles(session, [paper_id]).get(paper_id, ""))
    blocks = [section(bold(name))]
    for part in digest.sections:
        for entry in part.entries:
            if entry.paper_id == paper_id:
                total = f"{points(entry.score.value)} points for {part.profile_name}"
                blocks.append(section(cut(clean(f"{total}: {reason_account(entry.score)}"), 2000)))
                blocks.append(context(f"Profile: {cut(clean(part.profile_text or 'trending'), 1000)}"))
    blocks.append(context(cut(clean(account_line(digest.account, digest.timezone)), 1000)))
    return Reply("Why these?", tuple(blocks))


PRESSES: dict[str, Press] = {
    MORE: _judge(FeedbackVerdict.MORE, "Noted: more like"),
    LESS: _judge(FeedbackVerdict.LESS, "Noted: less like"),
    SAVE: _save,
    WHY: _why,
    UNDO: _undo,
    UNSAVE: _unsave,
}
