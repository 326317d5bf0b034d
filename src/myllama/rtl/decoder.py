"""The whole decoder: prompt in, tokens out."""

from myhdl import Signal, always, block

from ..geometry import SHIFT_WIDTH
from ..hdl.elaborate import insts
from ..tables import ROW_WIDTH, SCORE_WIDTH
from . import trace as tracing
from .admission import STATUS_WIDTH
from .command import ActWrite, Command, HeadWord, KvRead
from .engine import engine
from .hold import Asked, hold
from .kv_cache import kv_cache
from .place import merge, place
from .plan import Plan, constant
from .progress import Progress, Written
from .requantize import requantize
from .residual import residual
from .rmsnorm import rmsnorm
from .rope import rope
from .rope_table import TRIG_WIDTH, rope_table
from .route import pair_up, route, split
from .sampler import Sampling, sampler
from .sequencer import sequencer
from .softmax import WEIGHT_WIDTH, softmax
from .stream import (
    Norm,
    RowStream,
    ScoreStream,
    SlotStream,
    Stream,
    VectorStream,
    bits,
    flag,
    up_to,
    word,
)
from .swiglu import swiglu


class Ports:
    """Signals of the top, for an Image.

    start, start_pos, prompt_len, steps  a pulse; with it, the first position, the prompt's
             length, and where to end: after position steps - 1, if no BOS comes before.
             A start_pos above 0 goes on after the positions of the starts before, or anew
             from one of them
    temperature, topp, seed  with start: see sampler.Sampling
    prompt   sink Stream: prompt_len token ids, those at start_pos, start_pos + 1, ...
    token    source Stream: the token after each position
    done     one cycle, when busy falls
    status   0, or bits of rtl.admission, of the last start
    trace    trace.TracePort, or None: then the decoder is without
    """

    def __init__(self, config):
        token_width = max((config.vocab_size - 1).bit_length(), 1)
        # Steps may exceed the positions there are by one: that is how status reports it.
        count_width = (config.seq_len + 1).bit_length()
        self.start, self.start_pos = flag(), bits(count_width)
        self.prompt_len, self.steps = bits(count_width), bits(count_width)
        sampling = Sampling()
        self.temperature, self.topp, self.seed = sampling.temperature, sampling.topp, sampling.seed
        self.prompt = Stream(token_width)
        self.token = Stream(token_width)
        self.busy, self.done = flag(), flag()
        self.status = bits(STATUS_WIDTH)
        self.trace = tracing.TracePort(config)


@block
def decoder(
    clk,
    rst,
    start,
    start_pos,
    prompt_len,
    steps,
    temperature,
    topp,
    seed,
    prompt,
    token,
    busy,
    done,
    status,
    trace,
    layout,
    score_shift,
    embed_shift,
    eps,
    norm_base,
    h1_frac,
):
    """Ports: see Ports. layout: Layout; the rest: constants of the Image."""
    c, g, profile = layout.config, layout, layout.profile
    act_width = profile.act_width
    act_shifts = layout.act_shifts
    # Behind the last layer, where nothing looks, the last one's.
    z_shifts = (*layout.z_shifts, layout.z_shifts[-1])

    asked = Asked(start_pos, prompt_len, steps, temperature, topp, seed)
    held = asked.like()
    idle = Signal(bool(1))
    keep = hold(clk, idle, asked, held)

    plan, progress, written = Plan(g), Progress(g), Written()
    command = Command(g, len(layout.weights), len(layout.rows))
    chosen = Stream(len(token.data))
    engine_done = flag()
    control = sequencer(
        clk,
        rst,
        start,
        held.start_pos,
        held.prompt_len,
        held.steps,
        held.temperature,
        prompt,
        chosen,
        written,
        command,
        progress,
        token,
        idle,
        busy,
        done,
        status,
        plan,
        g,
    )

    acts, kv, heads = ActWrite(g, g.ways), KvRead(g), HeadWord(g)
    rows = RowStream(g.acc_width, profile.scale_width, SHIFT_WIDTH, g.ways)
    scores = ScoreStream(g.slots, SCORE_WIDTH, g.ways)
    weights = SlotStream(g.ways * g.slots, WEIGHT_WIDTH)
    dot_products = engine(
        clk,
        rst,
        command,
        acts,
        kv,
        weights,
        rows,
        scores,
        heads,
        engine_done,
        g,
        layout.weights,
        layout.rows,
        score_shift,
        embed_shift,
    )
    attention_weights = softmax(clk, rst, scores, weights, g.slots, c.seq_len, g.parts, g.ways)

    norm, row = Norm(), VectorStream(ROW_WIDTH, g.ways)
    scale_rows = requantize(clk, rst, rows, norm, progress.use_norm, row, profile.scale_width)
    delta, qkv, gates, logits = (
        VectorStream(ROW_WIDTH, g.ways),
        VectorStream(ROW_WIDTH, g.ways),
        VectorStream(ROW_WIDTH, g.ways),
        VectorStream(ROW_WIDTH, g.ways),
    )
    distribute = route(clk, progress.to, row, delta, qkv, gates, logits)

    act_shift, x_acts, x = (
        bits(6),
        VectorStream(act_width, g.ways),
        VectorStream(profile.residual_width, g.ways),
    )
    stream = residual(
        clk,
        rst,
        progress.first,
        progress.norm,
        act_shift,
        delta,
        x_acts,
        x,
        layout.gains,
        "gains.hex",
        c.dim,
    )
    least_square, base = constant(eps), constant(norm_base)
    root_mean_square = rmsnorm(clk, rst, x, least_square, base, norm, c.dim)

    read_angle, angle, table_valid = flag(), up_to(max(c.head_dim // 2, 2) - 1), flag()
    cosine, sine = word(TRIG_WIDTH), word(TRIG_WIDTH)
    angles = rope_table(
        clk,
        rst,
        progress.token_start,
        progress.pos,
        table_valid,
        read_angle,
        angle,
        cosine,
        sine,
        c.head_dim,
    )
    turned, q, k_v = (
        VectorStream(act_width, g.ways),
        VectorStream(act_width, g.ways),
        VectorStream(act_width, g.ways),
    )
    turn = rope(
        clk,
        rst,
        qkv,
        read_angle,
        angle,
        cosine,
        sine,
        table_valid,
        turned,
        c.dim,
        c.kv_dim,
        c.head_dim,
    )
    part_queries = split(clk, rst, turned, q, k_v, c.dim, 2 * c.kv_dim)
    cache = kv_cache(clk, rst, k_v, progress.kv_base, progress.pos, kv, written.k, written.kv, g)

    z_shift, z = bits(6), VectorStream(act_width, 1)
    gate = swiglu(clk, rst, gates, z_shift, z, h1_frac)
    if g.ways == 1:
        gated = z
    else:
        gated = VectorStream(act_width, g.ways)
        pairs = pair_up(clk, rst, z, gated, c.hidden_dim)
    choose = sampler(
        clk,
        rst,
        progress.story_start,
        held.temperature,
        held.topp,
        held.seed,
        logits,
        chosen,
        c.vocab_size,
    )

    x_place, q_place, z_place = (ActWrite(g, g.ways) for _ in range(3))
    q_written = flag()
    place_x = place(clk, rst, x_acts, x_place, written.x, 0, c.dim, c.dim, g.columns, 1, g.columns)
    place_q = place(
        clk,
        rst,
        q,
        q_place,
        q_written,
        g.q_base,
        c.dim,
        c.head_dim,
        g.head_lanes,
        g.slots,
        g.columns,
    )
    place_z = place(
        clk,
        rst,
        gated,
        z_place,
        written.z,
        g.z_base,
        c.hidden_dim,
        c.hidden_dim,
        g.columns,
        1,
        g.columns,
    )
    merged = merge(clk, rst, x_place, q_place, z_place, acts)

    if trace is not None:
        show = tracing.trace(clk, rst, trace, progress, row, x_acts, x, z, norm, heads, g)

    # A layer and a norm are chosen long before their first word comes.
    @always(clk.posedge)
    def shift_of_layer():
        z_shift.next = z_shifts[int(progress.layer)]

    @always(clk.posedge)
    def shift_of_norm():
        act_shift.next = act_shifts[int(progress.norm)]

    return insts()
