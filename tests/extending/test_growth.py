"""Growing the project reruns nothing that was computed; a real change reruns what depends on it, wherever it is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from smoke_run import edit, jobs, snakemake

TRAINING = {"fit_base", "fit_generation_0", "sample_generation_0", "run_generation", "continue_generation"}
SIMULATING = {"run_simulation", "run_simulation_with_arrays"}
NEW_REGIME = '''"""All human rows again."""

from __future__ import annotations

from modelcollapse.recursion.training_sets import HUMAN, Part, RegimeContext, TrainingSet

READS = "none"
OPTIONS = ()


def choose(context: RegimeContext) -> TrainingSet:
    """The training set of the next model."""
    return TrainingSet([Part(HUMAN, context.fold(0))])
'''
NEW_PAPER = {
    "__init__": '"""A toy paper."""\n',
    "settings": '''"""What can be set about the toy paper."""

from __future__ import annotations

from modelcollapse.recursion.settings import LanguageModelSettings
from modelcollapse.runtime.settings import Settings


class ToySettings(Settings):
    """A toy paper."""

    first_seed: int = 1
    """First seed of its arms."""
    language_model: LanguageModelSettings | None = None
    """Its arms."""


PaperSettings = ToySettings
''',
    "experiments": '''"""What is run and shown for the toy paper."""

from __future__ import annotations

from modelcollapse.presentation.topics import Topic


def simulations(settings):
    """None."""
    return []


def topics(settings, arms):
    """One figure."""
    figures = "papers.shumailov.figures.language_figures"
    return [Topic(name="everything", module=figures, data=("measures",), figures=("perplexity",))]
''',
    "quantities": '''"""Quantities of the toy paper."""

from modelcollapse.evidence.language_quantities import LANGUAGE_QUANTITIES
from modelcollapse.evidence.quantities import Registry

QUANTITIES = Registry({**LANGUAGE_QUANTITIES})
''',
}


def planned(clone: Path) -> set[str]:
    return jobs(snakemake("-n", folder=clone))


def append(path: Path, text: str = "\nCHANGED = True\n") -> None:
    with open(path, "a", encoding="utf-8") as stream:
        stream.write(text)


def test_a_new_optional_field_reruns_nothing(clone):
    for file, head in (
        ("recursion/settings.py", "class TrainingSettings(Settings):"),
        ("densities/mixture/settings.py", "class MixtureSettings(Settings):"),
        ("corpora/settings.py", "class TokenizerSettings(Settings):"),
    ):
        edit(clone / "src/modelcollapse" / file, head, f"{head}\n    new_option: int = 3\n")
    assert planned(clone) == set()


def test_a_changed_default_reruns_what_depends_on_it(clone):
    edit(clone / "src/modelcollapse/densities/mixture/settings.py", "tolerance: Annotated[float, Field(gt=0)] = 1e-5",
         "tolerance: Annotated[float, Field(gt=0)] = 1e-4")  # fmt: skip
    found = planned(clone)
    assert "run_simulation_with_arrays" in found and not found & (TRAINING | {"run_simulation"})


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("recursion/regimes/human_again.py", NEW_REGIME),
        ("recursion/writing/methods/other.py", "STORES_LOG_Q = True\nOPTIONS = ()\n\n\ndef write(*given):\n    ...\n"),
        ("measures/entries/other.py", 'READS = ("scores",)\n\n\ndef measure(chain):\n    return []\n'),
    ],
)  # fmt: skip
def test_a_new_entry_is_one_file_and_reruns_nothing(clone, file, text):
    (clone / "src/modelcollapse" / file).write_text(text)
    assert planned(clone) == set()


def test_a_changed_regime_reruns_the_arms_that_use_it_and_no_fit_before_them(clone):
    append(clone / "src/modelcollapse/recursion/regimes/preserve.py")
    dry_run = snakemake("-n", folder=clone)
    assert {"run_generation"} <= jobs(dry_run) and not jobs(dry_run) & {"fit_base", "fit_generation_0"}
    lines = [line for line in (dry_run.stdout + dry_run.stderr).splitlines() if "output: data/smoke/synthetic/" in line]
    assert lines and all("/epochs10_kept10/" in line for line in lines)


def test_a_new_paper_with_arms_of_the_same_names_edits_two_files_and_reruns_nothing_of_the_others(clone):
    folder = clone / "src/modelcollapse/papers/toy"
    (folder / "captions").mkdir(parents=True)
    (folder / "captions/perplexity.rst").write_text("Perplexity of the toy paper.\n")
    for name, text in NEW_PAPER.items():
        (folder / f"{name}.py").write_text(text)
    edit(clone / "src/modelcollapse/papers/registry.py", '"dohmatob")', '"dohmatob", "toy")')
    models = yaml.safe_load((clone / "config/smoke.yaml").read_text())["shumailov"]["language_model"]
    toy = {"families": models["families"], "arm_defaults": models["arm_defaults"], "arms": {"epochs5_kept0": {}}}
    append(clone / "config/smoke.yaml", "\ntoy: " + json.dumps({"language_model": toy}) + "\n")
    claims = yaml.safe_load((clone / "config/claims/shumailov.yaml").read_text())
    only = [claim for claim in claims["claims"] if claim["id"] == "L2"]
    (clone / "config/claims/toy.yaml").write_text(yaml.safe_dump({**claims, "paper": "toy", "claims": only}))
    dry_run = snakemake("-n", folder=clone)
    found = jobs(dry_run)
    assert {"fit_base", "run_generation", "judge_claims", "draw_figures_toy_everything"} <= found
    outputs = [line for line in (dry_run.stdout + dry_run.stderr).splitlines() if line.strip().startswith("output:")]
    others = [line for line in outputs if "/toy/" not in line and "results/smoke/claims.csv" not in line]
    assert outputs and not others


@pytest.mark.parametrize(
    ("file", "expected", "untouched"),
    [
        ("commands/recursion.py", TRAINING, SIMULATING),
        ("commands/step.py", TRAINING | SIMULATING, set()),
        ("commands/simulation.py", SIMULATING, TRAINING),
        ("recursion/__init__.py", TRAINING, SIMULATING),
        ("steps/execution.py", TRAINING | SIMULATING, set()),
        ("simulation/running.py", SIMULATING, TRAINING),
        ("papers/dohmatob/simulations/widths.py", {"run_simulation"}, TRAINING | {"run_simulation_with_arrays"}),
        ("corpora/sources/digits.py", {"prepare_images"}, TRAINING),
        ("evidence/verdicts.py", {"judge_claims"}, TRAINING | SIMULATING),
        ("steps/ledger.py", set(), TRAINING | SIMULATING),
        ("workflow/places.py", set(), TRAINING | SIMULATING),
    ],
)
def test_code_reruns_the_steps_that_run_it(clone, file, expected, untouched):
    append(clone / "src/modelcollapse" / file)
    found = planned(clone)
    assert expected <= found and not found & untouched


def test_a_comment_in_the_claims_reruns_nothing_and_another_margin_judges_again(clone):
    claims = clone / "config/claims/shumailov.yaml"
    append(claims, "\n# a comment\n")
    assert planned(clone) == set()
    edit(claims, "margin: 0.05", "margin: 0.06")
    found = planned(clone)
    assert "judge_claims" in found and not found & (TRAINING | SIMULATING)


def test_an_experiment_is_gone_from_the_run_when_it_is_gone_from_the_config(clone):
    config = yaml.safe_load((clone / "config/smoke.yaml").read_text())
    del config["shumailov"]["vae"], config["dohmatob"], config["shumailov"]["mixture"]["two_blobs_1000"]
    (clone / "config/smoke.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    found = planned(clone)
    assert not found & (TRAINING | SIMULATING)
