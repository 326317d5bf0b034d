"""Safetensors: the named arrays of a folder, in one file or in shards."""

import numpy as np

from ..errors import InputError
from .sizes import read_json

WITHOUT_MEANING = ("rotary_emb.inv_freq",)  # old files hold RoPE's frequencies
DTYPES = ("F32", "F16", "BF16")


class Tensors:
    """The tensors of a folder by name; each is read when it is taken.

    stack  closes the files
    """

    def __init__(self, folder, stack):
        try:
            # NumPy knows bfloat16 from this import on.
            import ml_dtypes  # noqa: F401
            from safetensors import SafetensorError, safe_open
        except ImportError as error:
            raise InputError(
                f"{folder} holds safetensors; install what reads them: make setup"
            ) from error
        self._folder, self._files = folder, {}
        for path in _paths(folder):
            try:
                file = stack.enter_context(safe_open(path, "np"))
            except SafetensorError as error:
                raise InputError(
                    f"{path} is no complete safetensors file: {error}; download it again"
                ) from error
            self._files |= dict.fromkeys(file.keys(), file)
        self._left = set(self._files)

    def take(self, name, shape):
        """The tensor as float32, of this shape."""
        where = f"{name} in {self._folder}"
        if name not in self._files:
            raise InputError(f"{where} is missing; download the model again")
        found = self._files[name].get_slice(name)
        if found.get_dtype() not in DTYPES:
            raise InputError(
                f"{where} has type {found.get_dtype()}, but only {', '.join(DTYPES)} can be read;"
                " save the model in one of these"
            )
        if tuple(found.get_shape()) != shape:
            raise InputError(
                f"{where} has shape {tuple(found.get_shape())}, but config.json asks for {shape};"
                " get the files that belong together"
            )
        self._left.discard(name)
        return found[:].astype(np.float32)

    def ignore(self, name):
        self._left.discard(name)

    def check_all_taken(self):
        """A tensor nobody asked for means another arithmetic."""
        left = sorted(name for name in self._left if not name.endswith(WITHOUT_MEANING))
        if left:
            raise InputError(
                f"{left[0]} in {self._folder} has no place in llama2.c's model;"
                " this model cannot be imported"
            )


def _paths(folder):
    """The only file, or every shard."""
    index = folder / "model.safetensors.index.json"
    single = folder / "model.safetensors"
    if single.is_file():
        return [single]
    if not index.is_file():
        raise InputError(
            f"{folder} has neither model.safetensors nor its index; save the model as safetensors"
        )
    shards = read_json(index).get("weight_map")
    if not isinstance(shards, dict) or not all(isinstance(name, str) for name in shards.values()):
        raise InputError(f"{index} does not tell which file holds which tensor; download it again")
    paths = [folder / name for name in sorted(set(shards.values()))]
    for path in paths:
        if not path.is_file():
            raise InputError(f"{index} names {path.name}, which is not there; download it too")
    return paths
