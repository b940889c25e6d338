"""The OpenID provider at which the newsroom signs in: asked, checked, believed only as far as it proves what it says.

`tokens` checks an ID token, `claims` reads what it says of somebody, `answers` asks the provider under bounds,
`provider` puts the code flow together. Knows no users and no pages.
"""

from api.provider.provider import Provider

__all__ = ["Provider"]
