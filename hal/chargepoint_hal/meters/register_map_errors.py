"""Names everything that is wrong in a register map file, each with its path and the nearest known key. Pure."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from pydantic import ValidationError

UNKNOWN_KEY = frozenset({"unexpected_keyword_argument", "extra_forbidden"})


class RegisterMapError(ValueError):
    """A register map can not be used; `problems` has one line for each error."""

    def __init__(self, where: str, problems: list[str]) -> None:
        super().__init__(f"register map {where}: " + "; ".join(problems))
        self.problems = problems


def nearest(name: str, known: Collection[str]) -> str:
    """`, did you mean 'x'?` or nothing."""
    found = get_close_matches(name, sorted(known), n=1)
    return f", did you mean {found[0]!r}?" if found else ""


def problem_lines(error: ValidationError, keys: Mapping[str, Collection[str]]) -> list[str]:
    """One line for each error, `path: what`; `keys` has the known keys of each table (`quantities.*` for any name)."""
    lines = []
    for problem in error.errors(include_url=False, include_context=False):
        place = [str(part) for part in problem["loc"]]
        if problem["type"] in UNKNOWN_KEY:
            known = keys.get(_table(place[:-1]), ())
            lines.append(f"{'.'.join(place)}: unknown key{nearest(place[-1], known)}")
        else:
            lines.append(f"{'.'.join(place)}: {problem['msg']}")
    return lines


def _table(place: list[str]) -> str:
    if place and place[0] in ("quantities", "serial_number_alternatives"):
        return f"{place[0]}.*"
    return ".".join(place)
