"""What the app asks a workspace for: the scopes of the methods it calls, and no more."""

from __future__ import annotations

_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")

METHODS: dict[str, tuple[str, ...]] = {
    "auth.test": (),
    "chat.postMessage": ("chat:write", "chat:write.public"),
    "conversations.history": _HISTORY,
    "conversations.open": ("im:write",),
    "conversations.replies": _HISTORY,
    "users.info": ("users:read",),
    "views.open": (),
    "views.publish": (),
    "views.update": (),
}
"""Every method that is called with a bot token, with the scopes Slack documents for how it is called.

Posting (to public channels without an invitation, too); reading back where a post's answer was lost; opening
direct messages; people's time zones.
"""

COMMANDS = "commands"
"""The scope of slash commands."""

SCOPES = tuple(sorted({COMMANDS, *(scope for scopes in METHODS.values() for scope in scopes)}))
