"""tokenizer.model: sentencepiece's file as llama2.c's tokenizer."""

from pathlib import Path

from ..errors import InputError
from ..tokenizer import BOS, BYTE_OFFSET, EOS, Tokenizer


def read_tokenizer(path, vocab_size):
    """The Tokenizer in a sentencepiece file (tokenizer.model) of `vocab_size` pieces."""
    try:
        from sentencepiece import SentencePieceProcessor
    except ImportError as error:
        raise InputError(
            f"{path} is a sentencepiece model; install what reads it: make setup"
        ) from error
    try:
        source = SentencePieceProcessor(model_proto=Path(path).read_bytes())
    except RuntimeError as error:
        raise InputError(f"{path} is no sentencepiece model: {error}; download it again") from error
    ids = range(source.get_piece_size())
    if len(ids) != vocab_size:
        raise InputError(
            f"{path} has {len(ids)} pieces, but the model's vocabulary has {vocab_size};"
            " llama2.c needs one piece per token"
        )
    if (source.bos_id(), source.eos_id()) != (BOS, EOS):
        raise InputError(
            f"{path} begins and ends text with tokens {source.bos_id()} and {source.eos_id()},"
            f" but llama2.c with {BOS} and {EOS}; this tokenizer cannot be imported"
        )
    bytes_end = BYTE_OFFSET + 256
    if vocab_size < bytes_end or not all(map(source.is_byte, range(BYTE_OFFSET, bytes_end))):
        raise InputError(
            f"{path} does not have the 256 bytes as tokens {BYTE_OFFSET} to {bytes_end - 1},"
            " which llama2.c spells unknown characters with; this tokenizer cannot be imported"
        )
    scores = [source.get_score(i) for i in ids]
    if not all(score.is_integer() for score in scores):
        raise InputError(
            f"{path} is a unigram model, but llama2.c merges pairs (BPE), which gives other"
            " tokens; this tokenizer cannot be imported"
        )
    pieces = [source.id_to_piece(i).replace("\u2581", " ").encode() for i in ids]
    # As llama2.c's export writes them.
    pieces[BOS], pieces[EOS] = b"\n<s>\n", b"\n</s>\n"
    return Tokenizer(pieces, scores)
