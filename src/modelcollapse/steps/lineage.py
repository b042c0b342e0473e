"""The ancestry of a set of samples: what each model was trained on, back to human text."""

from __future__ import annotations

from pathlib import Path

from modelcollapse.runtime.parquet import read_metadata


def lineage_lines(path: str | Path) -> list[str]:
    """The ancestry of a samples file as lines of text, the youngest generation first.

    Args:
        path: ``.../seed<s>/gen<g>.parquet``; its ancestors lie beside it.

    Raises:
        ValueError: the file is no samples file.
    """
    path = Path(path)
    facts = read_metadata(path)
    if "training" not in facts:
        raise ValueError(f"{path} is not a samples file: its metadata has no 'training'. Expected .../gen<g>.parquet")
    lines = [f"{path}: written by model {facts['generation']}, regime {facts['regime']['name']}, seed {facts['seed']}"]
    lines += _ancestors(path, facts, depth=1)
    share = human_share(path)
    lines.append(f"human share of what model {facts['generation']} was trained on: {share:.1%}")
    return lines


def human_share(path: str | Path) -> float:
    """Share of the rows that the writing model was trained on and that a human wrote, in [0, 1]."""
    return float(sum(part["share"] for part in read_metadata(path)["training"] if part["source"] == "human"))


def _ancestors(path: Path, facts: dict, depth: int) -> list[str]:
    lines = []
    for part in facts["training"]:
        indent = "  " * depth
        lines.append(f"{indent}trained on {part['rows']} rows ({part['share']:.1%}) of {part['source']}")
        parent = path.with_name(f"{part['source']}.parquet")
        if part["source"] != "human" and parent.exists():
            lines += _ancestors(parent, read_metadata(parent), depth + 1)
    return lines
