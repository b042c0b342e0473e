"""Seconds and peak memory of ridge regression on random features, and of scikit-learn on the same features held whole.

Every line is a process of its own, so that its peak resident memory is its own. Images are random numbers of MNIST's shape.

Usage: OMP_NUM_THREADS=1 python benchmarks/random_features.py [--images 10000] [--width 100000]
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time

import numpy as np

from modelcollapse.regression.images.random_features import RandomFeatures
from modelcollapse.regression.images.random_features_ridge import fit_and_predict
from modelcollapse.runtime.seeds import generator

DIMENSION, TEST_IMAGES, OUTPUTS, RIDGE = 784, 1000, 10, 1e-6
SMALL_IMAGES, SMALL_WIDTH = 2000, 20_000
"""What both can do."""


def measured(method: str, images: int, width: int) -> tuple[float, float, float]:
    """CPU seconds, peak GB, and the mean square of the predictions, of one method in this process."""
    random = generator("benchmark", images)
    inputs = random.standard_normal((images + TEST_IMAGES, DIMENSION), dtype=np.float32) / np.float32(
        np.sqrt(DIMENSION)
    )
    train, test = inputs[:images], inputs[images:]
    targets = np.eye(OUTPUTS)[random.integers(0, OUTPUTS, images)]
    features = RandomFeatures(DIMENSION, width, seed=1)
    start = time.process_time()
    if method == "ours":
        predicted = fit_and_predict(features, RIDGE, train, [(np.arange(images), targets)], test)[0]
    else:
        from sklearn.linear_model import Ridge

        model = Ridge(alpha=images * RIDGE, fit_intercept=False, solver="cholesky")
        predicted = model.fit(features.all(train), targets).predict(features.all(test))
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return seconds, peak, float(np.square(predicted).mean())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--width", type=int, default=100_000)
    given = parser.parse_args()
    cases = [
        ("ours", SMALL_IMAGES, SMALL_WIDTH),
        ("scikit-learn", SMALL_IMAGES, SMALL_WIDTH),
        ("ours", given.images, given.width),
    ]
    print("method        images   width  seconds  peak GB  features alone GB  mean square of predictions")
    for case in cases:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            seconds, peak, size = pool.apply(measured, case)
        method, images, width = case
        whole = images * width * 8 / 1e9
        print(f"{method:12s} {images:7d} {width:7d} {seconds:8.1f} {peak:8.2f} {whole:18.2f}  {size:.8f}", flush=True)


if __name__ == "__main__":
    main()
