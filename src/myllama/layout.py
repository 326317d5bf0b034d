"""An Image cut into memory contents for `lanes` multipliers."""

import numpy as np

from .geometry import SHIFT_WIDTH, Geometry

_CHUNK = 1 << 14  # words packed at a time: what bounds the memory this takes


class Layout(Geometry):
    """Contents of the memories, as tuples of raw (unsigned) words.

    weights      lanes * weight_width bits, lane 0 lowest, every matrix in the order of use;
                 of two rows in a word, the first has the lower half. An odd matrix ends in
                 a row of zeros
    rows         scale | shift, one entry per row, in the same order; `ways` entries in a word
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
        weights += _pack(words, geometry, geometry.profile.weight_width)
        if geometry.profile.scale_width:
            shift = scale << SHIFT_WIDTH | shift
        rows += _entries(shift, geometry)
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
    moved = np.zeros((len(words), geometry.attention_words * geometry.columns), words.dtype)
    moved[:, place[:, 0] * geometry.columns + place[:, 1]] = words
    return moved


def _entries(entries, geometry):
    """An entry per row as words of `ways` entries."""
    padded = [*entries.tolist(), *[0] * (-len(entries) % geometry.ways)]
    ways = [padded[way :: geometry.ways] for way in range(geometry.ways)]
    return [
        sum(entry << way * geometry.row_width for way, entry in enumerate(word))
        for word in zip(*ways, strict=True)
    ]


def _pack(rows, geometry, width):
    """Integers [rows, columns] as words of `ways` rows' elements of `width` bits, row by row."""
    ways, columns, lanes = geometry.ways, geometry.columns, geometry.lanes
    missing = (0, -rows.shape[0] % ways), (0, -rows.shape[1] % columns)
    # [transfer, way, word, column] to [transfer, word, way, column]
    elements = np.pad(rows, missing).reshape(-(-len(rows) // ways), ways, -1, columns)
    elements = elements.swapaxes(1, 2).reshape(-1, lanes).astype("<i4")
    packed = []
    for start in range(0, len(elements), _CHUNK):
        chunk = np.ascontiguousarray(elements[start : start + _CHUNK])
        octets = chunk.view(np.uint8).reshape(*chunk.shape, 4)
        bits = np.unpackbits(octets, axis=-1, bitorder="little")[..., :width]
        lines = np.packbits(bits.reshape(len(chunk), -1), axis=-1, bitorder="little")
        packed += [int.from_bytes(line, "little") for line in lines]
    return packed
