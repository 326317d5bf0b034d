"""Sums of weights by a part of their keys."""

from myhdl import always, always_comb, always_seq, block, concat

from ..hdl.elaborate import insts
from ..hdl.memory import ram_sdp
from .stream import bits, flag, word

LATENCY = 2


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
    # Of the cycle after a request, and of the one after that.
    fetch, adds, erases, again, comes = (flag() for _ in range(5))
    adding, erasing, repeated, write, something = (flag() for _ in range(5))
    raddr, waddr = bits(len(bucket)), bits(len(bucket))
    coming, added, total = word(len(weight)), word(len(weight)), bits(width)
    # Above a sum: it is not 0, and many.
    stored, kept, changed = (bits(width + 2) for _ in range(3))
    base = bits(width + 1)

    u_sums = ram_sdp(clk, write, waddr, changed, fetch, raddr, stored, depth, style="distributed")

    @always_comb
    def compare():
        # Its word is being written then, and is passed on instead of read.
        comes.next = add and adds and bucket == raddr

    @always_seq(clk.posedge, reset=rst)
    def follow():
        fetch.next = read or (add and not comes)
        adds.next = add
        erases.next = read and erase
        again.next = comes
        adding.next = adds
        erasing.next = erases
        repeated.next = again

    @always(clk.posedge)
    def keep():
        raddr.next = place
        if add:
            raddr.next = bucket
        waddr.next = raddr
        kept.next = changed
        coming.next = weight
        added.next = 0
        something.next = False
        if adds:
            added.next = coming
            something.next = coming != 0

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
