"""The last look before text leaves the station: passwords, keys and credentials are struck out wherever they stand.

Whoever writes a log line or gathers evidence leaves secrets out in the first place; this is the second lock.
"""

import re
from collections.abc import Sequence

STRUCK = "***"
SHORTEST_KNOWN = 4
"""Characters: shorter secrets would strike out ordinary words."""
_SECRET_NAME = r"(?:authorizationkey|basic_?auth_?password|pass(?:word|phrase)|secret|private_?key)"
_PATTERNS = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), STRUCK),
    (re.compile(r"(\w://[^/\s:@\"']*:)[^/\s\"']*@"), rf"\1{STRUCK}@"),
    (re.compile(r"(\w://[^\s?\"']*\?)[^\s\"'\\]+"), rf"\1{STRUCK}"),
    (re.compile(r"(?i)\b((?:basic|bearer) )[a-z0-9+/=._~-]{4,}"), rf"\1{STRUCK}"),
    (re.compile(rf"(?i)({_SECRET_NAME}\w*[\"']?\s*[:=]\s*)(?:\"[^\"]*\"|'[^']*'|[^\s,;}}\])]+)"), rf'\1"{STRUCK}"'),
    (re.compile(rf"(?i)({_SECRET_NAME}\"\s*,\s*\"value\"\s*:\s*)\"[^\"]*\""), rf'\1"{STRUCK}"'),
)


def without_secrets(text: str, known: Sequence[str] = ()) -> str:
    """`known`: values that are secret whatever stands around them."""
    for value in known:
        if len(value) >= SHORTEST_KNOWN:
            text = text.replace(value, STRUCK)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text
