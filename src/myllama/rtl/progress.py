"""What the sequencer tells the data path, and what it hears back."""

from myhdl import enum

from .stream import bits, flag, up_to

# Where the rows of a command go.
TO_RESIDUAL, TO_ROPE, TO_SWIGLU, TO_SAMPLER = range(4)


# What the sequencer waits for, or does.
State = enum(
    "IDLE", "COMPARE", "JUDGE", "TAKE", "TAKEN", "LOOK_UP", "EMBED", "WAIT_X", "QKV",
    "WAIT_K", "SCORES", "VALUES", "WO", "W13", "WAIT_Z",
    "W2", "CLASSIFY", "CHOOSE", "CHOSEN", "EMIT", "FINISH",
)  # fmt: skip


class Progress:
    """Where the sequencer is: steady from a command until its last result is used.

    pos         position of the token
    layer       of the command; norm, the norm of the vector that its rows make
    to          TO_RESIDUAL, TO_ROPE, TO_SWIGLU or TO_SAMPLER
    use_norm    rows are multiplied by 1/rms
    first       the vector starts the token: nothing to add to
    kv_base     cache address of the layer's first K and V words
    story_start  one cycle, that of a start that runs
    token_start  one cycle, before the token's first row
    """

    def __init__(self, geometry):
        g = geometry
        self.pos = up_to(g.config.seq_len - 1)
        self.layer = up_to(g.config.n_layers)
        self.norm = up_to(2 * g.config.n_layers)
        self.to = bits(2)
        self.use_norm = flag()
        self.first = flag()
        self.kv_base = up_to(g.kv_depth - 1)
        self.story_start = flag()
        self.token_start = flag()


class Written:
    """Real ends, one cycle each: what is in memory.

    x, z  the vectors
    k     a layer's keys; kv, its values too
    """

    def __init__(self):
        self.x = flag()
        self.k = flag()
        self.kv = flag()
        self.z = flag()
