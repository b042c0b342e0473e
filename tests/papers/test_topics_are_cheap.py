"""Rules ask which figures there are each time they are read, so the answer must not import numerical libraries."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("matplotlib", "numpy", "pandas", "pyarrow", "scipy", "torch")
PROGRAM = f"""
import sys
from modelcollapse.papers.registry import PAPERS, part
for paper in PAPERS:
    part(paper, "experiments")
print(*[name for name in {HEAVY!r} if name in sys.modules])
"""


def test_declaring_figures_imports_no_numerical_library():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
