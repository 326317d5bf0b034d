"""Whether a start may be, and what its status says otherwise."""

from myhdl import always_comb, always_seq, block

from ..hdl.elaborate import insts
from ..tables import RATE_WIDTH
from .stream import flag

# Bits of the status, which is 0 after a start that went well:
TOKEN_RANGE = 0  # the prompt has a token that is not in the vocabulary: the story ends before it
POSITION_RANGE = 1  # steps goes on after position seq_len - 1: the story ends there
PROMPT_EMPTY = 2  # prompt_len is 0: nothing runs
START_RANGE = 3  # the KV cache does not hold every position before start_pos: nothing runs
START_BUSY = 4  # another start came while busy was high: it was not heard
TEMPERATURE_WORD = 5  # the word is no temperature: nothing runs
STATUS_WIDTH = 6


LATENCY = 1


@block
def admission(
    clk, rst, asked, start_pos, prompt_len, steps, temperature, kept, refusal, runs, plan
):
    """Judge a start of positions start_pos..steps-1.

    asked    one cycle: what comes with the start is there
    temperature  0, or has the highest bit of its mantissa set: see sampling.temperature_word
    kept     positions that the KV cache holds, from 0 on
    refusal  the status that the start begins with
    runs     it is 0, and there is a position to run

    Latency  LATENCY cycles from asked
    """
    empty, ahead, odd, goes_on, full = (flag() for _ in range(5))

    @always_seq(clk.posedge, reset=rst)
    def compare():
        if asked:
            empty.next = prompt_len == 0
            ahead.next = start_pos > kept
            odd.next = temperature != 0 and not temperature[RATE_WIDTH - 1]
            goes_on.next = start_pos < steps
            full.next = start_pos == plan.seq_len

    @always_comb
    def judge():
        refusal.next = 0
        runs.next = False
        if empty:
            refusal.next[PROMPT_EMPTY] = True
        elif ahead:
            refusal.next[START_RANGE] = True
        elif odd:
            refusal.next[TEMPERATURE_WORD] = True
        elif goes_on:
            if full:
                refusal.next[POSITION_RANGE] = True
            else:
                runs.next = True

    return insts()
