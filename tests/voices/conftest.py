from __future__ import annotations

import pytest

from tests.support.kokoro import kokoro_folder
from voices.engines.kokoro import KokoroEngine


@pytest.fixture(scope="session")
def kokoro():
    """One Kokoro for all tests, as one process has one; loading it takes seconds."""
    return KokoroEngine(kokoro_folder())
