"""Characters that no database takes: refused at the door, in every path, query and form alike.

Postgres stores no NUL; neither database stores half a surrogate pair; and nobody types the other control
characters. Fields that say so in place (``IN_PLACE``) are left to their own checks.
"""

from __future__ import annotations

from fastapi import Request
from fastapi.routing import APIRoute

from digest.errors import DigestError, NotFound
from digest.subscriptions.checks import unstorable

IN_PLACE = frozenset({"keywords", "title", "address", "webhook"})


class Unstorable(DigestError):
    """A character that cannot be stored, and where it stands."""


async def refuse_unstorable(request: Request) -> None:
    """Raise ``Unstorable`` naming the part and the character, ``NotFound`` where it is the path.

    A body that no route reads is not read here.
    """
    if unstorable(request.scope["path"]) is not None:
        raise NotFound("there is no such page", remedy="its address holds a character that none has")
    for name, value in request.query_params.multi_items():
        _check("the address of the page", name + value)
    if _has_form(request):
        for name, given in (await request.form()).multi_items():
            if name not in IN_PLACE and isinstance(given, str):
                _check("a field of the form", given)


def _has_form(request: Request) -> bool:
    route = request.scope.get("route")
    return request.method == "POST" and isinstance(route, APIRoute) and route.body_field is not None


def _check(where: str, text: str) -> None:
    found = unstorable(text)
    if found is not None:
        raise Unstorable(
            f"{where} holds the character U+{ord(found):04X}, which cannot be stored", remedy="type it anew"
        )
