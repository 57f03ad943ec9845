import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.random_checkpoint import write_tokenizer
from workers.engine.errors import CheckpointFileMissing, CheckpointUnsupported
from workers.engine.text import END_OF_TEXT, TextStream, Vocabulary, byte_alphabet, plain_text

END = 300
BYTES = Vocabulary({**{byte: bytes([byte]) for byte in range(256)}, END: b""}, END)


def words(*pieces: str) -> tuple[Vocabulary, list[int]]:
    """A vocabulary of these pieces, and their ids in order."""
    kinds = list(dict.fromkeys(pieces))
    table = {index: piece.encode() for index, piece in enumerate(kinds)}
    return Vocabulary({**table, END: b""}, END), [kinds.index(piece) for piece in pieces]


def stream(vocabulary: Vocabulary, ids: list[int], *stops: str) -> tuple[list[str], str, bool]:
    """The text of each token until it stops, the tail, and whether it stopped."""
    text = TextStream(vocabulary, stops)
    shown = []
    for token_id in ids:
        shown.append(text.push(token_id))
        if text.stopped:
            break
    return shown, text.flush(), text.stopped


def test_bytes_wait_until_they_are_a_character() -> None:
    shown, tail, _ = stream(BYTES, list("a🦊é".encode()))

    assert shown == ["a", "", "", "", "🦊", "", "é"]
    assert tail == ""


def test_bytes_that_never_become_a_character_are_replaced() -> None:
    shown, tail, _ = stream(BYTES, [0xF0, 0x9F, 0x41, 0xFF, 0xE2, 0x82])

    assert "".join(shown) + tail == bytes([0xF0, 0x9F, 0x41, 0xFF, 0xE2, 0x82]).decode(
        errors="replace"
    )
    assert tail == "\ufffd"


# Bytes of ordinary text, and bytes that cause trouble.
TROUBLE = st.one_of(st.binary(max_size=40), st.text("\r\n\0a🦊", max_size=20).map(str.encode))


@given(TROUBLE)
def test_text_equals_the_bytes_decoded_as_a_whole(data: bytes) -> None:
    shown, tail, _ = stream(BYTES, list(data))

    assert "".join(shown) + tail == plain_text(data.decode(errors="replace"))


@given(
    st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"\0", b"a\r", b"\n\n", b"\xff"]), max_size=12)
)
def test_token_borders_do_not_change_line_breaks(pieces: list[bytes]) -> None:
    vocabulary = Vocabulary({**dict(enumerate(pieces)), END: b""}, END)

    shown, tail, _ = stream(vocabulary, list(range(len(pieces))))

    text = "".join(shown) + tail
    assert text == plain_text(b"".join(pieces).decode(errors="replace"))
    assert not {"\r", "\0"} & set(text)


def test_a_carriage_return_is_a_line_break_at_once() -> None:
    vocabulary, ids = words("one\r", "\ntwo", "\r", "\r\n", "\n", "three\0")

    shown, tail, _ = stream(vocabulary, ids)

    assert shown == ["one\n", "two", "\n", "\n", "\n", "three\ufffd"]
    assert tail == ""


def test_a_stop_is_found_whatever_line_breaks_the_model_writes() -> None:
    vocabulary, ids = words("one\r", "\n\r", "\nUser:", "no")

    shown, tail, stopped = stream(vocabulary, ids, "\n\nUser:")
    again, _, _ = stream(vocabulary, ids, "\r\n\r\nUser:")

    assert "".join(shown) + tail == "".join(again) == "one"
    assert stopped


def test_text_held_back_at_a_carriage_return_continues_correctly() -> None:
    vocabulary, ids = words("one\r", "\nUsual")

    shown, tail, _ = stream(vocabulary, ids, "\nUser")

    assert (shown, tail) == (["one", "\nUsual"], "")


def test_stop_across_tokens_is_never_shown() -> None:
    vocabulary, ids = words("one\n", "\nUs", "er", ": no")

    shown, tail, stopped = stream(vocabulary, ids, "\n\nUser:")

    assert shown == ["one", "", "", ""]
    assert tail == ""
    assert stopped


def test_start_of_a_stop_is_shown_when_it_does_not_become_one() -> None:
    vocabulary, ids = words("one\n", "\nUs", "age")

    shown, _, stopped = stream(vocabulary, ids, "\n\nUser:")

    assert shown == ["one", "", "\n\nUsage"]
    assert not stopped


def test_start_of_a_stop_at_the_end_is_the_tail() -> None:
    vocabulary, ids = words("one", "\n\nUser")

    shown, tail, stopped = stream(vocabulary, ids, "\n\nUser:")

    assert (shown, tail, stopped) == (["one", ""], "\n\nUser", False)


def test_stop_that_is_complete_first_wins() -> None:
    vocabulary, ids = words("xabcd")

    shown, _, _ = stream(vocabulary, ids, "abcd", "bc")

    assert shown == ["xa"]


def test_a_stream_says_which_stop_ended_it() -> None:
    both = TextStream(BYTES, ("abcd", "bc"))
    own_end = TextStream(BYTES, ("abcd",))

    for token_id in b"xabc":
        both.push(token_id)
    own_end.push(END)

    assert (both.stopped, both.stop_sequence) == (True, "bc")
    assert (own_end.stopped, own_end.stop_sequence) == (True, None)


def test_stop_of_bytes_split_over_tokens() -> None:
    shown, tail, stopped = stream(BYTES, list("go 🛑 on".encode()), "🛑")

    assert "".join(shown) + tail == "go "
    assert stopped


def test_end_of_text_shows_what_was_held_and_stops() -> None:
    shown, tail, stopped = stream(BYTES, [*b"ab\n", END], "\n\n")

    assert shown == ["a", "b", "", "\n"]
    assert (tail, stopped) == ("", True)


@given(
    st.text("ab\n\r\0🦊", max_size=30),
    st.lists(st.text("ab\n\r🦊", min_size=1, max_size=5), min_size=1, max_size=3),
    st.lists(st.integers(1, 6), min_size=60, max_size=60),
)
def test_text_does_not_depend_on_token_borders(
    text: str, stops: list[str], lengths: list[int]
) -> None:
    data = text.encode()
    pieces, at = [], 0
    for length in lengths:
        pieces.append(data[at : at + length])
        at += length
    vocabulary = Vocabulary({**dict(enumerate(pieces)), END: b""}, END)

    coarse, coarse_tail, coarse_stop = stream(vocabulary, list(range(60)), *stops)
    fine, fine_tail, fine_stop = stream(BYTES, list(data), *stops)

    # Both in the one representation that the engine returns.
    text, stops = plain_text(text), [plain_text(stop) for stop in stops]
    ends = [text.find(stop) + len(stop) for stop in stops if stop in text]
    assert coarse_stop is fine_stop is bool(ends)
    assert "".join(coarse) + coarse_tail == "".join(fine) + fine_tail
    if ends:
        before = text[: min(ends)]
        matched = max((stop for stop in stops if before.endswith(stop)), key=len)
        assert "".join(coarse) == before[: len(before) - len(matched)]
    else:
        assert "".join(coarse) + coarse_tail == text


def test_a_stream_that_replays_ids_continues_like_the_first() -> None:
    ids = list("a\n\nUs🦊er:".encode())
    for cut in range(len(ids)):
        first, again = TextStream(BYTES, ["\n\nUser"]), TextStream(BYTES, ["\n\nUser"])
        for token_id in ids[:cut]:
            first.push(token_id)
            again.push(token_id)
        assert [first.push(i) for i in ids[cut:]] == [again.push(i) for i in ids[cut:]]
        assert first.flush() == again.flush()


def test_alphabet_covers_every_byte_once() -> None:
    alphabet = byte_alphabet()

    assert sorted(alphabet.values()) == list(range(256))
    assert alphabet["Ġ"] == ord(" ")
    assert alphabet["Ċ"] == ord("\n")


def test_vocabulary_agrees_with_tokenizers(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    write_tokenizer(tmp_path, 300, fillers=5)
    reference = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))

    vocabulary = Vocabulary.load(tmp_path)

    text = "Grüße, \n\t🦊 <html>"
    ids = reference.encode(text).ids
    assert b"".join(map(vocabulary.bytes_of, ids)).decode() == text
    assert vocabulary.eos_id == reference.token_to_id(END_OF_TEXT)
    assert vocabulary.size == 257
    assert vocabulary.filler_rows(300) == list(range(257, 300))


def test_vocabulary_from_the_files_of_gpt2(tmp_path: Path) -> None:
    tokens = {"Ġhello": 0, "Ċ": 1, END_OF_TEXT: 2}
    (tmp_path / "vocab.json").write_text(json.dumps(tokens))
    (tmp_path / "added_tokens.json").write_text(json.dumps({"<|extratoken_1|>": 3, "<|user|>": 4}))

    vocabulary = Vocabulary.load(tmp_path)

    assert [vocabulary.bytes_of(i) for i in (0, 1, 2, 4)] == [b" hello", b"\n", b"", b"<|user|>"]
    assert vocabulary.eos_id == 2
    assert vocabulary.filler_rows(6) == [3, 5]


def test_a_missing_vocabulary_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CheckpointFileMissing, match=r"tokenizer\.json"):
        Vocabulary.load(tmp_path)


@pytest.mark.parametrize(
    "tokens", [{"\u4e2d": 0, END_OF_TEXT: 1}, {"a": 0}], ids=["not byte-level", "no end"]
)
def test_vocabulary_of_another_kind_is_refused(tmp_path: Path, tokens: dict[str, int]) -> None:
    (tmp_path / "vocab.json").write_text(json.dumps(tokens))

    with pytest.raises(CheckpointUnsupported):
        Vocabulary.load(tmp_path)


def test_the_end_of_text_among_the_stops_changes_nothing_at_its_token() -> None:
    with_it = stream(BYTES, [*b"ab", END], END_OF_TEXT, "|>x")
    without = stream(BYTES, [*b"ab", END], "|>x")

    assert with_it == without
    assert with_it[2]


def test_the_end_of_text_spelled_out_in_letters_ends_at_its_stop() -> None:
    shown, tail, stopped = stream(BYTES, list(f"ab{END_OF_TEXT}cd".encode()), END_OF_TEXT)

    assert ("".join(shown) + tail, stopped) == ("ab", True)
