from __future__ import annotations

import unicodedata
from functools import partial

import pytest
from lxml import etree

from briefing.errors import LexiconInvalid
from briefing.pronunciations.lexicon import make_entry, starter
from briefing.pronunciations.pls import read_pls, write_pls

NFC = partial(unicodedata.normalize, "NFC")

#: The form of the W3C's own examples: several graphemes, a preferred phoneme, an alias.
FOREIGN = """<?xml version="1.0" encoding="UTF-8"?>
<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="ipa" xml:lang="en-US">
  <meta name="x" content="y"/>
  <lexeme><grapheme>Odesa</grapheme><grapheme>Odessa</grapheme>
    <phoneme>oˈdɛsə</phoneme><phoneme prefer="true">oʊˈdɛsə</phoneme><example>Odesa fell silent.</example></lexeme>
  <lexeme role="x"><grapheme>W3C</grapheme><alias>World Wide Web Consortium</alias></lexeme>
  <lexeme><!-- from the desk --><grapheme>IAEA</grapheme><alias>I A E A</alias></lexeme>
  <lexeme><grapheme>Odesa</grapheme><alias>a second one does not count</alias></lexeme>
</lexicon>
"""


def pls(body, attributes='alphabet="ipa" xml:lang="en"'):
    space = "http://www.w3.org/2005/01/pronunciation-lexicon"
    return f'<lexicon version="1.0" xmlns="{space}" {attributes}>{body}</lexicon>'.encode()


def test_whether_case_counts_comes_back_and_is_no_note():
    # Given words whose case counts otherwise than their capitals say, and one as they say / When they go out and in again
    given = [
        make_entry(
            {"written": written, "language": "en", "kind": "alias", "value": "x", "case_sensitive": case, "note": note}
        )
        for written, case, note in (
            ("Nice", True, "the city"),
            ("NATO", False, ""),
            ("Kyiv", False, ""),
            ("AfD", True, "n"),
        )
    ]
    document = write_pls(given, "en")
    # Then nothing is lost, and a comment says so where it is needed alone
    assert list(read_pls(document)) == given
    assert document.count(b"case counts") == document.count(b"any case") == 1


def test_a_foreign_document_is_read():
    entries = read_pls(FOREIGN.encode())
    assert [(entry.written, entry.kind.value, entry.value) for entry in entries] == [
        ("Odesa", "ipa", "oʊˈdɛsə"),
        ("Odessa", "ipa", "oʊˈdɛsə"),
        ("W3C", "alias", "World Wide Web Consortium"),
        ("IAEA", "letters", ""),
    ]
    assert {entry.language for entry in entries} == {"en"}
    assert entries[3].note == "from the desk"
    assert read_pls(FOREIGN.encode("utf-16").replace(b"", b""), "uk")[0].language == "uk"


@pytest.mark.parametrize(
    ("lexeme", "read"),
    [
        ("<grapheme>Kyiv</grapheme><alias>\n  Keev\n  the city\n</alias>", ("Kyiv", "alias", "Keev the city", "")),
        ("<grapheme>\n Kyiv\n Post </grapheme><alias>x</alias>", ("Kyiv Post", "alias", "x", "")),
        ("<grapheme>Ky<!-- c -->iv</grapheme><alias>K<?x y?>eev</alias>", ("Kyiv", "alias", "Keev", "")),
        ("<grapheme>Kyiv</grapheme><phoneme>\n kˈiːɪv\n sˈɪti</phoneme>", ("Kyiv", "ipa", "kˈiːɪv sˈɪti", "")),
        ("<grapheme>Kyiv</grapheme><phoneme>kˈɪ̈v</phoneme>", ("Kyiv", "ipa", "kˈɪ̈v", "")),
        ("<grapheme>Kyiv</grapheme><phoneme>kˠˈë̞ⁿd̥b̤t̼ɶʜ</phoneme>", ("Kyiv", "ipa", "kˠˈë̞ⁿd̥b̤t̼ɶʜ", "")),
        ("<grapheme>U</grapheme><alias>U</alias>", ("U", "letters", "", "")),
    ],
)
def test_what_ordinary_files_hold_is_read_as_it_is_meant(lexeme, read):
    (entry,) = read_pls(pls(f"<lexeme>{lexeme}</lexeme>"))
    assert (entry.written, entry.kind.value, entry.value, entry.alias) == tuple(map(NFC, read))


def test_what_goes_out_comes_back():
    entries = [
        *starter(),
        make_entry(
            {"written": "Лубінець", "kind": "alias", "value": "Lubinets — x".replace(" — ", " "), "language": "en"}
        ),
        make_entry({"written": "R&D", "kind": "alias", "value": "research & development", "language": "en"}),
        make_entry(
            {"written": "Kyiv", "kind": "ipa", "value": "kˈiːv", "alias": "Keev", "note": "a -- b", "language": "en"}
        ),
    ]
    entries = list({entry.written: entry for entry in entries}.values())
    back = read_pls(write_pls(entries, "en"))
    plain = {"note", "case_sensitive"}
    assert [entry.model_dump(exclude=plain) for entry in back] == [entry.model_dump(exclude=plain) for entry in entries]
    assert {entry.written: entry.note for entry in back}[
        "Bilohorivka"
    ] == "Ukrainian Білогорівка; stress: ukrainian-word-stress 2.1.0"


def test_the_document_is_well_formed_pls():
    document = etree.fromstring(write_pls(starter(), "en"))
    assert document.tag == "{http://www.w3.org/2005/01/pronunciation-lexicon}lexicon"
    assert (document.get("version"), document.get("alphabet")) == ("1.0", "ipa")
    assert document.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    for lexeme in document:
        tags = [etree.QName(child).localname for child in lexeme if isinstance(child.tag, str)]
        assert tags in (["grapheme", "phoneme"], ["grapheme", "alias"], ["grapheme", "phoneme", "alias"])


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (b"no xml", "no XML"),
        (b"", "no XML"),
        (b"<html/>", "no PLS"),
        (b'<!DOCTYPE lexicon [<!ENTITY x "y">]>' + pls("<lexeme><grapheme>&x;</grapheme></lexeme>"), "DOCTYPE"),
        (b'<!DOCTYPE lexicon SYSTEM "file:///etc/passwd">' + pls(""), "DOCTYPE"),
        (pls("<lexeme><grapheme>a</grapheme></lexeme>"), "line 1"),
        (pls("<lexeme><alias>a</alias></lexeme>"), "line 1"),
        (pls("<lexeme><grapheme>a</grapheme><phoneme>[[x]]</phoneme></lexeme>"), "no IPA"),
        (pls("<lexeme><grapheme>a</grapheme><alias>&lt;break/&gt;</alias></lexeme>"), "respelling"),
        (pls("<lexeme><grapheme>a</grapheme><phoneme>@</phoneme></lexeme>", 'alphabet="x-sampa" xml:lang="en"'), "ipa"),
        (pls("<lexeme><grapheme>a</grapheme><phoneme alphabet='x-sampa'>a</phoneme></lexeme>"), "ipa"),
        (b" " * 4_000_001, "limit"),
        (pls("<lexeme/>" * 20_001), "20,001 lexemes"),
    ],
)
def test_what_is_no_pls_is_refused_whole_with_a_reason(document, fault):
    with pytest.raises(LexiconInvalid, match=fault):
        read_pls(document)


def test_nothing_outside_is_looked_up(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    document = f'<!DOCTYPE lexicon [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode() + pls(
        "<lexeme><grapheme>a</grapheme><alias>&x;</alias></lexeme>"
    )
    with pytest.raises(LexiconInvalid) as caught:
        read_pls(document)
    assert "secret" not in caught.value.message.replace(str(secret), "")
