from __future__ import annotations

import json

import pytest

from briefing.errors import ArticleNotFound, Misconfigured, PageRefused, SourceUnavailable, UnknownReference
from briefing.podcasts.newsroom import SourceSettings
from briefing.values import ArticleRef
from worker.fetch import fetch
from worker.sources import connect
from worker.sources.files import read_article
from worker.words.text import decode_page, one_line

REF = ArticleRef(source="desk", id="story")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def source(folder):
    return connect(SourceSettings(name="desk", kind="files", options={"folder": str(folder)}))


@pytest.mark.parametrize(
    ("name", "content", "media_type", "form"),
    [
        ("story.html", "<p>x</p>", "text/html", "page"),
        ("story.md", "# x", "text/markdown", "fragment"),
        ("story.txt", "x", "text/plain", "page"),
        ("story.json", json.dumps({"title": "T", "html": "<p>x</p>", "extra": 1}), "text/html", "fragment"),
        ("story.json", json.dumps({"text": "x"}), "text/plain", "fragment"),
    ],
)
def test_the_id_is_the_files_stem(folder, name, content, media_type, form):
    (folder / name).write_text(content)
    article = source(folder).fetch(REF, None)
    assert (article.media_type, article.form) == (media_type, form)


def test_an_unknown_id_is_not_found(folder):
    with pytest.raises(ArticleNotFound):
        source(folder).fetch(REF, None)


def test_no_link_leads_out_of_the_folder(folder):
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "story.txt").symlink_to(folder.parent / "secret.txt")
    with pytest.raises(ArticleNotFound):
        source(folder).fetch(REF, None)


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"title": "only"}', '{"published_at": "no date", "text": "x"}', "[" * 100_000]
)
def test_broken_json_is_a_named_failure(folder, content):
    (folder / "story.json").write_text(content)
    with pytest.raises(PageRefused) as caught:
        source(folder).fetch(REF, None)
    assert caught.value.code == "page_unreadable"


def test_other_files_and_large_ones_are_refused(folder, monkeypatch):
    (folder / "a.pdf").write_text("x")
    with pytest.raises(PageRefused) as caught:
        read_article(folder / "a.pdf", REF)
    assert caught.value.code == "media_type_refused"
    monkeypatch.setattr("worker.sources.files._MOST_BYTES", 3)
    (folder / "story.txt").write_text("more")
    with pytest.raises(PageRefused) as caught:
        read_article(folder / "story.txt", REF)
    assert caught.value.code == "page_too_large"


def test_faulty_settings_are_named():
    with pytest.raises(Misconfigured, match="unknown kind"):
        connect(SourceSettings(name="desk", kind="carrier-pigeon"))
    with pytest.raises(Misconfigured, match="folder"):
        connect(SourceSettings(name="desk", kind="files"))
    with pytest.raises(UnknownReference):
        fetch(REF, None, {})


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        ("Café".encode(), None, "Café"),
        ("Café".encode("latin-1"), "iso-8859-1", "Café"),
        (b"\xef\xbb\xbfCaf\xc3\xa9", "latin-1", "Café"),
        ("\ufeffCafé".encode("utf-16-le"), None, "Café"),
        ("<meta charset=windows-1251>Київ".encode("windows-1251"), None, "<meta charset=windows-1251>Київ"),
        ("Café “x”".encode("windows-1252"), None, "Café “x”"),
        (b"Caf\xc3\xa9", "no-such-charset", "Café"),
        (b"a\x00b\x08c\r\nd", None, "abc\nd"),
    ],
)
def test_bytes_become_text(content, charset, text):
    assert decode_page(content, charset) == text


def test_invisible_characters_go_and_spaces_fold():
    assert one_line(" a\u00ad\u200bb \n\t c\u00a0d ") == "ab c d"


def test_half_a_character_in_json_is_left_out(folder):
    (folder / "story.json").write_text(
        '{"title": "A cut emoji \\ud83d", "byline": "A\\ud800nn", "text": "So\\udc00 it is."}'
    )
    article = source(folder).fetch(REF, None)
    assert (article.title, article.byline, article.body) == ("A cut emoji ", "Ann", "So it is.")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//x.example", "nonsense"])
def test_an_address_in_json_that_is_none_is_left_out(folder, address):
    (folder / "story.json").write_text(json.dumps({"text": "x", "address": address}))
    assert source(folder).fetch(REF, None).address is None


def test_a_file_that_cannot_be_read_may_be_readable_later(tmp_path):
    # /proc/self/mem answers with an input/output error, as a bad disk does
    (tmp_path / "x.md").symlink_to("/proc/self/mem")
    with pytest.raises(SourceUnavailable):
        read_article(tmp_path / "x.md", REF)
