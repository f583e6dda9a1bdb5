"""A small IMAP server on loopback: one folder, the commands a reader of reports needs."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Folder(socketserver.ThreadingTCPServer):
    """Mails with their flags, the commands asked; ``refuse`` names one that is answered with NO."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, mails: list[bytes], refuse: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.mails = mails
        self.refuse = refuse
        self.seen: set[int] = set()
        self.asked: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Conversation(socketserver.StreamRequestHandler):
    server: Folder

    def handle(self) -> None:
        self.say("* OK [CAPABILITY IMAP4rev1] ready")
        for line in self.rfile:
            tag, _, rest = line.decode().strip().partition(" ")
            command = rest.removeprefix("UID ").partition(" ")[0].upper()
            self.server.asked.append(command)
            if command == self.server.refuse:
                self.say(f"{tag} NO refused")
                continue
            self.answer(command, rest)
            self.say(f"{tag} OK done")
            if command == "LOGOUT":
                return

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def answer(self, command: str, rest: str) -> None:
        mails, seen = self.server.mails, self.server.seen
        if command == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1")
        elif command == "SELECT":
            self.say(f"* {len(mails)} EXISTS")
        elif command == "SEARCH":
            self.say("* SEARCH " + " ".join(str(n + 1) for n in range(len(mails)) if n not in seen))
        elif command == "FETCH":
            number = int(rest.split()[2])
            body = mails[number - 1]
            self.wfile.write(
                b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n" % (number, number, len(body)) + body + b")\r\n"
            )
        elif command == "STORE":
            found = re.search(r"STORE (\d+) \+FLAGS \(\\Seen\)", rest)
            assert found is not None
            seen.add(int(found[1]) - 1)


@contextmanager
def serving(mails: list[bytes], refuse: str = "") -> Iterator[Folder]:
    with Folder(mails, refuse) as folder:
        thread = threading.Thread(target=folder.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield folder
        folder.shutdown()
        thread.join()
