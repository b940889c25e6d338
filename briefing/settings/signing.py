"""How published audio is signed, and whose signatures are trusted."""

from __future__ import annotations

from briefing.settings.base import Settings, config


class SigningSettings(Settings):
    """How published audio is signed, and whose signatures are trusted."""

    model_config = config("BRIEFCAST_")

    signing_certificate: str = ""
    """PEM file with the certificate that signs, then those between it and its root; empty signs with development
    credentials made in the data folder."""
    signing_key: str = ""
    """PEM file with the certificate's private key, without a password."""
    signing_command: str = ""
    """Program that signs in place of `signing_key`: bytes on its standard input, the signature on its output."""
    timestamp_url: str = ""
    """Address of an RFC 3161 time-stamping authority; empty for none."""
    trust_anchors: str = ""
    """PEM file with root certificates that `briefcast inspect` trusts beside this installation's own."""
