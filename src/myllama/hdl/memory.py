"""Memories: a plain Python list in simulation, a template that tools map to RAM in Verilog.

Reading the word that is being written in the same cycle has no defined result in the RAM blocks
of an FPGA, so that it stops the simulation. What a RAM holds before the first write is unknown.
"""

from myhdl import always, block

from .elaborate import insts
from .verbatim import Verbatim

UNWRITTEN = 0x5A5A5A5A  # what a word holds at power-up, here; in Verilog it is unknown


class Collision(Exception):
    """Two ports of a memory meet at one address in one cycle, and one of them writes."""


def unwritten(width):
    """The pattern in words that were never written."""
    pattern = 0
    for _ in range(0, width, 32):
        pattern = pattern << 32 | UNWRITTEN
    return pattern & ((1 << width) - 1)


def reader(port):
    """A function from raw bits to a value of the port, which may be signed."""
    width = len(port)
    if port.min is None or port.min >= 0:
        return lambda bits: bits
    half = 1 << (width - 1)
    return lambda bits: (bits ^ half) - half


@block
def rom(clk, re, addr, dout, words, initfile):
    """Synchronous ROM: dout is the word at addr, one cycle after re."""
    width, depth = len(dout), len(words)
    contents, value_of = [int(word) for word in words], reader(dout)
    for word in contents:
        assert 0 <= word < 1 << width, f"rom {initfile}: {word} is no word of {width} bits"

    @always(clk.posedge)
    def read():
        if re:
            dout.next = value_of(contents[int(addr)])

    verilog = Verbatim(
        f"""
        (* rom_style = "block" *)
        reg [{width - 1}:0] mem [0:{depth - 1}];

        initial $readmemh("{initfile}", mem);

        always @(posedge clk)
            if (re) dout <= mem[addr];
        """,
        drives=(dout,),
        files={initfile: "".join(f"{word:0{(width + 3) // 4}x}\n" for word in contents)},
    )
    return insts()


@block
def ram_sdp(clk, we, waddr, din, re, raddr, dout, depth, style="block"):
    """Simple dual-port RAM: dout is the word at raddr, one cycle after re."""
    width = len(dout)
    mask, value_of = (1 << width) - 1, reader(dout)
    contents = [unwritten(width)] * depth

    @always(clk.posedge)
    def access():
        if re:
            if we and waddr == raddr:
                raise Collision(f"ram_sdp: address {int(raddr)} of {depth} is written and read")
            dout.next = value_of(contents[int(raddr)])
        if we:
            contents[int(waddr)] = int(din) & mask

    verilog = Verbatim(
        f"""
        (* ram_style = "{style}", no_rw_check *)
        reg [{width - 1}:0] mem [0:{depth - 1}];

        always @(posedge clk) begin
            if (we) mem[waddr] <= din;
            if (re) dout <= mem[raddr];
        end
        """,
        drives=(dout,),
    )
    return insts()


@block
def ram_lanes(clk, we, waddr, din, re, raddr, dout, depth, lanes, style="block"):
    """Simple dual-port RAM of words of equal lanes, each with its own bit of we."""
    width = len(din)
    lane_width = width // lanes
    assert lane_width * lanes == width and len(we) == lanes, f"{width} bits, {lanes} lanes"
    lane_mask, value_of = (1 << lane_width) - 1, reader(dout)
    contents = [unwritten(width)] * depth

    @always(clk.posedge)
    def access():
        if re:
            if we != 0 and waddr == raddr:
                raise Collision(f"ram_lanes: address {int(raddr)} of {depth} is written and read")
            dout.next = value_of(contents[int(raddr)])
        if we != 0:
            mask = sum(lane_mask << (lane_width * lane) for lane in range(lanes) if we[lane])
            word = contents[int(waddr)]
            contents[int(waddr)] = (word & ~mask) | (int(din) & mask)

    verilog = Verbatim(
        f"""
        (* ram_style = "{style}", no_rw_check *)
        reg [{width - 1}:0] mem [0:{depth - 1}];
        integer lane;

        always @(posedge clk) begin
            for (lane = 0; lane < {lanes}; lane = lane + 1)
                if (we[lane])
                    mem[waddr][{lane_width} * lane +: {lane_width}]
                        <= din[{lane_width} * lane +: {lane_width}];
            if (re) dout <= mem[raddr];
        end
        """,
        drives=(dout,),
    )
    return insts()


@block
def ram_tdp(clk, we_a, addr_a, din_a, dout_a, we_b, addr_b, din_b, dout_b, depth):
    """True dual-port RAM: each port writes, or reads with a latency of one cycle."""
    width = len(din_a)
    mask, value_of_a, value_of_b = (1 << width) - 1, reader(dout_a), reader(dout_b)
    contents = [unwritten(width)] * depth

    @always(clk.posedge)
    def access():
        if addr_a == addr_b and (we_a or we_b):
            raise Collision(f"ram_tdp: both ports at address {int(addr_a)} of {depth}")
        if we_a:
            contents[int(addr_a)] = int(din_a) & mask
        else:
            dout_a.next = value_of_a(contents[int(addr_a)])
        if we_b:
            contents[int(addr_b)] = int(din_b) & mask
        else:
            dout_b.next = value_of_b(contents[int(addr_b)])

    verilog = Verbatim(
        f"""
        (* ram_style = "block", no_rw_check *)
        reg [{width - 1}:0] mem [0:{depth - 1}];

        always @(posedge clk)
            if (we_a) mem[addr_a] <= din_a;
            else dout_a <= mem[addr_a];

        always @(posedge clk)
            if (we_b) mem[addr_b] <= din_b;
            else dout_b <= mem[addr_b];
        """,
        drives=(dout_a, dout_b),
    )
    return insts()
