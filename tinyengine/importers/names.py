"""Make C identifiers of the names that model files carry."""

import re

from tinyengine.errors import UsageError

_KEYWORDS = re.compile(
    r"alignas|alignof|auto|bool|break|case|catch|char|class|const|constexpr|continue|"
    r"default|delete|do|double|else|enum|explicit|export|extern|false|float|for|friend|"
    r"goto|if|inline|int|long|main|mutable|namespace|new|nullptr|operator|private|"
    r"protected|public|register|restrict|return|short|signed|sizeof|static|struct|switch|"
    r"template|this|throw|true|try|typedef|typename|typeof|union|unsigned|using|virtual|"
    r"void|volatile|while"
)
"""The keywords of C and C++, and `main`."""

_OURS = re.compile(
    r"te|te_\w*|aeabi|bench|board|build|clock|cmakelists|fault|firmware|libc|line|link|makefile|"
    r"protocol|registers|report|startup|timer|uart"
)
"""What the files and folders of the emitted tree are called."""

_LIBRARY = re.compile(
    r"assert|complex|ctype|errno|fenv|inttypes|iso646|limits|locale|math|setjmp|signal|stdalign|"
    r"stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|tgmath|threads|time|"
    r"uchar|wchar|wctype|"
    r"memchr|memcmp|memcpy|memmove|memset|str[a-z]+|abort|exit|malloc|calloc|realloc|free|printf|"
    r"null|eof|offsetof|errno|abs|size_t|ptrdiff_t|"
    r"u?int(_least|_fast)?(8|16|32|64)_(t|min|max|c)|u?int(ptr|max)_(t|min|max|c)"
)
"""The headers of C's library, and the names in them that emitted code may meet."""

_LONGEST_IDENTIFIER = 48
_LONGEST_NAME = 1000
_LONGEST_LABEL = 80


def identifier(text: str) -> str:
    """Give `text` as a lower-case C identifier that names nothing else in emitted code.

    Other characters than ASCII letters and digits become underscores; a name that would begin
    with a digit or be reserved gets the prefix `model_`.
    """
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:_LONGEST_IDENTIFIER].rstrip("_")
    if not name:
        return "model"
    if name[0].isdigit() or _owner(name):
        return f"model_{name}"[:_LONGEST_IDENTIFIER].rstrip("_")
    return name


def _owner(name: str) -> str:
    """Say whose `name` is already, in whatever case; empty where it is free."""
    owners = {
        "C or C++": _KEYWORDS,
        "the emitted sources": _OURS,
        "C's library": _LIBRARY,
    }
    return next((whose for whose, names in owners.items() if names.fullmatch(name.lower())), "")


def check_name(name: str) -> None:
    """Raise UsageError, with the reason, where `name` cannot be the name of a model in C."""
    if whose := _owner(name):
        hint = f"for example --name {identifier(name)}"
        raise UsageError("--name", f"'{name}' is a name of {whose}", hint)
    if len(name) > _LONGEST_IDENTIFIER:
        raise UsageError(
            "--name", f"has {len(name)} characters, {_LONGEST_IDENTIFIER} are the most"
        )
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*", name) is None:
        raise UsageError(
            "--name",
            f"'{name}' cannot be a model's name",
            hint="letters and digits, with single underscores between, not starting with a digit",
        )


def readable(raw: bytes) -> str:
    """Give a name from a model file as printable text of at most 1,000 characters."""
    text = raw[: 4 * _LONGEST_NAME].decode("utf-8", errors="replace")
    return "".join(c if c.isprintable() else "?" for c in text)[:_LONGEST_NAME]


def label(name: str) -> str:
    """Give `name` for a message: at most 80 characters; converters join long lists of names."""
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 3]}..."
