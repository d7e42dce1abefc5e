"""Make C identifiers of the names that model files carry."""

import re

_RESERVED = re.compile(
    r"alignas|alignof|auto|bool|break|case|catch|char|class|const|constexpr|continue|"
    r"default|delete|do|double|else|enum|explicit|export|extern|false|float|for|friend|"
    r"goto|if|inline|int|long|main|mutable|namespace|new|nullptr|operator|private|"
    r"protected|public|register|restrict|return|short|signed|sizeof|static|struct|switch|"
    r"template|this|throw|true|try|typedef|typename|typeof|union|unsigned|using|virtual|"
    r"void|volatile|while"
)
"""The keywords of C and C++, and `main`."""

_LONGEST_IDENTIFIER = 48
_LONGEST_NAME = 1000
_LONGEST_LABEL = 80


def identifier(text: str) -> str:
    """Give `text` as a lower-case C identifier that is no C or C++ keyword.

    Other characters than ASCII letters and digits become underscores; a name that would begin
    with a digit, be empty or be a keyword gets the prefix `model_`.
    """
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:_LONGEST_IDENTIFIER].rstrip("_")
    if not name:
        return "model"
    if name[0].isdigit() or _RESERVED.fullmatch(name):
        return f"model_{name}"
    return name


def readable(raw: bytes) -> str:
    """Give a name from a model file as printable text of at most 1,000 characters."""
    text = raw[: 4 * _LONGEST_NAME].decode("utf-8", errors="replace")
    return "".join(c if c.isprintable() else "?" for c in text)[:_LONGEST_NAME]


def label(name: str) -> str:
    """Give `name` for a message: at most 80 characters; converters join long lists of names."""
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 3]}..."
