"""llama2.c's tokenizer: the same file, the same ids, the same text."""

import heapq
import re
import stat
import struct
from pathlib import Path

from .atomic import replacing
from .errors import InputError

BOS, EOS = 1, 2
BYTE_OFFSET = 3  # byte b is token b + 3 where no piece spells it
PIECE_HEAD = struct.Struct("<fi")  # score, length in bytes
FILE_LIMIT = 1 << 26
NO_SCORE = -1e10  # a merge must score more

# One code point as llama2.c cuts it: no check that the UTF-8 is valid.
CODE_POINT = re.compile(rb"[\x00-\xff][\x80-\xbf]{0,3}")
# What scanf("<0x%02hhX>") accepts; the closing bracket is not needed.
BYTE_PIECE = re.compile(rb"<0x[ \t-\r]*([+-][0-9A-Fa-f]|[0-9A-Fa-f]{1,2})")


class Tokenizer:
    """Pieces by id (`pieces`, bytes), their merge `scores`, and both directions."""

    def __init__(self, pieces, scores):
        self.pieces = list(pieces)
        self.scores = list(scores)
        # Reversed, so that the lowest id wins should a piece occur twice.
        self._ids = {piece: i for i, piece in reversed(list(enumerate(self.pieces)))}

    @classmethod
    def load(cls, path, vocab_size):
        """Read a tokenizer.bin that must hold exactly `vocab_size` pieces."""
        data = _read(Path(path))
        pieces, scores = [], []
        at = 4  # past max_token_length, which sizes a buffer in llama2.c
        while at < len(data):
            if at + PIECE_HEAD.size > len(data):
                raise _truncated(path, len(pieces), at + PIECE_HEAD.size, len(data))
            score, length = PIECE_HEAD.unpack_from(data, at)
            at += PIECE_HEAD.size
            if length < 1:
                raise InputError(
                    f"tokenizer {path}: piece {len(pieces)} has length {length},"
                    " but must have at least 1; export the tokenizer again"
                )
            if at + length > len(data):
                raise _truncated(path, len(pieces), at + length, len(data))
            pieces.append(data[at : at + length])
            scores.append(score)
            at += length
        if len(pieces) != vocab_size:
            raise InputError(
                f"tokenizer {path} holds {len(pieces)} pieces, but the model's vocabulary"
                f" has {vocab_size}; use the tokenizer the model was trained with"
            )
        return cls(pieces, scores)

    def to_bytes(self):
        """The tokenizer.bin that `load` reads."""
        longest = max(map(len, self.pieces), default=0)
        heads = (
            PIECE_HEAD.pack(*head) for head in zip(self.scores, map(len, self.pieces), strict=True)
        )
        pieces = b"".join(map(bytes.__add__, heads, self.pieces))
        return longest.to_bytes(4, "little") + pieces

    def save(self, path):
        """Write the tokenizer.bin: complete or not at all."""
        try:
            with replacing(Path(path)) as file:
                file.write(self.to_bytes())
        except OSError as error:
            raise InputError(f"tokenizer {path} cannot be written: {error.strerror}") from error

    def encode(self, text, bos=True, eos=False):
        """Token ids of `text`, a str (surrogateescape welcome) or bytes.

        A NUL, which llama2.c cannot be given, becomes its byte token.
        """
        tokens = [BOS] if bos else []
        data = _as_bytes(text)
        if data:
            tokens.append(self._id_of_space())
        for match in CODE_POINT.finditer(data):
            point = match[0]
            if point in self._ids:
                tokens.append(self._ids[point])
            else:
                tokens += [self._checked(byte + BYTE_OFFSET) for byte in point]
        tokens = self._merge(tokens)
        return [*tokens, EOS] if eos else tokens

    def decode(self, prev, token):
        """The bytes of `token` after `prev`: the space that follows BOS is dropped.

        As in C, the byte piece of 0 is an empty string.
        """
        piece = self.pieces[self._checked(token)]
        if prev == BOS and piece.startswith(b" "):
            piece = piece[1:]
        match = BYTE_PIECE.match(piece)
        if match:
            byte = int(match[1], 16) & 0xFF
            return bytes([byte]) if byte else b""
        return piece

    def _merge(self, tokens):
        """Join the best scoring neighbours, leftmost first among equals, until none joins."""
        tokens = list(tokens)
        end = len(tokens)
        after = list(range(1, end + 1))
        before = list(range(-1, end - 1))
        heap = []

        def offer(left, right):
            joined = self._ids.get(self.pieces[tokens[left]] + self.pieces[tokens[right]])
            if joined is not None and self.scores[joined] > NO_SCORE:
                pair = tokens[left], tokens[right]
                heapq.heappush(heap, (-self.scores[joined], left, right, pair, joined))

        for left in range(end - 1):
            offer(left, left + 1)
        while heap:
            _, left, right, pair, joined = heapq.heappop(heap)
            if after[left] != right or (tokens[left], tokens[right]) != pair:
                continue  # one of the two has been joined to another since
            tokens[left], tokens[right] = joined, None
            after[left] = after[right]
            if after[left] < end:
                before[after[left]] = left
                offer(left, after[left])
            if before[left] >= 0:
                offer(before[left], left)
        return [token for token in tokens if token is not None]

    def _id_of_space(self):
        if b" " not in self._ids:
            raise InputError(
                "the tokenizer has no piece for the space that opens every text;"
                " use the tokenizer the model was trained with"
            )
        return self._ids[b" "]

    def _checked(self, token):
        if not 0 <= token < len(self.pieces):
            raise InputError(
                f"token {token} is outside the vocabulary of {len(self.pieces)};"
                " use the tokenizer the model was trained with"
            )
        return token


def printable(piece):
    """What llama2.c prints of a decoded piece: all of it, save a lone control or high byte."""
    if len(piece) == 1 and not (0x20 <= piece[0] <= 0x7E or 0x09 <= piece[0] <= 0x0D):
        return b""
    return piece


def _as_bytes(text):
    if isinstance(text, bytes):
        return text
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise InputError(
            f"character {error.start} of the text is the lone surrogate"
            f" U+{ord(text[error.start]):04X}, which has no UTF-8; remove it"
        ) from error


def _read(path):
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"tokenizer {path} is not a file; give llama2.c's tokenizer.bin")
        if status.st_size > FILE_LIMIT:
            raise InputError(
                f"tokenizer {path} has {status.st_size} bytes, but no tokenizer has more than"
                f" {FILE_LIMIT}; give llama2.c's tokenizer.bin"
            )
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(
            f"tokenizer {path} does not exist; give the path of llama2.c's tokenizer.bin"
        ) from error
    except OSError as error:
        raise InputError(f"tokenizer {path} cannot be read: {error.strerror}") from error
    if len(data) < 4:
        raise _truncated(path, 0, 4, len(data))
    return data


def _truncated(path, piece, need, size):
    return InputError(
        f"tokenizer {path} is truncated in piece {piece}: at least {need} bytes are needed,"
        f" but it has {size}; copy or download it again"
    )
