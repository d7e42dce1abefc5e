"""Look at a page or an image in a real browser, and give what a reader would complain about."""

import html
import json
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support import require_tool

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--window-size=2000,1200", "--dump-dom",
)  # fmt: skip

_LOOK = Path(__file__).with_name("look.js").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """What was found: texts that overlap, what is clipped, boxes that hide or are see-through.

    `texts` are all that can be read, in the order of the page.
    """

    overlapping: tuple[str, ...]
    clipped: tuple[str, ...]
    hidden: tuple[str, ...]
    translucent: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """All complaints."""
        return (*self.overlapping, *self.clipped, *self.hidden, *self.translucent)


def look(page: str, width: int) -> Looks:
    """Give how `page` looks in a window that is `width` pixels wide."""
    return look_at_widths(page, (width,))[0]


def look_at_widths(page: str, widths: Sequence[int]) -> tuple[Looks, ...]:
    """Give how `page` looks in a window of each of these widths, in pixels.

    The page stands in a frame of that width, since browsers' windows have a least width; it has
    no scripts of its own.
    """
    chromium = require_tool("chromium")
    host = (
        f'<!DOCTYPE html><meta charset="utf-8"><iframe id="page" style="width:{widths[0]}px;'
        f'height:900px;border:0" data-widths="{" ".join(map(str, widths))}"'
        f' srcdoc="{html.escape(page)}"></iframe><pre id="found"></pre>'
        f"<script>{_LOOK}</script>"
    )
    with tempfile.TemporaryDirectory(prefix="tinyengine-", ignore_cleanup_errors=True) as scratch:
        path = Path(scratch, "host.html")
        path.write_text(host, encoding="utf-8")
        profile = f"--user-data-dir={scratch}/profile"
        ran = subprocess.run(
            [chromium, *_FLAGS, profile, path.as_uri()],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    found = re.search(r'<pre id="found">(.*?)</pre>', ran.stdout, re.DOTALL)
    assert found and found[1], f"the browser has not finished: {ran.stderr[-2000:]}"
    return tuple(
        Looks(**{key: tuple(value) for key, value in looks.items()})
        for looks in json.loads(html.unescape(found[1]))
    )
