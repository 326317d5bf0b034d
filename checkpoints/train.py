"""Train tales260K and its tokenizer on the stories of grammar.py.

The model is the one of llama2.c: RMSNorm, RoPE on adjacent pairs, grouped-query attention, SwiGLU,
no bias, and a classifier that is the embedding table. Every row of a batch is one story between
two BOS tokens, so the model sees in training what it sees at work: a story that starts at
position 0 and ends.

    python checkpoints/train.py --steps 3200

Needs the `train` extra. Writes tales260K.bin (version 0 checkpoint) and tales512.bin.
"""

import argparse
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
from grammar import ONE_NAME, PLOTS, tell
from tales.network import Model
from tales.pieces import Tokenizer
from torch import nn
from torch.nn import functional

HERE = Path(__file__).parent

BOS = 1
IGNORE = -1


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
