"""What a board can not be opened with: a missing library or device, said to the person who wrote the configuration."""

import importlib
from types import ModuleType


class BoardConfigurationError(ValueError):
    """The board can not be opened as it is configured; the text says what to change or install."""


def library(name: str, extra: str = "rpi") -> ModuleType:
    """A hardware library, imported now; BoardConfigurationError says how to get it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise BoardConfigurationError(
            f"the library {package!r} can not be loaded ({error}): install it with pip install '.[{extra}]' in the "
            "clone of this project, with the pip of the environment that the safety process runs in"
        ) from error
