"""Elements that are not the article, by what they are and what they are called. Judges each element by itself.

Knows names, classes and IDs, not phrases, and takes nothing out: whether a name that merely sounds like noise counts
is decided by `marks`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from worker.clean.shortcodes import SHORTCODE
from worker.clean.walk import INLINE
from worker.words.text import one_line

if TYPE_CHECKING:
    from lxml.html import HtmlElement

#: Elements that no name makes noise: what holds a page together, and headings, which fall with the box they head.
_STRUCTURE = frozenset("html body main article h1 h2 h3 h4 h5 h6".split())

#: Element -> rule; their text is never the story's.
_SURE_TAGS = {
    "nav": "navigation",
    "button": "form",
    "select": "form",
    "textarea": "form",
    "figcaption": "caption",
    "iframe": "embed",
    "audio": "embed",
    "video": "embed",
    "object": "embed",
    "svg": "embed",
    "canvas": "embed",
    "dialog": "hidden",
    "s": "struck",
    "strike": "struck",
    "del": "struck",
    "rt": "ruby",
    "rp": "ruby",
    "template": "hidden",
    "noscript": "no-script",
    "amp-ad": "advertisement",
    "amp-embed": "advertisement",
    "amp-social-share": "share",
    "amp-consent": "banner",
    "amp-sidebar": "navigation",
}

#: Element -> rule, unless much of the story stands in it: old pages are one table, others one form.
_LIKELY_TAGS = {"form": "form", "aside": "aside", "figure": "figure", "table": "table", "details": "toggle"}

#: Classes of the CMSes' own blocks -> rule. Nobody names a paragraph so by chance.
_CARDS = {
    name: rule
    for rule, names in {
        "no-audio": "no-audio noaudio",
        "shortcode": SHORTCODE,
        "related": "kg-bookmark-card wp-block-latest-posts wp-block-query wp-block-rss jp-relatedposts "
        "jp-relatedposts-headline wp-block-jetpack-related-posts wp-embedded-content wp-block-yoast-seo-related-links "
        "yarpp yarpp-related crp_related",
        "call-to-action": "kg-cta-card kg-button-card kg-product-card wp-block-button wp-block-buttons "
        "wp-block-read-more more-link wp-block-jetpack-button wp-block-jetpack-donations "
        "wp-block-jetpack-recurring-payments wp-block-jetpack-send-a-message",
        "sign-up": "kg-signup-card kg-email-card kg-email-cta-card wp-block-jetpack-subscriptions mc4wp-form "
        "subscription-widget-wrap subscription-widget",
        "header-card": "kg-header-card",
        "gallery": "kg-gallery-card wp-block-gallery wp-block-jetpack-slideshow wp-block-jetpack-tiled-gallery "
        "wp-block-jetpack-image-compare wp-block-jetpack-story",
        "embed": "kg-embed-card wp-block-embed twitter-tweet instagram-media tiktok-embed wp-block-jetpack-map",
        "player": "kg-audio-card kg-video-card kg-file-card wp-block-audio wp-block-video wp-block-file",
        "toggle": "kg-toggle-card wp-block-details",
        "icon": "kg-callout-emoji",
        "caption": "wp-caption-text wp-element-caption image-caption",
        "share": "sharedaddy sd-like addtoany_share_save_container wp-block-social-links "
        "wp-block-jetpack-sharing-buttons wp-block-outermost-social-sharing jetpack-likes-widget-wrapper jp-post-flair",
        "comments": "wp-block-comments wp-block-post-comments",
        "form": "wp-block-search wp-block-jetpack-contact-form wp-block-contact-form-7-contact-form-selector wpcf7 "
        "wp-block-loginout wp-block-post-comments-form",
        "navigation": "wp-block-table-of-contents wp-block-navigation wp-block-page-list wp-block-archives "
        "wp-block-categories wp-block-tag-cloud wp-block-calendar wp-block-post-navigation-link ez-toc-container",
        "footnotes": "wp-block-footnotes footnotes",
        "hidden": "screen-reader-text sr-only visually-hidden visuallyhidden",
        "advertisement": "adsbygoogle",
    }.items()
    for name in names.split()
}

#: Words in classes and IDs -> rule. Whole words between hyphens and underscores, so that "headline" is not "head".
_NAMES = tuple(
    (rule, re.compile(rf"(?:^|[-_\s])(?:{words})(?:$|[-_\s])", re.IGNORECASE))
    for rule, words in (
        ("appeal", "donat(?:e|ion|ions)|membership|appeal|fundraiser|support-us|supportus|paywall|donation"),
        ("sign-up", "newsletters?|subscribe|subscription|signup|sign-up|mailchimp|email-form"),
        ("related", "related|recommended|read-also|readalso|read-more|readmore|more-stories|teasers?|promo"),
        ("share", "share|sharing|social|addtoany"),
        ("caption", "caption|credit|photo-credit"),
        ("advertisement", "ad|ads|advert|advertisement|adslot|sponsored|outbrain|taboola"),
        ("comments", "comments?|reactions|disqus"),
        ("banner", "banner|cookie|cookies|consent|gdpr|popup|modal|toast"),
        ("navigation", "menu|breadcrumbs?|sidebar|pagination|toolbar|skip-link"),
        ("player", "audio-player|player|listen|beyondwords"),
        ("call-to-action", "cta"),
    )
)

_PULL_QUOTE = re.compile(r"(?:^|[-_\s])(?:pull-?quote|wp-block-pullquote)(?:$|[-_\s])", re.IGNORECASE)
_PAYWALL = re.compile(
    r"(?:^|[-_\s])(?:paywall|pay-wall|regwall|piano|subscriber-only|subscribers-only|metered|post-access|gh-post-upgrade)",
    re.IGNORECASE,
)
_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[a-z]|[*†‡]{1,3})[\])]?|[↩⤴^][︎️]?", re.IGNORECASE)
_NOTE_TARGET = re.compile(
    r"#(?:_?(?:fn|ftn|footnote|cite[_-]?(?:note|ref)|note|endnote|ref)|[0-9a-f-]{30,})", re.IGNORECASE
)
_NOTE_CLASS = re.compile(r"(?:^|[-_\s])(?:footnotes?|fn|reference|noteref)(?:$|[-_\s])", re.IGNORECASE)

#: Elements without text that anyone reads; they are in no ledger.
_MUTE = ("script", "style", "link", "meta", "head")


def remove_mute(tree: HtmlElement) -> None:
    """Remove scripts, styles and comments; they hold no text and are not recorded."""
    for element in list(tree.iter()):
        parent = element.getparent()
        if (not isinstance(element.tag, str) or element.tag in _MUTE) and parent is not None:
            element.drop_tree()


def sure_rule(element: HtmlElement) -> str | None:
    """Return the rule for an element that is never the story: a CMS's card, a button, a footnote's mark."""
    if _is_note_mark(element):
        return "footnote-mark"
    classes = (element.get("class") or "").split()
    if "footnote" in classes and element.tag in {"div", "li", "p", "section"}:
        return "footnotes"
    for name in classes:
        if rule := _CARDS.get(name):
            return rule
    if element.get("role") in {"doc-endnotes", "navigation", "search"}:
        return "footnotes" if element.get("role") == "doc-endnotes" else "navigation"
    return _SURE_TAGS.get(element.tag)


def likely_rule(element: HtmlElement) -> str | None:
    """Return the rule for an element that is hidden, or called like noise; pages do call their stories so."""
    style = (element.get("style") or "").replace(" ", "").lower()
    if element.get("hidden") is not None or element.get("aria-hidden") == "true" or "display:none" in style:
        return "hidden"
    if element.tag in _STRUCTURE or is_pull_quote(element):
        return None
    rule = _LIKELY_TAGS.get(element.tag)
    if rule == "figure" and element.find(".//table") is None and element.find(".//blockquote") is None:
        return rule
    if rule is not None and rule != "figure":
        return rule
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    rule = None if names == " " else next((rule for rule, pattern in _NAMES if pattern.search(names)), None)
    if rule == "related" and not _leads_elsewhere(element):
        return None  # a "teaser" or "promo-text" that leads nowhere is the story's own lead
    return None if rule and (_is_within_sentence(element) or element.find(".//h1") is not None) else rule


def _leads_elsewhere(element: HtmlElement) -> bool:
    """Tell whether an element holds a link or stands in one, as what leads to another story does."""
    return next(element.iter("a"), None) is not None or next(element.iterancestors("a"), None) is not None


def _is_within_sentence(element: HtmlElement) -> bool:
    """Tell whether an element stands among other text of a line: taking it out would tear the sentence."""
    parent = element.getparent()
    if element.tag not in INLINE or parent is None:
        return False
    before = element.getprevious()
    around = f"{parent.text or '' if before is None else before.tail or ''}{element.tail or ''}"
    return bool(one_line(around))


def is_pull_quote(element: HtmlElement) -> bool:
    """Tell whether an element sets a quotation apart that may repeat the body."""
    return bool(_PULL_QUOTE.search(element.get("class") or ""))


def is_gate(element: HtmlElement) -> bool:
    """Tell whether an element is named like a paywall."""
    return bool(_PAYWALL.search(f"{element.get('class') or ''} {element.get('id') or ''}"))


def caption_of(table: HtmlElement) -> str:
    """Return a table's caption, from itself or from the figure around it."""
    own = table.find("caption")
    parent = table.getparent()
    if own is None and parent is not None and parent.tag == "figure":
        own = parent.find("figcaption")
    return "" if own is None else one_line(own.text_content())


def _is_note_mark(element: HtmlElement) -> bool:
    """Tell whether an element is a footnote's mark: it looks like one, and points to a note or is called so."""
    if element.tag not in {"sup", "a", "span"}:
        return False
    text = one_line(element.text_content())
    if not _MARK.fullmatch(text):
        return False
    links = [element] if element.tag == "a" else element.findall(".//a")
    targets = [link.get("href") or "" for link in links]
    if element.tag == "sup" and any("#" in target for target in targets):
        return True
    named = _NOTE_CLASS.search(element.get("class") or "") or element.get("role") in {"doc-noteref", "doc-backlink"}
    return bool(named) or any(_NOTE_TARGET.search(target) for target in targets)
