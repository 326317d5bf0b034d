"""The tokenizer of tales260K: byte-pair pieces, trained and written."""

import collections
import itertools
import re
import struct

VOCAB = 512
FIRST_BYTE = 3
FIRST_PIECE = FIRST_BYTE + 256

# A piece never crosses one of these units: a word with its space, a mark, or a run of marks.
UNIT = re.compile(r" ?[A-Za-z]+|'s?| ?[^A-Za-z\s']+|\s")


class Tokenizer:
    """Byte-pair pieces in the order of their merges, encoded as llama2.c does."""

    def __init__(self, pieces):
        self.pieces = pieces
        self.ids = {piece: FIRST_PIECE + rank for rank, piece in enumerate(pieces)}
        self.cache = {}

    @classmethod
    def train(cls, texts):
        """Merge the most frequent pair until merges and single characters fill the vocabulary."""
        units = collections.Counter()
        for text in texts:
            units.update(UNIT.findall(" " + text))
        characters = collections.Counter()
        for unit, count in units.items():
            for character in unit.replace("\n", ""):
                characters[character] += count
        words = {unit: list(unit) for unit in units}
        merges = []
        while FIRST_PIECE + len(merges) + len(characters) < VOCAB:
            pairs = collections.Counter()
            for unit, word in words.items():
                for pair in itertools.pairwise(word):
                    pairs[pair] += units[unit]
            best = max(pairs, key=lambda pair: (pairs[pair], pair))
            if "".join(best) not in merges:
                merges.append("".join(best))
            for word in words.values():
                merge_everywhere(word, best)
        singles = sorted(characters, key=lambda character: (-characters[character], character))
        return cls(merges + singles)

    def encode(self, text):
        """Ids of a text, with the space that llama2.c puts before it, without BOS."""
        ids = []
        for unit in UNIT.findall(" " + text):
            if unit not in self.cache:
                self.cache[unit] = self.encode_unit(unit)
            ids += self.cache[unit]
        return ids

    def encode_unit(self, unit):
        ids = []
        for character in unit:
            if character in self.ids:
                ids.append(self.ids[character])
            else:
                ids += [FIRST_BYTE + byte for byte in character.encode()]
        while True:
            merged = [
                self.ids.get(self.piece(left) + self.piece(right), VOCAB)
                for left, right in itertools.pairwise(ids)
            ]
            if not merged or min(merged) == VOCAB:
                return ids
            where = merged.index(min(merged))
            ids[where : where + 2] = [merged[where]]

    def piece(self, token):
        return self.pieces[token - FIRST_PIECE] if token >= FIRST_PIECE else "\0"

    def write(self, path):
        """The file format of llama2.c; a piece's score is minus its rank."""
        vocabulary = [b"<unk>", b"\n<s>\n", b"\n</s>\n"]
        vocabulary += [f"<0x{byte:02X}>".encode() for byte in range(256)]
        vocabulary += [piece.encode() for piece in self.pieces]
        scores = [0.0] * FIRST_PIECE + [-float(rank) for rank in range(len(self.pieces))]
        with open(path, "wb") as file:
            file.write(struct.pack("<i", max(map(len, vocabulary))))
            for score, piece in zip(scores, vocabulary, strict=True):
                file.write(struct.pack("<fi", score, len(piece)) + piece)


def merge_everywhere(word, pair):
    """Replace each occurrence of the pair in a list of pieces, in place."""
    place = 0
    while place < len(word) - 1:
        if word[place] == pair[0] and word[place + 1] == pair[1]:
            word[place : place + 2] = ["".join(pair)]
        place += 1
