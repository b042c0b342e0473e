"""One thread everywhere: results depend on the number of threads, also those of the processes that tests start."""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"
