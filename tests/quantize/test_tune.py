"""The search over settings: what it holds out, and what it takes for better."""

from pathlib import Path

import numpy as np

from tests.builders.float_networks import small_network
from tinyengine import quantize_model
from tinyengine.importers.tflite.floats import parse_float
from tinyengine.quantize.data import Samples
from tinyengine.quantize.measure import score
from tinyengine.quantize.quantize import quantize
from tinyengine.quantize.settings import Settings
from tinyengine.quantize.tune import outputs_of, simulated, tune


def images(count: int) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 1, (count, 16, 16, 3)).astype(np.float32)


def test_a_trial_is_judged_as_quantizing_with_its_settings_is_on_what_is_held_out() -> None:
    graph, x = parse_float(small_network(), "net.tflite"), images(24)
    trials = tune(graph, Samples(inputs=(x,)), Settings())
    used, held = x[np.arange(24) % 3 != 0], Samples(inputs=(x[::3],))
    exact = outputs_of(graph, held)
    assert len({trial.settings for trial in trials}) == len(trials) > 5
    for trial in trials[:4]:
        found = simulated(quantize(graph, [used], trial.settings), held)
        assert trial.score == score(found, exact, None)


def test_the_chosen_settings_are_used_on_all_samples(tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(small_network())
    np.save(tmp_path / "x.npy", images(24))
    tuned = quantize_model(tmp_path / "net.tflite", tmp_path / "x.npy", tune=True)
    again = quantize_model(tmp_path / "net.tflite", tmp_path / "x.npy", settings=tuned.settings)
    assert tuned.settings == tuned.trials[0].settings
    assert tuned.tflite == again.tflite


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
