"""The float decoder: llama2.c's arithmetic in float32, in the order of run.c.

Taps. Every method that takes `tap` calls tap(layer, name, value) as each value
appears, with layer -1 for those after the last layer:

    xhat        [dim]               attention RMSNorm of x
    q           [dim]               after RoPE, head after head
    k, v        [kv_dim]            k after RoPE, v raw: what the KV cache gets
    scores      [n_heads, pos + 1]  q . k[t] / sqrt(head_dim), before the softmax
    concat      [dim]               the heads, side by side
    wo          [dim]               wo @ concat
    x_att       [dim]               x + wo
    xhat_ffn    [dim]               feed-forward RMSNorm of x_att
    h1, h3      [hidden_dim]        w1 @ xhat_ffn, w3 @ xhat_ffn
    ffn_core    [hidden_dim]        silu(h1) * h3
    w2          [dim]               w2 @ ffn_core
    x_ffn       [dim]               x_att + w2, the next layer's x
    norm_final  [dim]               final RMSNorm, layer -1
    logits      [vocab_size]        layer -1

The arrays are the tap's to keep: nothing writes to them later.
"""

import numpy as np

from .errors import InputError
from .positions import check_story, check_token
from .sampler import Sampler

LAYER_TAPS = (
    *("xhat", "q", "k", "v", "scores", "concat", "wo", "x_att"),
    *("xhat_ffn", "h1", "h3", "ffn_core", "w2", "x_ffn"),
)
FINAL_TAPS = ("norm_final", "logits")
BOS = 1
GREEDY = Sampler(temperature=0, topp=0, seed=1)
EPSILON = np.float32(1e-5)


def rmsnorm(x, weight):
    """x [..., n] over its root mean square, times weight [n]."""
    square = np.mean(x * x, axis=-1, keepdims=True)
    return weight * (x * (1 / np.sqrt(square + EPSILON)))


def softmax(x):
    """Over the last axis, the maximum subtracted first."""
    weight = np.exp(x - x.max(axis=-1, keepdims=True))
    return weight / weight.sum(axis=-1, keepdims=True)


def silu(x):
    """x * sigmoid(x)."""
    with np.errstate(over="ignore"):  # exp(-x) may be inf, and the quotient then 0
        return x * (1 / (1 + np.exp(-x)))


def rope_table(config):
    """Cosine and sine of every angle, each [seq_len, head_dim / 2]."""
    fraction = np.arange(0, config.head_dim, 2, dtype=np.float32) / np.float32(config.head_dim)
    freq = 1 / np.power(np.float32(10000), fraction)
    angle = np.arange(config.seq_len, dtype=np.float32)[:, None] * freq
    return np.cos(angle), np.sin(angle)


def rope(x, cos, sin):
    """Turn the adjacent pairs of x [..., n * head_dim] by cos, sin [..., head_dim / 2]."""
    pairs = x.reshape(*x.shape[:-1], -1, cos.shape[-1], 2)
    even, odd = pairs[..., 0], pairs[..., 1]
    cos, sin = cos[..., None, :], sin[..., None, :]
    return np.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1).reshape(x.shape)


class Reference:
    """A decoder of one checkpoint with one KV cache.

    keys, values  [n_layers, seq_len, kv_dim], row pos written by forward at pos
    """

    def __init__(self, checkpoint):
        self.checkpoint = checkpoint
        self.config = checkpoint.config
        self._cos, self._sin = rope_table(self.config)
        self.reset()

    def reset(self):
        """Forget every position."""
        shape = (self.config.n_layers, self.config.seq_len, self.config.kv_dim)
        self.keys = np.zeros(shape, np.float32)
        self.values = np.zeros(shape, np.float32)

    def forward(self, token, pos, tap=None):
        """Logits [vocab_size] after `token` at `pos`, positions 0..pos-1 being in the cache."""
        self._check_tokens([token])
        if not 0 <= pos < self.config.seq_len:
            raise InputError(
                f"position {pos} is outside 0..{self.config.seq_len - 1},"
                " the positions the model was made for; ask for fewer steps"
            )
        tap = tap or _no_tap
        weights, cos, sin = self.checkpoint, self._cos[pos], self._sin[pos]

        x = weights.token_embedding_table[token]
        for layer in range(self.config.n_layers):
            xhat = rmsnorm(x, weights.rms_att_weight[layer])
            tap(layer, "xhat", xhat)
            q = rope(weights.wq[layer] @ xhat, cos, sin)
            k = rope(weights.wk[layer] @ xhat, cos, sin)
            v = weights.wv[layer] @ xhat
            tap(layer, "q", q)
            tap(layer, "k", k)
            tap(layer, "v", v)
            self.keys[layer, pos], self.values[layer, pos] = k, v

            rows = slice(0, pos + 1)
            scores = self._scores(q[None], self.keys[layer, rows])
            tap(layer, "scores", scores[:, 0])
            concat = self._values(softmax(scores), self.values[layer, rows])[0]
            tap(layer, "concat", concat)
            wo = weights.wo[layer] @ concat
            tap(layer, "wo", wo)
            x = x + wo
            tap(layer, "x_att", x)

            xhat = rmsnorm(x, weights.rms_ffn_weight[layer])
            tap(layer, "xhat_ffn", xhat)
            h1 = weights.w1[layer] @ xhat
            h3 = weights.w3[layer] @ xhat
            tap(layer, "h1", h1)
            tap(layer, "h3", h3)
            core = silu(h1) * h3
            tap(layer, "ffn_core", core)
            w2 = weights.w2[layer] @ core
            tap(layer, "w2", w2)
            x = x + w2
            tap(layer, "x_ffn", x)

        x = rmsnorm(x, weights.rms_final_weight)
        tap(-1, "norm_final", x)
        logits = weights.wcls @ x
        tap(-1, "logits", logits)
        return logits

    def forward_sequence(self, tokens, tap=None):
        """Logits [B, T, vocab_size] of tokens [B, T], every sequence from position 0 on.

        The cache is neither read nor written. Tapped values gain the axes [B, T, ...] in
        front, except scores, which are [B, n_heads, T, T] with 0 where t > pos.
        """
        tokens = np.asarray(tokens)
        if tokens.ndim != 2 or tokens.dtype.kind not in "iu":
            raise InputError(
                f"tokens are {tokens.dtype} of shape {tokens.shape},"
                " but must be integers [sequence, position]"
            )
        self._check_tokens(tokens)
        length = tokens.shape[1]
        if length > self.config.seq_len:
            raise InputError(
                f"a sequence of {length} tokens is longer than the {self.config.seq_len}"
                " positions the model was made for; cut it"
            )
        tap = tap or _no_tap
        weights, cos, sin = self.checkpoint, self._cos[:length], self._sin[:length]
        future = np.triu(np.ones((length, length), bool), 1)

        x = weights.token_embedding_table[tokens]
        for layer in range(self.config.n_layers):
            xhat = rmsnorm(x, weights.rms_att_weight[layer])
            tap(layer, "xhat", xhat)
            q = rope(xhat @ weights.wq[layer].T, cos, sin)
            k = rope(xhat @ weights.wk[layer].T, cos, sin)
            v = xhat @ weights.wv[layer].T
            tap(layer, "q", q)
            tap(layer, "k", k)
            tap(layer, "v", v)

            scores = self._scores(q, k)
            tap(layer, "scores", np.where(future, np.float32(0), scores))
            concat = self._values(softmax(np.where(future, -np.inf, scores)), v)
            tap(layer, "concat", concat)
            wo = concat @ weights.wo[layer].T
            tap(layer, "wo", wo)
            x = x + wo
            tap(layer, "x_att", x)

            xhat = rmsnorm(x, weights.rms_ffn_weight[layer])
            tap(layer, "xhat_ffn", xhat)
            h1 = xhat @ weights.w1[layer].T
            h3 = xhat @ weights.w3[layer].T
            tap(layer, "h1", h1)
            tap(layer, "h3", h3)
            core = silu(h1) * h3
            tap(layer, "ffn_core", core)
            w2 = core @ weights.w2[layer].T
            tap(layer, "w2", w2)
            x = x + w2
            tap(layer, "x_ffn", x)

        x = rmsnorm(x, weights.rms_final_weight)
        tap(-1, "norm_final", x)
        logits = x @ weights.wcls.T
        tap(-1, "logits", logits)
        return logits

    def sampler(self, sampling):
        """What chooses a run's tokens, for a sampling.Sampling."""
        return Sampler(sampling.temperature, sampling.topp, sampling.seed)

    def following(self, token, pos, sampler=GREEDY):
        """The token after `token` at `pos`, positions 0..pos-1 being in the cache."""
        return sampler.sample(self.forward(token, pos))

    def decode(self, prompt, steps, sampler=GREEDY):
        """llama2.c's generation: an iterator of the token after pos = 0..steps-1.

        The tokens of the prompt are forced; those that follow are the sampler's choice, by
        default the largest logit, the lowest index among equals. BOS is yielded and ends
        the text. Starts from an empty cache.
        """
        prompt = list(prompt)
        check_story(self.config, prompt, steps)
        return self._decode(prompt, steps, sampler)

    def _decode(self, prompt, steps, sampler):
        self.reset()
        token = prompt[0]
        for pos in range(steps):
            logits = self.forward(token, pos)
            token = prompt[pos + 1] if pos + 1 < len(prompt) else sampler.sample(logits)
            yield token
            if token == BOS:
                return

    def _scores(self, q, keys):
        """q [..., Q, dim] . keys [..., T, kv_dim], every head: [..., n_heads, Q, T]."""
        config = self.config
        q = _heads(q, config.n_heads)
        keys = np.repeat(_heads(keys, config.n_kv_heads), config.kv_mul, axis=-3)
        return q @ keys.swapaxes(-1, -2) / np.sqrt(np.float32(config.head_dim))

    def _values(self, weights, values):
        """Sum over t of weights [..., n_heads, Q, T] * values [..., T, kv_dim]: [..., Q, dim]."""
        config = self.config
        values = np.repeat(_heads(values, config.n_kv_heads), config.kv_mul, axis=-3)
        heads = (weights @ values).swapaxes(-2, -3)
        return heads.reshape(*heads.shape[:-2], config.dim)

    def _check_tokens(self, tokens):
        for token in (np.min(tokens), np.max(tokens)) if np.size(tokens) else ():
            check_token(self.config, token)


def _heads(x, count):
    """[..., T, count * head_dim] -> [..., count, T, head_dim]"""
    return x.reshape(*x.shape[:-1], count, -1).swapaxes(-2, -3)


def _no_tap(layer, name, value):
    pass
