"""The search over settings: what it holds out, and what it takes for better."""

import numpy as np

from tests.builders.float_networks import small_network
from tinyengine.importers.tflite.floats import parse_float
from tinyengine.quantize.data import Samples
from tinyengine.quantize.quantize import quantize
from tinyengine.quantize.settings import Settings
from tinyengine.quantize.tune import tune


def images(count: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 1, (count, 16, 16, 3)).astype(np.float32)


def test_a_trial_is_what_quantizing_with_its_settings_gives() -> None:
    graph, x = parse_float(small_network(), "net.tflite"), images(24)
    trials = tune(graph, Samples(inputs=(x,)), Settings())
    used = x[np.arange(24) % 3 != 0]  # each third is held out
    assert len({trial.settings for trial in trials}) == len(trials) > 5
    for trial in trials[:4]:
        alone = quantize(graph, [used], trial.settings)
        assert trial.quantized.to_tflite() == alone.to_tflite()


def test_settings_that_are_hardly_nearer_are_not_chosen() -> None:
    graph, x = parse_float(small_network(), "net.tflite"), images(24)
    start = Settings()
    chosen, *others = tune(graph, Samples(inputs=(x,)), start)
    begun = next(trial for trial in (chosen, *others) if trial.settings == start)
    if chosen is not begun:
        right, near = chosen.score.order
        assert right > begun.score.order[0] or near > begun.score.order[1] + 0.5
    for other in others:
        assert other.score.order[0] <= chosen.score.order[0]
