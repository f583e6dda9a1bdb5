"""What a good existing tool does with a day: held templates, a held connection, a commit per subscriber."""

from __future__ import annotations

import smtplib
import sqlite3
import tempfile
from pathlib import Path

from jinja2 import Environment

from benchmarks import material
from benchmarks.rows.render import HTML, TEXT, held_mail
from benchmarks.rows.score import substring_loop
from benchmarks.sheets import sheets


def good_peer(port: int, subscribers: int) -> None:
    """Substring loop, a mail by the standard library, sent and recorded one after the other."""
    candidates, profiles = material.candidates(100), material.profiles(subscribers)
    held = {"html": Environment(autoescape=True).from_string(HTML), "txt": Environment().from_string(TEXT)}
    made = sheets(min(subscribers, 50))  # their ranking is ours and not the peer's: made by few, used by all
    with tempfile.TemporaryDirectory() as folder, smtplib.SMTP("127.0.0.1", port) as server:
        store = sqlite3.connect(Path(folder) / "peer.sqlite3")
        store.execute("CREATE TABLE sent (subscriber INTEGER PRIMARY KEY, at TEXT)")
        for number, profile in enumerate(profiles):
            substring_loop(candidates, [profile])
            sheet = made[number % len(made)]
            server.sendmail("digest@example.org", [sheet.address], held_mail(sheet, held))
            store.execute("INSERT INTO sent VALUES (?, datetime())", (number,))
            store.commit()
        store.close()
