"""Version 2 checkpoints: int8 weights, a float scale per group of them (llama2.c's Q8_0)."""

import math

import numpy as np

from ..errors import InputError
from .weights import Checkpoint, check_finite, tensor_shapes

NORMS = ("rms_att_weight", "rms_ffn_weight", "rms_final_weight")
MATRICES = ("token_embedding_table", "wq", "wk", "wv", "wo", "w1", "w2", "w3", "wcls")


def read(path, header):
    """The Checkpoint of a version 2 file, each weight multiplied by its group's scale.

    A group is `group_size` neighbours of a whole matrix, row after row, and may go over
    the end of a row: runq misreads such a file, this does not.
    """
    config, group = header.config, header.group_size
    shapes = tensor_shapes(config)
    names = [name for name in MATRICES if name != "wcls" or not config.shared_classifier]
    if group < 1:
        raise InputError(
            f"checkpoint {path}: the group size is {group}, but must be at least 1;"
            " export the model again"
        )
    for name in names:
        rows, columns = shapes[name][-2:]
        if rows * columns % group:
            raise InputError(
                f"checkpoint {path}: groups of {group} do not divide the {rows * columns}"
                f" weights of {name}; export the model with a group size that does"
            )
    floats = sum(math.prod(shapes[name]) for name in NORMS)
    weights = sum(math.prod(shapes[name]) for name in names)
    header.check_size(path, header.start + 4 * floats + weights + 4 * (weights // group))

    data = np.memmap(path, np.uint8, "r", offset=header.start).view(np.ndarray)
    at = 0

    def take(count, dtype):
        nonlocal at
        first, at = at, at + count * np.dtype(dtype).itemsize
        return data[first:at].view(dtype)

    tensors = {name: take(math.prod(shapes[name]), "<f4").reshape(shapes[name]) for name in NORMS}
    for name in names:
        tensor = np.empty(shapes[name], np.float32)
        for matrix in tensor.reshape(-1, *shapes[name][-2:]):
            words = take(matrix.size, np.int8).reshape(-1, group)
            scales = take(matrix.size // group, "<f4")
            with np.errstate(invalid="ignore", over="ignore"):  # found below, with its place
                matrix[:] = (words * scales[:, None]).reshape(matrix.shape)
        tensors[name] = tensor
    for name, tensor in tensors.items():
        check_finite(f"checkpoint {path}", name, tensor)
    return Checkpoint(config, **tensors)
