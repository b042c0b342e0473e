"""A paper's simulations, run as its steps run them."""

from __future__ import annotations

import pytest

from modelcollapse.measures.paper_data import PaperData
from modelcollapse.papers.registry import part
from modelcollapse.simulation.running import group_of, run


@pytest.fixture(scope="session")
def simulate(tmp_path_factory):
    """Function ``(paper, settings) -> PaperData`` that runs all simulations without an image corpus."""

    def run_all(paper, settings):
        folder = tmp_path_factory.mktemp(paper)
        files = {}
        for simulation in part(paper, "experiments").simulations(settings):
            if simulation.corpus is None:
                path = folder / f"{simulation.topic}.{simulation.name}.parquet"
                outputs = {"table": path, "arrays": path.with_suffix(".npz")}
                run(simulation, group_of(simulation, settings), {}, outputs, folder)
                files.setdefault(simulation.topic, {})[simulation.name] = path
        return PaperData(files, settings)

    return run_all
