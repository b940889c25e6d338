"""`briefcast users`: who signs in at the desk."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from briefing import audit
from briefing import users as people
from briefing.audit import Action
from briefing.roles import Role
from briefing.settings import PublicSettings
from cli.place import open_place

_ROLE = click.option(
    "--role", type=click.Choice([role.value for role in Role]), required=True, help="What they may do."
)
_LINK = click.option("--link", is_flag=True, help="Print a link with which they choose a password themselves, once.")


@click.group()
def users() -> None:
    """Add, list, change and remove those who sign in at the desk."""


@users.command()
@click.argument("name")
@_ROLE
@_LINK
def add(name: str, role: str, *, link: bool) -> None:
    """Add a user; the password is asked for, or read from standard input.

    A viewer sees, an editor changes and publishes audio, an admin manages users too.
    """
    password = None if link else _password()
    now = datetime.now(UTC)
    with open_place().database.writing() as session:
        user = people.add(session, name, Role(role), password, now)
        secret = people.welcome(session, user.name, now) if link else None
        audit.record(session, now, Action.USER_ADD, None, detail=f"{user.name} {role}")
    click.echo(_address(secret) if secret else f"added {user.name}")


@users.command(name="list")
def list_users() -> None:
    """List them by name, with their roles."""
    with open_place().database.reading() as session:
        for user in people.listed(session):
            state = "" if user.has_password else "  has not chosen a password"
            click.echo(f"{user.name}  {user.role.value}  since {user.created_at:%Y-%m-%d}{state}")


@users.command()
@click.argument("name")
@_ROLE
def role(name: str, role: str) -> None:
    """Give a user another role, at once."""
    now = datetime.now(UTC)
    with open_place().database.writing() as session:
        user = people.set_role(session, name, Role(role), now)
        audit.record(session, now, Action.USER_ROLE, None, detail=f"{user.name} {role}")
    click.echo(f"{user.name} is {role}")


@users.command()
@click.argument("name")
def remove(name: str) -> None:
    """Remove a user, signed in or not."""
    now = datetime.now(UTC)
    with open_place().database.writing() as session:
        user = people.remove(session, name, now)
        audit.record(session, now, Action.USER_REMOVE, None, detail=user.name)
    click.echo(f"removed {user.name}")


@users.command()
@click.argument("name")
@_LINK
def reset(name: str, *, link: bool) -> None:
    """Give a user another password, asked for or by link; they are signed out everywhere."""
    password = None if link else _password()
    now = datetime.now(UTC)
    with open_place().database.writing() as session:
        if password is None:
            secret: str | None = people.welcome(session, name, now, forget_password=True)
        else:
            people.set_password(session, name, password)
            secret = None
        audit.record(session, now, Action.USER_RESET, None, detail=people.clean_name(name))
    click.echo(_address(secret) if secret else f"{people.clean_name(name)} has another password")


def _password() -> str:
    """Return a password: typed twice at a terminal, and else the first line of standard input."""
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


def _address(secret: str) -> str:
    return f"{PublicSettings().public_url.rstrip('/')}/desk/welcome/{secret}"
