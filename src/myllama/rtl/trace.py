"""The trace port: what passes inside the decoder, shown to the outside."""

from myhdl import Signal, always_comb, always_seq, block

from ..hdl.elaborate import insts
from .stream import bits, flag, up_to
from .tapped import (
    FFN_CORE,
    NORM,
    NORM_ATT,
    NORM_FFN,
    NORM_FINAL,
    TAP_WIDTH,
    X_ATT,
    X_FFN,
    XHAT,
    XHAT_FFN,
    Tapped,
    channels,
    norms,
    places,
    vectors,
)  # fmt: skip
from .trace_rows import ends, row_pairs, row_taps, row_word

# Cycles from the transfer of a row to the port, and of any other word at the earliest.
ROW_LATENCY, LATENCY = 1, 2


class TracePort:
    """Which taps of a story to show, and the words shown, one per cycle with valid high.

    enable      low: nothing is shown; tied to 0, nothing of the trace remains in hardware
    layer, pos  whose taps: the layer's, and what follows the last layer. They and enable
                hold from start until busy has fallen
    valid, tap, index, value  a word of tap TAPS[tap]; a norm is its mant, then its shift
    busy        words wait to be shown; they may outlast the decoder's done
    lost        since reset a word came that had no place to wait
    """

    def __init__(self, config):
        shown = Tapped(config)
        self.enable = flag()
        self.layer = up_to(config.n_layers - 1)
        self.pos = up_to(config.seq_len - 1)
        self.valid, self.tap, self.index, self.value = flag(), shown.tap, shown.index, shown.value
        self.busy, self.lost = flag(), flag()


@block
def trace(clk, rst, port, progress, row, x_acts, x, z, norm, heads, geometry):
    """Show the taps of one layer and one position; listen only, and never stall a stream.

    port      TracePort
    progress  Progress
    row, x_acts, x, z  VectorStreams of the decoder, seen from beside
    norm      Norm
    heads     HeadWord

    Rows of one way are shown as they come; the rest waits for a cycle without one. Each kind
    has the places of all words that one position brings, so that none is ever lost.

    Latency   rows of one way: ROW_LATENCY cycles from their transfer; the rest: at least LATENCY
    Rate      1 word per cycle
    Model     the taps of myllama.model.decoder, bit exact
    """
    g, c = geometry, geometry.config
    last_norm = 2 * c.n_layers
    here, of_layer, attention_norm = flag(), flag(), up_to(last_norm)
    push_acts, push_x, push_z, push_heads, push_norm = flag(), flag(), flag(), flag(), flag()
    acts_tap, x_tap, z_tap, norm_tap = (bits(TAP_WIDTH) for _ in range(4))
    norm_traced, norm_was = flag(), flag()
    row_shown, row_index = flag(), up_to(max(ends(c, row.ways)))
    clear_acts, clear_x, clear_z, clear_heads, clear_norms = (flag() for _ in range(5))
    lost_acts, lost_x, lost_z, lost_heads, lost_norms = (flag() for _ in range(5))
    rows, acts, sums, gated, joined, roots = (Tapped(c) for _ in range(6))

    @always_comb
    def where():
        here.next = port.enable and progress.pos == port.pos
        of_layer.next = progress.layer == port.layer
        attention_norm.next = 2 * port.layer

    @always_comb
    def listen():
        push_acts.next = False
        acts_tap.next = XHAT
        if here and x_acts.valid and x_acts.ready:
            if progress.norm == attention_norm:
                push_acts.next = True
            elif progress.norm == attention_norm + 1:
                push_acts.next = True
                acts_tap.next = XHAT_FFN
            elif progress.norm == last_norm:
                push_acts.next = True
                acts_tap.next = NORM_FINAL
        push_x.next = False
        x_tap.next = X_ATT
        if here and x.valid and x.ready:
            if progress.norm == attention_norm + 1:
                push_x.next = True
            elif progress.norm == attention_norm + 2:
                push_x.next = True
                x_tap.next = X_FFN
        push_z.next = here and of_layer and z.valid and z.ready
        z_tap.next = FFN_CORE
        push_heads.next = here and of_layer and heads.valid
        push_norm.next = norm_traced and norm.valid and not norm_was

    @always_seq(clk.posedge, reset=rst)
    def follow_norm():
        norm_was.next = norm.valid
        # The norm comes when the sequencer may be further: it is named with its vector.
        if x.valid and x.ready:
            norm_traced.next = here
            if progress.norm == attention_norm:
                norm_tap.next = NORM_ATT
            elif progress.norm == attention_norm + 1:
                norm_tap.next = NORM_FFN
            elif progress.norm == last_norm:
                norm_tap.next = NORM
            else:
                norm_traced.next = False

    rows_of_layer = row_taps(clk, rst, port, progress, here, row, row_shown, row_index, g)
    if row.ways == 1:
        # Rows come one by one anyway: none waits.
        clear_rows, lost_rows = Signal(bool(1)), Signal(bool(0))
        by_row = row_word(
            progress.to, row_shown, row_index, row.data, rows, g.profile.act_width
        )  # fmt: skip
    else:
        clear_rows, lost_rows = flag(), flag()
        by_row = row_pairs(
            clk, rst, row_shown, progress.to, row_index, row.data, rows, clear_rows, lost_rows, g
        )
    by_norm = norms(clk, rst, push_norm, norm_tap, norm, roots, clear_norms, lost_norms, 4)
    by_act = vectors(
        clk, rst, push_acts, acts_tap, x_acts.data, acts, clear_acts, lost_acts,
        c.dim, places(3 * c.dim // x_acts.ways), x_acts.ways,
    )  # fmt: skip
    by_sum = vectors(
        clk, rst, push_x, x_tap, x.data, sums, clear_x, lost_x,
        c.dim, places(2 * c.dim // x.ways), x.ways,
    )  # fmt: skip
    by_gate = vectors(
        clk, rst, push_z, z_tap, z.data, gated, clear_z, lost_z,
        c.hidden_dim, places(c.hidden_dim), z.ways,
    )  # fmt: skip
    by_head = channels(clk, rst, push_heads, heads.data, joined, clear_heads, lost_heads, g)

    @always_comb
    def take():
        roots.ready.next = not rows.valid
        acts.ready.next = not rows.valid and not roots.valid
        sums.ready.next = not rows.valid and not roots.valid and not acts.valid
        gated.ready.next = not rows.valid and not roots.valid and not acts.valid and not sums.valid
        joined.ready.next = (
            not rows.valid
            and not roots.valid
            and not acts.valid
            and not sums.valid
            and not gated.valid
        )

    @always_comb
    def state():
        port.busy.next = port.enable and (
            port.valid
            or not (clear_rows and clear_norms and clear_acts)
            or not (clear_x and clear_z and clear_heads)
        )
        port.lost.next = lost_rows or lost_norms or lost_acts or lost_x or lost_z or lost_heads

    @always_seq(clk.posedge, reset=rst)
    def show():
        port.valid.next = port.enable and (
            rows.valid or roots.valid or acts.valid or sums.valid or gated.valid or joined.valid
        )
        if not port.enable:
            port.tap.next = 0
            port.index.next = 0
            port.value.next = 0
        elif rows.valid:
            port.tap.next = rows.tap
            port.index.next = rows.index
            port.value.next = rows.value
        elif roots.valid:
            port.tap.next = roots.tap
            port.index.next = roots.index
            port.value.next = roots.value
        elif acts.valid:
            port.tap.next = acts.tap
            port.index.next = acts.index
            port.value.next = acts.value
        elif sums.valid:
            port.tap.next = sums.tap
            port.index.next = sums.index
            port.value.next = sums.value
        elif gated.valid:
            port.tap.next = gated.tap
            port.index.next = gated.index
            port.value.next = gated.value
        else:
            port.tap.next = joined.tap
            port.index.next = joined.index
            port.value.next = joined.value

    return insts()
