"""One representation of every text: the web's rule is the engine's rule."""

from hypothesis import given
from hypothesis import strategies as st

from playground.core.texts import fault_of, plain_breaks, plain_pieces, plain_text, storable
from workers.engine import text as engine

# Every character, with extra weight on those that have two representations.
# Half characters never come out of bytes.
WHOLE = st.characters(exclude_categories=("Cs",))
ANY = st.text(st.one_of(WHOLE, st.sampled_from("\r\n\0\ufffd\u2028\x0b\x0c\x85\ufeff")))
WITH_HALVES = st.text(st.one_of(st.characters(exclude_categories=()), st.just("\0")))


@given(ANY)
def test_the_web_and_the_engine_have_the_same_rule(text: str) -> None:
    assert plain_text(text) == engine.plain_text(text)


@given(ANY)
def test_a_normalised_text_does_not_change(text: str) -> None:
    plain = plain_text(text)

    assert plain_text(plain) == plain_breaks(plain) == plain
    assert fault_of(plain) == ""


@given(st.lists(ANY, max_size=6))
def test_pieces_give_the_same_text_as_the_whole(pieces: list[str]) -> None:
    plain = plain_pieces(pieces)

    assert len(plain) == len(pieces)
    assert "".join(plain) == plain_text("".join(pieces))


@given(WITH_HALVES)
def test_every_accepted_text_can_be_stored(text: str) -> None:
    holds_half = any("\ud800" <= character <= "\udfff" for character in text)

    assert bool(fault_of(text)) is ("\0" in text or holds_half)
    assert fault_of(storable(text)) == ""


def test_a_long_reason_is_cut() -> None:
    assert storable("x" * 9, 5) == "xxxx…"
