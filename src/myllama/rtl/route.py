"""Streams that part, rows by their command, turned words by their place; words that join."""

from myhdl import always, always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from .progress import TO_RESIDUAL, TO_ROPE, TO_SAMPLER, TO_SWIGLU
from .stream import bits, flag, up_to


@block
def route(clk, to, din, residual, rope, swiglu, sampler):
    """Every transfer of din to the one stream that `to` names; the rest see none.

    to  steady from the cycle before the first transfer until the last
    """
    to_residual, to_rope, to_swiglu, to_sampler = flag(), flag(), flag(), flag()

    @always(clk.posedge)
    def decode():
        to_residual.next = to == TO_RESIDUAL
        to_rope.next = to == TO_ROPE
        to_swiglu.next = to == TO_SWIGLU
        to_sampler.next = to == TO_SAMPLER

    @always_comb
    def offer():
        residual.data.next = din.data
        rope.data.next = din.data
        swiglu.data.next = din.data
        sampler.data.next = din.data
        residual.valid.next = din.valid and to_residual
        rope.valid.next = din.valid and to_rope
        swiglu.valid.next = din.valid and to_swiglu
        sampler.valid.next = din.valid and to_sampler

    @always_comb
    def take():
        if to_residual:
            din.ready.next = residual.ready
        elif to_rope:
            din.ready.next = rope.ready
        elif to_swiglu:
            din.ready.next = swiglu.ready
        else:
            din.ready.next = sampler.ready

    return insts()


@block
def split(clk, rst, din, head, tail, head_count, tail_count):
    """head_count elements to `head`, then tail_count elements to `tail`, and so on.

    Both counts are multiples of the streams' ways.
    """
    last_head, last = head_count // din.ways - 1, (head_count + tail_count) // din.ways - 1
    count, in_tail, moves = up_to(last), flag(), flag()

    @always_comb
    def offer():
        head.data.next = din.data
        tail.data.next = din.data
        head.valid.next = din.valid and not in_tail
        tail.valid.next = din.valid and in_tail

    @always_comb
    def take():
        if in_tail:
            din.ready.next = tail.ready
        else:
            din.ready.next = head.ready

    @always_comb
    def transfer():
        moves.next = din.valid and din.ready

    @always_seq(clk.posedge, reset=rst)
    def walk():
        if moves:
            if count == last:
                count.next = 0
                in_tail.next = False
            else:
                count.next = count + 1
                in_tail.next = in_tail or count == last_head

    return insts()


@block
def pair_up(clk, rst, din, dout, count):
    """Vectors of `count` words, from a VectorStream of one way to one of two.

    The last word of an odd vector is its own neighbour.

    Latency  none, from a transfer's second word
    Rate     1 word in per cycle
    """
    width, last, odd = din.width, count - 1, count % 2 == 1
    first, second, whole, moves = bits(width), flag(), flag(), flag()
    index = up_to(last)

    @always_comb
    def look():
        whole.next = second or (odd and index == last)

    @always_comb
    def offer():
        dout.valid.next = din.valid and whole
        if second:
            dout.data.next = concat(din.data, first)
        else:
            dout.data.next = concat(din.data, din.data)

    @always_comb
    def take():
        din.ready.next = dout.ready or not whole

    @always_comb
    def transfer():
        moves.next = din.valid and din.ready

    @always(clk.posedge)
    def keep():
        if moves:
            first.next = din.data

    @always_seq(clk.posedge, reset=rst)
    def walk():
        if moves:
            second.next = not whole
            if index == last:
                index.next = 0
            else:
                index.next = index + 1

    return insts()
