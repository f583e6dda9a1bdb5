"""``/digest …``: each verb is a function of the desk, what was asked and the moment, and gives a reply."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from digest.channels.slack_text import clean, cut
from digest.errors import DigestError
from digest.slack.desk import Desk, Reply, sorry
from digest.slack.pausing import pause, resume, stop
from digest.slack.place import Asked
from digest.slack.profiles import remove, rename, show_profile, show_profiles, subscribe
from digest.slack.reading import search, show_today, why

HELP = """\
`/digest subscribe diffusion, agents -survey` – your digest, by direct message; or `subscribe trending`
`/digest subscribe robots: grasping, "robot arm"` – a profile with a name; you may have several
`/digest profiles` – what you follow and what was learnt; `/digest profile` (or `profile robots`) edits it
`/digest rename robots: arms`, `/digest remove robots` – of several profiles
`/digest today` – what today's papers have for you, without waiting
`/digest search "video generation" author:he org:nvidia` – all stored papers
`/digest why 2503.02130` – why a paper did or did not reach you
`/digest pause 2 weeks` (or `until 2027-01-10`), `/digest resume`, `/digest stop`
Put `here` first to speak of this channel's digest: `/digest here subscribe robotics`"""

Verb = Callable[[Desk, Asked, datetime], Reply]


def answer(desk: Desk, asked: Asked, now: datetime) -> Reply:
    """The reply to a command. What is wrong with it is a reply too."""
    verb = VERBS.get(asked.verb)
    if verb is None:
        return Reply(f"I do not know “{cut(clean(asked.verb), 60)}”.\n{HELP}")
    try:
        return verb(desk, asked, now)
    except DigestError as error:
        return sorry(error)


def show_help(_desk: Desk, _asked: Asked, _now: datetime) -> Reply:
    return Reply(HELP)


VERBS: dict[str, Verb] = {
    "help": show_help,
    "subscribe": subscribe,
    "profile": show_profile,
    "profiles": show_profiles,
    "rename": rename,
    "remove": remove,
    "today": show_today,
    "search": search,
    "why": why,
    "pause": pause,
    "resume": resume,
    "stop": stop,
    "unsubscribe": stop,
}
