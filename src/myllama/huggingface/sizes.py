"""config.json: the sizes of a model, and whether llama2.c's arithmetic is its own."""

import json

from ..checkpoint.header import FIELD_LIMIT
from ..config import ModelConfig
from ..errors import InputError
from ..tokenizer import BOS

SIZES = {
    "dim": "hidden_size",
    "hidden_dim": "intermediate_size",
    "n_layers": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "n_kv_heads": "num_key_value_heads",
    "vocab_size": "vocab_size",
    "seq_len": "max_position_embeddings",
}
# What llama2.c's arithmetic has built in: the key's value when absent, and the only one allowed.
BUILT_IN = {
    "model_type": (None, "llama"),
    "hidden_act": ("silu", "silu"),
    "attention_bias": (False, False),
    "mlp_bias": (False, False),
    "rms_norm_eps": (1e-6, 1e-5),
    "bos_token_id": (BOS, BOS),
    "quantization_config": (None, None),
}
ROPE_BASE = 10000


def read_config(path):
    """The ModelConfig in a config.json whose model llama2.c can compute."""
    found = read_json(path)
    for key, (absent, allowed) in BUILT_IN.items():
        value = found.get(key, absent)
        if value != allowed:
            raise InputError(
                f"{path}: {key} is {value!r}, but llama2.c's arithmetic has {allowed!r} built in;"
                " this model cannot be imported"
            )
    _check_rope(path, found)
    sizes = {}
    for name, key in SIZES.items():
        absent = sizes["n_heads"] if name == "n_kv_heads" else None
        sizes[name] = absent if found.get(key) is None else found[key]
        if type(sizes[name]) is not int or not 1 <= sizes[name] <= FIELD_LIMIT:
            raise InputError(
                f"{path}: {key} is {found.get(key)!r}, but must be a whole number from 1 to"
                f" {FIELD_LIMIT}; give the folder of a Llama model"
            )
    shared = found.get("tie_word_embeddings", False)
    try:
        config = ModelConfig(**sizes, shared_classifier=bool(shared))
    except InputError as error:
        raise InputError(f"{path}: {error}; this model cannot be imported") from error
    if found.get("head_dim") not in (None, config.head_dim):
        raise InputError(
            f"{path}: head_dim is {found['head_dim']!r}, but llama2.c's is hidden_size /"
            f" num_attention_heads, here {config.head_dim}; this model cannot be imported"
        )
    return config


def read_json(path):
    """The object in a JSON file."""
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(
            f"{path} does not exist; give the folder that a Llama model was saved in"
        ) from error
    except ValueError as error:
        raise InputError(f"{path} is no JSON: {error}; download it again") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} holds no object; download it again")
    return found


def _check_rope(path, found):
    """Transformers keeps RoPE's base beside, or since version 5 inside, its other parameters."""
    rope = found.get("rope_parameters") or found.get("rope_scaling") or {}
    if not isinstance(rope, dict):
        rope = {"rope_type": rope}
    kind = rope.get("rope_type", rope.get("type", "default"))
    base = rope.get("rope_theta", found.get("rope_theta", ROPE_BASE))
    if kind != "default" or base != ROPE_BASE:
        raise InputError(
            f"{path}: RoPE is of kind {kind!r} with base {base!r}, but llama2.c's is of kind"
            f" 'default' with base {ROPE_BASE}; this model cannot be imported"
        )
