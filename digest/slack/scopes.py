"""What the app asks a workspace for."""

from __future__ import annotations

SCOPES = (
    "channels:history",
    "chat:write",
    "chat:write.public",
    "commands",
    "groups:history",
    "im:history",
    "im:write",
    "mpim:history",
    "users:read",
)
"""Posting; reading back where a post's answer was lost; opening direct messages; people's time zones."""
