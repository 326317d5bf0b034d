"""The network of tales260K in PyTorch."""

import math
import struct

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from .pieces import VOCAB

DIM, HIDDEN, LAYERS, HEADS, KV_HEADS, SEQ_LEN = 64, 172, 5, 8, 4, 512
HEAD_DIM = DIM // HEADS
KV_DIM = HEAD_DIM * KV_HEADS


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
