"""Vectors on their way into the act memory."""

from myhdl import Signal, always, always_comb, always_seq, block, intbv

from ..hdl.elaborate import insts
from .stream import bits, flag, up_to

LATENCY = 1


@block
def place(clk, rst, din, write, written, base, count, head_dim, head_lanes, slots, lanes):
    """Give each word of a vector its place: `slots` heads side by side in a word, or parts.

    din      sink VectorStream, always taken
    write    ActWrite of as many ways, driven
    written  one cycle, LATENCY after the vector's last word. Through merge and engine it is
             readable three cycles after `written`; what starts then reads it no sooner than
             1 + issue.LATENCY + issue.ADDRESS, which is five
    base     first act word; count elements make a vector
    head_dim, head_lanes, slots  see Geometry; a plain vector is one head. Where there are
             several heads, head_dim is a multiple of the ways

    Rate     1 transfer per cycle, to `write` in the next one
    """
    ways = din.ways
    # Of the transfers of a vector and of a head; the last one of an odd vector is padded.
    last, last_channel = -(-count // ways) - 1, -(-head_dim // ways) - 1
    last_lane, last_slot = lanes - ways, slots - 1
    held, entered = bits(len(din.data)), flag()
    index, channel, slot = up_to(last), up_to(last_channel), up_to(last_slot)
    word = Signal(intbv(base, min=0, max=write.word.max))
    lane, first_lane = up_to(last_lane), up_to(last_lane)  # the latter of this head
    ends = Signal(bool(last == 0))  # the transfer to come is the vector's last

    @always_comb
    def accept():
        din.ready.next = True
        write.enable.next = entered
        write.data.next = held

    @always_comb
    def locate():
        write.word.next = word
        write.lane.next = lane

    @always(clk.posedge)
    def hold():
        held.next = din.data

    @always_seq(clk.posedge, reset=rst)
    def count_transfers():
        entered.next = din.valid
        written.next = din.valid and ends
        if din.valid:
            if ends:
                index.next = 0
                ends.next = last == 0
            else:
                index.next = index + 1
                ends.next = index + 1 == last

    # A transfer's place is looked for while it is held.
    @always_seq(clk.posedge, reset=rst)
    def walk():
        if entered:
            if written:
                channel.next = 0
                slot.next = 0
                word.next = base
                lane.next = 0
                first_lane.next = 0
            elif channel != last_channel:
                channel.next = channel + 1
                if lane != last_lane:
                    lane.next = lane + ways
                else:
                    lane.next = 0
                    word.next = word + 1
            else:
                channel.next = 0
                if slot != last_slot:
                    slot.next = slot + 1
                    lane.next = first_lane + head_lanes
                    first_lane.next = first_lane + head_lanes
                else:
                    slot.next = 0
                    lane.next = 0
                    first_lane.next = 0
                    word.next = word + 1

    return insts()


@block
def merge(clk, rst, x, q, z, write):
    """Three ActWrites that are never enabled together, as one.

    Latency  1 cycle: lanes all over the chip take it
    """

    @always_seq(clk.posedge, reset=rst)
    def enter():
        write.enable.next = x.enable or q.enable or z.enable

    @always(clk.posedge)
    def choose():
        if x.enable:
            write.word.next = x.word
            write.lane.next = x.lane
            write.data.next = x.data
        elif q.enable:
            write.word.next = q.word
            write.lane.next = q.lane
            write.data.next = q.data
        else:
            write.word.next = z.word
            write.lane.next = z.lane
            write.data.next = z.data

    return insts()
