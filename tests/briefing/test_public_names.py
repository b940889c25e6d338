"""A file's name alone tells how it is served."""

from __future__ import annotations

from briefing import public_names as names
from briefing.values import ArticleRef

#: An article that is called like files of ours.
REF = ArticleRef(source="gone", id="history")
SHA256 = "ab" * 32


def test_each_name_that_is_written_is_served_as_what_writes_it_says():
    live, pinned = names.briefing_folder("0f"), names.briefing_folder("0f", 3)
    preview, stream = names.preview_folder("0f", 3, SHA256), names.stream_folder("0f", 3)
    wanted = {
        names.alias_name(REF): names.ALIAS,
        names.article_name(REF): names.ARTICLE,
        names.address_name("https://paper.example/a"): names.ADDRESS,
        names.briefing_name("0f"): names.ARTICLE,
        names.feed_name("daily"): names.FEED,
        names.archive_name("daily", "2026-11"): names.FEED,
        names.artwork_name("daily"): names.artwork_serving("jpg"),
        names.artwork_name("daily", "png"): names.artwork_serving("png"),
        names.gone_name(names.audio_name(SHA256)): names.TOMBSTONE,
        names.gone_name(f"{live}/history"): names.TOMBSTONE,
        f"{stream}/{names.PLAYLIST_NAME}": names.PLAYLIST,
        f"{stream}/000001.mp3": names.SEGMENT,
        names.PLAYER_NAME: names.PLAYER,
        names.HLS_PLAYER_NAME: names.PLAYER,
        names.EMBED_SCRIPT_NAME: names.PLAYER,
    }
    wanted |= {name: names.history_serving(name.rpartition("/")[2]) for name in names.history_names("0f")}
    for purged in (False, True):
        told = wanted | {names.audio_name(SHA256): names.audio_serving(purged=purged)}
        for ending in names.PICTURE_TYPES:
            name = names.picture_name(SHA256, ending)
            told[f"{pinned}/{name}"] = names.companion_serving(name, pinned=True, purged=purged)
            assert told[f"{pinned}/{name}"].media_type == names.PICTURE_TYPES[ending]
        for name in names.COMPANION_TYPES:
            told[f"{live}/{name}"] = names.companion_serving(name, pinned=False)
            for folder in (pinned, preview):
                told[f"{folder}/{name}"] = names.companion_serving(name, pinned=True, purged=purged)
        assert {name: names.serving_of(name, purged=purged) for name in told} == told
