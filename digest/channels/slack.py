"""Slack: digests to a channel or a person by bot token, or through an incoming webhook."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar

from digest.channels import Sender
from digest.channels.slack_api import NO_TEAM_TOKENS, Api, Tokens
from digest.channels.slack_blocks import Layout, lay_out
from digest.channels.slack_entry import Style
from digest.channels.slack_find import find
from digest.channels.slack_http import Limits
from digest.channels.slack_pace import OwnPace, Pace
from digest.channels.slack_sender import SlackSender
from digest.errors import SubscriptionError
from digest.model import ChannelName, HandOver, Message, Refused, Sheet, Unknown, UnknownPolicy
from digest.slack_address import WEBHOOK_HOSTS, Webhook, read_address

BASE_URL = "https://slack.com/api/"


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """The Slack channel.

    ``tokens`` gives a workspace's own bot token where the app is installed in several;
    ``interactive`` says that an app receives button presses. Without it the entries carry links.
    """

    name: ClassVar[ChannelName] = ChannelName.SLACK
    on_unknown: ClassVar[UnknownPolicy] = UnknownPolicy.RECONCILE
    template: ClassVar[str] = "slack-3"

    bot_token: str = field(default="", repr=False)
    tokens: Tokens = field(default=NO_TEAM_TOKENS, repr=False)
    base_url: str = BASE_URL
    webhook_hosts: tuple[str, ...] = WEBHOOK_HOSTS
    layout: Layout = "auto"
    interactive: bool = False
    sentences: int = 2
    limits: Limits = field(default_factory=Limits)
    pace: Pace = field(default_factory=OwnPace, repr=False)

    def render(self, sheet: Sheet) -> bytes:
        """JSON: the parent and the messages of its thread. Webhooks get links where others get buttons."""
        webhook = "://" in sheet.address
        style = Style(buttons=self.interactive and not webhook, sentences=self.sentences)
        layout = "never" if webhook else self.layout  # a webhook is not told what a thread needs
        return lay_out(sheet, layout, style).to_bytes()

    def open(self) -> Sender:
        return SlackSender(self._api, self.webhook_hosts)

    def find(self, message: Message) -> HandOver | None:
        """Look for our key in the history. ``Unknown`` for webhooks: they can post, not read."""
        try:
            to = read_address(message.address, self.webhook_hosts)
        except SubscriptionError as error:
            return Refused(str(error), code="bad_address", suspend=True)
        if isinstance(to, Webhook):
            return Unknown("a webhook cannot be asked what it posted", reference=message.reference)
        return find(self._api, message, to)

    @property
    def _api(self) -> Api:
        """Tokens are looked up once per sender, before the first gate: nothing else can fail there."""
        return Api(self.bot_token, cache(self.tokens), self.base_url, self.pace, self.limits)
