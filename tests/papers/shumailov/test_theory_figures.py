"""Figure and table of the theory simulations."""

from __future__ import annotations

import pandas as pd
import pytest
import synthetic

from modelcollapse.measures.paper_data import NotAvailable, PaperData
from modelcollapse.papers.shumailov.figures.theory_figures import FIGURES, TABLES
from modelcollapse.papers.shumailov.settings import TheorySettings

SIZES = TheorySettings(
    replicates=200,
    loop_replicates=40,
    loop_generations=40,
    loop_samples=[100, 1000],
    pool_replicates=20,
    discrete_replicates=100,
    multivariate_replicates=100,
)


@pytest.fixture(scope="module")
def theory(simulate):
    return simulate("shumailov", synthetic.settings().model_copy(update={"theory": SIZES, "mixture": {}}))


def test_the_theory_is_drawn(theory, figure):
    FIGURES["theory"](theory, figure)
    assert all(path.stat().st_size > 5000 for path in figure.values())


def test_a_missing_experiment_is_named(theory, figure):
    fewer = {name: path for name, path in theory.files["theory"].items() if name != "gaussian_pool"}
    with pytest.raises(NotAvailable, match="'gaussian_pool'"):
        FIGURES["theory"](PaperData({"theory": fewer}), figure)


def test_the_theory_table_holds_the_last_generation_of_every_setting(theory, table):
    TABLES["theory"](theory, table)
    frame = pd.read_csv(table["csv"])
    assert set(frame.experiment) == set(theory.files["theory"])
    raw = pd.read_parquet(theory.files["theory"]["gaussian_unbiased"])
    raw = raw[(raw.setting == "M=100") & (raw.quantity == "variance_of_sample")]
    row = frame[(frame.setting == "M=100") & (frame.quantity == "variance_of_sample")]
    assert row.generation.item() == raw.generation.max() == 100
    assert row.exact.item() == pytest.approx(2.0)
    assert row.simulated.item() == pytest.approx(raw[raw.generation == 100].simulated.item(), rel=1e-3)
