"""The integer decoder: what the hardware computes, token by token, without a simulator."""

import numpy as np

from ..errors import InputError
from ..fixed import round_shift, saturate
from ..positions import check_story, check_token
from ..tables import P_FRAC, SCORE_WIDTH, UNIT_MANT, UNIT_SHIFT
from .kv_cache import stored
from .requantize import requantize
from .residual import activations, add
from .rmsnorm import rmsnorm
from .rope import rope, trig
from .sampler import Sampler
from .softmax import softmax
from .swiglu import swiglu

BOS = 1
GREEDY = Sampler(temperature=0, topp=0, seed=1)


def _no_tap(layer, name, words):
    pass


class _Weights:
    """A Matrix ready to multiply: float64 carries the integers exactly below 2**53."""

    def __init__(self, matrix):
        self.columns = np.ascontiguousarray(np.swapaxes(matrix.words, -1, -2), np.float64)
        self.scale, self.shift = matrix.scale, matrix.shift

    def product(self, layer, acts, mant=UNIT_MANT, norm_shift=UNIT_SHIFT):
        """The rows of one layer times acts [batch, columns], requantized."""
        acc = (acts.astype(np.float64) @ self.columns[layer]).astype(np.int64)
        return requantize(acc, self.scale[layer], self.shift[layer], mant, norm_shift)


class Model:
    """Integer decoder of an Image.

    batch  sequences decoded side by side; all arrays below have it as their first axis
    ways   of the hardware that it equals: positions whose scores are summed up side by side
    """

    def __init__(self, image, batch=1, ways=1):
        self.image, self.config, self.batch, self.ways = image, image.config, batch, ways
        self._qkv, self._wo = _Weights(image.qkv), _Weights(image.wo)
        self._w13, self._w2 = _Weights(image.w13), _Weights(image.w2)
        self._classifier = _Weights(image.classifier)
        self._table = image.classifier if image.embedding is None else image.embedding
        self.reset()

    def reset(self):
        """Forget every position."""
        c = self.config
        shape = (c.n_layers, self.batch, c.n_kv_heads, c.seq_len, c.head_dim)
        # Float64 for exact products without a conversion per token.
        self._keys, self._values = np.zeros(shape), np.zeros(shape)

    def forward(self, token, pos, tap=_no_tap):
        """Integer logits [batch, vocab_size] of `token` ([batch] or int) at `pos`.

        tap(layer, name, words) sees every tap of myllama.reference as integers, layer -1
        after the last layer, and each norm's (mant, shift) as "norm_att", "norm_ffn" and
        "norm": xhat is its words times that. "kv_fresh" is (k, v) before the cache's format,
        each [batch, n_kv_heads, head_dim].
        """
        c, image, width = self.config, self.image, self.image.profile.act_width
        token = np.broadcast_to(np.asarray(token), self.batch)
        if not 0 <= pos < c.seq_len:
            raise InputError(f"position {pos} is outside the KV cache: 0 to {c.seq_len - 1}")
        for word in token.min(), token.max():
            check_token(c, word)
        angles = trig(pos, c.head_dim)
        x = self._embed(token)
        for layer in range(c.n_layers):
            acts, norm = self._norm(x, 2 * layer)
            tap(layer, "norm_att", norm)
            tap(layer, "xhat", acts)
            concat = self._attention(layer, pos, acts, norm, angles, tap)
            tap(layer, "concat", concat)
            delta = self._wo.product(layer, concat)
            tap(layer, "wo", delta)
            x = add(x, delta, image.profile.residual_width)
            tap(layer, "x_att", x)
            acts, norm = self._norm(x, 2 * layer + 1)
            tap(layer, "norm_ffn", norm)
            tap(layer, "xhat_ffn", acts)
            rows = saturate(self._w13.product(layer, acts, *norm), width)
            h1, h3 = rows[:, 0::2], rows[:, 1::2]
            tap(layer, "h1", h1)
            tap(layer, "h3", h3)
            z = swiglu(h1, h3, image.formats.h1, image.z_shifts[layer], width)
            tap(layer, "ffn_core", z)
            delta = self._w2.product(layer, z)
            tap(layer, "w2", delta)
            x = add(x, delta, image.profile.residual_width)
            tap(layer, "x_ffn", x)
        acts, norm = self._norm(x, 2 * c.n_layers)
        tap(-1, "norm", norm)
        tap(-1, "norm_final", acts)
        logits = self._classifier.product((), acts, *norm)
        tap(-1, "logits", logits)
        return logits

    def sampler(self, sampling):
        """What chooses a run's tokens, for a sampling.Sampling."""
        return Sampler(*sampling.words(self.image.formats.logits))

    def following(self, token, pos, sampler=GREEDY):
        """The token after `token` at `pos` in the first sequence."""
        return sampler.sample(self.forward(token, pos)[0])

    def decode(self, prompt, steps, sampler=GREEDY):
        """Yield the token after each position 0..steps-1, as llama2.c's loop does.

        prompt  token ids, BOS first; they are forced, the rest is the
                sampler's choice, by default the largest logit
        The last token may be BOS, which ends the story.
        """
        check_story(self.config, prompt, steps)
        return self._decode(prompt, steps, sampler)

    def _decode(self, prompt, steps, sampler):
        self.reset()
        token = prompt[0]
        for pos in range(steps):
            logits = self.forward(token, pos)[0]
            token = prompt[pos + 1] if pos + 1 < len(prompt) else sampler.sample(logits)
            yield token
            if token == BOS:
                return

    def _embed(self, token):
        table = self._table
        acc = table.words[token].astype(np.int64) << self.image.embed_shift
        scale, shift = table.scale[token][:, None], table.shift[token][:, None]
        row = requantize(acc, scale, shift, UNIT_MANT, UNIT_SHIFT)
        return saturate(row, self.image.profile.residual_width)

    def _norm(self, x, norm):
        """What the next matrix multiplies, and the (mant, shift) its rows wait for."""
        image = self.image
        acts = activations(x, image.gains[norm], image.act_shifts[norm], image.profile.act_width)
        squares = np.square(x).sum(-1, keepdims=True)
        return acts, rmsnorm(squares, image.eps, image.norm_base)

    def _attention(self, layer, pos, acts, norm, angles, tap):
        c, profile = self.config, self.image.profile
        width = profile.act_width
        rows = saturate(self._qkv.product(layer, acts, *norm), width)
        heads = rows.reshape(self.batch, -1, c.head_dim)
        turned = rope(heads[:, : c.n_heads + c.n_kv_heads], *angles, width)
        q, k = turned[:, : c.n_heads], turned[:, c.n_heads :]
        v = heads[:, c.n_heads + c.n_kv_heads :]
        tap(layer, "kv_fresh", (k, v))
        k, v = stored(k, profile.k_width, width), stored(v, profile.v_width, width)
        for name, value in (("q", q), ("k", k), ("v", v)):
            tap(layer, name, value.reshape(self.batch, -1))
        self._keys[layer, :, :, pos], self._values[layer, :, :, pos] = k, v
        keys = self._keys[layer, :, :, : pos + 1]
        values = self._values[layer, :, :, : pos + 1]
        grouped = q.reshape(self.batch, c.n_kv_heads, c.kv_mul, c.head_dim).astype(np.float64)
        acc = (grouped @ np.swapaxes(keys, -1, -2)).astype(np.int64)
        scores = saturate(round_shift(acc, self.image.score_shift), SCORE_WIDTH)
        tap(layer, "scores", scores.reshape(self.batch, c.n_heads, -1))
        weights = softmax(scores, self.ways)
        acc = (weights.astype(np.float64) @ values).astype(np.int64)
        return saturate(round_shift(acc, P_FRAC), width).reshape(self.batch, c.dim)
