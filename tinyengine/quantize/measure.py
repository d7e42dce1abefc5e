"""How close the outputs of two networks are, and how right they are."""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyengine.errors import UsageError
from tinyengine.quantize.data import Labels
from tinyengine.reference.floats import Floats

_MOST_DECIBELS = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How good outputs are; None for what cannot be told.

    `sqnr` is in dB: the median over the samples of signal to error, for the worst output.
    `agreement` is the share of samples in which both decide alike (the greatest value of the only
    output, or the sign of a single one; None for other networks), `accuracy` and `top5` those in
    which the decision is the label (or among the best five), `auc` the area under the curve of two
    classes, `mse` the mean squared error against labels that are numbers, `custom` what a
    function of the user's says: greater is better.
    """

    sqnr: float | None = None
    agreement: float | None = None
    accuracy: float | None = None
    top5: float | None = None
    auc: float | None = None
    mse: float | None = None
    custom: float | None = None

    @property
    def order(self) -> tuple[float, float]:
        """What is greater is better: rightness or agreement first, then nearness."""
        if self.custom is not None:
            best = self.custom
        elif self.accuracy is not None:
            best = self.accuracy
        elif self.mse is not None:
            best = -self.mse
        else:
            best = self.agreement or 0.0
        return best, self.sqnr or 0.0


Judge = Callable[[Sequence[Floats], Labels | None], float]
"""Gives how good outputs [count, elements] each are, by labels: greater is better."""


def load_judge(text: str) -> Judge:
    """Load the function NAME of FILE.py, for `text` FILE.py:NAME. It is the user's own code.

    Raises UsageError where there is no such file or function.
    """
    path, _, name = text.rpartition(":")
    spec = importlib.util.spec_from_file_location("tinyengine_judge", path) if path else None
    if spec is None or spec.loader is None or not Path(path).is_file():
        raise UsageError("--score", f"'{text}' is not FILE.py:FUNCTION")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        judge: Judge = getattr(module, name)
    except Exception as error:
        raise UsageError("--score", f"{text}: {type(error).__name__}: {error}") from error
    return judge


def sqnr(exact: Floats, found: Floats) -> float:
    """Give the ratio of signal to error in dB: the median over the samples, [count, ...]."""
    ratios = per_sample_sqnr(exact, found)
    return float(np.median(ratios)) if ratios.size else _MOST_DECIBELS


def per_sample_sqnr(exact: Floats, found: Floats) -> Floats:
    """Give 10 log10 (signal / error) for each of [count, ...]; exact samples have 200 dB."""
    wide = exact.astype(np.float64).reshape(len(exact), -1)
    error = wide - found.astype(np.float64).reshape(len(exact), -1)
    signal, noise = (wide**2).sum(axis=1), (error**2).sum(axis=1)
    floor = signal * 10 ** (-_MOST_DECIBELS / 10) + 1e-300
    return np.asarray(10 * np.log10((signal + 1e-300) / np.maximum(noise, floor)), np.float32)


def decisions(output: Floats) -> Floats:
    """Give what each sample [count, ...] decides: the greatest of several, the sign of one."""
    flat = output.reshape(len(output), -1)
    return np.asarray(flat.argmax(axis=1) if flat.shape[1] > 1 else flat[:, 0] > 0, np.float32)


def score(
    outputs: Sequence[Floats],
    exact: Sequence[Floats] | None,
    labels: Labels | None,
    judge: Judge | None = None,
) -> Score:
    """Judge `outputs` [count, ...] each, by those of the float network and by labels.

    Labels are compared with the first output. With `judge` agreement and labels are left to it.
    """
    if judge is not None:
        near = None if exact is None else _nearness(outputs, exact)
        return Score(sqnr=near, custom=float(judge(outputs, labels)))
    near = agree = None
    if exact is not None:
        near = _nearness(outputs, exact)
        if decides(outputs):
            agree = float(np.mean(decisions(exact[0]) == decisions(outputs[0])))
    is_class = labels is not None and labels.dtype.kind != "f" and labels.ndim == 1
    if labels is None or (is_class and not decides(outputs)):
        return Score(sqnr=near, agreement=agree)
    flat = outputs[0].reshape(len(outputs[0]), -1)
    if labels.dtype.kind == "f" or labels.ndim > 1:
        wanted = np.asarray(labels, np.float64).reshape(len(labels), -1)
        if wanted.shape != flat.shape:
            raise UsageError(
                "--data",
                f"labels (y) are {list(labels.shape)}, the output is {list(outputs[0].shape)}",
                hint="labels are a class for each sample, or what the output should be",
            )
        return Score(sqnr=near, agreement=agree, mse=float(np.mean((wanted - flat) ** 2)))
    classes = flat.shape[1]
    _check_classes(labels, max(classes, 2))
    right = decisions(outputs[0]) == labels
    best = np.argsort(-flat, axis=1, kind="stable")[:, :5]
    return Score(
        sqnr=near,
        agreement=agree,
        accuracy=float(np.mean(right)),
        top5=float(np.mean((best == labels[:, None]).any(axis=1))) if classes > 5 else None,
        auc=_auc(flat, labels),
    )


def _check_classes(labels: Labels, classes: int) -> None:
    """Refuse labels that are no classes of the output."""
    least, greatest = int(labels.min()), int(labels.max())
    if least < 0 or greatest >= classes:
        raise UsageError(
            "--data",
            f"labels (y) go from {least} to {greatest}, the output has {classes} classes",
            hint="classes count from 0",
        )


_MOST_CLASSES = 1024


def decides(outputs: Sequence[Floats]) -> bool:
    """Tell whether outputs are taken for the scores of one decision: one output, few values."""
    return len(outputs) == 1 and outputs[0].shape[1] <= _MOST_CLASSES


def _nearness(outputs: Sequence[Floats], exact: Sequence[Floats]) -> float:
    """Give the SQNR of the worst output."""
    return min(sqnr(a, b) for a, b in zip(exact, outputs, strict=True))


def _auc(flat: Floats, labels: Labels) -> float | None:
    """Give the chance that a sample of class 1 scores above one of class 0; ties count half."""
    if flat.shape[1] > 2 or set(np.unique(labels)) != {0, 1}:
        return None
    scores = flat[:, 0] if flat.shape[1] == 1 else flat[:, 1] - flat[:, 0]
    ones, zeros = np.sort(scores[labels == 1]), np.sort(scores[labels == 0])
    below = np.searchsorted(zeros, ones, "left") + np.searchsorted(zeros, ones, "right")
    return float(below.sum() / (2 * len(ones) * len(zeros)))
