"""Llama models as Hugging Face's transformers saves them, in."""

from .folder import read
from .tokenizer import read_tokenizer

__all__ = ["read", "read_tokenizer"]
