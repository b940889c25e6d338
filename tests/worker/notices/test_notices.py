"""Editors are told of what failed or is held: by real mail over TLS, a signed webhook, a message for a chat; and not twice."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import ssl
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import select, update

from briefing.accounts.action_links import LinkAction
from briefing.accounts.users import digest
from briefing.backoff import MAX_POSTPONED
from briefing.errors import Misconfigured, SourceUnavailable
from briefing.models import ActionLinkRow, AuditRow, HealthRow, NoticeRow, RevisionRow, StepRow
from briefing.requesting import asking
from briefing.settings import NoticeSettings, RetentionSettings
from briefing.steps import MAX_ATTEMPTS
from tests.support.asking import again, ask
from tests.support.client import client_of, free_port
from tests.support.newsroom import ARTICLE, PLAIN, make_place, work_off
from worker.notices import due, linking, sending
from worker.notices.wording import Notice, slack, subject, text
from worker.tasks import notice
from worker.upkeep import ledgers

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()

SHOWS = PLAIN.replace('slug = "held"\n', 'slug = "held"\nnotices = { email = ["held@paper.example"] }\n')


class Box:
    """A mail server's handler that keeps what it takes."""

    def __init__(self):
        self.mails = []
        self.answer = "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  its name
        if self.answer.startswith("250"):
            self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return self.answer


def signed_in(server, session, envelope, mechanism, data):
    # Not handled: the server itself says 535.
    return AuthResult(success=(data.login, data.password) == (b"desk", b"sesame"), handled=False)


@pytest.fixture
def box(tmp_path, monkeypatch):
    """A mail server that wants TLS and a password, and settings that name it."""
    authority, box, port = trustme.CA(), Box(), free_port()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = Controller(
        box, hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True, authenticator=signed_in,
        auth_required=True,
    )  # fmt: skip
    server.start()
    for name, value in {
        "EMAIL_TO": "desk@paper.example, night@paper.example", "EMAIL_FROM": "audio@paper.example",
        "SMTP_HOST": "localhost", "SMTP_PORT": str(port), "SMTP_USER": "desk", "SMTP_PASSWORD": "sesame",
        "SMTP_CA_FILE": str(tmp_path / "ca.pem"),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"BRIEFCAST_NOTICES_{name}", value)
    yield box
    server.stop()


@contextmanager
def receiver(status=200):
    """An HTTP server that keeps what is posted; yield its address and that."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, dict(self.headers), body))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", got
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def place(tmp_path):
    place = make_place(tmp_path, SHOWS)
    (tmp_path / "articles" / "ferry.md").write_text(ARTICLE)
    yield place
    place.database.dispose()


def tell(place, *, rested=True):
    """A round of the sweep, a minute after the last if it has `rested`, and the work that comes of it."""
    if rested:
        with place.database.writing() as session:
            session.execute(update(HealthRow).where(HealthRow.name == "notices").values(reported_at=0.0))
    due.tend(place)
    work_off(place)


def test_what_fails_and_what_is_held_is_told_by_mail_to_those_of_its_show(place, box):
    # Given one story that cannot be had, and one that a show holds / When the sweep comes round
    failed, _, _ = ask(place, "missing")
    held, _, _ = ask(place, "ferry", show="held")
    work_off(place)
    tell(place)
    # Then the desk hears of the one and the show's own people of the other, with the way there
    sent = {to: mail for (to,), mail in box.mails}
    assert set(sent) == {"desk@paper.example", "night@paper.example", "held@paper.example"}
    mail = sent["desk@paper.example"]
    assert mail["Subject"] == "Briefcast: desk:missing: failed"
    assert f"/desk/briefings/{failed}" in mail.get_payload()
    assert "article_not_found" in mail.get_payload()
    assert "waits for an editor" in sent["held@paper.example"].get_payload()
    assert f"/desk/briefings/{held}" in sent["held@paper.example"].get_payload()
    # And once: not at the next round, nor where the same happens to the same again
    tell(place)
    again(place, failed)
    work_off(place)
    tell(place)
    assert len(box.mails) == 3


def test_a_flood_is_one_message_a_minute(place, box, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_NOTICES_EMAIL_TO", "desk@paper.example")
    for number in range(3):
        ask(place, f"missing-{number}")
    work_off(place)
    tell(place)
    assert [mail["Subject"] for _, mail in box.mails] == ["Briefcast: 3 briefings want an editor: 3 failed"]
    # What fails within the minute waits for the next
    for number in range(25):
        ask(place, f"more-{number}")
    work_off(place)
    tell(place, rested=False)
    assert len(box.mails) == 1
    tell(place)
    assert box.mails[1][1]["Subject"] == "Briefcast: 25 briefings want an editor: 20 failed, 5 more"
    assert "and 5 more" in box.mails[1][1].get_payload()


def test_what_was_put_right_meanwhile_is_not_told(place, box, monkeypatch, tmp_path):
    # Given a message that waits, of three that failed
    monkeypatch.setenv("BRIEFCAST_NOTICES_EMAIL_TO", "desk@paper.example")
    late, _, _ = ask(place, "late")
    unwanted, _, _ = ask(place, "unwanted")
    other, _, _ = ask(place, "other")
    work_off(place)
    due.tend(place)
    put_off(place, 9e9)
    # When one is made after all, one fails once more, and one is withdrawn
    (tmp_path / "articles" / "late.md").write_text(ARTICLE)
    again(place, late)
    again(place, other)
    with place.database.writing() as session:
        asking.retract(session, unwanted, datetime.now(UTC))
    work_off(place)
    put_off(place, None)
    work_off(place)
    # Then it tells of the one that is failed still
    assert [mail["Subject"] for _, mail in box.mails] == ["Briefcast: desk:other: failed"]


def put_off(place, until):
    """Have what is ready wait `until` then; None: no more."""
    with place.database.writing() as session:
        session.execute(update(StepRow).where(StepRow.state == "ready").values(not_before=until))


def messages(place, state="ready"):
    """What the messages are of that wait, or are given up."""
    with place.database.reading() as session:
        found = select(StepRow).where(StepRow.kind == "notice", StepRow.state == state).order_by(StepRow.id)
        return [step.payload["revisions"] for step in session.scalars(found)]


def give_up(place):
    """Try what waits as often as it takes to give up what was tried once."""
    for _ in range(MAX_POSTPONED):
        put_off(place, None)
        work_off(place)


def told_in_vain(place, address, name, monkeypatch):
    """Have a story fail and a chat at `address` be told of it; return its briefing and revision."""
    monkeypatch.setenv("BRIEFCAST_NOTICES_SLACK", f"{address}/services/secret")
    briefing, revision, _ = ask(place, name)
    work_off(place)
    tell(place)
    return briefing, revision


def test_what_could_not_be_told_for_long_is_one_message_when_its_way_is_back(place, monkeypatch):
    # Given a chat that is away for so long that messages to it are given up
    with receiver(503) as (address, _):
        first, one = told_in_vain(place, address, "first", monkeypatch)
        give_up(place)
        assert (messages(place, "dead"), messages(place)) == ([[one]], [[one]])
        _, two, _ = ask(place, "second")
        work_off(place)
        tell(place)
        give_up(place)
        assert messages(place) == [[one, two]]
    # When it is back, and one of them fails once more for the same reason
    again(place, first)
    work_off(place)
    with receiver() as (address, got):
        monkeypatch.setenv("BRIEFCAST_NOTICES_SLACK", f"{address}/services/secret")
        tell(place)
        put_off(place, None)
        work_off(place)
    # Then it is told of both, once
    (said,) = [json.loads(body)["text"] for _, _, body in got]
    assert ("desk:first" in said, "desk:second" in said, messages(place)) == (True, True, [])


def test_what_would_be_told_anew_by_now_is_not_told_late(place, monkeypatch):
    with receiver(503) as (address, _):
        _, one = told_in_vain(place, address, "missing", monkeypatch)
        with place.database.writing() as session:
            session.execute(update(NoticeRow).values(at=datetime.now(UTC) - timedelta(hours=7)))
        give_up(place)
    assert (messages(place, "dead"), messages(place)) == ([[one]], [])


def test_a_webhook_is_signed_and_a_chat_is_told(place, monkeypatch):
    # Given both ways / When a story fails / Then the webhook's signature holds, and the chat gets a text
    with receiver() as (address, got):
        monkeypatch.setenv("BRIEFCAST_NOTICES_WEBHOOK", f"{address}/hook")
        monkeypatch.setenv("BRIEFCAST_NOTICES_WEBHOOK_SECRET", SECRET)
        monkeypatch.setenv("BRIEFCAST_NOTICES_SLACK", f"{address}/services/T0/B0/secret")
        briefing, _, _ = ask(place, "missing")
        work_off(place)
        tell(place)
    posted = {path: (headers, body) for path, headers, body in got}
    headers, body = posted["/hook"]
    sent = {name.lower(): value for name, value in headers.items()}
    signed = f"{sent['webhook-id']}.{sent['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(b"k" * 32, signed, hashlib.sha256)).decode()
    assert sent["webhook-signature"] == f"v1,{expected}"
    told = json.loads(body)
    assert (told["type"], told["data"]["notices"][0]["briefing"]) == ("briefings.noticed", briefing)
    chat = json.loads(posted["/services/T0/B0/secret"][1])["text"]
    assert f"/desk/briefings/{briefing}|desk:missing>" in chat


def test_one_way_that_is_away_is_tried_again_and_keeps_no_other_waiting(place, box, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_NOTICES_EMAIL_TO", "desk@paper.example")
    with receiver(503) as (address, got):
        monkeypatch.setenv("BRIEFCAST_NOTICES_SLACK", f"{address}/services/secret")
        ask(place, "missing")
        work_off(place)
        tell(place)
    assert len(box.mails) == len(got) == 1
    with place.database.reading() as session:
        step = session.scalars(select(StepRow).where(StepRow.kind == "notice", StepRow.state == "ready")).one()
        assert (step.payload["way"], step.postponed, step.error_code) == ("slack", 1, "source_unavailable")
        assert step.not_before is not None


def test_what_a_mail_server_refuses_for_good_is_not_tried_again(box, monkeypatch):
    settings = NoticeSettings()
    for answer, error in (("451 later", SourceUnavailable), ("554 never", Misconfigured)):
        box.answer = answer
        with pytest.raises(error):
            sending.mail(settings, ["desk@paper.example"], "s", "t", "msg_1")
    for name, value in (("SMTP_PASSWORD", "wrong"), ("SMTP_CA_FILE", "")):
        with monkeypatch.context() as patch:
            patch.setenv(f"BRIEFCAST_NOTICES_{name}", value)
            with pytest.raises(Misconfigured):
                sending.mail(NoticeSettings(), ["desk@paper.example"], "s", "t", "msg_1")
    monkeypatch.setenv("BRIEFCAST_NOTICES_SMTP_PORT", str(free_port()))
    with pytest.raises(SourceUnavailable) as away:
        sending.mail(NoticeSettings(), ["desk@paper.example"], "s", "t", "msg_1")
    assert "sesame" not in str(away.value)
    assert "sesame" not in repr(NoticeSettings())
    for secret in ("", "whsec_short", "whsec_???"):
        with pytest.raises(Misconfigured, match="WEBHOOK_SECRET"):
            sending.sign(secret, "msg_1", 1, b"{}")


def test_what_others_wrote_is_no_markup_and_no_head(box):
    odd = Notice(
        "b",
        1,
        "failed",
        "A\r\nBcc: x@y <b>|</b>",
        "daily",
        "c",
        "<!channel> & more\x1b[2J",
        "",
        heard=True,
        address="https://d/x",
    )
    said = json.dumps(slack((odd,), 0), ensure_ascii=False)
    assert "<!channel>" not in said
    assert "&lt;!channel&gt; &amp; more" in said
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", text((odd,), 0))
    sending.mail(NoticeSettings(), ["desk@paper.example"], subject((odd,), 0), text((odd,), 0), "msg_1")
    ((to, mail),) = box.mails
    assert to == ["desk@paper.example"]
    assert "Bcc" not in mail


def test_a_show_that_wants_no_notices_gets_none_and_rows_go(place, tmp_path, box):
    quiet = make_place(tmp_path, SHOWS.replace('slug = "daily"\n', 'slug = "daily"\nnotices = { of = ["held"] }\n'))
    ask(quiet, "missing")
    work_off(quiet)
    tell(quiet)
    assert box.mails == []
    now = datetime.now(UTC)
    assert ledgers.let_go(quiet.database, RetentionSettings(), now, 10)["notices"] == 0
    assert ledgers.let_go(quiet.database, RetentionSettings(), now + timedelta(days=3), 10)["notices"] == 1
    with quiet.database.reading() as session:
        assert session.scalars(select(NoticeRow)).all() == []
    quiet.database.dispose()


def links_in(mail):
    """The links that act of a mail, by what they are called."""
    said = mail.get_payload(decode=True).decode()
    return dict(re.findall(r"([A-Z][\w ]+): (http\S+/desk/act/\S+)", said))


def test_a_message_lets_its_reader_act_without_signing_in(place, box, tmp_path):
    # Given a story that is live, of which a new edition is held / When its people are mailed
    briefing, _, _ = ask(place, "ferry", show="held")
    work_off(place)
    with client_of(place) as api:
        api.post(f"/v1/briefings/{briefing}/publish").raise_for_status()
        work_off(place)
        (tmp_path / "articles" / "ferry.md").write_text(ARTICLE.replace("Nov. 20", "Nov. 21"))
        again(place, briefing)
        work_off(place)
        tell(place)
        ((_, mail),) = box.mails
        links = links_in(mail)
        assert list(links) == ["Listen", "Fix a word", "Speak a part anew", "Withdraw it"]
        # Then opening the links shows pages and changes nothing, and a button does what a link is for, once
        assert [api.get(link).status_code for link in links.values()] == [200] * 4
        own = {"Origin": str(api.base_url).rstrip("/")}
        assert api.post(links["Listen"], headers=own).status_code == 405
        assert [api.post(links["Withdraw it"], headers=own).status_code for _ in range(2)] == [200, 410]
        # And it is written down in the name of the address
        with place.database.reading() as session:
            rows = session.execute(select(AuditRow.action, AuditRow.by, AuditRow.detail).order_by(AuditRow.id)).all()
        assert [row.by for row in rows if row.action == "retract"] == ["held@paper.example (by link)"]
        made = [row for row in rows if row.action == "link_make"]
        assert {row.by for row in made} == {linking.MADE_BY}
        assert all(row.detail.endswith("for held@paper.example") for row in made)
        assert len(made) == 4
        with place.database.reading() as session:
            held = [row.ends_at - row.created_at for row in session.scalars(select(ActionLinkRow))]
        assert held == [timedelta(hours=24)] * 4


def test_links_are_for_what_there_is_and_can_be_turned_off(place, box, monkeypatch):
    monkeypatch.setenv("BRIEFCAST_NOTICES_EMAIL_TO", "desk@paper.example")
    # Of what never was made there is nothing to hear or mend
    ask(place, "missing")
    # Of what waits for a first time there is nothing to withdraw
    ask(place, "ferry", show="held")
    work_off(place)
    tell(place)
    sent = {to: links_in(mail) for (to,), mail in box.mails}
    assert sent["desk@paper.example"] == {}
    assert list(sent["held@paper.example"]) == ["Listen", "Fix a word", "Speak a part anew"]
    # A setting says which, and a flood has none
    settings, now = NoticeSettings(links="listen", links_hours=1), datetime.now(UTC)
    with place.database.writing() as session:
        notice = tell_of(place)
        made = linking.linked(session, (notice,), "Mara", settings, "https://d", now)
        assert list(made.notices[0].links) == ["listen"]
        assert made.notices[0].links_end_at == (now + timedelta(hours=1)).isoformat(timespec="minutes")
        many = (notice,) * (linking.MOST_LINKED + 1)
        assert linking.linked(session, many, "Mara", settings, "https://d", now).links == ()
        off = NoticeSettings(links="")
        assert linking.linked(session, (notice,), "Mara", off, "https://d", now).notices == (notice,)
    for wrong in ("publish", "listen withdraw", "listen,"):
        with pytest.raises(Misconfigured, match="NOTICES_LINKS"):
            NoticeSettings(links=wrong)
    assert NoticeSettings().actions == frozenset(LinkAction)


def tell_of(place):
    """A notice of what is held."""
    with place.database.reading() as session:
        row = session.scalars(select(RevisionRow).where(RevisionRow.state == "held")).one()
        return Notice(row.briefing_id, 1, "held", "Ferry", "held", "", "", "", heard=False, address="https://d/desk/b")


def test_where_a_second_person_approves_a_message_changes_no_words(place, tmp_path, box):
    strict = SHOWS.replace('slug = "held"\n', 'slug = "held"\nsign_off = true\n')
    signing = make_place(tmp_path, strict)
    ask(signing, "ferry", show="held")
    work_off(signing)
    tell(signing)
    ((_, mail),) = box.mails
    assert list(links_in(mail)) == ["Listen"]
    signing.database.dispose()


def test_links_of_what_did_not_go_out_end_and_chat_and_webhook_have_theirs(place, monkeypatch):
    with receiver(503) as (away, _), receiver() as (there, got):
        monkeypatch.setenv("BRIEFCAST_NOTICES_SLACK", f"{away}/services/secret")
        monkeypatch.setenv("BRIEFCAST_NOTICES_WEBHOOK", f"{there}/hook")
        monkeypatch.setenv("BRIEFCAST_NOTICES_WEBHOOK_SECRET", SECRET)
        ask(place, "ferry", show="held")
        work_off(place)
        tell(place)
    (told,) = json.loads(got[0][2])["data"]["notices"]
    assert list(told["links"]) == ["listen", "fix", "respeak"]
    assert datetime.fromisoformat(told["links_end_at"]) > datetime.now(UTC)
    with place.database.reading() as session:
        kept = {
            recipient: ends > datetime.now(UTC)
            for recipient, ends in session.execute(select(ActionLinkRow.recipient, ActionLinkRow.ends_at))
        }
    assert kept == {"webhook at 127.0.0.1": True, "chat at 127.0.0.1": False}
    said = slack((replace(tell_of(place), links=told["links"]),), 0)
    assert f"<{told['links']['fix']}|Fix a word>" in said["text"]
    assert said["unfurl_links"] is False


def test_links_that_a_worker_made_and_died_over_end(place, monkeypatch):
    # Given a webhook's message over which a worker dies once its links are there
    def dies(*_):
        raise MemoryError

    def open_links():
        with place.database.reading() as session:
            there = select(ActionLinkRow.secret_sha256).where(ActionLinkRow.ends_at > datetime.now(UTC))
            return set(session.scalars(there))

    ask(place, "ferry", show="held")
    work_off(place)
    with receiver() as (there, got):
        monkeypatch.setenv("BRIEFCAST_NOTICES_WEBHOOK", f"{there}/hook")
        monkeypatch.setenv("BRIEFCAST_NOTICES_WEBHOOK_SECRET", SECRET)
        with monkeypatch.context() as patch:
            patch.setattr(notice, "_by_its_way", dies)
            with pytest.raises(MemoryError):
                tell(place)
            assert len(open_links()) == 3
            # When all others die too, none is left open with nobody to come
            for _ in range(MAX_ATTEMPTS - 1):
                with pytest.raises(MemoryError):
                    work_off(place)
            assert open_links() == set()
            # Nor where the next one sends it
            put_off(place, None)
            with pytest.raises(MemoryError):
                work_off(place)
        work_off(place)
    (told,) = json.loads(got[0][2])["data"]["notices"]
    assert open_links() == {digest(link.rsplit("/", 1)[1]) for link in told["links"].values()}


@pytest.mark.parametrize(
    "address", ["hooks.slack.example/services/PLANTED", "https://a:PLANTED@b.example/", "https://[PLANTED"]
)
def test_an_address_that_is_none_is_not_told(address):
    with pytest.raises(Misconfigured) as caught:
        sending.chat(NoticeSettings(slack=address), {"text": "x"})
    assert "PLANTED" not in f"{caught.value}{caught.value.message}{caught.value.__cause__}"
