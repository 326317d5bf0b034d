"""What a save file shows: the signals of each stage, and how their words read."""

from dataclasses import dataclass

from ..geometry import Geometry
from ..rtl import command, issue, progress, sequencer, softmax_control
from ..tables import MANT_FRAC, P_FRAC, SCORE_FRAC
from .bench import DUT, channels, element, of_way, row_channel, row_word, shown_slots


@dataclass(frozen=True)
class Names:
    """Words for the values of a signal of `width` bits."""

    title: str
    width: int
    words: tuple

    @classmethod
    def of_enum(cls, title, states):
        """The items of a MyHDL enum, binary as its encoding is."""
        return cls(title, states._nrbits, states._names)


SEQUENCER = Names.of_enum("sequencer", sequencer.State)
ENGINE = Names.of_enum("engine", issue.State)
SOFTMAX = Names.of_enum("softmax", softmax_control.State)


def constants(title, module, *names):
    """Names of constants that count from 0."""
    words = sorted(names, key=lambda name: getattr(module, name))
    return Names(title, (len(words) - 1).bit_length(), tuple(words))


MODE = constants("mode", command, "EMBED", "MATVEC", "SCORES", "VALUES")
TO = constants("to", progress, "TO_RESIDUAL", "TO_ROPE", "TO_SWIGLU", "TO_SAMPLER")
NAMES = (SEQUENCER, ENGINE, SOFTMAX, MODE, TO)


@dataclass(frozen=True)
class Trace:
    """A signal of the dump.

    path    below the roots of the simulation
    label   what it is called instead; empty: its own name
    frac    fraction bits: it reads as a real number
    names   Names: it reads as a word
    decimal  it reads as a decimal number; otherwise as hexadecimal digits
    """

    path: str
    label: str = ""
    frac: int | None = None
    names: Names | None = None
    decimal: bool = False


@dataclass(frozen=True)
class Group:
    title: str
    traces: tuple
    closed: bool = False


def groups(image, lanes, window):
    """Groups of a save file for a Window of the decoder of an Image."""
    g = Geometry(image.config, image.profile, lanes)
    return (*_attention(image, g, window), *_stages(image, g, window))


def _dut(*names, **how):
    return [Trace(f"{DUT}.{name}", **how) for name in names]


def _stream(name, frac=None, last=False):
    ends = ["last"] if last else []
    flags = _dut(*(f"{name}_{member}" for member in ("valid", "ready", *ends)))
    return [*flags, *_dut(f"{name}_data", frac=frac)]


def _vector(g, name, frac=None):
    """A stream of one or two elements per transfer."""
    return [*_stream(name)[:-1], *_elements(g, name, f"{name}_data", frac)]


def _elements(g, name, label, frac=None):
    if g.ways == 1:
        return [Trace(f"{DUT}.{name}_data", label, frac=frac)]
    return [
        Trace(f"waves.{element(name, i)}", f"{label}, element {i}", frac=frac)
        for i in range(g.ways)
    ]


def _attention(image, g, window):
    """The sequencer, the cache with its ports, scores and weights."""
    k, v = image.formats.k, image.formats.v[window.layer]
    positions = [(0, "")] if g.ways == 1 else [(0, ", even t"), (1, ", odd t")]
    yield Group(
        "sequencer",
        (
            Trace("bench.clk", "clk"),
            Trace(f"{DUT}.control.state", "state", names=SEQUENCER),
            *_dut("progress_pos", "progress_layer", decimal=True),
            *_dut("command_valid", "command_ready"),
            *_dut("command_mode", names=MODE),
            Trace(f"{DUT}.dot_products.control_path.state", "engine state", names=ENGINE),
        ),
    )
    yield Group(
        "done pulses",
        (
            Trace(f"{DUT}.written_k", "keys done (written_k)"),
            Trace(f"{DUT}.written_kv", "values done (written_kv)"),
            Trace(f"{DUT}.engine_done", "engine done (engine_done)"),
            Trace(f"{DUT}.written_x", "x done (written_x)"),
        ),
    )
    yield Group(
        "KV cache: write port",
        (
            *_dut("k_v_valid"),
            *_elements(g, "k_v", "k_v_data as K", k),
            *_dut("cache.we_k", "cache.we_v"),
            *_dut("cache.waddr", decimal=True),
        ),
    )
    for kind, frac in (("k", k), ("v", v)):
        yield Group(
            f"KV cache: {kind.upper()} rows of layer {window.layer}",
            tuple(_rows(g, kind, frac, window)),
        )
    yield Group(
        "KV cache: read port",
        (
            *_dut("kv_old_k", "kv_old_v", "kv_new_k", "kv_new_v"),
            Trace(f"{DUT}.kv_value", "kv_value (0: K, 1: V)"),
            *_dut("kv_addr", decimal=True),
            Trace("waves.answer", "word there"),
            Trace("waves.answer_value", "word is K (0), V (1)"),
            *(
                Trace(f"waves.{of_way('read', way, i)}", f"channel {i} as {name}{t}", frac=frac)
                for name, frac in (("K", k), ("V", v))
                for way, t in positions
                for i in range(min(2, channels(g)))
            ),
            *_dut("kv_data"),
        ),
    )
    scores, weights = (
        [
            Trace(f"waves.{of_way(name, way, i)}", f"{name}, slot {i}{t}", frac=frac)
            for way, t in positions
            for i in range(shown_slots(g))
        ]
        for name, frac in (("score", SCORE_FRAC), ("weight", P_FRAC))
    )
    yield Group("S2 scores q . K[t]", (*_stream("scores", last=True)[:-1], *scores))
    state = Trace(f"{DUT}.attention_weights.u_control.state", "state", names=SOFTMAX)
    yield Group("S3 softmax", (state, *_stream("weights", last=True)[:-1], *weights))


def _rows(g, kind, frac, window):
    """A row's words, then the first channels of its first head."""
    for t in window.shown(g.config):
        for i in range(g.kv_words):
            part = f" word {i}" if g.kv_words > 1 else ""
            yield Trace(f"waves.{row_word(kind, t, i)}", f"{kind.upper()}[{t}]{part}")
        for i in range(channels(g)):
            label = f"{kind.upper()}[{t}] channel {i}"
            yield Trace(f"waves.{row_channel(kind, t, i)}", label, frac=frac)


def _stages(image, g, window):
    """The streams between the blocks, stage by stage."""
    f, layer = image.formats, window.layer
    rows = [*_dut("progress_to", names=TO), *_vector(g, "row")]
    qkv = [
        *rows,
        *_vector(g, "qkv"),
        *_dut("table_valid"),
        *_vector(g, "turned"),
        *_elements(g, "q", "q_data", f.q),
        *_dut("q_valid", "q_place_word", "q_place_lane", "q_written"),
    ]
    sums = [*_vector(g, "delta", f.x), *_vector(g, "x", f.x)]
    output = [*sums, *_vector(g, "x_acts", f.acts[2 * layer + 1])]
    norm = [*_dut("norm_valid"), *_dut("norm_mant", frac=MANT_FRAC), *_dut("norm_shift")]
    gate = [*_vector(g, "gates", f.h1), *_stream("z", f.z[layer]), *_dut("written_z")]
    choice = [*_vector(g, "logits", f.logits), *_stream("chosen"), *_stream("token"), *_dut("done")]
    yield Group("S1 QKV rows, RoPE", tuple(qkv), closed=True)
    yield Group("S4 output rows, residual", tuple(output), closed=True)
    yield Group("1/rms", tuple(norm), closed=True)
    yield Group("S5 gate", tuple(gate), closed=True)
    yield Group("classifier", tuple(choice), closed=True)
