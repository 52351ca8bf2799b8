"""Many logistic regressions at once: one for each label, over the same sparse features, in half a second.

A general solver fits label after label in double precision and takes ten times as long, which would be felt at every
start. This one shares the two sparse products of each step among all labels (limited-memory BFGS, Nocedal and Wright,
Numerical Optimization, algorithm 7.4, run side by side for every column), scales each feature by its curvature, and
fits features that no row tells apart as one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pairs = list[tuple[Floats, Floats, Floats]]  # how far the weights moved, how the gradient turned, 1 / their product
MEMORY = 3  # pairs of steps that the curvature is estimated from
LOOKS = 16  # how often the whole data is looked at; more changes hardly a reading
AT_ONCE = 5  # labels fitted side by side: more would need more memory, fewer more time
USUAL_CURVATURE = 0.002  # p(1-p) on most rows once they are fitted
FIRST_STEP = 0.1  # along the gradient, while nothing is known of the curvature
TRIES = 5  # how often a step that leads uphill is shortened


def fit_logistic(features: Any, truth: Floats, ridge: float, most: int = LOOKS) -> tuple[Floats, Floats]:
    """Weights (features x labels) and biases (labels) that make small: log loss plus `ridge`/2 times squared weights.

    `features`: scipy CSR of single floats, features x rows. `truth`: 0 or 1, rows x labels. The same input always
    gives the same result.
    """
    merged, of_merged, alike = _merged(features)
    del features  # as large as all that follows
    lengths = np.diff(merged.indptr)
    squares = np.bincount(np.repeat(np.arange(len(lengths)), lengths), merged.data**2, len(lengths))
    scale = np.sqrt(USUAL_CURVATURE * squares + ridge).astype(np.float32)
    merged.data /= np.repeat(scale, lengths)
    rows = merged.T.tocsr()
    penalty = (ridge / scale**2)[:, None]
    parts = range(0, truth.shape[1], AT_ONCE)
    fitted = np.hstack([_minimised(merged, rows, truth[:, at : at + AT_ONCE], penalty, most) for at in parts])
    fitted[:-1] /= (scale * np.sqrt(alike, dtype=np.float32))[:, None]
    return fitted[:-1][of_merged], fitted[-1]


def _merged(features: Any) -> tuple[Any, NDArray[np.intp], NDArray[np.intp]]:
    """The features that some row tells apart; where each feature went; how many went into one.

    k features that are equal on every row get equal weights, so one stands for them, its values and its weight being
    the root of k times theirs: the loss and the penalty are the same.
    """
    told_by = features @ np.random.default_rng(0).random(features.shape[1])
    _, first, of_merged, alike = np.unique(told_by, return_index=True, return_inverse=True, return_counts=True)
    merged = features[first]
    merged.data *= np.repeat(np.sqrt(alike, dtype=np.float32), np.diff(merged.indptr))
    return merged, of_merged, alike


def _minimised(features: Any, rows: Any, truth: Floats, penalty: Floats, most: int) -> Floats:
    """The weights of some labels, and as a last row their biases. `features` is `rows` transposed."""
    width, count = features.shape

    def look(weights: Floats) -> tuple[Floats, Floats]:
        """The loss of each label and the gradient of all weights."""
        z = rows @ weights[:width]
        z += weights[width]
        small = np.exp(-np.abs(z))
        loss = (np.log1p(small) + np.maximum(z, 0) - truth * z).sum(axis=0)
        residual = np.where(z >= 0, 1 / (1 + small), small / (1 + small)) - truth
        pulled = penalty * weights[:width]
        loss += 0.5 * _dots(pulled, weights[:width])
        gradient = np.empty_like(weights)
        np.add(features @ residual, pulled, out=gradient[:width])
        gradient[width] = 0.1 * residual.sum(axis=0)
        return loss, gradient

    positive = truth.sum(axis=0)
    weights = np.zeros((width + 1, truth.shape[1]), dtype=np.float32)
    weights[width] = np.log((positive + 1) / (count - positive + 1))
    loss, gradient = look(weights)
    looks = 1
    pairs: Pairs = []
    while looks < most:
        moved = _towards_minimum(gradient, pairs)
        moved *= -1 if pairs else -FIRST_STEP
        for _ in range(TRIES):
            tried_loss, tried_gradient = look(weights + moved)
            looks += 1
            worse = tried_loss > loss + 1e-3
            if not worse.any():
                break
            moved[:, worse] *= 0.3
        moved[:, worse] = 0  # no way down was found: better to stay
        tried_gradient[:, worse] = gradient[:, worse]
        tried_loss[worse] = loss[worse]
        turned = tried_gradient - gradient
        curvature = _dots(moved, turned)
        inverse = np.where(curvature > 1e-9, 1 / np.maximum(curvature, 1e-9), 0).astype(np.float32)
        pairs = [*pairs, (moved, turned, inverse)][-MEMORY:]
        weights += moved
        gradient, loss = tried_gradient, tried_loss
    return weights


def _towards_minimum(gradient: Floats, pairs: Pairs) -> Floats:
    """The two-loop recursion, for every label at once; plain gradient where the estimate points uphill."""
    direction = gradient.copy()
    part = np.empty_like(direction)  # one buffer for all products: asking for memory each time costs as much as they do
    shares = []
    for moved, turned, inverse in reversed(pairs):
        share = inverse * _dots(moved, direction)
        shares.append(share)
        direction -= np.multiply(turned, share, out=part)
    if pairs:
        moved, turned, _ = pairs[-1]
        direction *= _dots(moved, turned) / np.maximum(_dots(turned, turned), 1e-12)
    for (moved, turned, inverse), share in zip(pairs, reversed(shares), strict=True):
        direction += np.multiply(moved, share - inverse * _dots(turned, direction), out=part)
    uphill = _dots(direction, gradient) <= 0
    direction[:, uphill] = gradient[:, uphill]
    return direction


def _dots(a: Floats, b: Floats) -> Floats:
    """The inner product of each column with its counterpart."""
    products: Floats = np.einsum("ij,ij->j", a, b)
    return products
