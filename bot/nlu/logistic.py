"""Many logistic regressions at once: one for each label, over the same sparse rows, in well under a second.

A general solver fits label after label in double precision and takes ten times as long, which would be felt at every
start. This one shares the two sparse products of each step among all labels (limited-memory BFGS, Nocedal and Wright,
Numerical Optimization, algorithm 7.4, run side by side for every column) and scales each feature by its curvature.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
MEMORY = 5  # pairs of steps that the curvature is estimated from
LOOKS = 30  # how often the whole data is looked at; more changes no reading
USUAL_CURVATURE = 0.03  # p(1-p) of a label that most messages do not carry


def fit_logistic(rows: Any, truth: Floats, ridge: float) -> tuple[Floats, Floats]:
    """Weights (features x labels) and biases (labels) that minimise log loss plus `ridge`/2 times the squared weights.

    `rows`: scipy CSR of floats, examples x features. `truth`: 0 or 1, examples x labels. The same input always gives
    the same result.
    """
    count, width = rows.shape
    squares = np.asarray(rows.multiply(rows).sum(axis=0)).ravel()
    scale = np.sqrt(USUAL_CURVATURE * squares + ridge).astype(np.float32)
    scaled = rows.multiply(1 / scale).tocsr().astype(np.float32)
    back = scaled.T.tocsr()
    penalty = (ridge / scale**2).astype(np.float32)[:, None]

    def look(weights: Floats) -> tuple[Floats, Floats]:
        """The loss of each label and the gradient of all weights (the last row is the bias)."""
        z = scaled @ weights[:width] + weights[width]
        small = np.exp(-np.abs(z))
        loss = (np.log1p(small) + np.maximum(z, 0) - truth * z).sum(axis=0)
        loss += 0.5 * (penalty * weights[:width] ** 2).sum(axis=0)
        residual = np.where(z >= 0, 1 / (1 + small), small / (1 + small)) - truth
        gradient = np.empty_like(weights)
        gradient[:width] = back @ residual
        gradient[:width] += penalty * weights[:width]
        gradient[width] = 0.1 * residual.sum(axis=0)
        return loss, gradient

    weights = np.zeros((width + 1, truth.shape[1]), dtype=np.float32)
    positive = truth.sum(axis=0)
    weights[width] = np.log((positive + 1) / (count - positive + 1))
    loss, gradient = look(weights)
    looked = 1
    pairs: list[tuple[Floats, Floats, Floats]] = []
    while looked < LOOKS:
        direction = _towards_minimum(gradient, pairs)
        step = np.full(truth.shape[1], 1.0 if pairs else 0.5, dtype=np.float32)
        while True:
            tried = weights - step * direction
            tried_loss, tried_gradient = look(tried)
            looked += 1
            worse = tried_loss > loss + 1e-3
            if not worse.any() or looked >= LOOKS + 4:
                break
            step[worse] *= 0.3
        moved, turned = tried - weights, tried_gradient - gradient
        curvature = _dots(moved, turned)
        inverse = np.where(curvature > 1e-9, 1 / np.maximum(curvature, 1e-9), 0).astype(np.float32)
        pairs = [*pairs, (moved, turned, inverse)][-MEMORY:]
        weights, gradient, loss = tried, tried_gradient, tried_loss
    table: Floats = (weights[:width] / scale[:, None]).astype(np.float32)
    return table, weights[width]


def _towards_minimum(gradient: Floats, pairs: list[tuple[Floats, Floats, Floats]]) -> Floats:
    """The two-loop recursion, for every label at once; plain gradient where the estimate points uphill."""
    direction = gradient.copy()
    shares = []
    for moved, turned, inverse in reversed(pairs):
        share = inverse * _dots(moved, direction)
        shares.append(share)
        direction -= share * turned
    if pairs:
        moved, turned, _ = pairs[-1]
        direction *= _dots(moved, turned) / np.maximum(_dots(turned, turned), 1e-12)
    for (moved, turned, inverse), share in zip(pairs, reversed(shares), strict=True):
        direction += (share - inverse * _dots(turned, direction)) * moved
    uphill = _dots(direction, gradient) <= 0
    direction[:, uphill] = gradient[:, uphill]
    return direction


def _dots(a: Floats, b: Floats) -> Floats:
    """The inner product of each column with its counterpart."""
    products: Floats = np.einsum("ij,ij->j", a, b)
    return products
