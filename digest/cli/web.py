"""``digest web``: the site alone, any number of times on one store."""

from __future__ import annotations

import click

from digest.cli.context import house_of, say
from digest.clock import refuse_wrong_clock, utc_now


@click.command("web")
@click.option("--host", help="Address to listen on (default: web.host).")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on (default: web.port); 0 takes one."
)
@click.pass_context
def command(ctx: click.Context, host: str | None, port: int | None) -> None:
    """Serve the pages, feeds and API until told to stop. Sends nothing: see `digest deliver`."""
    from digest.slack.serving import routes
    from digest.web import create_app
    from digest.web.serving import bound, server

    refuse_wrong_clock(utc_now())  # whoever confirms or pauses here is given a slot by it
    with house_of(ctx) as house:
        settings = house.settings.web
        changes = {"host": host or settings.host, "port": settings.port if port is None else port}
        app = create_app(house, slack=routes(house, utc_now))
        with bound(settings.model_copy(update=changes)) as listening:
            shown = "{}:{}".format(*listening.getsockname()[:2])
            say(ctx, f"serving on http://{shown}, for {settings.base_url}")
            server(app).run(sockets=[listening])
