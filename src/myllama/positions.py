"""Places in a model and in a text, and what to say when there is no such place."""

from .errors import InputError


def check_prompt(config, prompt):
    """InputError unless the model has these tokens, at least one, and a position for each."""
    if not prompt:
        raise InputError("the prompt has no tokens; begin it with BOS (1)")
    for token in min(prompt), max(prompt):
        check_token(config, token)
    if len(prompt) > config.seq_len:
        raise InputError(
            f"the prompt has {len(prompt)} tokens, but the model has {config.seq_len} positions;"
            " cut it"
        )


def check_story(config, prompt, steps):
    """InputError unless the model has this prompt and that many positions."""
    check_prompt(config, prompt)
    if not 0 <= steps <= config.seq_len:
        raise InputError(
            f"{steps} steps were asked for, but the model was made for 0"
            f" to {config.seq_len} positions; ask for fewer"
        )


def check_token(config, token):
    """InputError unless the model's vocabulary has this token."""
    if not 0 <= token < config.vocab_size:
        raise InputError(
            f"token {token} is outside the vocabulary of {config.vocab_size};"
            " use the tokenizer the model was trained with"
        )


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


def check_turn(text, current):
    """InputError unless `text` is the one that has the KV cache at present."""
    if text is not current:
        raise InputError(
            "another text has begun on this engine, and has taken the KV cache of this one;"
            " tell one after the other, or load the model once more"
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
