"""What an MP3 is called as a file, whatever a page says: an answer's header that can be trusted."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from api.downloads import disposition

#: The one form of it: RFC 6266, with a name in UTF-8 where ASCII does not hold it.
FORM = re.compile(r"attachment; filename=\"([A-Za-z0-9-]+\.mp3)\"(?:; filename\*=UTF-8''([A-Za-z0-9.%_~-]+\.mp3))?")

#: What a page may say -> the name in ASCII and the one in full, None where they are the same.
NAMES = {
    "Ferry-runs-again": ("Ferry-runs-again.mp3", None),
    "Zoë's café": ("Zoe-s-cafe.mp3", "Zoë-s-café.mp3"),
    "Пором-ходить": ("audio.mp3", "Пором-ходить.mp3"),
    "": ("audio.mp3", None),
    "../../etc/passwd": ("etc-passwd.mp3", None),
    'a"; filename="evil.exe': ("a-filename-evil-exe.mp3", None),
    "a\r\nSet-Cookie: b=1": ("a-Set-Cookie-b-1.mp3", None),
    "gpj\u202e\x00.exe": ("gpj-exe.mp3", None),
    "\ud800": ("audio.mp3", None),
    "x" * 5_000: ("x" * 60 + ".mp3", None),
}


@pytest.mark.parametrize(("said", "expected"), NAMES.items(), ids=range(len(NAMES)))
def test_of_what_a_page_says_only_letters_and_digits_reach_the_header(said, expected):
    told = FORM.fullmatch(disposition(said))
    assert told, disposition(said)
    assert (told[1], told[2] and unquote(told[2])) == expected


def test_what_is_played_is_inline():
    assert disposition(None) == "inline"
