"""The page that lies in ``data/`` knows every place, and Git keeps it there and nothing else."""

from __future__ import annotations

import re
import subprocess

from smoke_run import ROOT

from modelcollapse.workflow.places import Places

PAGE = (ROOT / "data/README.md").read_text(encoding="utf-8")


def test_every_place_of_a_run_is_listed():
    named = set(re.findall(r"`([^`]*/[^`]*)`", PAGE))
    family, arm = "<paper>/<family>", "<paper>/<arm>"
    places = Places("laptop")
    for path in (
        places.raw("<source>", ""),
        places.corpus("<corpus>", ""),
        places.tokenizer("<tokenizer>"),
        places.encoded("<corpus>", "<tokenizer>", "train").removesuffix("train.parquet"),
        places.parser("ud_english_ewt"),
        places.base(family),
        places.generation_0(family, "<s>"),
        places.model(arm, "<s>", "<g>"),
        places.samples(arm, "<s>", "<g>"),
        places.scores(arm, "<s>", "<g>"),
        places.scores(family, "<s>", 0),
        places.measures(arm),
        places.simulation("<paper>/<topic>/<name>"),
    ):
        assert path.removeprefix(f"{places.data}/") in named, path


def test_git_keeps_the_page_and_nothing_else_below_data():
    for path, ignored in (("data/README.md", False), ("data/laptop/x.parquet", True), ("data/smoke", True)):
        run = subprocess.run(["git", "check-ignore", "--no-index", "--quiet", path], cwd=ROOT, check=False)
        assert (run.returncode == 0) == ignored, path
