"""An Image cut into memory contents for `lanes` multipliers."""

import numpy as np

from .geometry import SHIFT_WIDTH, Geometry

_CHUNK = 1 << 14  # words packed at a time: what bounds the memory this takes


class Layout(Geometry):
    """Contents of the memories, as tuples of raw (unsigned) words.

    weights      lanes * weight_width bits, lane 0 lowest, every matrix in the order of use
    rows         scale | shift, one entry per row, in the same order
    gains        GAIN_WIDTH bits, one vector of dim per norm
    act_shifts, z_shifts  one per norm, one per layer
    classifier_word, classifier_row, table_word, table_row  where the classifier and the
                 embedding table start in `weights` and in `rows`
    """

    def __init__(self, image, lanes):
        super().__init__(image.config, image.profile, lanes)
        contents = _contents(self, image)
        # Geometry is frozen; these are written once, here.
        for name, value in contents.items():
            object.__setattr__(self, name, value)

    def __hash__(self):
        return id(self)

    def __eq__(self, other):
        return self is other


def _contents(geometry, image):
    matrices = []
    for layer in range(image.config.n_layers):
        for name in ("qkv", "wo", "w13", "w2"):
            matrix = getattr(image, name)
            words = matrix.words[layer]
            if name == "wo":
                words = _attention_order(geometry, words)
            matrices.append((words, matrix.scale[layer], matrix.shift[layer]))
    classifier = len(matrices)
    for matrix in (image.classifier, image.embedding):
        if matrix is not None:
            matrices.append((matrix.words, matrix.scale, matrix.shift))
    table = len(matrices) - 1
    weights, rows, starts = [], [], []
    for words, scale, shift in matrices:
        starts.append((len(weights), len(rows)))
        weights += _pack(words, geometry.lanes, geometry.profile.weight_width)
        if geometry.profile.scale_width:
            shift = scale << SHIFT_WIDTH | shift
        rows += shift.tolist()
    return {
        "weights": tuple(weights),
        "rows": tuple(rows),
        "gains": tuple((image.gains.reshape(-1) & 0xFFFF).tolist()),
        "act_shifts": tuple(int(shift) for shift in image.act_shifts),
        "z_shifts": tuple(int(shift) for shift in image.z_shifts),
        "classifier_word": starts[classifier][0],
        "classifier_row": starts[classifier][1],
        "table_word": starts[table][0],
        "table_row": starts[table][1],
    }


def _attention_order(geometry, words):
    """Columns moved to where the attention words have their channels."""
    place = np.array(geometry.attention_places)
    moved = np.zeros((len(words), geometry.attention_words * geometry.lanes), words.dtype)
    moved[:, place[:, 0] * geometry.lanes + place[:, 1]] = words
    return moved


def _pack(rows, lanes, width):
    """Integers [rows, columns] as words of `lanes` elements of `width` bits, row by row."""
    missing = -rows.shape[1] % lanes
    elements = np.pad(rows, ((0, 0), (0, missing))).reshape(-1, lanes).astype("<i4")
    packed = []
    for start in range(0, len(elements), _CHUNK):
        chunk = np.ascontiguousarray(elements[start : start + _CHUNK])
        octets = chunk.view(np.uint8).reshape(*chunk.shape, 4)
        bits = np.unpackbits(octets, axis=-1, bitorder="little")[..., :width]
        lines = np.packbits(bits.reshape(len(chunk), -1), axis=-1, bitorder="little")
        packed += [int.from_bytes(line, "little") for line in lines]
    return packed
