"""Spoken words and noise at 16 kHz: eSpeak NG says the words, in many voices and speeds."""

import io
import subprocess
import wave
from collections.abc import Sequence

import numpy as np
from front_end import RATE
from numpy.typing import NDArray

Sound = NDArray[np.float32]
"""Samples in [-1, 1)."""

KEYWORDS = ("yes", "no", "stop", "go")
OTHERS = (
    "hello", "water", "seven", "music", "window", "paper", "table", "morning", "yellow", "nothing",
    "stone", "gold", "note", "guess", "top", "low", "left", "right", "up", "down", "maybe", "house",
    "banana", "telephone", "know how", "yesterday", "go-cart", "stopping",
)  # fmt: skip
LABELS = ("nothing", "something", *KEYWORDS)
"""What the network tells apart: silence or noise, any other word, and the keywords."""

ACCENTS = ("en-us", "en-us-nyc", "en-gb-scotland", "en-gb-x-rp")
VARIANTS = ("", "+m1", "+m2", "+m3", "+m4", "+m7", "+f1", "+f2", "+f3", "+f4")
_HEADER_NBYTES = 44
HELD_OUT_VARIANTS = ("+m5", "+f5")
"""Voices that no training has heard."""


def say(words: str, voice: str, speed: int = 160, pitch: int = 50) -> Sound:
    """Give `words` as eSpeak NG says them, without the silence around them."""
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", words]
    done = subprocess.run(command, check=True, capture_output=True)
    with wave.open(io.BytesIO(done.stdout)) as file:
        rate = file.getframerate()
    # What goes to a pipe does not know its length yet: all behind the header is sound.
    data = np.frombuffer(done.stdout[_HEADER_NBYTES:], "<i2").astype(np.float32) / 32768
    times = np.arange(int(len(data) * RATE / rate)) * (rate / RATE)
    smooth = np.convolve(data, np.array([0.25, 0.5, 0.25], np.float32), "same")
    sound = np.interp(times, np.arange(len(data)), smooth).astype(np.float32)
    heard = np.flatnonzero(np.abs(sound) > 0.01)
    return sound[heard[0] : heard[-1] + 1] if len(heard) else sound[:0]


def noise(rng: np.random.Generator, samples: int) -> Sound:
    """Give noise of one kind: white, pink, brown, or a hum; of unit power."""
    white = rng.normal(size=samples)
    kind = rng.integers(0, 4)
    if kind == 3:
        times, base = np.arange(samples) / RATE, rng.uniform(50, 400)
        parts = [np.sin(2 * np.pi * base * k * times + rng.uniform(0, 6)) / k for k in (1, 2, 3, 5)]
        sound = np.sum(parts, axis=0) + 0.05 * white
    else:
        spectrum = np.fft.rfft(white)
        spectrum /= np.maximum(np.arange(len(spectrum)), 10.0) ** (kind / 2)
        sound = np.fft.irfft(spectrum, samples)
    return (sound / np.sqrt(np.mean(sound**2))).astype(np.float32)


def clip_of(word: Sound, rng: np.random.Generator, samples: int, end: int) -> Sound:
    """Give `samples` of noise with `word` in it, which ends `end` samples before they do."""
    background = noise(rng, samples) * np.float32(10 ** rng.uniform(-4.0, -1.9))
    if len(word):
        loud = np.float32(10 ** rng.uniform(-1.0, -0.1)) / np.abs(word).max()
        last = samples - end
        first = max(last - len(word), 0)
        background[first:last] += loud * word[len(word) - (last - first) :]
    return np.clip(background, -1, 1 - 2**-15)


def to_int16(sound: Sound) -> NDArray[np.int16]:
    """Give samples as a microphone's converter does."""
    return np.round(sound * 32767).astype(np.int16)


def voices(variants: Sequence[str]) -> list[str]:
    """Give every accent with each of `variants`."""
    return [accent + variant for accent in ACCENTS for variant in variants]
