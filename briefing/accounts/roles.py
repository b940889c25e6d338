"""Roles of those who sign in at the desk, and what each may do, in the scopes that keys have too."""

from __future__ import annotations

from enum import StrEnum

from briefing.accounts.keys import Scope


class Role(StrEnum):
    """What somebody of the newsroom may do."""

    VIEWER = "viewer"
    """See everything but the audit and the users."""
    EDITOR = "editor"
    """Change, publish and withdraw audio."""
    ADMIN = "admin"
    """All of it: users, settings, the audit."""

    def includes(self, other: Role) -> bool:
        """Tell whether whoever has this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)

    @property
    def scopes(self) -> frozenset[Scope]:
        """What the role may do, as a key would."""
        return _SCOPES[self]


_SEES = frozenset({Scope.READ, Scope.AUDIENCE})
_SCOPES = {
    Role.VIEWER: _SEES,
    Role.EDITOR: _SEES | {Scope.GENERATE, Scope.PUBLISH},
    Role.ADMIN: frozenset({Scope.ADMIN}),
}
