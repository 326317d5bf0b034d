"""llama2.c's checkpoints: versions 0, 1 and 2 in, version 0 out."""

from .floats import save
from .reading import load
from .weights import Checkpoint, random_checkpoint, tensor_shapes

__all__ = ["Checkpoint", "load", "random_checkpoint", "save", "tensor_shapes"]
