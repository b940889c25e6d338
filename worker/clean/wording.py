"""The words that sites use around their articles, language by language: data for `phrases`, no rules."""

from __future__ import annotations

import re
from typing import Final

_I = re.IGNORECASE

#: Whole lines of page furniture, in lower case with straight apostrophes.
MENU: Final = frozenset(
    (
        "skip to content|skip to main content|edit post|share|share this|comments|comment|leave a comment|"
        "no comments|advertisement|advertisements|ad|sponsored|editors' picks|editor's picks|most read|"
        "most popular|trending|latest news|top stories|related|related stories|related articles|related topics|"
        "recommended|follow us|read more|load more|show more|see more|see all|view all|back to top|print|"
        "print this page|listen|play|pause|download|log in|login|sign in|sign out|my account|menu|search|home|close|"
        "next|previous|newsletter|newsletters|podcasts|videos|photos|gallery|tags|topics|copy link|link copied|save|"
        "bookmark|email|facebook|twitter|x|whatsapp|telegram|linkedin|reddit|cookie settings|accept|accept all|reject|"
        "reject all|manage cookies|privacy policy|terms of use|terms of service|contact us|about us|"
        "more from this author|about the author|continue reading|click here|report a mistake|story continues below|"
        "story continues below advertisement|article continues below|article continues after advertisement|"
        "advertisement - scroll to continue|read also|see also|also read|read next|you may also like|"
        # German
        "anzeige|werbung|teilen|drucken|merken|kommentare|kommentar schreiben|zur startseite|mehr zum thema|"
        "lesen sie auch|auch interessant|mehr lesen|artikel anhören|themen|"
        # French
        "publicité|partager|imprimer|commentaires|lire aussi|à lire aussi|lire plus|lire la suite|s'abonner|"
        "se connecter|offrir l'article|"
        # Spanish, Italian, Portuguese
        "publicidad|publicidade|pubblicità|compartir|comentarios|lea también|lee también|leer más|leggi anche|"
        "leia também|condividi|archivado en|"
        # Ukrainian, Russian, Polish
        "реклама|поділитися|коментарі|читайте також|читайте ще|друкувати|поделиться|комментарии|читайте также|"
        "czytaj także|czytaj też|reklama|udostępnij|komentarze"
    ).split("|")
)

#: Lines that lead to another story, label and headline in one.
READ_ALSO: Final = re.compile(
    r"^(?:read (?:also|more|next)|also read|see also)\s*(?::|[-–—|>»])|^(?:read also|also read|read next)\b|"
    r"^(?:lesen sie (?:auch|hier|dazu)|mehr zum thema|auch interessant|lire (?:aussi|également)|à lire(?: aussi|"
    r" également)?|"
    r"lea también|lee también|le puede interesar|leggi anche|leia também|lees ook|"
    r"читайте (?:також|ще)|читайте (?:также|ещё)|дивіться також|czytaj (?:też|także)|zobacz (?:też|także))\s*(?::|"
    r"[-–—|>»])",
    _I,
)

#: Calls to subscribe, none of them by itself.
SIGN_UP: Final = re.compile(
    r"^(?:please,? )?enter (?:a )?(?:your|correct|valid) e-?mail|\bsent you a confirmation e-?mail|^check your inbox\b|"
    r"^email sent! check your inbox|"
    r"^(?:sign up|subscribe|register)\b(?! to vote\b).{0,80}\b(?:newsletters?|inbox|alerts?|(?<!by )e-?mail|"
    r"updates|briefing)\b|"
    r"^(?:get|receive)\b.{0,80}\b(?:newsletters?|(?:in|to|straight to) your inbox)\b|"
    r"^(?:abonnieren sie|jetzt abonnieren)\b.{0,80}|^inscrivez-vous\b.{0,80}\b(?:newsletter|lettre)\b|"
    r"^(?:suscríbete|suscríbase)\b.{0,80}|^(?:підписуйтесь|підписуйтеся|підпишіться|приєднуйтесь)\b.{0,80}"
    r"\b(?:telegram|телеграм\w*|канал\w*|розсилк\w+|новини|facebook|youtube)\b|"
    r"^by (?:signing up|subscribing|registering|(?:entering|providing|submitting) your e-?mail)\b.{0,80}\byou (?:agree|"
    r"consent|accept|confirm|acknowledge)\b.{0,120}\b(?:terms|privacy|conditions|polic(?:y|ies)|e-?mails|newsletters?)\b"
    r".{0,200}$",
    _I,
)

#: Who else wrote it: agencies and people by name, and nothing but that. "Scientists from Kyiv contributed to this
#: report" is news.
_NAME = r"[A-Z][\w.’'&-]*"
_ROLES = (
    r"(?:(?:staff|video|business|sports|science|political|senior|investigative) )?"
    r"(?:writer|reporter|journalist|correspondent|producer|photographer|editor)s?"
)
CONTRIBUTED: Final = re.compile(
    rf"^(?:{_NAME} ){{1,3}}(?:{_ROLES}|{_NAME})(?:,? (?:and |in |of |from |for |the |{_ROLES} )?{_NAME}){{0,30}}"
    r" (?:also )?contributed (?:reporting|(?:reporting )?to this (?:report|story|article))"
    r"(?: from [A-Z][\w.’'& -]{1,60})?\.?$"
)

#: A local newsroom's line below its stories.
STORY_IDEAS: Final = re.compile(
    r"^(?:(?:get in touch|follow|listen to|like)\b.{1,240}\b)?send (?:us )?your story ideas to\b.{0,160}$", _I
)

#: Why a shop's link pays the site: who names itself says "you" or "our" too. "Influencers may earn a commission when
#: followers buy through links" is news.
AFFILIATE: Final = re.compile(
    r"^(?:\W{0,3})(?:we|(?:this|our) (?:site|page|article|post|team)|[\w ’']{1,40}(?=.{1,300}\b(?:you|our)\b)) may "
    r"(?:earn|receive|get|collect) "
    r"(?:an? )?(?:small |affiliate )*(?:commissions?|compensation|share of sales)\b.{0,120}\blinks?\b.{0,160}$|"
    r"^(?:if|when) you (?:buy|purchase|click|shop|make a purchase)\b.{0,120}\bwe may (?:earn|receive|get)\b.{0,60}"
    r"\bcommissions?\b.{0,160}$",
    _I,
)

#: What a page says where it cuts an article off.
PAYWALL: Final = re.compile(
    r"^(?:please )?(?:subscribe|log ?in|sign in|sign up|register|create (?:an|a free) account|become a (?:member|"
    r"subscriber))\b"
    r".{0,60}\b(?:to (?:continue|keep|finish) reading|to read (?:the (?:full|rest|whole)|this|more|on))\b|"
    r"^to (?:continue|keep) reading(?:\W*$|\s*[,:]|,? (?:this|our|please|subscribe|log|sign|register|"
    r"the (?:full|rest|whole|article|story))\b)|"
    r"^(?:already (?:a|an?) (?:subscriber|member)|have an account)\s*\?\W*(?:$|(?:log|sign|click|please|"
    r"continue|enter|access)\b)|"
    r"^this (?:article|content|story|post) is (?:reserved |only |exclusively )*(?:for|available to) (?:our )?(?:\w+ )?"
    r"(?:subscribers|members)\b|^(?:unlock|keep reading) this (?:article|story)\b|"
    r"^you have (?:\d+|no|reached your) .{0,30}free articles?\b|^(?:subscribe|join) (?:now )?to (?:unlock|continue|"
    r"keep)\b|"
    r"^(?:jetzt|weiter) ?weiterlesen\b|^weiterlesen mit\b|^(?:dieser (?:artikel|inhalt)|"
    r"sie) .{0,40}\babonn?ent(?:en|innen)\b|"
    r"^(?:cet article est|la suite est|article) réservée? aux abonnés|^il vous reste [\d,]+ ?% de cet article|"
    r"^(?:contenido|artículo) (?:exclusivo|solo) para (?:suscriptores|socios)|"
    r"^(?:цей матеріал|текст|стаття) .{0,30}\b(?:передплатник|підписник)\w*",
    _I,
)
