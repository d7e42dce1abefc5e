"""The real models that the tests compile, and what is known of them from outside."""

import pytest

ARENA_BARS = {
    "mlperf_ic_resnet8": 49_152,
    "mlperf_vww_mobilenet96": 55_296,
    "mlperf_kws_dscnn": 16_000,
    "mlperf_ad_toycar": 768,
    "mlperf_sww": 6_144,
    "person_detect": 55_296,
    "mcunet_vww0": 57_344,
    "mcunet_vww1": 89_600,
    "mcunet_vww2": 165_888,
    "mcunet_in3": 247_808,
    "mcunet_in4": 409_600,
    "mcunet_detection": 245_760,
}
"""Bytes of arena that layer-by-layer execution may need at most, without kernel scratch."""

MODELS = (*ARENA_BARS, "mcunetv2_large")
INT4 = {
    "mlperf_kws_dscnn_int4": "mlperf_kws_dscnn",
    "mlperf_ic_resnet8_int4": "mlperf_ic_resnet8",
}
"""Models with weights of int4, which the tests make, and what of."""
INT16 = {
    "digits_int16": "digits",
    "mlperf_ad_toycar_int16": "mlperf_ad_toycar",
    "mlperf_kws_dscnn_int16": "mlperf_kws_dscnn",
}
"""Models with activations of int16, which the tests make, and what of."""
MADE = INT4 | INT16

SMALL = ("mlperf_ad_toycar", "mlperf_kws_dscnn")
QUICK_TO_PLAN = (*SMALL, "mlperf_sww", "mlperf_ic_resnet8", "mlperf_vww_mobilenet96")


def slow_but(quick: tuple[str, ...], names: tuple[str, ...] = MODELS) -> list[object]:
    """Give `names` as parameters of a test that is slow for all but the `quick` ones."""
    return [
        pytest.param(name, marks=() if name in quick else (pytest.mark.slow,)) for name in names
    ]
