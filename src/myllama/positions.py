"""Places in a model and in a text, and what to say when there is no such place."""

from .errors import InputError


def check_place(config, layer, pos):
    """InputError unless the model has this layer and this position."""
    if not 0 <= layer < config.n_layers:
        raise InputError(
            f"layer {layer} is not one of this model's; choose 0 to {config.n_layers - 1}"
        )
    if not 0 <= pos < config.seq_len:
        raise InputError(
            f"position {pos} is outside the KV cache; choose 0 to {config.seq_len - 1}"
        )


def check_length(tokens, pos):
    """InputError if a text, which ends in BOS, ends before it has a token at `pos`.

    tokens  the text from its first BOS on, as far as it was decoded
    """
    last = len(tokens) - 1 - (len(tokens) > 1 and tokens[-1] == 1)
    if last < pos:
        raise InputError(
            f"the text ends at position {last}, before position {pos};"
            f" choose 0 to {last} or another prompt"
        )
