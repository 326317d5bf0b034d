"""myllama.chat: which token is fed where, and which bytes come out, turn by turn."""

import io
import itertools

import numpy as np
import pytest

from myllama import cli, commands
from myllama.chat import chat
from myllama.checkpoint import load, random_checkpoint
from myllama.config import PROFILES, ModelConfig
from myllama.llama import default_tokenizer
from myllama.model.decoder import Model
from myllama.quantize import quantize
from myllama.reference import Reference
from myllama.sampler import Sampler
from myllama.tokenizer import Tokenizer

CHECKPOINT = commands.embedded_checkpoint()
BOS, EOS, WORD = 1, 2, 300


@pytest.fixture(scope="module")
def checkpoint():
    return load(CHECKPOINT)


@pytest.fixture(scope="module")
def tokenizer(checkpoint):
    path = default_tokenizer(CHECKPOINT, checkpoint.config.vocab_size)
    return Tokenizer.load(path, checkpoint.config.vocab_size)


class Conversation:
    """Runs a chat whose answers are given; keeps what was fed, asked and written."""

    def __init__(self, tokenizer, steps, lines, answers, **prompts):
        self.fed, self.asked = [], []
        self.lines, self.answers = iter(lines), answers
        self.out = io.BytesIO()
        chat(self.following, tokenizer, steps, self.ask, self.out, **prompts)

    def ask(self, label):
        self.asked.append(label)
        return next(self.lines, None)

    def following(self, token, pos):
        assert pos == len(self.fed)
        self.fed.append(token)
        return self.answers.get(pos, WORD)


def spelled(tokenizer, *tokens):
    """Bytes printed for tokens after the first."""
    return b"".join(tokenizer.decode(a, b) for a, b in itertools.pairwise(tokens))


def test_two_turns(tokenizer):
    first = tokenizer.encode(b"[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nWho? [/INST]")
    second = tokenizer.encode(b"[INST] And then? [/INST]")
    n, word = len(first), 301
    # The last of the question chooses the first of the answer; EOS is fed, then the turn ends.
    answers = {n - 1: word, n: BOS, n + 1: EOS, n + 2: word}
    lines = [b"Be kind.", b"Who?", b"And then?"]
    talk = Conversation(tokenizer, n + 3 + len(second) + 1, lines, answers)
    assert talk.asked == ["Enter system prompt (optional): ", "User: ", "User: "]
    assert talk.fed == [*first, word, BOS, EOS, *second, WORD]
    # What EOS chose is printed, though the next turn does not feed it: so does llama2.c.
    answer = spelled(tokenizer, first[-1], word, BOS) + b"\n" + spelled(tokenizer, EOS, word)
    again = spelled(tokenizer, second[-1], WORD, WORD)
    assert talk.out.getvalue() == b"Assistant: " + answer + b"Assistant: " + again + b"\n"


def test_no_system_prompt(tokenizer):
    question = tokenizer.encode(b"[INST] Who? [/INST]")
    for lines in ([b"", b"Who?"], [b""]):
        prompts = {"user": b"Who?"} if len(lines) == 1 else {}
        talk = Conversation(tokenizer, 99, lines, {}, **prompts)
        assert talk.fed[: len(question)] == question


def test_given_prompts_are_not_asked_for(tokenizer):
    talk = Conversation(tokenizer, 99, [], {}, system=b"s", user=b"")
    question = tokenizer.encode(b"[INST] <<SYS>>\ns\n<</SYS>>\n\n [/INST]")
    assert talk.asked == []
    assert talk.fed[: len(question)] == question


def test_eos_while_the_question_is_fed_is_a_line(tokenizer):
    """llama2.c chooses at every position, and shows of these choices only an EOS."""
    talk = Conversation(tokenizer, 3, [b"", b"Who?"], {1: EOS})
    assert talk.out.getvalue() == b"Assistant: \n\n"


def test_steps_cut_a_question(tokenizer):
    talk = Conversation(tokenizer, 4, [b"", b"Who goes there?"], {})
    assert len(talk.fed) == 4
    assert talk.out.getvalue() == b"Assistant: \n"


@pytest.mark.parametrize("lines", [[], [b"Be kind."]])
def test_end_of_input_before_the_first_question(lines, tokenizer):
    talk = Conversation(tokenizer, 9, lines, {})
    assert talk.fed == []
    assert talk.out.getvalue() == b"\n"


def test_end_of_input_ends_the_chat(tokenizer):
    n = len(tokenizer.encode(b"[INST] Who? [/INST]"))
    talk = Conversation(tokenizer, 99, [b"", b"Who?"], {n - 1: EOS})
    assert talk.asked[-1] == "User: "
    assert len(talk.fed) == n + 1


@pytest.mark.parametrize("temperature", [0, 1])
def test_positions_and_coins_go_on(temperature, checkpoint, tokenizer):
    """Each choice is the one the whole conversation so far leads to, a coin per position."""
    decoder, sampler = Reference(checkpoint), Sampler(temperature, 0.9, 7)
    fed, chosen = [], []

    def following(token, pos):
        fed.append(token)
        chosen.append(decoder.following(token, pos, sampler))
        # The model knows no EOS: an answer ends after a few words.
        return EOS if pos % 40 == 39 else chosen[-1]

    lines = iter([b"", b"Hello.", b"Who?", b"Why?"])
    chat(following, tokenizer, 120, lambda label: next(lines, None), io.BytesIO())
    assert fed.count(EOS) == 2
    logits = Reference(checkpoint).forward_sequence(np.array([fed]))[0]
    again = Sampler(temperature, 0.9, 7)
    assert chosen == [again.sample(row) for row in logits]


def test_model_chats_as_it_decodes():
    config = ModelConfig(16, 24, 2, 4, 2, 40, 12, True)
    image = quantize(random_checkpoint(config, 1), PROFILES["exact"])
    model = Model(image)
    story = list(Model(image).decode([BOS], 6))
    token = BOS
    for pos, expected in enumerate(story):
        token = model.following(token, pos)
        assert token == expected


def test_command_line(monkeypatch, capfdbinary, tokenizer):
    """-y and -i as in llama2.c, dashes too; lines of any bytes from stdin."""
    encoded = []
    real = Tokenizer.encode
    monkeypatch.setattr(
        Tokenizer, "encode", lambda self, text: encoded.append(text) or real(self, text)
    )
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff?\n")))
    words = ["run", str(CHECKPOINT), "--engine", "reference", "-m", "chat", "-n", "3"]
    assert cli.main([*words, "-y", "-kind", "-i", "-Who?"]) == 0
    assert encoded[-1] == b"[INST] <<SYS>>\n-kind\n<</SYS>>\n\n-Who? [/INST]"
    assert capfdbinary.readouterr() == (b"Assistant: \n", b"")
    assert cli.main([*words, "-y", ""]) == 0
    assert encoded[-1] == b"[INST] \xff? [/INST]"
    assert capfdbinary.readouterr().out == b"User: Assistant: \n"


def test_unknown_mode(capfd):
    with pytest.raises(SystemExit) as end:
        cli.main(["run", "-m", "sing"])
    assert end.value.code == 2
    assert capfd.readouterr().err.count("\n") == 1
