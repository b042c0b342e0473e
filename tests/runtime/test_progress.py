"""Progress in a log."""

from __future__ import annotations

from modelcollapse.runtime.progress import progress


def test_a_log_gets_plain_lines_and_every_item(capsys):
    assert list(progress(range(100), description="steps")) == list(range(100))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("steps: 10 of 100")
    assert "\r" not in "".join(lines)
