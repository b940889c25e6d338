"""Sends a message: by mail, as a signed webhook (Standard Webhooks), to Slack and its like. Words nothing.

Addresses are the operator's, and may be on private networks. What is away or refuses for now raises SourceUnavailable,
and is tried again; what refuses for good raises Misconfigured.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from briefing.articles.addresses import canonical_address
from briefing.errors import AddressRefused, Misconfigured, SourceUnavailable
from briefing.outside.calls import Caller
from briefing.settings import FetchSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from briefing.settings import NoticeSettings

#: Seconds for each answer of a mail server.
_MAIL_S = 20.0

_PREFIX = "whsec_"
_LEAST_BYTES = 24


def mail(settings: NoticeSettings, to: Sequence[str], subject: str, text: str, message_id: str) -> None:
    """Send a mail. Raises SourceUnavailable or Misconfigured."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.email_from, ", ".join(to), subject
    message["Date"], message["Message-ID"] = formatdate(), f"<{message_id}@{settings.email_from.partition('@')[2]}>"
    # So that no holiday answers, and no list sends it on.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    try:
        with _connected(settings) as server:
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(message)
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError) as error:
        raise _refused(settings, error) from error
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise (_refused if min(codes, default=0) >= _FOR_GOOD else _away)(settings, error) from error
    except smtplib.SMTPResponseException as error:
        raise (_refused if error.smtp_code >= _FOR_GOOD else _away)(settings, error) from error
    except (OSError, smtplib.SMTPException) as error:
        raise _away(settings, error) from error


#: From here on a mail server's answers are for good.
_FOR_GOOD = 500


def _connected(settings: NoticeSettings) -> smtplib.SMTP:
    where = (settings.smtp_host, settings.smtp_port)
    if settings.smtp_security == "none":
        return smtplib.SMTP(*where, timeout=_MAIL_S)
    context = ssl.create_default_context(cafile=settings.smtp_ca_file or None)
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(*where, timeout=_MAIL_S, context=context)
    server = smtplib.SMTP(*where, timeout=_MAIL_S)
    try:
        server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def webhook(settings: NoticeSettings, body: Mapping[str, object], message_id: str, now: int) -> None:
    """Send a signed webhook; `now` in seconds since the epoch. Raises SourceUnavailable or Misconfigured."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    signature = sign(settings.webhook_secret.get_secret_value(), message_id, now, content)
    headers = {"webhook-id": message_id, "webhook-timestamp": str(now), "webhook-signature": signature}
    _post(settings.webhook, content, headers)


def sign(secret: str, message_id: str, now: int, content: bytes) -> str:
    """Return the signature of a webhook, as Standard Webhooks has it. Raises Misconfigured."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if len(key) < _LEAST_BYTES:
        message = f"BRIEFCAST_NOTICES_WEBHOOK_SECRET: not {_PREFIX} and base64 of at least {_LEAST_BYTES} bytes"
        raise Misconfigured(message)
    signed = b".".join([message_id.encode(), str(now).encode(), content])
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"


def chat(settings: NoticeSettings, body: dict[str, object]) -> None:
    """Send a message to Slack or what takes the same. Raises SourceUnavailable or Misconfigured."""
    _post(settings.slack.get_secret_value(), json.dumps(body).encode(), {})


def _post(address: str, content: bytes, headers: dict[str, str]) -> None:
    try:
        parts = urlsplit(canonical_address(address))
    except AddressRefused:
        # Not which: it is a secret, or holds one.
        message = "the address that notices go to is no web address"
        raise Misconfigured(message, hint="Check BRIEFCAST_NOTICES_WEBHOOK and BRIEFCAST_NOTICES_SLACK.") from None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    caller = Caller(FetchSettings(), frozenset({f"{parts.hostname}:{port}"}))
    try:
        caller.send(address, content, {"Content-Type": "application/json", **headers})
    except SourceUnavailable as error:
        # Of Slack's address the path is the secret.
        message = f"{parts.hostname} did not take a notice"
        raise SourceUnavailable(message, retry_after_s=error.retry_after_s) from None


def _away(settings: NoticeSettings, error: Exception) -> SourceUnavailable:
    return SourceUnavailable(f"the mail server {settings.smtp_host} took no mail: {type(error).__name__}")


def _refused(settings: NoticeSettings, error: Exception) -> Misconfigured:
    message = f"the mail server {settings.smtp_host} refuses: {type(error).__name__}"
    return Misconfigured(message, hint="Check BRIEFCAST_NOTICES_SMTP_… and the addresses.")
