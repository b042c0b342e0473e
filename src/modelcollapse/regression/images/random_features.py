"""Random ReLU features of images, made block by block so that no width needs more memory than one block."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from modelcollapse.runtime.seeds import generator

BLOCK = 1000
"""Features whose weights are drawn together; feature j is the same at every width above j."""


class RandomFeatures:
    """Features phi_j(x) = sqrt(2 / width) max(0, w_j . (x, 1) / sqrt(2)) with w_j ~ N(0, I), never trained.

    The paper's random-feature model (Dohmatob et al., v2 section 4.1; activation, bias and scale are not stated there).
    For inputs of mean squared norm 1 the mean squared norm of the feature vector is 1 at every width, and
    phi(x) . phi(z) tends to ``arc_cosine_kernel`` as the width grows.

    Args:
        dimension: numbers per image.
        width: number of features.
        seed: names the weights.
    """

    def __init__(self, dimension: int, width: int, seed: int) -> None:
        self.dimension = dimension
        self.width = width
        self.seed = seed

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Ranges [start, stop) of at most ``BLOCK`` features that cover the width."""
        for start in range(0, self.width, BLOCK):
            yield start, min(start + BLOCK, self.width)

    def block(self, inputs: np.ndarray, start: int, stop: int) -> np.ndarray:
        """Features start to stop of one of the ``blocks``, of inputs [n, dimension]: float64 [n, stop - start].

        In float64 from weights drawn in float32: rounding in float32 depends on the processor and on how many images are
        computed side by side, and a small ridge amplifies it.
        """
        random = generator(self.seed, "random features", self.dimension, start // BLOCK)
        weights = random.standard_normal((self.dimension + 1, BLOCK), dtype=np.float32)[:, : stop - start]
        features = inputs.astype(np.float64) @ weights[:-1].astype(np.float64)
        features += weights[-1]
        np.maximum(features, 0, out=features)
        # sqrt(2 / width) x 1 / sqrt(2)
        return features / np.sqrt(self.width)

    def all(self, inputs: np.ndarray) -> np.ndarray:
        """All features at once: float64 [n, width]."""
        return np.concatenate([self.block(inputs, *block) for block in self.blocks()], axis=1)


def arc_cosine_kernel(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Limit of phi(x) . phi(z) at infinite width, for inputs [n, d] and [m, d]: float64 [n, m].

    The arc-cosine kernel of order 1 (Cho and Saul 2009, Eqs. 1 and 6) of (x, 1) / sqrt(2):
    |x| |z| (sin t + (pi - t) cos t) / pi with t the angle between both. The tests compare it with wide features.
    """
    first, second = (_with_bias(np.asarray(array, dtype=np.float64)) for array in (left, right))
    norms = np.linalg.norm(first, axis=1)[:, None] * np.linalg.norm(second, axis=1)[None, :]
    cosine = np.clip(first @ second.T / norms, -1.0, 1.0)
    angle = np.arccos(cosine)
    return norms * (np.sin(angle) + (np.pi - angle) * cosine) / np.pi


def _with_bias(inputs: np.ndarray) -> np.ndarray:
    return np.concatenate([inputs, np.ones((len(inputs), 1))], axis=1) / np.sqrt(2)
