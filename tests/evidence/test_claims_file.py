"""Claims files: what is wrong is said before any job, with line, claim and nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from modelcollapse.configuration.loading import load_config, read_files
from modelcollapse.evidence.claims_file import ClaimsError, check_claims, claims_parameters, load_claims
from modelcollapse.evidence.decision_rules import rule_hashes, rule_text
from modelcollapse.evidence.deviations import experiments_of
from modelcollapse.evidence.signatures import read_signatures
from modelcollapse.papers.registry import PAPERS, part

CONFIG = Path(__file__).parents[2] / "config"
SHUMAILOV = CONFIG / "claims" / "shumailov.yaml"


def experiments(scale: str, paper: str = "shumailov") -> list[str]:
    return experiments_of(load_config(read_files([CONFIG / f"{scale}.yaml"])).model_dump()[paper])


def figures(paper: str) -> set[str]:
    settings = getattr(load_config(read_files([CONFIG / "laptop.yaml"])), paper)
    return {figure for topic in part(paper, "experiments").topics(settings, "core") for figure in topic.figures}


def check(path: Path, scale: str = "laptop", drawn=None) -> None:
    drawn = figures("shumailov") if drawn is None else drawn
    signatures = read_signatures("papers.shumailov.quantities")
    check_claims(path, signatures, drawn, experiments(scale), [*experiments("laptop"), *experiments("paper")])


@pytest.fixture
def edited(tmp_path):
    """The claims file with a text in it replaced by another, once."""

    def edit(old: str, new: str) -> Path:
        text = SHUMAILOV.read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "shumailov.yaml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return edit


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("scale", ["smoke", "laptop", "workstation", "paper"])
def test_the_claims_of_every_paper_can_be_judged_at_every_scale(paper, scale):
    elsewhere = [*experiments("laptop", paper), *experiments("paper", paper)]
    signatures = read_signatures(f"papers.{paper}.quantities")
    check_claims(CONFIG / "claims" / f"{paper}.yaml", signatures, figures(paper), experiments(scale, paper), elsewhere)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "judges: [language_model.arms.epochs5_kept0]",
            "judges: [language_model.arms.epochs5_kept]",
            r"line 12: claim L1: no config has an experiment '.*epochs5_kept'; did you mean 'language_model\.arms\.epochs5",
        ),
        (
            "quantity: gain_over_base, arguments: {arm: epochs5_kept0,",
            "quantity: gain_over_base, arguments: {arm: epochs5_kep0,",
            r"claim L1, part 1: no config has arm 'epochs5_kep0' in language_model.arms; did you mean 'epochs5_kept0'",
        ),
        (
            "other: epochs10_kept10, factor: 0.5",
            "other: epochs10_kept110, factor: 0.5",
            r"claim L3, part 1: no config has other 'epochs10_kept110' .*did you mean 'epochs10_kept10'",
        ),
        ("laptop: beam5_penalty1}", "laptop: beam6}", r"claim L9, part 1: no config has reference 'beam6'"),
        ("mixture: one_blob_500", "mixture: oneblob", r"claim G3, part 1: no config has mixture 'oneblob' in mixture"),
        (
            "figure: perplexity",
            "figure: perplxity",
            r"claim L1: there is no figure 'perplxity'; did you mean 'perplexity'",
        ),
        (
            "quantity: degradation,",
            "quantity: degradatoin,",
            r"claim L2, part 1: there is no quantity 'degradatoin'; did",
        ),
        (
            "arguments: {arm: epochs5_kept0}",
            "arguments: {arn: epochs5_kept0}",
            r"L1, part 2: .*no argument 'arn'; .*'arm'",
        ),
        ("scales: [laptop,", "scales: [latpop,", r"claim L1: scales.0 is 'latpop'; did you mean 'laptop'"),
        (
            "{default: 2000, laptop: 500}",
            "{default: 2000, labtop: 500}",
            r"claim G3, part 1: 'labtop' is no scale; did you",
        ),
        (
            "{default: 2000, laptop: 500}",
            "{laptop: 500}",
            r"claim G3, part 1: .*'generation' differs by scale, so it needs",
        ),
        (
            "direction: above",
            "directoin: above",
            r"line \d+: claim L1, part 1: directoin is no key .*did you mean 'direction'",
        ),
        (
            "    where: main text",
            "    wher: main text",
            r"claim L1: wher is no key of a claims file; did you mean 'where'",
        ),
        (
            "minimum_n: 5",
            "minimum_n: 3",
            r"claim L1: minimum_n is 3, but a verdict on a trained_network needs at least 5",
        ),
        ("    judges: [vae]\n", "", r"claim V1: 'judges' must name the experiments"),
        ("mathematical: true", "mathematical: true\n    judges: [theory]", r"claim T1: a mathematical claim judges no"),
        ("data/{folder}/measures", "data/{scale}/measures", r"claim L1: the target .* another placeholder"),
        ("  smoke: the", "  smok: the", r"not_testable.smok.* is 'smok'; did you mean 'smoke'"),
        ("id: L2", "id: L1", r"these ids are there twice: L1"),
        (
            "paper: shumailov",
            "paper: shumailov\npaper: other",
            r"line 4: the key 'paper' stands twice here, first in line 3",
        ),
        ("    statement:", "\tstatement:", r"line 9: .*(tab|indent)"),
    ],
)
def test_a_mistake_is_found_with_its_line_claim_and_remedy(edited, old, new, message):
    path = edited(old, new)
    with pytest.raises(ClaimsError, match=message) as caught:
        check(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"- a\n- b\n", b"claims: 5\n", b"a: \xff\n", b"a: 1\n---\nb: 2\n", b"a: \x00\n"]
)
def test_what_is_no_claims_file_is_a_sentence_too(tmp_path, content):
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(ClaimsError, match=r"x\.yaml"):
        check(path)
    with pytest.raises(ClaimsError, match="There is no file"):
        check(tmp_path / "absent.yaml")


def test_all_mistakes_are_listed_at_once(edited):
    path = edited("figure: perplexity", "figure: x")
    path.write_text(path.read_text().replace("one_blob_500", "one_blob_5", 1))
    with pytest.raises(ClaimsError) as caught:
        check(path)
    assert str(caught.value).count("\n  - ") == 2


def test_an_arm_of_another_scale_is_no_error(edited):
    # smoke has no such arm, and no beams at penalty 1
    check(SHUMAILOV, "smoke")


def test_comments_and_the_order_of_keys_are_no_parameters(edited, tmp_path):
    before = claims_parameters(SHUMAILOV)
    assert claims_parameters(edited("claims:\n", "# a comment\nclaims:\n")) == before
    reordered = yaml.safe_load(SHUMAILOV.read_text(encoding="utf-8"))
    reordered["claims"] = [dict(reversed(claim.items())) for claim in reordered["claims"]]
    (tmp_path / "reordered.yaml").write_text(yaml.safe_dump(reordered, sort_keys=False))
    assert claims_parameters(tmp_path / "reordered.yaml") == before
    assert claims_parameters(edited("margin: 0.02", "margin: 0.03")) != before
    assert claims_parameters(edited("reported: formula", "reported: a formula")) != before


def test_the_rule_and_not_the_words_make_the_hash(edited):
    registry = part("shumailov", "quantities").QUANTITIES
    before = rule_hashes(load_claims(SHUMAILOV, registry), registry)
    words = rule_hashes(load_claims(edited("statement: Fine", "statement: fine"), registry), registry)
    judged = edited("judges: [language_model.arms.epochs5_kept0]", "judges: [vae]")
    assert words == before == rule_hashes(load_claims(judged, registry), registry)
    changed = load_claims(edited("direction: above, margin: 0.02", "direction: above, margin: 0.03"), registry)
    after = rule_hashes(changed, registry)
    assert [claim for claim in before if before[claim] != after[claim]] == ["L1"]
    assert f"[rule {after['L1']}]" in rule_text(changed.claims[0], registry)


def test_targets_are_files_that_the_declared_simulations_make():
    for paper in PAPERS:
        config = load_config(read_files([CONFIG / "laptop.yaml"]))
        declared = part(paper, "experiments").simulations(getattr(config, paper))
        made = {f"data/{{folder}}/simulations/{paper}/{one.topic}/{one.name}.parquet" for one in declared}
        for claim in load_claims(CONFIG / "claims" / f"{paper}.yaml", part(paper, "quantities").QUANTITIES).claims:
            assert {target for target in claim.target if "/simulations/" in target} <= made, claim.id
