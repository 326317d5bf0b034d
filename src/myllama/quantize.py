"""Float checkpoint to integer image: formats from a range pass, then rows and gains."""

import numpy as np

from .errors import InputError
from .fixed import QFormat
from .image import Formats, Image, Matrix
from .ranges import measure
from .tables import GAIN_WIDTH, SCORE_FRAC

# Ranges are seen on a few stories: others may go this much further before they saturate.
HEADROOM = 1.15
# Guard bits of a row that still waits for its factor 1/rms, at the smallest norm seen.
NORM_GUARD = 3
LOGIT_FRAC = 16
LARGEST_SHIFT = 63
LARGEST_EMBED_SHIFT = 16
# The last bits of a float range depend on the processor, for which BLAS adds in another order; a
# factor of so few bits, and with it every word of the image, does not.
BALANCE_FRAC = 10


def frac_for(largest, width):
    """Fraction bits that let `largest`, and HEADROOM more, fit a signed word of `width` bits."""
    reach = max(float(largest) * HEADROOM, 2.0**-40)
    return width - 1 - int(np.ceil(np.log2(reach)))


def quantize_rows(weights, profile, act_frac, out_frac, name):
    """Rows [..., rows, columns] to a Matrix; fraction bits of what goes in and comes out.

    Without a scale a row's unit is a power of two. With one it is scale / 2**frac, the
    scale rounded up, so that the row's largest weight never saturates.
    """
    weights = np.asarray(weights, np.float64)
    top = (1 << profile.weight_width - 1) - 1
    largest = np.maximum(np.abs(weights).max(-1), 2.0**-40)
    unit = largest / top
    exponent = np.floor(np.log2(unit)).astype(np.int64)
    if profile.scale_width:
        frac = profile.scale_width - 1 - exponent
        scale = np.ceil(unit * 2.0**frac - 1e-9).astype(np.int64)
        full = scale >= 1 << profile.scale_width
        scale = np.where(full, scale >> 1, scale)
        frac = frac - full
    else:
        scale = np.ones_like(exponent)
        frac = -np.ceil(np.log2(unit) - 1e-12).astype(np.int64)
    in_frac, out_frac = (
        np.asarray(f).reshape(-1, *[1] * (frac.ndim - 1)) for f in (act_frac, out_frac)
    )
    shift = frac + in_frac - out_frac
    if shift.min() < 0:
        raise InputError(
            f"{name} has a row with weights up to {largest.max():.3g}, which are too large for "
            f"{profile.weight_width}-bit words; scale the checkpoint down"
        )
    # Rows of (almost) nothing: a coarser unit loses nothing that the result could show.
    excess = np.maximum(shift - LARGEST_SHIFT, 0)
    frac, shift = frac - excess, shift - excess
    words = np.floor(weights / (scale * 2.0**-frac)[..., None] + 0.5)
    return Matrix(np.clip(words, -top - 1, top).astype(np.int32), scale, shift)


def quantize(checkpoint, profile, progress=lambda message: None):
    """The Image of a Checkpoint. `progress` is told what happens, in a few words."""
    config = checkpoint.config
    layers = range(config.n_layers)
    seen = measure(checkpoint, progress)
    progress(f"quantizing for profile {profile.name}")
    width = profile.act_width

    def per_layer(name):
        return tuple(frac_for(largest, width) for largest in seen[name])

    x = frac_for(seen["residual"].max(), profile.residual_width)
    acts = tuple(frac_for(largest, width) for largest in seen["acts"])
    norm_base = max(int(np.floor(np.log2(seen["norms"].min()))) + x - NORM_GUARD, 0)
    fold = np.log2(np.e) / np.sqrt(config.head_dim)
    balance = _balance(seen["q"].max() * fold, seen["k"].max())
    q = frac_for(seen["q"].max() * fold / balance, width)
    k = frac_for(seen["k"].max() * balance, width)
    h1, h3, z = min(per_layer("h1")), per_layer("h3"), per_layer("ffn_core")
    z = tuple(min(z[layer], h1 + h3[layer]) for layer in layers)
    embed_shift = int(np.clip(acts[-1] - LOGIT_FRAC + norm_base, 0, LARGEST_EMBED_SHIFT))
    logits = acts[-1] + norm_base - embed_shift
    formats = Formats(x, acts, q, k, per_layer("v"), h1, h3, z, logits)

    def rows(name, weights, act_frac, out_frac):
        return quantize_rows(weights, profile, act_frac, out_frac, name)

    def before_norm(frac):
        return np.asarray(frac) + x - norm_base

    attention, feed_forward = acts[0:-1:2], acts[1::2]
    qkv = _stack(
        [
            rows("wq", checkpoint.wq * (fold / balance), attention, before_norm([q])),
            rows("wk", checkpoint.wk * balance, attention, before_norm([k])),
            rows("wv", checkpoint.wv, attention, before_norm(formats.v)),
        ]
    )
    w13 = _interleave(
        rows("w1", checkpoint.w1, feed_forward, before_norm([h1])),
        rows("w3", checkpoint.w3, feed_forward, before_norm(formats.h3)),
    )
    embedding = None
    if not config.shared_classifier:
        embedding = rows("embedding", checkpoint.token_embedding_table, [embed_shift], [x])
    gains, gain_fracs = _gains(checkpoint)
    return Image(
        config=config,
        profile=profile,
        formats=formats,
        qkv=qkv,
        wo=rows("wo", checkpoint.wo, formats.v, [x]),
        w13=w13,
        w2=rows("w2", checkpoint.w2, z, [x]),
        classifier=rows("classifier", checkpoint.wcls, [acts[-1]], before_norm([logits])),
        embedding=embedding,
        gains=gains,
        act_shifts=tuple(x + int(g) - a for g, a in zip(gain_fracs, acts, strict=True)),
        z_shifts=tuple(h1 + h3[layer] - z[layer] for layer in layers),
        score_shift=q + k - SCORE_FRAC,
        balance=balance,
        eps=max(round(config.dim * 1e-5 * 4.0**x), 1),
        norm_base=norm_base,
        embed_shift=embed_shift,
    )


def _balance(q, k):
    """Factor of K (its inverse goes to Q) that saves K a bit and costs Q none, or 1."""
    spare = 2.0 ** np.floor(np.log2(k * HEADROOM)) / (k * HEADROOM)
    spare = np.floor(spare * 2.0**BALANCE_FRAC) * 2.0**-BALANCE_FRAC
    costs_q = np.ceil(np.log2(q / spare * HEADROOM)) > np.ceil(np.log2(q * HEADROOM))
    return 1.0 if costs_q else float(spare)


def _gains(checkpoint):
    """RMSNorm gains times sqrt(dim), as words [norms, dim], and their fraction bits [norms]."""
    config = checkpoint.config
    inner = np.stack([checkpoint.rms_att_weight, checkpoint.rms_ffn_weight], 1)
    gains = np.concatenate(
        [inner.reshape(-1, config.dim), checkpoint.rms_final_weight[None]]
    ).astype(np.float64) * np.sqrt(config.dim)
    reach = np.maximum(np.abs(gains).max(-1), 2.0**-20) * (1 + 2.0**-GAIN_WIDTH)
    fracs = GAIN_WIDTH - 1 - np.ceil(np.log2(reach)).astype(np.int64)
    words = [QFormat.of_width(GAIN_WIDTH, f).quantize(g) for f, g in zip(fracs, gains, strict=True)]
    return np.stack(words), fracs


def _stack(parts):
    """Matrices with the same columns, one above the other."""
    return Matrix(
        *(np.concatenate([getattr(m, f) for m in parts], 1) for f in ("words", "scale", "shift"))
    )


def _interleave(first, second):
    """The rows of two matrices in turn."""
    return Matrix(
        *(
            np.stack([getattr(first, f), getattr(second, f)], 2).reshape(
                len(first.words), -1, *getattr(first, f).shape[2:]
            )
            for f in ("words", "scale", "shift")
        )
    )
