"""Fragments cleaned in this process, without the parsing child."""

from __future__ import annotations

from briefing.articles.cleaning import Cleaning
from briefing.values import ArticleRef
from worker.clean.html import read_fragment
from worker.clean.shape import shape

REF = ArticleRef(source="desk", id="story")
FERRY = "The ferry runs again from Monday, the harbour board said after a meeting of almost three hours."
BOARD = "Nobody on the board would say what the new engine had cost, or who had ordered it in the first place."


def cleaned(markup, cleaning=None):
    """Return the pieces of a fragment, read in this process."""
    cleaning = cleaning or Cleaning()
    return shape(read_fragment(markup, cleaning).pieces, "Title", "Jo Baker", cleaning)


def read(markup, cleaning=None):
    return [piece.text for piece in cleaned(markup, cleaning) if piece.to_read]


def rules(markup, cleaning=None):
    return {piece.text: piece.rule for piece in cleaned(markup, cleaning) if piece.rule}
