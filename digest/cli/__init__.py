"""The command line. One module per noun, loaded only when its command is called.

Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage,
3 configuration, 4 store, 5 source, 6 delivery, 7 done with gaps, 130 interrupted; the table
stands in ``docs/cli.md``.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from pathlib import Path

import click

from digest import __version__
from digest.stderr import forgive_stderr

GROUPS: dict[str, dict[str, tuple[str, str]]] = {
    # name: (module, one line of help), in the order in which people meet them
    "Try it and set it up": {
        "demo": ("digest.cli.demo", "The main job on sample days, in a few seconds."),
        "init": ("digest.cli.init", "Write a configuration, a secret key and the store."),
        "config": ("digest.cli.config", "Show or check the effective settings."),
        "doctor": ("digest.cli.doctor", "Say what is wrong, and what to do about it."),
        "send-test": ("digest.cli.send_test", "Send one digest to one address, now."),
    },
    "Every day": {
        "run": ("digest.cli.run", "Run everything in this process until told to stop."),
        "once": ("digest.cli.once", "Do everything that is due, once: for cron."),
        "collect": ("digest.cli.collect", "Read the source once, now."),
        "prepare": ("digest.cli.prepare", "Prepare the digests that are due."),
        "deliver": ("digest.cli.deliver", "Hand over the digests that are due."),
        "bounces": ("digest.cli.bounces", "Take back what came back: bounces, complaints, goodbyes."),
    },
    "Papers": {
        "days": ("digest.cli.days", "The ledger: what is known of each day."),
        "search": ("digest.cli.search", "Find stored papers by free text."),
        "paper": ("digest.cli.paper", "Show a stored paper."),
        "backfill": ("digest.cli.backfill", "Read a span of days, silently."),
        "import": ("digest.cli.imports", "Import saved pages and API bodies."),
        "replay": ("digest.cli.replay", "Read kept answers again with today's parsers."),
    },
    "Subscribers": {
        "subscribers": ("digest.cli.subscribers", "Who gets a digest, and how."),
        "profile": ("digest.cli.profile", "Try a profile on stored days, or have one proposed."),
        "preview": ("digest.cli.preview", "Show a subscriber's digest as it is or would be sent."),
        "explain": ("digest.cli.explain", "Why a paper was sent to a subscriber, or not."),
        "deliveries": ("digest.cli.deliveries", "Look after deliveries: list, show, retry, release, close."),
    },
    "Servers and the store": {
        "web": ("digest.cli.web", "Serve the pages, feeds and API."),
        "worker": ("digest.cli.worker", "Deliver until told to stop; any number may run on one store."),
        "scheduler": ("digest.cli.scheduler", "Collect, prepare and watch until told to stop."),
        "slack": ("digest.cli.slack", "The Slack app: run, manifest, check, workspaces."),
        "db": ("digest.cli.db", "Upgrade, check, back up or move the store."),
        "stats": ("digest.cli.stats", "Count what the store holds."),
    },
}
BRIEF = frozenset({"days", "search", "paper", "profile", "preview", "explain", "stats"})
"""Commands that look something up and end: nobody looks for garbage meanwhile, a tenth of the time of
`digest profile test`."""
COMMANDS = {name: told for group in GROUPS.values() for name, told in group.items()}


class LazyGroup(click.Group):
    """A group whose commands are imported only when they run: ``--help`` reads the table alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  the signature is Click's
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        found = import_module(module).command
        if not isinstance(found, click.Command):
            raise TypeError(f"{module}.command is no Click command")
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The named command; Click's own looks for what may have been meant among loaded commands only."""
        if args[0] not in COMMANDS:
            from difflib import get_close_matches

            if near := get_close_matches(args[0], COMMANDS, n=1):
                ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        width = max(map(len, COMMANDS))
        for title, group in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<{width}}", line) for name, (_, line) in group.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="digest")
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),  # it is read later, with a remedy
    help="Configuration file (default: $DIGEST_CONFIG, ./config.toml, or the user's).",
)
@click.option("-q", "--quiet", is_flag=True, help="Only data and errors.")
@click.pass_context
def root(ctx: click.Context, config_path: Path | None, quiet: bool) -> None:  # noqa: FBT001  Click calls it
    """Daily Papers, read every day: a ranked, honest digest by e-mail or Slack."""
    ctx.obj = {"config_path": config_path, "quiet": quiet}
    # ranking's products are small: threads wait for each other longer than they work (docs/performance.md)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if ctx.invoked_subcommand in BRIEF:
        from digest.garbage import counting_only

        ctx.with_resource(counting_only())


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code; every error is one line with a remedy."""
    if os.environ.get("NO_COLOR"):
        os.environ.pop("FORCE_COLOR", None)  # Rich would let FORCE_COLOR win
    try:
        result = root.main(args=arguments, prog_name="digest", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except BrokenPipeError:
        _close_stdout()
        return 0
    except Exception as error:  # noqa: BLE001  the last door: no traceback reaches a person
        return _say(error)
    return result if isinstance(result, int) else 0


def _close_stdout() -> None:
    """Keep the interpreter from complaining about the closed pipe at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(error: Exception) -> int:
    from digest.errors import DigestError

    if not isinstance(error, DigestError):
        if os.environ.get("DIGEST_DEBUG"):
            raise error
        click.echo(f"error: {type(error).__name__}: this is a fault of digest, not yours", err=True)
        click.echo("  → run it again with DIGEST_DEBUG=1 and report what it says", err=True)
        return 1
    click.echo(f"error: {error}", err=True)
    if error.remedy:
        click.echo(f"  → {error.remedy}", err=True)
    return error.exit_code


def run() -> None:
    """The console script."""
    forgive_stderr()
    code = main()
    gc.freeze()  # what is left goes with the process: to look for cycles in it took longer than `digest days`
    sys.exit(code)
