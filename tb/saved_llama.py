"""Llama models saved as Hugging Face's libraries save them, and their own arithmetic."""

import functools
import io
import json
import random
from dataclasses import replace

import numpy as np
from grammar import tell
from safetensors import TensorSpec, serialize_file
from sentencepiece import SentencePieceTrainer

from myllama.checkpoint import random_checkpoint
from myllama.config import ModelConfig

SMALL = ModelConfig(24, 20, 2, 6, 2, 30, 12, False)
LAYER = {
    "rms_att_weight": "input_layernorm",
    "wq": "self_attn.q_proj",
    "wk": "self_attn.k_proj",
    "wv": "self_attn.v_proj",
    "wo": "self_attn.o_proj",
    "rms_ffn_weight": "post_attention_layernorm",
    "w1": "mlp.gate_proj",
    "w2": "mlp.down_proj",
    "w3": "mlp.up_proj",
}


def tensors_of(model):
    """Hugging Face's names and orders: the even channels of a head first, then the odd."""
    tensors = {
        "model.embed_tokens.weight": model.token_embedding_table,
        "model.norm.weight": model.rms_final_weight,
    }
    if not model.config.shared_classifier:
        tensors["lm_head.weight"] = model.wcls
    for name, theirs in LAYER.items():
        for layer, tensor in enumerate(getattr(model, name)):
            if name in ("wq", "wk"):
                heads = tensor.reshape(-1, model.config.head_dim, model.config.dim)
                tensor = np.concatenate([heads[:, 0::2], heads[:, 1::2]], 1).reshape(tensor.shape)
            tensors[f"model.layers.{layer}.{theirs}.weight"] = tensor
    return tensors


def config_of(config):
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": config.dim,
        "intermediate_size": config.hidden_dim,
        "num_hidden_layers": config.n_layers,
        "num_attention_heads": config.n_heads,
        "num_key_value_heads": config.n_kv_heads,
        "vocab_size": config.vocab_size,
        "max_position_embeddings": config.seq_len,
        "tie_word_embeddings": config.shared_classifier,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-05,
        "rope_theta": 10000.0,
        "rope_scaling": None,
        "bos_token_id": 1,
    }


def write(path, tensors, dtype):
    stored = {name: np.ascontiguousarray(tensor, dtype) for name, tensor in tensors.items()}
    specs = {
        name: TensorSpec(
            dtype=np.dtype(dtype).name, shape=t.shape, data_ptr=t.ctypes.data, data_len=t.nbytes
        )
        for name, t in stored.items()
    }
    serialize_file(specs, path, metadata={"format": "pt"})


def folder_of(folder, tensors, config, dtype=np.float32, shards=1):
    """A folder as transformers saves it."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    if shards == 1:
        write(folder / "model.safetensors", tensors, dtype)
        return folder
    names = [f"model-{i + 1:05}-of-{shards:05}.safetensors" for i in range(shards)]
    where = {name: names[i % shards] for i, name in enumerate(tensors)}
    for file in names:
        part = {name: tensors[name] for name in tensors if where[name] == file}
        write(folder / file, part, dtype)
    index = {"metadata": {"total_size": 1}, "weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def their_logits(tensors, config, tokens):
    """Llama as transformers computes it, [T, vocab_size]: RoPE turns the halves of a head."""
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    width = config["hidden_size"] // heads
    length = len(tokens)
    frequency = 10000.0 ** (-np.arange(0, width, 2) / width)
    angle = np.tile(np.outer(np.arange(length), frequency), 2)

    def norm(x, name):
        return x / np.sqrt(np.mean(x * x, -1, keepdims=True) + 1e-5) * tensors[f"{name}.weight"]

    def linear(x, name):
        return x @ np.asarray(tensors[f"{name}.weight"], float).T

    def split(x, count):
        return x.reshape(length, count, width).transpose(1, 0, 2)

    def turn(x):
        half = np.concatenate([-x[..., width // 2 :], x[..., : width // 2]], -1)
        return x * np.cos(angle) + half * np.sin(angle)

    x = np.asarray(tensors["model.embed_tokens.weight"], float)[tokens]
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}"
        xhat = norm(x, f"{at}.input_layernorm")
        q = turn(split(linear(xhat, f"{at}.self_attn.q_proj"), heads))
        k = turn(split(linear(xhat, f"{at}.self_attn.k_proj"), kv_heads))
        v = split(linear(xhat, f"{at}.self_attn.v_proj"), kv_heads)
        k, v = (np.repeat(y, heads // kv_heads, 0) for y in (k, v))
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(width)
        scores += np.triu(np.full((length, length), -np.inf), 1)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        concat = (weights @ v).transpose(1, 0, 2).reshape(length, -1)
        x = x + linear(concat, f"{at}.self_attn.o_proj")
        xhat = norm(x, f"{at}.post_attention_layernorm")
        gate = linear(xhat, f"{at}.mlp.gate_proj")
        core = gate / (1 + np.exp(-gate)) * linear(xhat, f"{at}.mlp.up_proj")
        x = x + linear(core, f"{at}.mlp.down_proj")
    head = "model.embed_tokens" if config["tie_word_embeddings"] else "lm_head"
    return linear(norm(x, "model.norm"), head)


@functools.cache
def stories():
    """Text to train a tokenizer on."""
    rng = random.Random(5)
    return [tell(rng) for _ in range(200)]


@functools.cache
def trained(**options):
    """The bytes of a sentencepiece model made as Llama's was."""
    made = io.BytesIO()
    options = {
        "vocab_size": 400,
        "model_type": "bpe",
        "byte_fallback": True,
        "character_coverage": 1.0,
        "normalization_rule_name": "identity",
        "remove_extra_whitespaces": False,
    } | options
    SentencePieceTrainer.train(
        sentence_iterator=iter(stories()),
        model_writer=made,
        num_threads=1,
        minloglevel=2,
        **options,
    )
    return made.getvalue()


def noise_folder(folder):
    """A model of noise in one layer, and its tokenizer of 400 pieces."""
    config = replace(SMALL, vocab_size=400, n_layers=1)
    folder_of(folder, tensors_of(random_checkpoint(config, 1)), config_of(config))
    (folder / "tokenizer.model").write_bytes(trained())
    return folder
