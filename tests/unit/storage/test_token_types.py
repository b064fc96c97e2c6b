"""The cache and the list keep each type of a value by itself, and never a type beside its value without one."""

from dataclasses import replace
from pathlib import Path

import pytest

from chargepoint.charging.effects import RememberLocalList, RememberVerdict
from chargepoint.model.local_list import ListEntry, ListUpdate
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenKind, TokenVerdict
from unit.storage.station_life import MOMENT, TOKEN, open_inline

ACCEPTED = TokenVerdict(AuthorizationStatus.ACCEPTED)
BLOCKED = TokenVerdict(AuthorizationStatus.BLOCKED)
TAG = replace(TOKEN, kind=TokenKind.ISO15693)
UNTYPED = IdToken(TOKEN.value.lower(), TokenKind.UNTYPED)
Known = dict[str, TokenVerdict]


async def cached_after(path: Path, *verdicts: tuple[IdToken, TokenVerdict]) -> Known:
    """What a restart finds; the memory must say the same before it."""
    storage = await open_inline(path)
    for token, verdict in verdicts:
        await storage.commit([RememberVerdict(token, verdict)], MOMENT)
    words = [storage.tokens.cached(each, MOMENT) for each in (TOKEN, TAG, UNTYPED)]
    await storage.close()
    again = await open_inline(path)
    assert [again.tokens.cached(each, MOMENT) for each in (TOKEN, TAG, UNTYPED)] == words
    await again.close()
    return again.recovered.cached_verdicts


@pytest.mark.requirement("C01.FR.25", "C10.FR.04")
async def test_the_cache_keeps_types_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    assert await cached_after(path, (TOKEN, ACCEPTED), (TAG, BLOCKED)) == {TOKEN.key: ACCEPTED, TAG.key: BLOCKED}


async def test_the_latest_word_with_a_type_ends_the_one_without_it_and_the_reverse(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    assert await cached_after(path, (UNTYPED, ACCEPTED), (TOKEN, BLOCKED)) == {TOKEN.key: BLOCKED}
    assert await cached_after(path, (TAG, BLOCKED), (UNTYPED, ACCEPTED)) == {UNTYPED.key: ACCEPTED}


async def listed_after(path: Path, *updates: ListUpdate) -> Known:
    storage = await open_inline(path)
    for update in updates:
        await storage.commit([RememberLocalList(update)], MOMENT)
    await storage.close()
    again = await open_inline(path)
    await again.close()
    return dict(again.recovered.local_list.entries)


def changes(version: int, *entries: tuple[IdToken, TokenVerdict | None], is_full: bool = False) -> ListUpdate:
    return ListUpdate(version, is_full, tuple(ListEntry(*each) for each in entries))


@pytest.mark.requirement("C01.FR.25", "D01.FR.10")
async def test_the_list_keeps_types_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    both = changes(1, (TOKEN, ACCEPTED), (TAG, BLOCKED), is_full=True)
    assert await listed_after(path, both) == {TOKEN.key: ACCEPTED, TAG.key: BLOCKED}
    assert await listed_after(path, changes(2, (TAG, None))) == {TOKEN.key: ACCEPTED}
    assert await listed_after(path, changes(3, (UNTYPED, BLOCKED))) == {UNTYPED.key: BLOCKED}
    assert await listed_after(path, changes(4, (TAG, ACCEPTED))) == {TAG.key: ACCEPTED}
    assert await listed_after(path, changes(5, (UNTYPED, None))) == {}


@pytest.mark.parametrize("listed", [TOKEN, UNTYPED], ids=["with its type", "without a type"])
async def test_the_cache_forgets_what_is_listed_and_no_other_type(tmp_path: Path, listed: IdToken) -> None:
    storage = await open_inline(tmp_path / "a.db")
    await storage.commit([RememberVerdict(TOKEN, ACCEPTED), RememberVerdict(TAG, ACCEPTED)], MOMENT)
    await storage.commit([RememberLocalList(changes(1, (listed, BLOCKED)))], MOMENT)
    left = {} if listed is UNTYPED else {TAG.key: ACCEPTED}
    assert storage.tokens.cached(TOKEN, MOMENT) is None
    assert storage.tokens.cached(TAG, MOMENT) == left.get(TAG.key)
    await storage.close()
    again = await open_inline(tmp_path / "a.db")
    assert again.recovered.cached_verdicts == left
    await again.close()
