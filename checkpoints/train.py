"""Train tales260K and its tokenizer on the stories of grammar.py.

The model is the one of llama2.c: RMSNorm, RoPE on adjacent pairs, grouped-query attention, SwiGLU,
no bias, and a classifier that is the embedding table. Every row of a batch is one story between
two BOS tokens, so the model sees in training what it sees at work: a story that starts at
position 0 and ends.

    python checkpoints/train.py --steps 3200

Needs the `train` extra. Writes tales260K.bin (version 0 checkpoint) and tales512.bin.
"""

import argparse
import collections
import itertools
import math
import random
import re
import struct
import time
from pathlib import Path

import numpy as np
import torch
from grammar import ONE_NAME, PLOTS, tell
from torch import nn
from torch.nn import functional

HERE = Path(__file__).parent

DIM, HIDDEN, LAYERS, HEADS, KV_HEADS, VOCAB, SEQ_LEN = 64, 172, 5, 8, 4, 512, 512
HEAD_DIM = DIM // HEADS
KV_DIM = HEAD_DIM * KV_HEADS

BOS = 1
FIRST_BYTE = 3
FIRST_PIECE = FIRST_BYTE + 256
IGNORE = -1

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


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(DIM))

    def forward(self, x):
        return functional.rms_norm(x, (DIM,), self.weight, 1e-5)


def rotate(x, cos, sin):
    """RoPE on adjacent pairs; x is [batch, time, heads, HEAD_DIM]."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.rms_att, self.rms_ffn = Norm(), Norm()
        self.wq = nn.Linear(DIM, DIM, bias=False)
        self.wk = nn.Linear(DIM, KV_DIM, bias=False)
        self.wv = nn.Linear(DIM, KV_DIM, bias=False)
        self.wo = nn.Linear(DIM, DIM, bias=False)
        self.w1 = nn.Linear(DIM, HIDDEN, bias=False)
        self.w2 = nn.Linear(HIDDEN, DIM, bias=False)
        self.w3 = nn.Linear(DIM, HIDDEN, bias=False)
        for matrix in (self.wq, self.wk, self.wv, self.w1, self.w3):
            nn.init.normal_(matrix.weight, std=0.5 / math.sqrt(DIM))
        for matrix in (self.wo, self.w2):
            nn.init.normal_(matrix.weight, std=0.5 / math.sqrt(DIM * 2 * LAYERS))

    def forward(self, x, cos, sin, peaks=None):
        batch, steps, _ = x.shape
        n = self.rms_att(x)
        q = rotate(self.wq(n).view(batch, steps, HEADS, HEAD_DIM), cos, sin)
        k = rotate(self.wk(n).view(batch, steps, KV_HEADS, HEAD_DIM), cos, sin)
        v = self.wv(n).view(batch, steps, KV_HEADS, HEAD_DIM)
        share = HEADS // KV_HEADS
        att = functional.scaled_dot_product_attention(
            q.transpose(1, 2),
            k.repeat_interleave(share, 2).transpose(1, 2),
            v.repeat_interleave(share, 2).transpose(1, 2),
            is_causal=True,
        )
        x = x + self.wo(att.transpose(1, 2).reshape(batch, steps, DIM))
        n = self.rms_ffn(x)
        h1, h3 = self.w1(n), self.w3(n)
        z = functional.silu(h1) * h3
        x = x + self.w2(z)
        if peaks is not None:
            taps = {"residual": x, "q": q, "k": k, "v": v, "h1": h1, "h3": h3, "z": z}
            for name, value in taps.items():
                peaks[name] = max(peaks.get(name, 0.0), value.abs().max().item())
        return x


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, DIM)
        nn.init.normal_(self.embedding.weight, std=0.05)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.rms_final = Norm()
        frequency = 10000.0 ** (-torch.arange(0, HEAD_DIM, 2).float() / HEAD_DIM)
        angle = torch.outer(torch.arange(SEQ_LEN).float(), frequency)
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)

    def forward(self, tokens, peaks=None):
        steps = tokens.shape[1]
        cos, sin = self.cos[:steps, None], self.sin[:steps, None]
        x = self.embedding(tokens)
        for layer in self.layers:
            x = layer(x, cos, sin, peaks)
        return functional.linear(self.rms_final(x), self.embedding.weight)

    def tensors(self):
        """What a checkpoint holds, in the order that run.c maps it."""

        def stacked(name):
            return [layer.get_submodule(name).weight for layer in self.layers]

        tensors = [self.embedding.weight, *stacked("rms_att")]
        for name in ("wq", "wk", "wv", "wo"):
            tensors += stacked(name)
        tensors += stacked("rms_ffn")
        for name in ("w1", "w2", "w3"):
            tensors += stacked(name)
        return [*tensors, self.rms_final.weight, self.cos, self.sin]

    def read(self, path):
        """Take the weights of a checkpoint that `write` made."""
        values = torch.from_numpy(np.fromfile(path, dtype="<f4", offset=28))
        with torch.no_grad():
            for tensor in self.tensors():
                tensor.copy_(values[: tensor.numel()].view_as(tensor))
                values = values[tensor.numel() :]

    def write(self, path):
        """Version 0 checkpoint: header, then the tensors."""
        with open(path, "wb") as file:
            file.write(struct.pack("<7i", DIM, HIDDEN, LAYERS, HEADS, KV_HEADS, VOCAB, SEQ_LEN))
            for tensor in self.tensors():
                file.write(tensor.detach().numpy().astype("<f4").tobytes())


def batches(tokenizer, rng, rows, plots):
    """Endless batches of new stories; those of one batch are about equally long."""
    while True:
        stories = [[BOS, *tokenizer.encode(tell(rng, plots)), BOS] for _ in range(32 * rows)]
        stories.sort(key=len)
        groups = [stories[start : start + rows] for start in range(0, len(stories), rows)]
        rng.shuffle(groups)
        for group in groups:
            tokens = np.full((rows, max(map(len, group))), IGNORE, dtype=np.int64)
            for row, story in zip(tokens, group, strict=True):
                row[: len(story)] = story
            yield torch.from_numpy(tokens)


def loss_of(model, tokens):
    logits = model(tokens[:, :-1].clamp(min=0))
    return functional.cross_entropy(
        logits.flatten(0, 1), tokens[:, 1:].flatten(), ignore_index=IGNORE
    )


def learning_rate(step, progress, peak, warmup=100):
    """Linear warm-up, then half a cosine down to a twentieth of the peak."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * progress)))


def evaluate(model, tokenizer, rows, plots):
    """Loss and activation peaks on stories of another seed."""
    stream = batches(tokenizer, random.Random("held out"), rows, plots)
    peaks = {}
    with torch.no_grad():
        held_out = [next(stream) for _ in range(16)]
        loss = sum(loss_of(model, tokens).item() for tokens in held_out) / len(held_out)
        for tokens in held_out:
            model(tokens[:, :-1].clamp(min=0), peaks)
    return loss, peaks


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=3200)
    parser.add_argument("--minutes", type=float, default=math.inf, help="end early after these")
    parser.add_argument("--resume", type=Path, help="second stage: a model to go on with")
    parser.add_argument("--rows", type=int, default=16, help="stories per step")
    parser.add_argument("--rate", type=float, default=4e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=260)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=HERE)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    rng = random.Random(args.seed)
    tokenizer = Tokenizer.train([tell(rng) for _ in range(10000)])
    tokenizer.write(args.out / "tales512.bin")
    plots = ONE_NAME if args.resume else PLOTS
    stream = batches(
        tokenizer, random.Random(args.seed + 1) if args.resume else rng, args.rows, plots
    )

    model = Model()
    if args.resume:
        model.read(args.resume)
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    gains = [weight for weight in model.parameters() if weight.ndim == 1]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": gains, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98))
    print(f"{sum(weight.numel() for weight in model.parameters())} weights", flush=True)

    started = saved = time.monotonic()
    for step in range(args.steps):
        minutes = (time.monotonic() - started) / 60
        progress = max(step / args.steps, minutes / args.minutes)
        if progress >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, progress, args.rate)
        loss = loss_of(model, next(stream))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0:
            now = time.monotonic()
            spent = f"{progress:.3f}  {now - started:.0f} s"
            print(f"step {step}  loss {loss.item():.4f}  {spent}", flush=True)
            if now - saved > 120:
                model.write(args.out / "tales260K.bin")
                saved = now
    print(f"{step} steps")
    model.write(args.out / "tales260K.bin")
    loss, peaks = evaluate(model, tokenizer, args.rows, plots)
    print(f"held out loss {loss:.4f}")
    print("largest magnitudes", ", ".join(f"{name} {peak:.1f}" for name, peak in peaks.items()))


if __name__ == "__main__":
    main()
