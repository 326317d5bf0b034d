"""The logits of a vector, kept, and the weight of each beside the largest."""

from myhdl import always, always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from ..hdl.memory import ram_sdp
from ..tables import RATE_WIDTH
from . import likelihood as likely
from .likelihood import likelihood
from .stream import bits, elements, flag, up_to, word

BEFORE_LIKELIHOOD = 2
LATENCY = BEFORE_LIKELIHOOD + likely.LATENCY


@block
def weigh(
    clk, rst, taken, logits, best, rate, go, drop, next_key, key, weight, valid, vocab_size, ways
):
    """Keep the logits of a vector as they come; then give all tokens' weights, pass by pass.

    taken, logits  `ways` logits as raw bits, the first lowest; as rtl.argmax takes them
    best     the largest, from the cycle before go on
    rate     sampling.temperature_word, steady from the cycle before go to the pass's end
    go       one cycle: begin a pass
    drop     end one; it may be high for long
    key, weight, valid  of the tokens in their order; next_key a cycle ahead; see rtl.likelihood

    Latency    LATENCY cycles from go to the first token's
    Rate       1 token per cycle
    Model      myllama.model.sampler.keys, bit exact
    """
    last, last_word, width = vocab_size - 1, (vocab_size - 1) // ways, len(logits) // ways
    flow = bits(LATENCY)  # bit i: i + 1 cycles after an address
    arrived, index, raddr = up_to(last_word), up_to(last), up_to(last_word)
    more, reading, enters = flag(), flag(), flag()
    stored, read = bits(len(logits)), bits(len(logits))
    shift, mantissa = bits(6), bits(RATE_WIDTH)
    largest, logit = word(width), word(width)

    kept = ram_sdp(clk, taken, arrived, logits, reading, raddr, stored, last_word + 1)
    u_likelihood = likelihood(clk, enters, largest, logit, shift, mantissa, next_key, key, weight)

    @always(clk.posedge)
    def split():
        shift.next = rate[:RATE_WIDTH]
        mantissa.next = rate[RATE_WIDTH:]

    @always_comb
    def flags():
        reading.next = go or more
        enters.next = flow[BEFORE_LIKELIHOOD - 1]
        valid.next = flow[LATENCY - 1]

    @always(clk.posedge)
    def keep():
        read.next = stored
        largest.next = best

    @always_seq(clk.posedge, reset=rst)
    def count_arrivals():
        if taken:
            if arrived == last_word:
                arrived.next = 0
            else:
                arrived.next = arrived + 1

    @always_seq(clk.posedge, reset=rst)
    def walk():
        flow.next = concat(flow[LATENCY - 1 :], reading)
        if reading:
            if index == last:
                index.next = 0
                more.next = False
            else:
                index.next = index + 1
                more.next = True
        if drop:
            flow.next = 0
            index.next = 0
            more.next = False

    if ways == 1:

        @always_comb
        def choose():
            raddr.next = index
            logit.next = read.signed()

    else:
        first, second = elements(read, ways)
        odd = bits(BEFORE_LIKELIHOOD)

        @always(clk.posedge)
        def follow():
            odd.next = concat(odd[0], index[0])

        @always_comb
        def choose():
            raddr.next = index >> 1
            if odd[1]:
                logit.next = second.signed()
            else:
                logit.next = first.signed()

    return insts()
