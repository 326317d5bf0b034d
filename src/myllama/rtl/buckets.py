"""Sums of weights by a part of their keys."""

from myhdl import always, always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from ..hdl.memory import ram_sdp
from .stream import bits, flag, word

LATENCY = 1


@block
def buckets(clk, rst, add, bucket, weight, read, erase, place, entry, depth):
    """A memory of sums: weights are added to it, then it is read, and emptied if told so.

    add, bucket, weight   add a weight, a signed word that is never negative, to a bucket
    read, place, erase    fetch the entry of a bucket; erase sets it to 0 behind that
    entry    many << width | sum, LATENCY cycles after read; many: of more than one weight
    depth    buckets; never add and read in one cycle, nor read in the one after add, nor
             touch a bucket in the one after its erasure

    Rate     1 weight or 1 entry per cycle
    """
    width = len(entry) - 1
    fetch, adding, erasing, repeated, write, something = (flag() for _ in range(6))
    raddr, waddr = bits(len(bucket)), bits(len(bucket))
    added, total = word(len(weight)), bits(width)
    # Above a sum: it is not 0, and many.
    stored, kept, changed = (bits(width + 2) for _ in range(3))
    base = bits(width + 1)

    u_sums = ram_sdp(clk, write, waddr, changed, fetch, raddr, stored, depth, style="distributed")

    @always_comb
    def choose_entry():
        raddr.next = place
        if add:
            raddr.next = bucket
        # The word being written is passed on instead of read.
        fetch.next = read or (add and not (adding and bucket == waddr))

    @always_seq(clk.posedge, reset=rst)
    def follow():
        adding.next = add
        erasing.next = read and erase
        repeated.next = add and adding and bucket == waddr

    @always(clk.posedge)
    def keep():
        waddr.next = raddr
        kept.next = changed
        added.next = 0
        something.next = False
        if add:
            added.next = weight
            something.next = weight != 0

    @always_comb
    def known():
        # To erase is to add nothing to nothing: behind the sum there is no choice.
        base.next = 0
        if repeated:
            base.next = kept[width + 1 :]
        elif adding:
            base.next = stored[width + 1 :]

    @always_comb
    def sum_up():
        total.next = base[width:] + added

    @always_comb
    def change():
        write.next = adding or erasing
        changed.next = concat(base[width], base[width] or something, total)

    @always_comb
    def offer():
        entry.next = concat(stored[width + 1], stored[width:])

    return insts()
