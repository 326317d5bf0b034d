"""Orders to a decoder: bytes that become a start and its prompt."""

from myhdl import always, always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from ..hdl.memory import ram_sdp
from .stream import bits, flag, joined, up_to

WORD = 16  # bits; the lower byte comes first
LATENCY = 5


class Order:
    """What a start is given beside its prompt: those ports of a decoder, in the order sent.

    A number takes as many words as its port needs, the lowest first.
    """

    def __init__(self, ports):
        self.start_pos, self.prompt_len, self.steps = ports.start_pos, ports.prompt_len, ports.steps
        self.temperature, self.topp, self.seed = ports.temperature, ports.topp, ports.seed


@block
def field(clk, rst, taken, at, word, number, excess, first, words):
    """Keep the `words` words of an order from the one numbered `first` on.

    number  driven, 2 cycles after taken; excess: they hold more than it can, 3 cycles after
    """
    width, end, size = len(number), first + words, WORD * words
    kept, mine = bits(size), flag()

    if words == 1:

        @always_seq(clk.posedge, reset=rst)
        def select():
            mine.next = taken and at == first

        @always(clk.posedge)
        def keep():
            if mine:
                kept.next = word

    else:

        @always_seq(clk.posedge, reset=rst)
        def select():
            mine.next = taken and at >= first and at < end

        @always(clk.posedge)
        def keep():
            if mine:
                kept.next = concat(word, kept[size:WORD])

    if width == size:

        @always_comb
        def show():
            number.next = kept
            excess.next = False

    else:

        @always_comb
        def show():
            number.next = kept[width:]

        @always(clk.posedge)
        def look():
            excess.next = kept[:width] != 0

    return insts()


@block
def orders(clk, rst, received, running, order, prompt, start, refused, late, places):
    """Take an order whole, keep its prompt, then start.

    received  Received. An order is the words of `order`, then prompt_len tokens of a word each
    running   the decoder's; an order whose first byte comes meanwhile is read over
    order     Order, driven
    prompt    source Stream: the tokens, until the next order begins. Of more than `places` no
              decoder takes the others
    start     one cycle: everything of the order is there
    refused   one cycle instead of it: a word has more bits than its number can hold
    late      one cycle after the first byte of an order that is read over

    Latency   LATENCY cycles from the last byte to start
    Rate      1 byte in 8 cycles, so that `running` is high when the next order begins: what a
              byte means is looked at in one cycle and done in the next ones
    """
    names, numbers = list(vars(order)), list(vars(order).values())
    counts = [-(-len(number) // WORD) for number in numbers]
    firsts = [sum(counts[:i]) for i in range(len(counts))]
    header, width = sum(counts), len(prompt.data)
    last, of_prompt_len = header - 1, firsts[names.index("prompt_len")]
    assert of_prompt_len < last, "the prompt's length must be known when its tokens begin"

    word, second, taken, begins = bits(WORD), flag(), flag(), flag()
    at, left = up_to(header), bits(WORD)  # words, and tokens that are to come
    of_tokens, ends, ended = flag(), flag(), bits(3)
    skipped, too_large = flag(), flag()  # of this order; too_large: a token of it
    excess = [flag() for _ in numbers]
    excesses = joined(excess)
    write, fetch, fetched, more = (flag() for _ in range(4))
    stored, read = up_to(places), up_to(places)
    waddr, raddr = up_to(places - 1), up_to(places - 1)
    kept, token = bits(width), bits(width)

    keep_number = [
        field(clk, rst, taken, at, word, number, excess[i], firsts[i], counts[i])
        for i, number in enumerate(numbers)
    ]
    tokens = ram_sdp(clk, write, waddr, kept, fetch, raddr, token, places)

    @always(clk.posedge)
    def assemble():
        if received.valid:
            word.next = concat(received.data, word[WORD:8])

    @always_comb
    def look():
        late.next = begins and running
        ends.next = taken and ((at == last and left == 0) or (of_tokens and left == 1))
        fetch.next = more and (prompt.ready or not prompt.valid)

    @always_comb
    def address():
        kept.next = word[width:]
        waddr.next = 0
        raddr.next = 0
        if stored != places:
            waddr.next = stored
        if read != places:
            raddr.next = read

    @always_seq(clk.posedge, reset=rst)
    def walk():
        taken.next = received.valid and second
        begins.next = received.valid and not second and at == 0
        of_tokens.next = at == header
        ended.next = concat(ended[2:], ends)
        if received.valid:
            second.next = not second
        if begins:
            skipped.next = running
            too_large.next = False
        if taken:
            if at == of_prompt_len:
                left.next = word
            elif of_tokens:
                left.next = left - 1
                if word[:width] != 0:
                    too_large.next = True
            if ends:
                at.next = 0
            elif not of_tokens:
                at.next = at + 1

    @always(clk.posedge)
    def show():
        if fetched:
            prompt.data.next = token

    @always_seq(clk.posedge, reset=rst)
    def judge():
        start.next = ended[2] and not skipped and not too_large and excesses == 0
        refused.next = ended[2] and not skipped and (too_large or excesses != 0)

    @always_seq(clk.posedge, reset=rst)
    def offer():
        write.next = taken and of_tokens and not skipped and stored != places
        # A token that is fetched may have been the last one stored.
        more.next = read != stored and not fetch
        fetched.next = fetch
        if begins and not running:
            stored.next = 0
            read.next = 0
            more.next = False
            fetched.next = False
            prompt.valid.next = False
        else:
            if write:
                stored.next = stored + 1
            if fetch:
                read.next = read + 1
            if fetched:
                prompt.valid.next = True
            elif prompt.ready:
                prompt.valid.next = False

    return insts()
