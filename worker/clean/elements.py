"""Elements that are not the article, by what they are and what they are called; taken out before extraction.

Works on lxml trees in place and records the text of all it takes out. Knows names, classes and IDs, not phrases.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefing.values import Dropped
from worker.clean.walk import walk_blocks

if TYPE_CHECKING:
    from lxml.html import HtmlElement

#: Element -> rule; their text is never the story's.
_BY_NAME = {
    "nav": "navigation",
    "form": "form",
    "button": "form",
    "figcaption": "caption",
    "figure": "figure",
    "aside": "aside",
    "iframe": "embed",
    "audio": "embed",
    "video": "embed",
    "object": "embed",
    "svg": "embed",
    "canvas": "embed",
    "dialog": "hidden",
    "template": "hidden",
    "table": "table",
}

#: Elements without text that anyone reads.
_MUTE = ("script", "style", "noscript", "link", "meta", "head")

#: Words in classes and IDs -> rule. Whole words between hyphens and underscores, so that "headline" is not "head".
_BY_CLASS = tuple(
    (rule, re.compile(rf"(?:^|[-_\s])(?:{words})(?:$|[-_\s])", re.IGNORECASE))
    for rule, words in (
        ("no-audio", "no-audio|noaudio"),
        ("appeal", "donat(?:e|ion|ions)|membership|appeal|fundraiser|support-us|supportus|paywall|paid-cta|donation"),
        ("sign-up", "newsletters?|subscribe|subscription|signup|sign-up|mailchimp|mc4wp|email-form|kg-signup-card"),
        (
            "related",
            "related|recommended|read-also|readalso|read-more|readmore|more-stories|teasers?|promo|kg-bookmark-card",
        ),
        ("share", "share|sharing|social|addtoany|sharedaddy"),
        ("caption", "caption|wp-caption-text|credit|photo-credit"),
        ("advertisement", "ad|ads|advert|advertisement|adslot|sponsored|outbrain|taboola"),
        ("comments", "comments?|disqus"),
        ("banner", "banner|cookie|cookies|consent|gdpr|popup|modal|toast"),
        ("navigation", "menu|breadcrumbs?|sidebar|pagination|toolbar|skip-link|screen-reader-text|sr-only"),
        ("player", "audio-player|player|listen|beyondwords|kg-audio-card|kg-video-card|kg-file-card"),
        (
            "call-to-action",
            "cta|kg-cta-card|kg-button-card|kg-header-card|kg-email-card|kg-product-card|wp-block-button",
        ),
        ("pull-quote", "pull-?quote|wp-block-pullquote"),
    )
)

#: An element with more than this share of the page's text is the article's own wrapper, whatever it is called.
_LARGEST_SHARE = 0.35


def remove_mute(tree: HtmlElement) -> None:
    """Remove scripts, styles and comments; they hold no text and are not recorded."""
    for element in list(tree.iter()):
        if not isinstance(element.tag, str) or element.tag in _MUTE:
            _remove(element)


def remove_noise(tree: HtmlElement, *, page: bool) -> list[Dropped]:
    """Remove what is not the article and return its text, block by block, with the rule.

    On a `page`, elements named like noise but holding most of the text stay.
    """
    total = max(1, _length(tree))
    dropped: list[Dropped] = []
    pending = [tree]
    while pending:
        element = pending.pop()
        rule = _rule(element)
        if rule is None or (page and rule != "no-audio" and _length(element) > _LARGEST_SHARE * total):
            pending += reversed(element)
            continue
        dropped += [Dropped(text=text, rule=rule) for _, text in walk_blocks(element)]
        _remove(element)
    return dropped


def _rule(element: HtmlElement) -> str | None:
    if element.tag in _BY_NAME:
        return _BY_NAME[element.tag]
    style = (element.get("style") or "").replace(" ", "").lower()
    if element.get("hidden") is not None or element.get("aria-hidden") == "true" or "display:none" in style:
        return "hidden"
    if element.tag in {"html", "body", "main", "article"}:
        return None
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    if names == " ":
        return None
    return next((rule for rule, pattern in _BY_CLASS if pattern.search(names)), None)


def _length(element: HtmlElement) -> int:
    return sum(len(text.strip()) for text in element.itertext())


def _remove(element: HtmlElement) -> None:
    parent = element.getparent()
    if parent is not None:
        element.drop_tree()
