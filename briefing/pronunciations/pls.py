"""The W3C's Pronunciation Lexicon Specification 1.0, in and out: how other speech software keeps a lexicon.

What PLS cannot say: that a word is said as letters or as a word (both go out as aliases, and are known again when they
come in), and whether case counts, which goes along as a comment where it is not what the word's own capitals say. So
does a note. Reads no file; files may come from anyone, so nothing in them is looked up or expanded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from briefing.errors import LexiconInvalid
from briefing.pronunciations.lexicon import Kind, LexiconEntry, case_counts, make_entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SPACE = "http://www.w3.org/2005/01/pronunciation-lexicon"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

#: Most bytes and lexemes of a file: thirty times what a service such as Polly takes.
_MOST_BYTES = 4_000_000
_MOST_LEXEMES = 20_000

#: Most characters of a comment that are kept as the note.
_NOTE = 500

#: The comment that says whether case counts.
_CASE = {"case counts": True, "any case": False}


def read_pls(content: bytes, language: str | None = None) -> tuple[LexiconEntry, ...]:
    """Return the entries of a PLS document, for texts in `language` or in the document's own, regions aside.

    Raises LexiconInvalid for the first fault, with its line; then nothing of the document counts.
    """
    root = _parsed(content)
    tag = language if language is not None else (root.get(_LANG) or "").partition("-")[0].lower()
    lexemes = root.findall(_name("lexeme"))
    if len(lexemes) > _MOST_LEXEMES:
        message = f"the file has {len(lexemes):,} lexemes; the limit is {_MOST_LEXEMES:,}"
        raise LexiconInvalid(message)
    entries: dict[str, LexiconEntry] = {}
    for lexeme in lexemes:
        for entry in _entries(lexeme, tag, root.get("alphabet", "")):
            # PLS: of several lexemes for one word the first counts.
            entries.setdefault(entry.written, entry)
    return tuple(entries.values())


def write_pls(entries: Sequence[LexiconEntry], language: str) -> bytes:
    """Return the entries for texts in `language` as a PLS document."""
    root = etree.Element(
        _name("lexicon"), nsmap={None: _SPACE}, attrib={"version": "1.0", "alphabet": "ipa", _LANG: language}
    )
    for entry in entries:
        if not entry.speaks(language):
            continue
        lexeme = etree.SubElement(root, _name("lexeme"))
        if entry.case_sensitive != case_counts(entry.written):
            said = next(words for words, counts in _CASE.items() if counts is entry.case_sensitive)
            lexeme.append(etree.Comment(f" {said} "))
        if entry.note:
            lexeme.append(etree.Comment(f" {entry.note.replace('--', '–').rstrip('-')} "))
        etree.SubElement(lexeme, _name("grapheme")).text = entry.written
        if entry.kind is Kind.IPA:
            etree.SubElement(lexeme, _name("phoneme")).text = entry.value
        if alias := _alias(entry):
            etree.SubElement(lexeme, _name("alias")).text = alias
    etree.indent(root)
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return document + b"\n"


def _name(tag: str) -> str:
    return f"{{{_SPACE}}}{tag}"


def _alias(entry: LexiconEntry) -> str:
    if entry.kind is Kind.LETTERS:
        return _letters(entry.written)
    if entry.kind is Kind.WORD:
        return _as_word(entry.written)
    return entry.value if entry.kind is Kind.ALIAS else entry.alias


def _letters(written: str) -> str:
    return " ".join(letter.upper() for letter in written if letter.isalnum())


def _as_word(written: str) -> str:
    """Return a word as it is not taken for an initialism: Nato."""
    return written.capitalize() if written.isupper() else written


def _parsed(content: bytes) -> Any:  # noqa: ANN401  lxml has no types
    if len(content) > _MOST_BYTES:
        message = f"the file has {len(content):,} bytes; the limit is {_MOST_BYTES:,}"
        raise LexiconInvalid(message)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        message = f"the file is no XML: {error}"
        raise LexiconInvalid(message) from error
    if root.getroottree().docinfo.internalDTD is not None:
        message = "the file has a DOCTYPE, which a PLS document does without; remove it"
        raise LexiconInvalid(message)
    if root.tag != _name("lexicon"):
        message = f"the file is no PLS 1.0 document: its root is {root.tag!r}"
        raise LexiconInvalid(message)
    return root


def _entries(lexeme: Any, language: str, alphabet: str) -> Iterator[LexiconEntry]:  # noqa: ANN401  as above
    phoneme, alias = _preferred(lexeme, "phoneme"), _preferred(lexeme, "alias")
    said = _text(alias) if alias is not None else ""
    comments = [" ".join(str(comment.text).split()) for comment in lexeme.iterchildren(etree.Comment)]
    note = " ".join(comment for comment in comments if comment not in _CASE)[:_NOTE]
    case = next((_CASE[comment] for comment in comments if comment in _CASE), None)
    fields: dict[str, Any] = {"language": language, "note": note, "case_sensitive": case}
    if phoneme is not None:
        if phoneme.get("alphabet", alphabet) != "ipa":
            message = f"line {phoneme.sourceline}: phonemes are read in the alphabet 'ipa' only"
            raise LexiconInvalid(message)
        fields |= {"kind": "ipa", "value": _text(phoneme), "alias": said}
    graphemes = [_text(grapheme) for grapheme in lexeme.findall(_name("grapheme"))]
    for written in graphemes or [""]:
        try:
            yield make_entry({"written": written, **(fields if phoneme is not None else fields | _kind(written, said))})
        except LexiconInvalid as error:
            message = f"line {lexeme.sourceline}: {error.message}"
            raise LexiconInvalid(message) from error


def _text(element: Any) -> str:  # noqa: ANN401  as above
    """Return an element's text in one line, comments aside."""
    return " ".join(str(element.xpath("string()")).split())


def _kind(written: str, alias: str) -> dict[str, str]:
    """Tell what an alias is: the word's own letters, the word itself, or another."""
    if alias == _letters(written):
        return {"kind": "letters"}
    if alias == _as_word(written):
        return {"kind": "word"}
    return {"kind": "alias", "value": alias}


def _preferred(lexeme: Any, tag: str) -> Any:  # noqa: ANN401  as above
    """Return the child that counts: the one marked as preferred, else the first; None where there is none."""
    found = lexeme.findall(_name(tag))
    return next((child for child in found if child.get("prefer") == "true"), found[0] if found else None)
