"""myllama.tokenizer against llama2.c's ids and text."""

import json
import random
import struct
import time
from itertools import pairwise

import pytest

from myllama.errors import InputError
from myllama.tokenizer import Tokenizer, printable

BYTES = [b"<0x%02X>" % byte for byte in range(256)]


@pytest.fixture(scope="session")
def tok512(shared):
    return Tokenizer.load(shared("checkpoints/tok512.bin"), 512)


@pytest.fixture(scope="session")
def tok32k(shared):
    return Tokenizer.load(shared("checkpoints/tokenizer.bin"), 32000)


def build(**scores):
    """A small tokenizer: the specials, the bytes, a space, and these pieces."""
    pieces = [b"<unk>", b"\n<s>\n", b"\n</s>\n", *BYTES, b" "]
    names = [name.encode() for name in scores]
    return Tokenizer([*pieces, *names], [0.0] * len(pieces) + list(scores.values()))


def spell(tokenizer, tokens):
    return [tokenizer.pieces[token] for token in tokens]


def naive_merge(tokenizer, tokens):
    """llama2.c's own loop: scan all neighbours, join the best, begin again."""
    tokens = list(tokens)
    while True:
        best = -1e10, None, None
        for i in range(len(tokens) - 1):
            joined = tokenizer.pieces[tokens[i]] + tokenizer.pieces[tokens[i + 1]]
            if joined in tokenizer.pieces:
                token = tokenizer.pieces.index(joined)
                if tokenizer.scores[token] > best[0]:
                    best = tokenizer.scores[token], i, token
        if best[1] is None:
            return tokens
        tokens[best[1] : best[1] + 2] = [best[2]]


@pytest.mark.parametrize(
    "text, tokens",
    [
        ("", [1]),
        (" ", [1, 410, 410]),
        ("Once upon a time", [1, 403, 407, 261, 378]),
        ("Hello", [1, 346, 306, 414]),
        ("\U0001f600", [1, 410, 243, 162, 155, 131]),
        ("Zoë", [1, 410, 469, 414, 198, 174]),
        (b"\xff", [1, 410, 258]),
        ("\udcff", [1, 410, 258]),
        ("Zoë".encode(), [1, 410, 469, 414, 198, 174]),
    ],
)
def test_ids_of_tok512(tok512, text, tokens):
    assert tok512.encode(text) == tokens


def test_ids_of_the_32k_vocabulary(tok32k):
    assert tok32k.encode("Hello world") == [1, 15043, 3186]
    assert tok32k.encode(" ") == [1, 259]


def test_every_prompt_and_text_of_llama2c(tok512, shared):
    cases = json.loads(shared("reference/llama2c_260K_greedy.json").read_text())["cases"]
    for case in cases:
        assert tok512.encode(case["prompt"]) == case["prompt_tokens"]
        tokens = case["tokens"]
        pairs = [pair for pair in pairwise(tokens) if pair[1] != 1]
        text = b"".join(printable(tok512.decode(*pair)) for pair in pairs)
        assert text + b"\n" == case["text"].encode()  # llama2.c ends with a newline


def test_bos_and_eos_are_asked_for(tok512):
    assert tok512.encode("Hello", bos=False, eos=True) == [410 - 64, 306, 414, 2]
    assert tok512.encode("", bos=False) == []
    assert tok512.encode("", eos=True) == [1, 2]


@pytest.mark.parametrize(
    "data, points",
    [
        (b"a\x80\x80", [b"a\x80\x80"]),
        (b"\x80\x80\x80\x80\x80", [b"\x80" * 4, b"\x80"]),
        (b"\xf0\x9f\x98\x80\x80", [b"\xf0\x9f\x98\x80", b"\x80"]),
        (b"\xc3\xc3\xab", [b"\xc3", b"\xc3\xab"]),
        (b"\xe2\x82", [b"\xe2\x82"]),
        (b"\xc3a", [b"\xc3", b"a"]),
    ],
)
def test_code_points_are_cut_on_bytes(data, points):
    """A piece per expected point, so that only the right cut avoids the byte tokens."""
    tokenizer = build()
    for point in set(points):
        tokenizer = Tokenizer([*tokenizer.pieces, point], [*tokenizer.scores, 0.0])
    assert spell(tokenizer, tokenizer.encode(data))[2:] == points


def test_unknown_bytes_fall_back_one_by_one(tok512):
    assert tok512.encode(b"a\x80\x80")[-3:] == [100, 131, 131]
    assert tok512.encode("\0")[-1] == 3


def test_special_pieces_in_a_text_are_text(tok512):
    assert 1 not in tok512.encode("<s></s>")[1:]
    assert 2 not in tok512.encode("<s></s>")


def test_the_best_score_joins_first_and_the_leftmost_among_equals():
    assert spell(t := build(a=0, b=0, c=0, ab=1, bc=2), t.encode("abc"))[2:] == [b"a", b"bc"]
    assert spell(t := build(a=0, b=0, c=0, ab=2, bc=2), t.encode("abc"))[2:] == [b"ab", b"c"]
    assert spell(t := build(a=0, aa=1), t.encode("aaa"))[2:] == [b"aa", b"a"]
    assert spell(t := build(a=0, aa=-1e10), t.encode("aa"))[2:] == [b"a", b"a"]
    assert spell(t := build(a=0, aa=float("nan")), t.encode("aa"))[2:] == [b"a", b"a"]


def test_bos_and_the_first_space_take_part_in_merges():
    tokenizer = build(a=0)
    pieces = [*tokenizer.pieces, b" a", b"\n<s>\n a"]
    tokenizer = Tokenizer(pieces, [*tokenizer.scores, 1.0, 2.0])
    assert spell(tokenizer, tokenizer.encode("a")) == [b"\n<s>\n a"]


@pytest.mark.parametrize("seed", range(4))
def test_the_heap_joins_as_the_plain_loop_does(tok512, seed):
    rng = random.Random(seed)
    for _ in range(50):
        data = bytes(rng.choices(b"aehtno .,\n\x80\xc3\xa9", k=rng.randrange(1, 40)))
        points = Tokenizer(tok512.pieces, [-1e10] * 512).encode(data)
        assert tok512.encode(data) == naive_merge(tok512, points)


@pytest.mark.parametrize("seed", range(4))
def test_text_comes_back(tok512, tok32k, seed):
    rng = random.Random(seed)
    for tokenizer in (tok512, tok32k):
        for _ in range(50):
            data = bytes(rng.randrange(1, 256) for _ in range(rng.randrange(40)))
            tokens = tokenizer.encode(data)
            pairs = pairwise(tokens)
            assert b"".join(tokenizer.decode(*pair) for pair in pairs) == data


def test_decoding_a_piece(tok512):
    assert tok512.decode(1, 403) == b"Once"
    assert tok512.decode(5, 403) == b" Once"
    assert tok512.decode(5, 258) == b"\xff"
    assert tok512.decode(5, 13) == b"\n"
    assert tok512.decode(5, 3) == b""
    assert tok512.decode(5, 2) == b"\n</s>\n"


@pytest.mark.parametrize(
    "piece, data",
    [
        (b"<0x4", b"\x04"),
        (b"<0xaF", b"\xaf"),
        (b"<0x414>", b"\x41"),
        (b"<0x41 and more", b"\x41"),
        (b"<0x 41>", b"\x41"),
        (b"<0x-1>", b"\xff"),
        (b"<0xg>", b"<0xg>"),
        (b"<0X41>", b"<0X41>"),
        (b"x<0x41>", b"x<0x41>"),
    ],
)
def test_byte_pieces_are_read_as_scanf_reads_them(piece, data):
    assert Tokenizer([piece, b" " + piece], [0, 0]).decode(0, 0) == data
    assert Tokenizer([piece, b" " + piece], [0, 0]).decode(1, 1) == data


@pytest.mark.parametrize("byte", range(256))
def test_a_lone_byte_prints_if_ascii_would(byte):
    kept = chr(byte).isascii() and (chr(byte).isprintable() or byte in b"\t\n\v\f\r")
    assert printable(bytes([byte])) == (bytes([byte]) if kept else b"")


def test_longer_pieces_print_as_they_are():
    assert printable(b"") == b""
    assert printable(b"\xc3\xab") == b"\xc3\xab"
    assert printable(b"\x01\x02") == b"\x01\x02"


def test_32k_loads_and_a_long_text_encodes_quickly(tok32k, shared):
    start = time.process_time()
    Tokenizer.load(shared("checkpoints/tokenizer.bin"), 32000)
    assert time.process_time() - start < 0.3
    start = time.process_time()
    tok32k.encode("Once upon a time there was a little girl. " * 1000)
    assert time.process_time() - start < 3


def entry(piece, length=None):
    return struct.pack("<fi", 0.0, len(piece) if length is None else length) + piece


@pytest.mark.parametrize(
    "data, vocab_size, words",
    [
        (b"", 2, "truncated in piece 0: at least 4 bytes are needed, but it has 0"),
        (b"\0\0\0\0" + entry(b"a") + b"\0\0\0", 2, "truncated in piece 1"),
        (b"\0\0\0\0" + entry(b"a") + entry(b"b", 5), 2, "truncated in piece 1"),
        (b"\0\0\0\0" + entry(b"a", 2**31 - 1), 2, "truncated in piece 0"),
        (b"\0\0\0\0" + entry(b""), 1, "piece 0 has length 0"),
        (b"\0\0\0\0" + entry(b"", -5), 1, "piece 0 has length -5"),
        (b"\0\0\0\0" + entry(b"a") * 3, 2, "holds 3 pieces, but the model's vocabulary has 2"),
        (b"\0\0\0\0" + entry(b"a"), 2, "holds 1 pieces, but the model's vocabulary has 2"),
    ],
)
def test_bad_files(data, vocab_size, words, tmp_path):
    path = tmp_path / "tok.bin"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        Tokenizer.load(path, vocab_size)
    assert words in str(caught.value)


def test_what_is_no_tokenizer(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        Tokenizer.load(tmp_path / "absent.bin", 2)
    with pytest.raises(InputError, match="is not a file"):
        Tokenizer.load(tmp_path, 2)
    with open(tmp_path / "huge.bin", "wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(InputError, match="has 1073741824 bytes"):
        Tokenizer.load(tmp_path / "huge.bin", 2)


def test_what_cannot_be_encoded_or_decoded(tok512):
    with pytest.raises(InputError, match=r"lone surrogate U\+D800"):
        tok512.encode("a\ud800")
    with pytest.raises(InputError, match="no piece for the space"):
        Tokenizer([b"a"], [0]).encode("a")
    with pytest.raises(InputError, match="token 100 is outside the vocabulary of 1"):
        Tokenizer([b" "], [0]).encode("a")
    for token in (-1, 512):
        with pytest.raises(InputError, match=f"token {token} is outside"):
            tok512.decode(1, token)


@pytest.mark.parametrize("name, size", [("tok512.bin", 512), ("tokenizer.bin", 32000)])
def test_saved_tokenizers_are_llama2cs_files(name, size, shared, tmp_path):
    path = shared(f"checkpoints/{name}")
    Tokenizer.load(path, size).save(tmp_path / "t.bin")
    assert (tmp_path / "t.bin").read_bytes() == path.read_bytes()
    with pytest.raises(InputError, match="cannot be written"):
        Tokenizer.load(path, size).save(tmp_path / "absent" / "t.bin")
    assert [file.name for file in tmp_path.iterdir()] == ["t.bin"]
