"""`briefcast users`: who signs in at the desk."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from briefing.accounts import audit, identities
from briefing.accounts import users as people
from briefing.accounts.audit import Action
from briefing.accounts.roles import Role
from briefing.settings import ProviderSettings, PublicSettings
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
        linked = identities.linked(session)
        for user in people.listed(session):
            if user.id in linked:
                click.echo(f"{user.name}  {user.role.value}  since {user.created_at:%Y-%m-%d}  comes by the provider")
                continue
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


@users.command()
@click.argument("name")
@click.argument("subject")
def link(name: str, subject: str) -> None:
    """Say that SUBJECT at the provider of BRIEFCAST_OIDC_ISSUER is the user NAME."""
    now = datetime.now(UTC)
    with open_place().database.writing() as session:
        user = identities.link(session, ProviderSettings().issuer, subject, name, now)
        audit.record(session, now, Action.USER_LINK, None, detail=f"{user.name} {subject}")
    click.echo(f"{subject} comes in as {user.name}")


@users.command()
@click.argument("name")
def unlink(name: str) -> None:
    """Have the provider let a user in no more, and sign them out."""
    now = datetime.now(UTC)
    with open_place().database.writing() as session:
        user = identities.unlink(session, name, now)
        audit.record(session, now, Action.USER_UNLINK, None, detail=user.name)
    click.echo(f"{user.name} does not come by the provider any more")


@users.command(name="let-in")
@click.argument("name")
def let_in(name: str) -> None:
    """Print a link that lets an admin in once: the way in where passwords are off and the provider is away.

    Where passwords are on, the link lets choose another one.
    """
    now = datetime.now(UTC)
    with open_place().database.writing() as session:
        secret = people.welcome(session, name, now)
        audit.record(session, now, Action.USER_RESET, None, detail=f"{people.clean_name(name)} let in")
    click.echo(_address(secret))


def _password() -> str:
    """Return a password: typed twice at a terminal, and else the first line of standard input."""
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


def _address(secret: str) -> str:
    return f"{PublicSettings().public_url.rstrip('/')}/desk/welcome/{secret}"
