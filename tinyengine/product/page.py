"""The HTML page of a product: its report, and its profile where one can be measured."""

from tinyengine.errors import ToolError
from tinyengine.product.product import Product
from tinyengine.product.profile import profile_product
from tinyengine.progress import Progress
from tinyengine.report.codec import Json, to_json
from tinyengine.report.page import render_page


def render_product(product: Product, progress: Progress) -> str:
    """Give the page; where a tool for the profile is missing, it says which."""
    profile, unprofiled = _profile(product, progress)
    return render_page(to_json(product.report), product.board, profile, unprofiled)


def _profile(product: Product, progress: Progress) -> tuple[Json | None, str]:
    try:
        return profile_product(product, progress).as_json(), ""
    except ToolError as error:
        first = error.problems[0]
        return None, f"{first.where}: {first.problem}"
