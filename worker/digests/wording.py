"""What a digest says of itself, by language: greetings, sign-offs, what stands before a summary. Words only."""

from __future__ import annotations

#: By language: good morning, good afternoon, good evening; the greeting; the sign-off; what leads to the next story.
WORDS = {
    "en": (
        ("Good morning.", "Good afternoon.", "Good evening."),
        "{hello} It is {date}. This is {show}.",
        "That was {show}.",
        "Next.",
    ),
    "de": (
        ("Guten Morgen.", "Guten Tag.", "Guten Abend."),
        "{hello} Heute ist {date}. Das ist {show}.",
        "Das war {show}.",
        "Als Nächstes.",
    ),
    "fr": (
        ("Bonjour.", "Bonjour.", "Bonsoir."),
        "{hello} Nous sommes le {date}. Voici {show}.",
        "C’était {show}.",
        "Ensuite.",
    ),
    "es": (
        ("Buenos días.", "Buenas tardes.", "Buenas noches."),
        "{hello} Hoy es {date}. Esto es {show}.",
        "Esto ha sido {show}.",
        "A continuación.",
    ),
    "it": (
        ("Buongiorno.", "Buon pomeriggio.", "Buonasera."),
        "{hello} Oggi è {date}. Questo è {show}.",
        "Questo era {show}.",
        "A seguire.",
    ),
    "pt": (
        ("Bom dia.", "Boa tarde.", "Boa noite."),
        "{hello} Hoje é {date}. Isto é {show}.",
        "Isto foi {show}.",
        "A seguir.",
    ),
    "nl": (
        ("Goedemorgen.", "Goedemiddag.", "Goedenavond."),
        "{hello} Het is {date}. Dit is {show}.",
        "Dit was {show}.",
        "Dan het volgende.",
    ),
    "pl": (
        ("Dzień dobry.", "Dzień dobry.", "Dobry wieczór."),
        "{hello} Dziś jest {date}. To {show}.",
        "To był program {show}.",
        "Następnie.",
    ),
    "uk": (
        ("Доброго ранку.", "Добрий день.", "Добрий вечір."),
        "{hello} Сьогодні {date}. Це {show}.",
        "Це був випуск «{show}».",
        "Далі.",
    ),
    "ru": (
        ("Доброе утро.", "Добрый день.", "Добрый вечер."),
        "{hello} Сегодня {date}. Это {show}.",
        "Это был выпуск «{show}».",
        "Далее.",
    ),
}

#: In a language without words here: the date, and whose digest it is.
NO_WORDS = (("", "", ""), "{show}. {date}.", "", "")

#: By language: what is said before a summary. It is ours, and no setting words it: without it a listener would take a
#: model's words for the newsroom's.
SUMMARISED = {
    "en": "Summarised by AI, approved by an editor.",
    "de": "Zusammengefasst von KI, freigegeben von der Redaktion.",
    "fr": "Résumé par une IA, approuvé par la rédaction.",
    "es": "Resumido por IA, aprobado por la redacción.",
    "uk": "Стислий виклад створив штучний інтелект, затвердила редакція.",
}
