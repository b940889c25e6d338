"""The command's entry: finds the subcommand, turns errors into one clear line and an exit code.

Exit codes: 0 done, 1 something is not well, 2 bad usage, 3 bad input, 4 engine or source unavailable, 130 stopped
(docs/errors.md). Subcommands are imported when called, so
that `briefcast spoken` does not wait for an engine.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import Any

import click

from briefing.errors import BadInput, BriefcastError

#: Command -> where it is, in the order that help shows.
_COMMANDS = {
    "narrate": "cli.narrate:narrate",
    "script": "cli.script:script",
    "spoken": "cli.spoken:spoken",
    "lexicon": "cli.lexicon:lexicon",
    "voices": "cli.voices:voices",
    "jingles": "cli.jingles:jingles",
    "demo": "cli.demo:demo",
    "serve": "cli.serve:serve",
    "apply": "cli.apply:apply",
    "connect": "cli.connect:connect",
    "keys": "cli.keys:keys",
    "users": "cli.users:users",
    "link": "cli.links:link",
    "pick": "cli.pick:pick",
    "digest": "cli.digest:digest",
    "import": "cli.moving:moving_in",
    "export": "cli.moving:moving_out",
    "listeners": "cli.listeners:listeners",
    "cost": "cli.cost:cost",
    "backlog": "cli.backlog:backlog",
    "audience": "cli.audience:audience",
    "audit": "cli.audit:audit",
    "inspect": "cli.inspect:inspect",
    "work": "cli.work:work",
    "dispatch": "cli.work:dispatch",
    "migrate": "cli.work:migrate",
    "health": "cli.health:health",
    "doctor": "cli.doctor:doctor",
    "retention": "cli.retention:retention",
    "backup": "cli.backup:backup",
    "restore": "cli.backup:restore",
    "relocate": "cli.relocate:relocate",
    "logs": "cli.logs:logs",
}

#: Commands that touch no data folder, for whomever.
_TOUCH_NOTHING = frozenset({"spoken", "inspect", "health", "logs"})

EXIT_BAD_INPUT = 3
EXIT_UNAVAILABLE = 4


class _Commands(click.Group):
    """Subcommands that are imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's interface
        """Return all names, in order."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command of that name."""
        if name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[name].partition(":")
        # What is imported stays: looking through it for garbage again and again is a sixth of a command's start.
        gc.disable()
        try:
            command: click.Command = getattr(import_module(module), attribute)
        finally:
            gc.freeze()
            gc.enable()
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="briefcast")
@click.pass_context
def briefcast(context: click.Context) -> None:
    """A newsroom's own audio desk: article IDs in, published MP3s out."""
    if os.geteuid() == 0 and context.invoked_subcommand not in _TOUCH_NOTHING:
        from cli.place import refuse_root  # noqa: PLC0415  what root does not run need not load it

        refuse_root()


def exit_code(error: BriefcastError) -> int:
    """Return the exit code for an error of ours."""
    return EXIT_BAD_INPUT if isinstance(error, BadInput) else EXIT_UNAVAILABLE


def _masked(text: str) -> str:
    """Return `text` without passwords, which the address of a database may hold."""
    from briefing.observing.logs import masked  # noqa: PLC0415  what succeeds need not load it

    return masked(text)


def main(arguments: list[str] | None = None, **options: Any) -> None:  # noqa: ANN401  click's own
    """Run the command and exit."""
    try:
        briefcast.main(arguments, standalone_mode=False, **options)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BriefcastError as error:
        click.echo(f"briefcast: {_masked(error.message)} [{error.code}]", err=True)
        if error.hint:
            click.echo(f"  {error.hint}", err=True)
        sys.exit(exit_code(error))
    except BrokenPipeError:
        # The reader of our output left, as `head` does; closing would complain again.
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        click.echo(f"briefcast: the system refused: {_masked(str(error))} [storage_unavailable]", err=True)
        click.echo("  Check the path, its permissions, and the space on the disk.", err=True)
        sys.exit(EXIT_UNAVAILABLE)


if __name__ == "__main__":
    main()
