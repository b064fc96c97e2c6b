"""What the CSMS never took: shown without the whole token, and sent again by order."""

from dataclasses import replace

import pytest

from unit.panel.conftest import Visitor


async def test_a_dead_letter_says_what_a_person_needs_to_bill_it(visitor: Visitor) -> None:
    async with visitor.http.get(f"{visitor.url}/api/dead-letters") as response:
        (letter,) = (await response.json())["dead_letters"]
    assert letter["row"] == 7
    assert (letter["phase"], letter["energy_wh"], letter["stop_reason"]) == ("Ended", 125000.0, "Local")
    assert letter["utc"] == "2026-07-01T12:10:00Z"
    assert (letter["attempts"], letter["reason"]) == (5, "no answer")
    assert letter["token"] == "…B3C4"


@pytest.mark.parametrize("body", ["", "{", "[]", '{"stamp":5,"id_token":[]}'])
async def test_an_unreadable_letter_is_shown_with_what_is_known(visitor: Visitor, body: str) -> None:
    visitor.world.outbox.letters = [replace(visitor.world.outbox.letters[0], body=body)]
    async with visitor.http.get(f"{visitor.url}/api/dead-letters") as response:
        (letter,) = (await response.json())["dead_letters"]
    assert letter["row"] == 7
    assert (letter["energy_wh"], letter["token"], letter["utc"]) == (None, None, None)


async def test_it_is_sent_again_once(visitor: Visitor) -> None:
    async with visitor.http.post(f"{visitor.url}/api/dead-letters/7/send-again") as response:
        assert await response.json() == {"rows": [7]}
    async with visitor.http.post(f"{visitor.url}/api/dead-letters/7/send-again") as response:
        assert response.status == 404
        assert "no dead letter 7" in (await response.json())["error"]


@pytest.mark.parametrize("row", ["x", "-1", "9" * 30])
async def test_a_row_that_is_none_is_not_found(visitor: Visitor, row: str) -> None:
    async with visitor.http.post(f"{visitor.url}/api/dead-letters/{row}/send-again") as response:
        assert response.status == 404


async def test_a_database_that_does_not_answer_is_said(visitor: Visitor) -> None:
    visitor.world.outbox.is_broken = True
    async with visitor.http.get(f"{visitor.url}/api/dead-letters") as response:
        assert response.status == 503
    async with visitor.http.post(f"{visitor.url}/api/dead-letters/7/send-again") as response:
        assert response.status == 503
