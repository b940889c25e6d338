"""Article ID in, episode out. The stages, in order; each is a module named by its verb, value in, value out.

    fetch      source:id            -> Article
    clean      Article              -> CleanArticle (blocks to read, ledger of what is dropped)
    script     CleanArticles + Show -> Script, each segment spoken through normalise
    chunk      Script + Cast        -> Chunks
    speak      Chunk                -> Take
    stitch     Takes + jingles      -> Mix (a plan of samples, and its cues)
    master     Mix                  -> loudness-set blocks of samples
    watermark  blocks               -> blocks with an inaudible mark, where a show asks for one
    encode     blocks               -> MP3 file with an Info header
    tag        MP3 file             -> ID3
    sign       MP3 file             -> content credentials; nothing touches the bytes after it
    publish    Master               -> the files that readers fetch

Stages never import one another; `prepare`, `assemble` and `tasks` pass the values on. Imports briefing and
voices, never api or cli.
"""

import os

# Before numpy is loaded, which reads it once. Its matrices here are small: more threads only wait for each other, at
# full speed (judging a take cost 27 ms of CPU instead of 14). What runs side by side is calls, as with the engines.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
