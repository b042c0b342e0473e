"""Fixtures of the corpora tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from mirrors import make_mirror


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A tiny corpus mirror."""
    return make_mirror(tmp_path / "mirror")
