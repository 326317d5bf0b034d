"""A conversation, turn by turn, with the templates, bytes and positions of llama2.c's chat."""

from .tokenizer import EOS, printable

FIRST_WITH_SYSTEM = b"[INST] <<SYS>>\n%b\n<</SYS>>\n\n%b [/INST]"
TURN = b"[INST] %b [/INST]"


def chat(following, tokenizer, steps, ask, out, system=None, user=None):
    """Talk until `steps` positions are used or nobody asks any more.

    following(token, pos)  runs one position and chooses the next token
    ask(label)             the next line of input, bytes, or None at its end
    out                    byte stream of the answers
    system, user           system prompt and first question as bytes; None asks for them
    Positions go on from turn to turn, and so do the sampler's coins: one for every
    position, those of the questions too. EOS ends an answer, BOS does not.
    """
    question, upcoming, users_turn = [], None, True
    for pos in range(steps):
        if users_turn:
            text = _first_turn(ask, system, user) if pos == 0 else _turn(ask)
            if text is None:
                break
            question = tokenizer.encode(text)[::-1]
            _write(out, b"Assistant: ")
        token = question.pop() if question else upcoming
        users_turn = token == EOS
        upcoming = following(token, pos)
        if upcoming == EOS:
            _write(out, b"\n")
        elif not question:
            _write(out, printable(tokenizer.decode(token, upcoming)))
    _write(out, b"\n")


def _first_turn(ask, system, user):
    if system is None:
        system = ask("Enter system prompt (optional): ")
    if system is None:
        return None
    question = ask("User: ") if user is None else user
    if question is None:
        return None
    return FIRST_WITH_SYSTEM % (system, question) if system else TURN % question


def _turn(ask):
    question = ask("User: ")
    return None if question is None else TURN % question


def _write(out, text):
    out.write(text)
    out.flush()
