"""The Verilog that stands beside the bench: it sets the past, opens and closes the dump."""

from ..geometry import Geometry
from ..rtl.command import KvRead
from ..rtl.kv_pack import Packed
from ..rtl.sequencer import State
from ..tables import ROW_WIDTH, SCORE_WIDTH

CHANNELS = 4  # of each row that are shown one by one
DUT = "bench.dut"
# Instances below the children of the top that are dumped too.
INNER = (
    "control_path of dot_products",
    "keys of cache",
    "vals of cache",
    "packer of cache",
    "u_control of attention_weights",
)

TEMPLATE = """\
// Watches the bench: sets the past, dumps a window, slices what words hold.
`timescale 1ns / 1ps
module waves;
{wires}
    wire [{state_top}:0] state = bench.dut.control.state;

    // The engine's requests, when their words arrive.
    reg [{latency_top}:0] asked = 0, asked_value = 0;
    wire asks = |{{bench.dut.kv_old_k, bench.dut.kv_old_v, bench.dut.kv_new_k, bench.dut.kv_new_v}};
    wire answer = asked[{latency_top}], answer_value = asked_value[{latency_top}];
    always @(posedge bench.clk) begin
        asked <= (asked << 1) | asks;
        asked_value <= (asked_value << 1) | bench.dut.kv_value;
    end

    reg [8*4096-1:0] name;
    integer got, cycle = 0;
    reg begun = 0, on = 0, wrote = 0, answered = 0;
    initial begin
{past}
    end
{jump}

    // Between the edges, where every signal is steady.
    always @(negedge bench.clk) if (!bench.rst) begin
        if (begun) cycle = cycle + 1;
        if (!begun && state == {look_up} && bench.dut.progress_pos == {pos}) begun = 1;
        if (begun && !on && ({opens})) begin
            on = 1;
            got = $value$plusargs("dump=%s", name);
            $dumpfile(name);
            $dumpvars(2, bench.dut);
{inner}
            $dumpvars(1, bench);
            $dumpvars(1, waves);
            $display("wave open %0t %0d", $time, cycle);
        end
        if (on && !wrote && bench.dut.cache.we_k) begin
            wrote = 1;
            $display("wave write %0t %0d", $time, cycle);
        end
        if (wrote && !answered && answer) begin
            answered = 1;
            $display("wave read %0t %0d", $time, cycle);
        end
        if (begun && (({closes}) || state == {emit})) begin
            $display("wave close %0t %0d", $time, cycle);
            $dumpflush;
            $finish;
        end
    end
endmodule
"""

PAST = """\
        if ($value$plusargs("{kind}_{way}=%s", name))
            $readmemh(name, bench.dut.cache.{instance}.memory_{way}.mem);"""

# The past is in the cache, so the position may be the first one.
JUMP = "    always @(negedge bench.rst) bench.dut.control.kept = {pos};"


def bench(image, lanes, window):
    """Text of the module `waves` for a Window of the decoder of an Image."""
    g = Geometry(image.config, image.profile, lanes)
    if not window.by_cycles:
        opens = f"state == {code('QKV')} && bench.dut.progress_layer == {window.layer}"
        closes = f"on && state == {code('W13')}"
    else:
        opens = f"cycle >= {window.first or 0}"
        closes = "0" if window.last is None else f"cycle >= {window.last}"
    paths = [".".join(reversed(inner.split(" of "))) for inner in INNER]
    jump = "" if window.whole or not window.pos else JUMP
    return TEMPLATE.format(
        wires="\n".join(f"    {line}" for line in wires(g, window)),
        state_top=State._nrbits - 1,
        latency_top=KvRead.READ_LATENCY - 1,
        past="\n".join(
            PAST.format(kind=kind, instance=instance, way=way)
            for kind, instance in (("keys", "keys"), ("values", "vals"))
            for way in range(g.ways)
        ),
        jump=jump.format(pos=window.pos),
        look_up=code("LOOK_UP"),
        emit=code("EMIT"),
        pos=window.pos,
        opens=opens,
        closes=closes,
        inner="\n".join(f"            $dumpvars(1, {DUT}.{path});" for path in paths),
    )


def code(name):
    """Number of a state of the sequencer."""
    return int(getattr(State, name)._val, 2)


def wires(g, window):
    """Declarations of the words of the KV cache and of fields of the words on the way."""
    c, width = g.config, g.profile.act_width
    for kind, instance, mantissa in (
        ("k", "keys", g.profile.k_width),
        ("v", "vals", g.profile.v_width),
    ):
        form = Packed(mantissa, g)
        for t in window.rows(c):
            for i in range(g.kv_words):
                way, address = g.kv_place(window.layer, i, t)
                source = f"{DUT}.cache.{instance}.memory_{way}.mem[{address}]"
                yield f"wire [{form.width - 1}:0] {row_word(kind, t, i)} = {source};"
        for t in window.shown(c):
            word = row_word(kind, t, 0)
            for i in range(channels(g)):
                value = f"$signed({word}[{(i + 1) * mantissa - 1}:{i * mantissa}])"
                if form.exponent:
                    low = form.channels * mantissa
                    value += f" <<< {word}[{low + form.exponent - 1}:{low}]"
                yield f"wire signed [{width - 1}:0] {row_channel(kind, t, i)} = {value};"
    for way in range(g.ways):
        for i in range(channels(g)):
            yield field(of_way("read", way, i), "kv_data", way * g.kv_width // width + i, width)
        for i in range(shown_slots(g)):
            for name in ("score", "weight"):
                at = way * g.slots + i
                yield field(of_way(name, way, i), f"{name}s_data", at, SCORE_WIDTH)
    if g.ways > 1:
        for stream, bits in vectors(g).items():
            for i in range(g.ways):
                yield field(element(stream, i), f"{stream}_data", i, bits)


def vectors(g):
    """{stream: bits of an element} of those that carry `ways` elements in a transfer."""
    widths = dict.fromkeys(("row", "qkv", "delta", "gates", "logits"), ROW_WIDTH)
    widths |= dict.fromkeys(("turned", "q", "k_v", "x_acts"), g.profile.act_width)
    return widths | {"x": g.profile.residual_width}


def field(name, source, i, width):
    """Declaration of the i-th signed field of a word of the decoder."""
    bits = f"{DUT}.{source}[{(i + 1) * width - 1}:{i * width}]"
    return f"wire signed [{width - 1}:0] {name} = {bits};"


def channels(geometry):
    return min(CHANNELS, geometry.kv_chan)


def shown_slots(geometry):
    """Heads whose scores and weights are shown."""
    return min(2, geometry.slots)


def of_way(name, way, i):
    """Wire of the i-th field of what is read, scored or weighted; of two, the odd position's."""
    return f"{name}_odd_{i}" if way else f"{name}_{i}"


def element(stream, i):
    """Wire of the i-th element of a vector stream's transfer."""
    return f"{stream}_{i}"


def row_word(kind, t, i):
    """Wire of the i-th word of row t of K or V."""
    return f"{kind}_row_{t}_word_{i}"


def row_channel(kind, t, i):
    """Wire of channel i of the first kv head of that row."""
    return f"{kind}_row_{t}_channel_{i}"
