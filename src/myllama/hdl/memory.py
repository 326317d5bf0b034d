"""Memories: a Python list in simulation, inferable Verilog in hardware.

All but ram_at_once have one cycle from address to data, and all power up with unknown contents
(the ROM excepted). Reading a word in the cycle that writes it is a design error: simulation
raises Collision, and the attribute no_rw_check lets synthesis drop the logic for that case.
"""

from myhdl import Signal, always, always_comb, block, intbv

from .elaborate import insts

LUT_RAM_DEPTH = 16  # words that one cell of LUTs holds
BLOCK_DEPTH = 512  # words that one block RAM holds at its greatest width
LUT_ROM_DEPTH = 64  # words beyond a multiple of it that are no block RAM's worth


class Collision(Exception):
    """A word was read in the cycle that wrote it."""


def _check(collides, kind, addr):
    if collides:
        raise Collision(f"{kind}: address {int(addr)} is read in the cycle that writes it")


def _wrapped(value, dout):
    """The bits of `value` as a word of `dout`."""
    width = len(dout)
    value &= (1 << width) - 1
    return value - (1 << width) if dout.min < 0 and value >> width - 1 else value


@block
def rom(clk, re, addr, dout, words, initfile, style="block"):
    """Read-only memory of raw words, which $readmemh loads from `initfile`.

    Simulators look for the file in their working directory; conversion writes it beside
    the Verilog.

    style  "block" or "logic" (LUTs)
    """
    width, depth, last = len(dout), len(words), len(words) - 1
    # Beyond the last word there is any word.
    beyond = [0] * ((1 << len(addr)) - depth)
    contents = [_wrapped(int(w), dout) for w in words] + beyond

    @always(clk.posedge)
    def read():
        if re:
            dout.next = contents[int(addr)]

    dout.driven = "reg"
    clk.read = re.read = addr.read = True
    return read


rom.verilog_code = """
(* rom_style = "$style" *) reg [$width-1:0] mem [0:$last];

initial $$readmemh("$initfile", mem);

always @(posedge $clk)
    if ($re) $dout <= mem[$addr];
"""


def tail_of(depth):
    """Words at the end of a ROM that deep_rom keeps in LUTs, or 0."""
    tail = depth % BLOCK_DEPTH
    return tail if depth > BLOCK_DEPTH and tail <= LUT_ROM_DEPTH else 0


@block
def deep_rom(clk, addr, dout, words, initfile, tail_initfile):
    """rom whose last tail_of(len(words)) words are LUTs: in block RAM they would take a row more.

    There must be such words; they have the file `tail_initfile`. All is read in every cycle: an
    enable would have as many loads as the address.

    Latency  2 cycles from addr to dout: a register behind either memory
    """
    first_of_tail = len(words) - tail_of(len(words))
    head_words, tail_words = words[:first_of_tail], words[first_of_tail:]
    # A multiple of BLOCK_DEPTH, so that the lower bits count the tail's words.
    head_bits = (first_of_tail - 1).bit_length()
    tail_bits = max((len(tail_words) - 1).bit_length(), 1)

    head_addr, tail_addr = Signal(intbv(0)[head_bits:]), Signal(intbv(0)[tail_bits:])
    always_on, in_tail, from_tail = Signal(bool(1)), Signal(bool(0)), Signal(bool(0))
    head, head_out, tail, tail_out = (Signal(intbv(0)[len(dout) :]) for _ in range(4))

    head_memory = rom(clk, always_on, head_addr, head, head_words, initfile)
    tail_memory = rom(clk, always_on, tail_addr, tail, tail_words, tail_initfile, style="logic")

    @always_comb
    def where():
        head_addr.next = addr[head_bits:]
        tail_addr.next = addr[tail_bits:]

    @always(clk.posedge)
    def follow():
        in_tail.next = addr >= first_of_tail
        from_tail.next = in_tail
        head_out.next = head
        tail_out.next = tail

    @always_comb
    def choose():
        if from_tail:
            dout.next = tail_out
        else:
            dout.next = head_out

    return insts()


@block
def ram_sdp(clk, we, waddr, din, re, raddr, dout, depth, style="block"):
    """Simple dual port: one port writes, the other reads.

    style  "block" or "distributed" (made of LUTs)
    """
    width, last = len(din), depth - 1
    contents = [0] * depth

    @always(clk.posedge)
    def ports():
        if re:
            _check(we and waddr == raddr, "ram_sdp", raddr)
            dout.next = contents[int(raddr)]
        if we:
            contents[int(waddr)] = _wrapped(int(din), dout)

    dout.driven = "reg"
    clk.read = we.read = waddr.read = din.read = re.read = raddr.read = True
    return ports


ram_sdp.verilog_code = """
(* ram_style = "$style", no_rw_check *) reg [$width-1:0] mem [0:$last];

always @(posedge $clk) begin
    if ($we) mem[$waddr] <= $din;
    if ($re) $dout <= mem[$raddr];
end
"""


@block
def ram_at_once(clk, we, waddr, din, raddr, dout, depth):
    """Simple dual port, made of LUTs: dout is the word at raddr, without a register."""
    width, last = len(din), depth - 1
    contents = [0] * depth

    @always(clk.posedge)
    def write():
        if we:
            contents[int(waddr)] = _wrapped(int(din), dout)
            dout.next = contents[int(raddr)]

    @always_comb
    def read():
        dout.next = contents[int(raddr)]

    dout.driven = "wire"
    clk.read = we.read = waddr.read = din.read = raddr.read = True
    return write, read


ram_at_once.verilog_code = """
(* ram_style = "distributed" *) reg [$width-1:0] mem [0:$last];

always @(posedge $clk)
    if ($we) mem[$waddr] <= $din;

assign $dout = mem[$raddr];
"""


@block
def ram_lanes(clk, we, waddr, din, re, raddr, dout, depth, lanes):
    """Simple dual port of words made of `lanes` equal lanes; bit i of `we` writes lane i.

    Such words are wide, and a block RAM gives 36 bits of them, however few there are: up to
    LUT_RAM_DEPTH words are made of LUTs.
    """
    width, last, lane_width = len(din), depth - 1, len(din) // lanes
    style = "distributed" if depth <= LUT_RAM_DEPTH else "block"
    contents = [0] * depth
    lane_mask = (1 << lane_width) - 1

    @always(clk.posedge)
    def ports():
        if re:
            _check(we != 0 and waddr == raddr, "ram_lanes", raddr)
            dout.next = contents[int(raddr)]
        if we != 0:
            mask = sum(lane_mask << i * lane_width for i in range(lanes) if we[i])
            kept = contents[int(waddr)] & ~mask
            contents[int(waddr)] = _wrapped(kept | int(din) & mask, dout)

    dout.driven = "reg"
    clk.read = we.read = waddr.read = din.read = re.read = raddr.read = True
    return ports


ram_lanes.verilog_code = """
(* ram_style = "$style", no_rw_check *) reg [$width-1:0] mem [0:$last];
integer lane;

always @(posedge $clk) begin
    for (lane = 0; lane < $lanes; lane = lane + 1)
        if ($we[lane])
            mem[$waddr][lane*$lane_width +: $lane_width] <= $din[lane*$lane_width +: $lane_width];
    if ($re) $dout <= mem[$raddr];
end
"""


@block
def ram_tdp(clk, we_a, addr_a, din_a, dout_a, we_b, addr_b, din_b, dout_b, depth):
    """True dual port: each port writes when its `we` is high, and reads otherwise."""
    width, last = len(din_a), depth - 1
    contents = [0] * depth

    @always(clk.posedge)
    def ports():
        _check((we_a or we_b) and addr_a == addr_b, "ram_tdp", addr_a)
        if we_a:
            contents[int(addr_a)] = _wrapped(int(din_a), dout_a)
        else:
            dout_a.next = contents[int(addr_a)]
        if we_b:
            contents[int(addr_b)] = _wrapped(int(din_b), dout_b)
        else:
            dout_b.next = contents[int(addr_b)]

    dout_a.driven = dout_b.driven = "reg"
    clk.read = we_a.read = addr_a.read = din_a.read = True
    we_b.read = addr_b.read = din_b.read = True
    return ports


ram_tdp.verilog_code = """
(* ram_style = "block", no_rw_check *) reg [$width-1:0] mem [0:$last];

always @(posedge $clk) begin
    if ($we_a) mem[$addr_a] <= $din_a;
    else $dout_a <= mem[$addr_a];
end

always @(posedge $clk) begin
    if ($we_b) mem[$addr_b] <= $din_b;
    else $dout_b <= mem[$addr_b];
end
"""
