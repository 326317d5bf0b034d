"""Whether a start may be, and what its status says otherwise."""

from myhdl import always_comb, block

from ..hdl.elaborate import insts
from ..tables import RATE_WIDTH

# Bits of the status, which is 0 after a start that went well:
TOKEN_RANGE = 0  # the prompt has a token that is not in the vocabulary: the story ends before it
POSITION_RANGE = 1  # steps goes on after position seq_len - 1: the story ends there
PROMPT_EMPTY = 2  # prompt_len is 0: nothing runs
START_RANGE = 3  # the KV cache does not hold every position before start_pos: nothing runs
START_BUSY = 4  # another start came while busy was high: it was not heard
TEMPERATURE_WORD = 5  # the word is no temperature: nothing runs
STATUS_WIDTH = 6


@block
def admission(start_pos, prompt_len, steps, temperature, kept, refusal, runs, plan):
    """Judge a start of positions start_pos..steps-1; combinational.

    temperature  0, or has the highest bit of its mantissa set: see sampling.temperature_word
    kept     positions that the KV cache holds, from 0 on
    refusal  the status that the start begins with
    runs     it is 0, and there is a position to run
    """

    @always_comb
    def judge():
        refusal.next = 0
        runs.next = False
        if prompt_len == 0:
            refusal.next[PROMPT_EMPTY] = True
        elif start_pos > kept:
            refusal.next[START_RANGE] = True
        elif temperature != 0 and not temperature[RATE_WIDTH - 1]:
            refusal.next[TEMPERATURE_WORD] = True
        elif start_pos < steps:
            if start_pos == plan.seq_len:
                refusal.next[POSITION_RANGE] = True
            else:
                runs.next = True

    return insts()
