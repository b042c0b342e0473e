"""``dvc.yaml`` is what the config gives, and a stage depends on its own paper, not on the others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from dvc.repo import Repo
from smoke_run import COPIED, ROOT, edit

from modelcollapse.papers.registry import PAPERS
from modelcollapse.workflow.dvc_stages import REPAIR, stages_text

LAPTOP = Path("config/laptop.yaml")
KEPT_ARM = """samples_in_dvc: true, regime: {name: preserve, kept: 0.1}}"""


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A copy of the config."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def locked(tmp_path_factory) -> Path:
    """A repository of DVC with this code and config, whose lock says that everything is up to date."""
    folder = tmp_path_factory.mktemp("locked")
    for name in (*COPIED, "dvc.yaml", ".dvcignore"):
        source, ignore = ROOT / name, shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(source, folder / name, ignore=ignore) if source.is_dir() else shutil.copy(source, folder)
    for stage in stages((folder / "dvc.yaml").read_text()).values():
        for path in kept(stage):
            (folder / path).mkdir(parents=True)
            (folder / path / "some.parquet").write_text(path)
        for metrics in stage.get("metrics", []):
            for path in metrics:
                (folder / path).parent.mkdir(parents=True)
                (folder / path).write_text("{}")
    Repo.init(str(folder), no_scm=True).close()
    with Repo(str(folder)) as repo:
        repo.commit(force=True)
    return folder


def changed_stages(folder: Path) -> set[str]:
    with Repo(str(folder)) as repo:
        # stages are named by their file too
        return {name.rpartition(":")[2] for name in repo.status()}


def stages(text: str) -> dict:
    return yaml.safe_load(text)["stages"]


def kept(stage: dict) -> set[str]:
    return {path for out in stage["outs"] for path in out}


def test_the_file_in_the_repository_is_what_the_config_gives(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert Path("dvc.yaml").read_text() == stages_text(LAPTOP), f"dvc.yaml is out of date: type '{REPAIR}'"


def test_there_is_a_stage_per_paper_and_everything_it_depends_on_exists(monkeypatch):
    monkeypatch.chdir(ROOT)
    found = stages(stages_text(LAPTOP))
    assert list(found) == ["parser", *PAPERS]
    for stage in found.values():
        assert [path for path in stage["deps"] if not Path(path).exists()] == []
        assert all(options == {"persist": True} for out in stage["outs"] for options in out.values())


def test_an_arm_whose_samples_are_not_kept_any_more_loses_its_kept(project):
    before = stages(stages_text(LAPTOP))
    edit(project / LAPTOP, f"epochs5_kept10: {{label: \"5 epochs, 10 % kept\", {KEPT_ARM}",
         f"epochs5_kept10: {{label: \"5 epochs, 10 % kept\", {KEPT_ARM.replace('true', 'false')}")  # fmt: skip
    after = stages(stages_text(LAPTOP))
    gone = {f"data/laptop/{kind}/shumailov/epochs5_kept10" for kind in ("synthetic", "scores")}
    assert kept(before["shumailov"]) - kept(after["shumailov"]) == gone
    assert {name: stage for name, stage in before.items() if name != "shumailov"} == {
        name: stage for name, stage in after.items() if name != "shumailov"
    }


def test_an_arm_that_does_not_run_is_not_kept(project):
    edit(project / LAPTOP, "greedy: {role: ablation,", "greedy: {role: ablation, samples_in_dvc: true,")
    assert not any("greedy" in path for path in kept(stages(stages_text(LAPTOP))["shumailov"]))
    edit(project / LAPTOP, "arms: core", "arms: all")
    assert "data/laptop/scores/shumailov/greedy" in kept(stages(stages_text(LAPTOP))["shumailov"])


def test_only_what_a_paper_has_is_kept_and_read(monkeypatch):
    monkeypatch.chdir(ROOT)
    found = stages(stages_text(LAPTOP))
    for paper in PAPERS:
        text = yaml.safe_dump(found[paper])
        assert not any(f"papers/{other}" in text for other in PAPERS if other != paper)
    # neither has a language model; one has images, the other has not
    for paper in ("gerstgrasser", "dohmatob"):
        assert kept(found[paper]) == {f"data/laptop/simulations/{paper}"}
        assert not any("/recursion/" in path for path in found[paper]["deps"])
    assert found["gerstgrasser"]["params"][0]["config/laptop.yaml"] == ["scale", "text", "arms", "gerstgrasser"]
    assert "corpora.digits" in found["dohmatob"]["params"][0]["config/laptop.yaml"]
    assert "corpora.storyworld" not in yaml.safe_dump(found)
    assert "src/modelcollapse/recursion/regimes/preserve.py" in found["shumailov"]["deps"]
    assert "src/modelcollapse/recursion/regimes/curated.py" not in found["shumailov"]["deps"]


@pytest.mark.parametrize(
    ("file", "stale"),
    [
        ("src/modelcollapse/papers/gerstgrasser/quantities.py", {"gerstgrasser"}),
        ("config/claims/dohmatob.yaml", {"dohmatob"}),
        ("src/modelcollapse/recursion/train.py", {"shumailov"}),
        ("src/modelcollapse/recursion/regimes/curated.py", set()),
        ("src/modelcollapse/evidence/verdicts.py", set(PAPERS)),
        ("rules/common.smk", set(PAPERS)),
    ],
)
def test_dvc_sees_what_an_edit_makes_stale(locked, file, stale):
    path = locked / file
    text = path.read_text()
    path.write_text(text + "# changed\n")
    assert changed_stages(locked) == stale
    path.write_text(text)
    assert changed_stages(locked) == set()


def test_dvc_sees_which_paper_reads_a_changed_key(locked):
    config = locked / LAPTOP
    text = config.read_text()
    for old, new, stale in (
        ("storyworld: {source: storyworld}", "storyworld: {source: storyworld, train: 9}", set()),
        ("digits: {source: digits}", "digits: {source: digits, train: 9}", {"shumailov", "dohmatob"}),
        ("absorption_chains: 1600", "absorption_chains: 1700", {"gerstgrasser"}),
    ):
        edit(config, old, new)
        assert changed_stages(locked) == stale
        config.write_text(text)
