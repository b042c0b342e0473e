"""Quantities of strong collapse on tables whose truth is known, and claims that hold or fail with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from modelcollapse.evidence.claims_file import load_claims
from modelcollapse.evidence.decisions import decide_difference, decide_equivalence
from modelcollapse.evidence.verdicts import judge_claim
from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.papers.dohmatob import mixing_quantities as mixed
from modelcollapse.papers.dohmatob import strong_collapse_quantities as made
from modelcollapse.papers.dohmatob.quantities import QUANTITIES
from modelcollapse.regression.ridge.exact_forms import exact_ridgeless, isotropic_ridgeless

CLAIMS = Path(__file__).parents[3] / "config/claims/dohmatob.yaml"
FILE = load_claims(CLAIMS, QUANTITIES)
DIMENSION, REPLICATES = 100, 100
SIZES = [10**4, 10**5, 10**6, 10**7, 10**8, 10**9]


def inputs(**tables: pd.DataFrame) -> PaperData:
    """Paper data whose tables are in memory."""
    files = {"strong_collapse": dict.fromkeys(tables, Path("memory"))}
    return PaperData(files, _cache={("strong_collapse", name): table for name, table in tables.items()})


def by_samples(zeta_factor=1.0, clean_power=1.0, share_power=2.0, noise: float = 0.001) -> pd.DataFrame:
    """Corollary 1 with a few errors built in."""
    random = np.random.default_rng(1)
    rows = []
    for n in SIZES:
        for share in (0.0, 0.001, 0.01, 0.1, 0.5):
            theory, exact = (
                isotropic_ridgeless(DIMENSION, n, share, 1, 1),
                exact_ridgeless(DIMENSION, n, share * n, 1, 1),
            )
            for replicate in range(REPLICATES):
                factor = np.exp(noise * random.standard_normal())
                wrong = zeta_factor * (share ** (share_power - 2) if share else 1.0)
                rows.append(
                    {
                        "setting": f"p2={share:g}, n={n}",
                        "dimension": DIMENSION,
                        "samples": n,
                        "synthetic_share": share,
                        "replicate": replicate,
                        "bias": 0.0,
                        "variance": theory.variance * factor * (n / SIZES[0]) ** (1 - clean_power),
                        "zeta": theory.zeta * factor * wrong,
                        **{f"theory_{p}": getattr(theory, p) for p in made.PARTS},
                        **{f"exact_{p}": getattr(exact, p) for p in made.PARTS},
                    }
                )
    return pd.DataFrame(rows)


def by_width(rising=True, zeta_end=1.0, best_small=True) -> pd.DataFrame:
    """zeta over widths around n = 50 with d = 60."""
    random = np.random.default_rng(2)
    limit = 0.5 * (1.2 - 0.5) / (1.2 * 0.2)
    shape = {10: 0.2, 30: 0.5 if rising else 0.1, 80: 3.0, 200: 2.0, 5000: limit * zeta_end}
    rows = []
    for width, zeta in shape.items():
        for replicate in range(REPLICATES):
            factor = np.exp(0.01 * random.standard_normal())
            bias = 1.0 if best_small else 100.0 / width
            rows.append(
                {
                    "setting": f"m={width}",
                    "spectrum": "isotropic",
                    "dimension": 60,
                    "samples": 50,
                    "width": width,
                    "synthetic_share": 0.5,
                    "ridge": 1e-6,
                    "replicate": replicate,
                    "bias": bias,
                    "variance": 0.0,
                    "zeta": zeta * factor,
                }
            )
    return pd.DataFrame(rows)


def values(**columns) -> pd.DataFrame:
    defaults = {"setting": "s", "quantity": "q", "at": 1.0, "theory": np.nan, "quoted": np.nan}
    return pd.DataFrame(defaults | columns)


def claim(name: str):
    return next(item for item in FILE.claims if item.id == name)


def verdict(name: str, tables: PaperData) -> str:
    return judge_claim(claim(name), FILE, QUANTITIES, tables, "laptop", []).term


def test_agreement_finds_a_wrong_part_and_none_where_there_is_none():
    right = made.error_agreement(inputs(e=by_samples()), "e", where="samples == 10000")
    assert len(right) == 5
    assert all(decide_equivalence(item, 0.02).outcome == "holds" for item in right)
    wrong = made.error_agreement(
        inputs(e=by_samples(zeta_factor=1.1)), "e", part="zeta", where="synthetic_share > 0.05"
    )
    assert [item.value for item in wrong] == pytest.approx([0.1] * len(wrong), abs=0.001)
    assert all(decide_equivalence(item, 0.02).outcome == "fails" for item in wrong)
    with pytest.raises(ValueError, match="must be positive"):
        made.error_agreement(inputs(e=by_samples()), "e", part="zeta")
    with pytest.raises(ValueError, match="no part 'noise'"):
        made.error_agreement(inputs(e=by_samples()), "e", part="noise")
    with pytest.raises(NotAvailable, match="was not run where"):
        made.error_agreement(inputs(e=by_samples()), "e", where="samples == 7")


def test_scales_enter_the_total():
    (item,) = made.error_agreement(
        inputs(e=by_samples(zeta_factor=1.1)), "e", where="setting == 'p2=0.5, n=1000000000'", quality=0.0
    )
    assert item.value == pytest.approx(0, abs=0.001)


@pytest.mark.parametrize(
    ("name", "tables", "expected"),
    [
        ("D3", {"noise": 0.001}, "reproduced"),
        ("D3", {"zeta_factor": 1.1}, "not reproduced"),
        ("D4", {}, "reproduced"),
        ("D4", {"clean_power": 0.8}, "not reproduced"),
        ("D5", {}, "reproduced"),
        ("D5", {"zeta_factor": 0.1}, "not reproduced"),
        ("D6", {}, "reproduced"),
        ("D6", {"share_power": 1.0}, "not reproduced"),
    ],
)
def test_claims_by_samples_hold_with_the_theory_and_fail_without(name, tables, expected):
    assert verdict(name, inputs(error_by_samples=by_samples(**tables))) == expected


def test_a_noisy_simulation_is_no_agreement():
    assert verdict("D3", inputs(error_by_samples=by_samples(noise=0.5))) in ("inconclusive", "not reproduced")


def test_zeta_steps_and_the_limit_of_large_widths():
    below = made.zeta_steps(inputs(e=by_width()), "e", "width < samples")
    assert [decide_difference(item, "above", 0.0).outcome for item in below] == ["holds"]
    falling = made.zeta_steps(inputs(e=by_width(rising=False)), "e", "width < samples")
    assert [decide_difference(item, "above", 0.0).outcome for item in falling] == ["fails"]
    above = made.zeta_steps(inputs(e=by_width()), "e", "width > samples")
    assert len(above) == 2
    assert all(decide_difference(item, "below", 0.0).outcome == "holds" for item in above)
    for end, outcome in ((1.0, "holds"), (0.5, "fails")):
        (limit,) = made.zeta_at_large_width(inputs(e=by_width(zeta_end=end)), "e", "all")
        assert limit.value == pytest.approx(end - 1, abs=0.01)
        assert decide_equivalence(limit, 0.1).outcome == outcome


def test_the_best_width_is_compared_with_all_others():
    small = made.width_advantage(inputs(e=by_width()), "e", "all", "smallest", 1.0, 0.1)
    assert len(small) == 4
    assert all(item.value > 0 for item in small)
    large = made.width_advantage(inputs(e=by_width(best_small=False)), "e", "all", "largest", 0.0, 0.1)
    assert all(item.value > 0 for item in large)
    (one,) = made.width_advantage(inputs(e=by_width()), "e", "all", 30, 1.0, 0.1, others=[80])
    assert one.label == "m = 80 over 30"
    with pytest.raises(NotAvailable, match="width 31"):
        made.width_advantage(inputs(e=by_width()), "e", "all", 31, 1.0, 0.1)


def peak_table(centre: int = 50) -> pd.DataFrame:
    rows = by_width()
    peaks = []
    for ridge, height in ((1e-3, 2.0), (1e-5, 9.0)):
        for width in (40, 50, 52, 60):
            part = height / (1 + abs(width - centre))
            peaks.append(rows[rows.width == 10].assign(width=width, ridge=ridge, bias=part, variance=part, zeta=part))
    return pd.concat(peaks)


def test_the_peak_must_lie_near_the_threshold_and_grow():
    assert verdict("D8", inputs(double_descent=peak_table())) == "reproduced"
    assert verdict("D8", inputs(double_descent=peak_table(centre=40))) == "not reproduced"
    items = made.peak_excess(inputs(e=peak_table()), "e", "bias", 1e-5, 0.5)
    assert [item.label for item in items] == ["bias, m = n over 40", "bias, m = n over 60"]
    with pytest.raises(NotAvailable, match=r"ridge 0\.1"):
        made.peak_growth(inputs(e=peak_table()), "e", "bias", 1e-5, 0.1)


def iterative_table(factor: float = 1.0, fixed: float = 8 / 3) -> pd.DataFrame:
    random = np.random.default_rng(3)
    limits = {"fresh_noisy": factor * 4 / 3, "fresh_noiseless": 2 / 3, "fixed_noisy": fixed, "fixed_noiseless": 2.0}
    rows = []
    for variant, limit in {**limits, "real_part": 2.0, "all_synthetic": None}.items():
        for n in (500, 2000, 10**4, 10**5):
            for at in range(4):
                unit = 50 / n if limit else 50 / (n - 51)
                value = unit * (limit if limit else at)
                spread = 1 + 0.001 * random.standard_normal(REPLICATES)
                rows.append(
                    pd.DataFrame(
                        {
                            "setting": f"{variant}, n={n}, round {at}",
                            "variant": variant,
                            "dimension": 50,
                            "samples": n,
                            "round": at,
                            "replicate": range(REPLICATES),
                            "bias": 0.0,
                            "variance": value * spread,
                            "zeta": 0.0 if limit else 1.0,
                            "theory_bias": 0.0,
                            "theory_variance": value,
                            "theory_zeta": 0.0 if limit else 1.0,
                        }
                    )
                )
    return pd.concat(rows, ignore_index=True)


@pytest.mark.parametrize(
    ("name", "changed", "expected"),
    [
        ("D15", {}, "reproduced"),
        ("D15", {"factor": 2.0}, "not reproduced"),
        ("D16", {}, "reproduced"),
        ("D16", {"fixed": 1.5}, "not reproduced"),
        ("D16q", {}, "not reproduced"),
        ("D16q", {"factor": 2.5}, "reproduced"),
        ("D17", {}, "reproduced"),
    ],
)
def test_claims_of_iterative_mixing(name, changed, expected):
    assert verdict(name, inputs(iterative_mixing=iterative_table(**changed))) == expected


def test_growth_without_real_data_is_measured_against_the_clean_error():
    table = iterative_table()
    faster = table.assign(variance=table["variance"] * 1.2)
    for item in mixed.growth_per_round(inputs(iterative_mixing=faster)):
        assert item.value == pytest.approx(0.2, abs=0.01)


def test_floors_of_weighted_mixing():
    rows = by_samples().query("synthetic_share == 0.5").assign(weight=0.2, bias=0.0, variance=0.0, zeta=0.04)
    for floor, value in (("alpha^2 c^2", 0.0), ("p2^2 alpha^2 c^2", 3.0)):
        (item,) = mixed.weighted_floor(inputs(e=rows), "e", "all", floor)
        assert item.value == pytest.approx(value)
    with pytest.raises(ValueError, match="no floor 'alpha'"):
        mixed.weighted_floor(inputs(e=rows), "e", "all", "alpha")


def test_single_numbers():
    random = np.random.default_rng(4)
    table = pd.concat(
        [
            values(
                at=at,
                replicate=range(50),
                value=3.0 / at * np.exp(0.01 * random.standard_normal(50)),
                theory=3.0 / at,
                quoted=1.0,
            )
            for at in (1.0, 10.0, 100.0)
        ]
    )
    given = inputs(e=table)
    assert all(decide_equivalence(item, 0.02).outcome == "holds" for item in mixed.value_agreement(given, "e", "q"))
    quoted = mixed.value_agreement(given, "e", "q", formula="quoted")
    assert all(decide_equivalence(item, 0.02).outcome == "fails" for item in quoted)
    (slope,) = mixed.value_slope(given, "e", "q")
    assert slope.value == pytest.approx(-1, abs=0.01)
    (single,) = mixed.value_slope(inputs(e=table.groupby("at").head(1)), "e", "q")
    assert single.replicates is None
    assert mixed.computed_value(given, "e", "q", "at == 10")[0].value == pytest.approx(0.3, abs=0.01)
    with pytest.raises(NotAvailable, match="has no 'r'"):
        mixed.value_slope(given, "e", "r")


def test_ratio_of_two_settings_and_the_limit_of_a_gap():
    random = np.random.default_rng(5)
    both = pd.concat(
        [
            values(setting=name, replicate=range(400), value=random.normal(mean, 0.1, 400))
            for name, mean in (("a", 1.1), ("b", 1.0))
        ]
    )
    (item,) = mixed.value_ratio(inputs(e=both), "e", "q", "a", "b")
    assert item.value == pytest.approx(0.1, abs=0.03)
    with pytest.raises(NotAvailable, match="'a' and 'c'"):
        mixed.value_ratio(inputs(e=both), "e", "q", "a", "c")
    gaps = pd.concat([values(at=d, replicate=range(9), value=0.01 + 2 / d) for d in (50.0, 100.0, 400.0)])
    (limit,) = mixed.extrapolated_gap(inputs(e=gaps), "e", "q")
    assert limit.value == pytest.approx(0.01)
    with pytest.raises(NotAvailable, match="needs 3"):
        mixed.extrapolated_gap(inputs(e=gaps[gaps["at"] < 200]), "e", "q")


def test_every_claim_names_what_exists_and_the_contradictions_are_claims_of_their_own():
    names = [item.id for item in FILE.claims]
    theory = [f"D{n}" for n in (*range(1, 18), 22, 23)]
    assert [name for name in names if name in theory] == theory
    assert {"D13q", "D14q", "D16q"} <= set(names)
    assert all(item.mathematical for item in FILE.claims if not item.id.startswith(("D18", "D19")))
