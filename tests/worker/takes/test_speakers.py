from __future__ import annotations

import pytest

from briefing.settings import SpeechSettings
from briefing.speech import chunk_key
from worker.takes.speakers import Speakers

ENTRY = """
[[voices]]
id = "house"
name = "House"
language = "en"
engine = "{engine}"
licence = "none"
attribution = "none"
{parameters}
"""


def key(folder, engine, parameters=""):
    """The key of a take by a voice that is always called the same."""
    (folder / "voices.toml").write_text(ENTRY.format(engine=engine, parameters=parameters))
    settings = SpeechSettings(voices=str(folder / "voices.toml"), openai_address="http://127.0.0.1:9/v1")
    return chunk_key("Hello.", Speakers(settings).narrator("house"))


@pytest.mark.parametrize(
    ("engine", "one", "other"),
    [
        ("openai", 'voice = "alloy"', 'voice = "echo"'),
        ("openai", 'voice = "alloy"\ninstructions = "Slowly."', 'voice = "alloy"\ninstructions = "Fast."'),
        ("openai", 'voice = "alloy"\nrate = 24000', 'voice = "alloy"\nrate = 22050'),
        ("openai", 'voice = "alloy"\nmodel = "a"', 'voice = "alloy"\nmodel = "b"'),
        ("gtts", 'lang = "en"', 'lang = "de"'),
        ("silence", "ms_per_character = 50", "ms_per_character = 60"),
    ],
)
def test_what_an_entry_has_its_engine_do_is_part_of_a_takes_key(tmp_path, engine, one, other):
    assert key(tmp_path, engine, one) == key(tmp_path, engine, one)
    assert key(tmp_path, engine, one) != key(tmp_path, engine, other)


def test_where_a_model_lies_is_not_since_its_digest_tells_it(tmp_path):
    joe = Speakers(SpeechSettings()).narrator("joe")
    assert joe.model_digest
    assert joe.engine_version == Speakers(SpeechSettings()).get("joe").engine.version
    assert key(tmp_path, "silence") == key(tmp_path, "silence", 'package = "elsewhere"')
