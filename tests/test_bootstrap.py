"""The house furnished from its settings."""

from __future__ import annotations

import pytest

from digest.bootstrap import open_channels
from digest.config import Settings
from digest.model import ChannelName


@pytest.mark.parametrize("chosen", list(ChannelName))
def test_the_channels_that_are_switched_on_are_opened_and_no_others(chosen: ChannelName) -> None:
    switches = {name.value: {"enabled": name is chosen} for name in ChannelName}
    settings = Settings.model_validate(switches)
    assert {name: channel.name for name, channel in open_channels(settings).items()} == {chosen: chosen}
