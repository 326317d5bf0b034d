"""A saved model: the folder's names and orders put into llama2.c's."""

import contextlib
from pathlib import Path

import numpy as np

from ..checkpoint import Checkpoint, tensor_shapes
from .sizes import read_config
from .tensors import Tensors

NAMES = {
    "token_embedding_table": "model.embed_tokens.weight",
    "rms_att_weight": "model.layers.{}.input_layernorm.weight",
    "wq": "model.layers.{}.self_attn.q_proj.weight",
    "wk": "model.layers.{}.self_attn.k_proj.weight",
    "wv": "model.layers.{}.self_attn.v_proj.weight",
    "wo": "model.layers.{}.self_attn.o_proj.weight",
    "rms_ffn_weight": "model.layers.{}.post_attention_layernorm.weight",
    "w1": "model.layers.{}.mlp.gate_proj.weight",
    "w2": "model.layers.{}.mlp.down_proj.weight",
    "w3": "model.layers.{}.mlp.up_proj.weight",
    "rms_final_weight": "model.norm.weight",
    "wcls": "lm_head.weight",
}


def read(folder):
    """The Checkpoint in `folder`: its config.json and safetensors, in one file or in shards.

    RoPE turns channel i of a head with i + head_dim / 2 there, and with its neighbour in
    llama2.c: the rows of wq and wk are put in that order.
    """
    folder = Path(folder)
    config = read_config(folder / "config.json")
    tensors = {}
    with contextlib.ExitStack() as stack:
        source = Tensors(folder, stack)
        for name, shape in tensor_shapes(config).items():
            if name == "wcls" and config.shared_classifier:
                source.ignore(NAMES[name])
                continue
            if "{}" in NAMES[name]:
                layers = map(NAMES[name].format, range(config.n_layers))
                tensors[name] = np.stack([source.take(layer, shape[1:]) for layer in layers])
            else:
                tensors[name] = source.take(NAMES[name], shape)
        source.check_all_taken()
    for name, heads in (("wq", config.n_heads), ("wk", config.n_kv_heads)):
        tensors[name] = _neighbours(tensors[name], heads)
    return Checkpoint(config, **tensors)


def _neighbours(weight, heads):
    """weight [layer, heads * head_dim, dim], the halves of each head's rows interleaved."""
    layers, rows, columns = weight.shape
    halves = weight.reshape(layers, heads, 2, rows // heads // 2, columns)
    return halves.swapaxes(2, 3).reshape(weight.shape)
