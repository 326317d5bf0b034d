"""A model's weights in memory: float32, checked against its config."""

import math
from dataclasses import dataclass

import numpy as np

from ..config import ModelConfig
from ..errors import InputError


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A model: its sizes, and its weights as read-only float32 arrays, [output, input].

    Names are llama2.c's, shapes those of `tensor_shapes`. With a shared classifier
    `wcls` is the embedding table itself and need not be given.
    """

    config: ModelConfig
    token_embedding_table: np.ndarray
    rms_att_weight: np.ndarray
    wq: np.ndarray
    wk: np.ndarray
    wv: np.ndarray
    wo: np.ndarray
    rms_ffn_weight: np.ndarray
    w1: np.ndarray
    w2: np.ndarray
    w3: np.ndarray
    rms_final_weight: np.ndarray
    wcls: np.ndarray | None = None

    def __post_init__(self):
        if self.config.shared_classifier:
            if self.wcls is not None and self.wcls is not self.token_embedding_table:
                raise InputError(
                    "the classifier is shared, but wcls is an array of its own;"
                    " leave wcls out or set shared_classifier to False"
                )
        elif self.wcls is None:
            raise InputError("the classifier is not shared, so wcls must be given")
        for name, shape in tensor_shapes(self.config).items():
            if name == "wcls" and self.config.shared_classifier:
                object.__setattr__(self, name, self.token_embedding_table)
                continue
            tensor = np.asarray(getattr(self, name), np.float32).view()
            if tensor.shape != shape:
                raise InputError(
                    f"{name} has shape {tensor.shape}, but the config asks for {shape}"
                )
            tensor.flags.writeable = False
            object.__setattr__(self, name, tensor)


def tensor_shapes(config):
    """Name -> shape of every weight, in the order of a version 0 file."""
    dim, hidden, layers = config.dim, config.hidden_dim, config.n_layers
    return {
        "token_embedding_table": (config.vocab_size, dim),
        "rms_att_weight": (layers, dim),
        "wq": (layers, dim, dim),
        "wk": (layers, config.kv_dim, dim),
        "wv": (layers, config.kv_dim, dim),
        "wo": (layers, dim, dim),
        "rms_ffn_weight": (layers, dim),
        "w1": (layers, hidden, dim),
        "w2": (layers, dim, hidden),
        "w3": (layers, hidden, dim),
        "rms_final_weight": (dim,),
        "wcls": (config.vocab_size, dim),
    }


def random_checkpoint(config, seed):
    """A model of noise whose activations keep the size of a trained model's.

    Matrices keep the variance of a normalised input, those that feed the residual
    stream share it among themselves; norm weights scatter around one.
    """
    rng = np.random.default_rng(seed)
    residual = 1 / math.sqrt(2 * config.n_layers)
    gain = {"token_embedding_table": 2, "wcls": 2, "wo": residual, "w2": residual}
    tensors = {}
    for name, shape in tensor_shapes(config).items():
        if name == "wcls" and config.shared_classifier:
            continue
        noise = rng.standard_normal(shape, np.float32)
        if name.startswith("rms"):
            tensors[name] = 1 + noise / 8
        else:
            tensors[name] = noise * np.float32(gain.get(name, 1) / math.sqrt(shape[-1]))
    return Checkpoint(config, **tensors)


def check_finite(owner, name, tensor):
    """Piecewise, so that a huge tensor needs no huge mask."""
    flat, step = tensor.reshape(-1), 1 << 22
    for first in range(0, flat.size, step):
        finite = np.isfinite(flat[first : first + step])
        if not finite.all():
            where = first + int(np.argmin(finite))
            index = ", ".join(str(i) for i in np.unravel_index(where, tensor.shape))
            raise InputError(
                f"{owner}: {name}[{index}] is {flat[where]}, but weights must be finite;"
                " train or export the model again"
            )
