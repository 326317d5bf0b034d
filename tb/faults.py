"""Classic bugs of an attention decoder, each as a change of one file, and the check it violates.

docs/debugging.md says what each looks like.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Texts of one file of src/myllama/ to change, each of which occurs there once.

    check  whose name starts the message of the violation
    bench  the test of cocotb_decoder that meets it
    case   of decoder_cases
    """

    file: str
    changes: tuple
    check: str
    bench: str = "every_tap_equals_the_model"
    case: str = "small"


WALK_WITHOUT_RESET = (
    ("from myhdl import Signal, always_comb", "from myhdl import Signal, always, always_comb"),
    (
        "    @always_seq(clk.posedge, reset=rst)\n    def walk():",
        "    @always(clk.posedge)\n    def walk():",
    ),
)
FAULTS = {
    "kv_not_latched": Fault(
        "rtl/kv_cache.py",
        (
            (
                "    packer = pack(clk, rst, din, k_ends, v_ends, k_in, v_in, g)\n",
                "    k_new, v_new = bits(k.width), bits(v.width)\n"
                "    packer = pack(clk, rst, din, k_ends, v_ends, k_new, v_new, g)\n\n"
                "    @always_comb\n"
                "    def forget():\n"
                "        k_in.next = 0\n"
                "        v_in.next = 0\n"
                "        if pos == 0:\n"
                "            k_in.next = k_new\n"
                "            v_in.next = v_new\n",
            ),
        ),
        "kv_write",
    ),
    "word_written_early": Fault(
        "rtl/kv_pack.py",
        (("step[2] and closes[2]", "step[1] and closes[1]"),),
        "kv_write",
    ),
    "bank_not_switched": Fault(
        "rtl/kv_pack.py",
        (("raddr.next = channel + bank_size", "raddr.next = channel"),),
        "kv_write",
    ),
    "exponent_of_keys_for_values": Fault(
        "rtl/kv_quantize.py",
        (("exponent.next = i - (v_width - 2)", "exponent.next = i - (k_width - 2)"),),
        "kv_write",
        case="small_compact",
    ),
    "write_address_off_by_one": Fault(
        "rtl/kv_cache.py",
        (
            (
                "origin.next = base + (pos >> way_bits)",
                "origin.next = base + pos + 1",
            ),
        ),
        "kv_write_place",
    ),
    "written_to_the_first_layer": Fault(
        "rtl/sequencer.py",
        (("progress.kv_base.next = group_addr", "progress.kv_base.next = 0"),),
        "kv_write_place",
    ),
    "write_enable_stuck": Fault(
        "rtl/kv_pack.py",
        (("k_ends.next = ends and not values[2]", "k_ends.next = not values[2]"),),
        "kv_write_enable",
    ),
    "kv_done_early": Fault(
        "rtl/kv_cache.py",
        (
            (
                "                kv_word.next = kv_word + 1\n",
                "                kv_word.next = kv_word + 1\n                done.next = value\n",
            ),
        ),
        "kv_done",
    ),
    "keys_done_early": Fault(
        "rtl/kv_cache.py",
        (
            (
                "                kv_word.next = kv_word + 1\n",
                "                kv_word.next = kv_word + 1\n"
                "                k_done.next = not value\n",
            ),
        ),
        "kv_done",
    ),
    "read_address_off_by_one": Fault(
        "rtl/kv_request.py",
        (("here.next = row_start + 1", "here.next = row_start + 2"),),
        "kv_read_above",
    ),
    "one_row_too_many": Fault(
        "rtl/issue.py",
        (("left.next = command.pos >> way_bits", "left.next = command.pos + 1"),),
        "kv_bypass",
    ),
    "read_from_the_first_layer": Fault(
        "rtl/sequencer.py",
        (
            (
                "            part_addr.next = group_addr\n            group.next",
                "            part_addr.next = 0\n            group.next",
            ),
        ),
        "kv_read_place",
    ),
    "keys_not_waited_for": Fault(
        "rtl/sequencer.py",
        (
            (
                "            if written.k:\n                state.next = State.SCORES\n",
                "            state.next = State.SCORES\n",
            ),
        ),
        "kv_read_early",
        case="two_ways",
    ),
    "never_bypassed": Fault(
        "rtl/kv_request.py",
        (
            ("kv.new_k.next = scores and ending", "kv.new_k.next = False"),
            ("kv.old_k.next = scores and not ending", "kv.old_k.next = scores"),
        ),
        "kv_bypass",
    ),
    "bypass_not_selected": Fault(
        "rtl/kv_read.py", (("dout.next = new_out", "dout.next = old_out"),), "kv_bypass"
    ),
    "old_rows_from_the_bypass": Fault(
        "rtl/kv_read.py", (("dout.next = old_out", "dout.next = new_out"),), "kv_read"
    ),
    "wrong_kv_head": Fault(
        "rtl/engine.py",
        (("slot // g.q_per_kv * g.kv_chan", "slot % g.kv_per_group * g.kv_chan"),),
        "kv_head",
    ),
    "attention_done_early": Fault(
        "rtl/engine.py",
        (("emptied.next = not item.valid and not busy and row_clear", "emptied.next = row_clear"),),
        "attention_done",
        case="two_ways",
    ),
    "last_heads_skipped": Fault(
        "rtl/sequencer.py",
        (("if kv_word == plan.last_kv_word:", "if kv_word == 0:"),),
        "attention_done",
    ),
    "sum_of_heads_not_cleared": Fault(
        "rtl/lanes.py",
        (("total.next = half", "total.next = total + half"),),
        "concat",
    ),
    "maximum_not_updated": Fault(
        "rtl/softmax_slot.py",
        (
            (
                "            own.maximum.next = found\n            if found -",
                "            if found -",
            ),
        ),
        "weights",
    ),
    "sum_not_rescaled": Fault(
        "rtl/softmax_slot.py",
        (("(own.total >> rise_now) + term", "own.total + term"),),
        "weights",
    ),
    "rope_of_the_former_position": Fault(
        "rtl/rope_table.py",
        (
            (
                "    phase = bits(PHASE_WIDTH)\n",
                "    phase, former = bits(PHASE_WIDTH), bits(len(pos))\n",
            ),
            ("pos_d1.next = pos\n", "pos_d1.next = former\n"),
            (
                "                filling.next = False\n",
                "                filling.next = False\n                former.next = pos\n",
            ),
        ),
        "q",
    ),
    "classifier_tied": Fault(
        "layout.py",
        (("(image.classifier, image.embedding)", "(image.embedding, image.embedding)"),),
        "logits",
    ),
    "residual_not_added": Fault(
        "rtl/residual.py",
        (("wide.next = kept_d2 + delta_d2", "wide.next = delta_d2 + 0"),),
        "x",
    ),
    "gate_and_up_swapped": Fault(
        "rtl/swiglu.py",
        (
            (
                "pair.next = concat(h[width:], pair[2 * width : width])",
                "pair.next = concat(pair[width:], h[width:])",
            ),
        ),
        "z",
    ),
    "sum_of_squares_not_cleared": Fault(
        "rtl/rmsnorm.py", (("total.next = 0", "total.next = added"),), "norm"
    ),
    "smallest_logit_chosen": Fault("rtl/argmax.py", (("lead < 0", "lead > 0"),), "token"),
    "position_wraps": Fault(
        "rtl/sequencer.py", (("following == plan.seq_len", "following == 0"),), "position"
    ),
    "position_kept": Fault(
        "rtl/sequencer.py",
        (
            (
                "            progress.pos.next = start_pos\n",
                "",
            ),
        ),
        "position",
        bench="a_second_story_starts_clean",
    ),
    "reset_ignored": Fault(
        "rtl/kv_pack.py",
        (
            (
                "    @always_seq(clk.posedge, reset=rst)\n    def fill():",
                "    @always(clk.posedge)\n    def fill():",
            ),
        ),
        "kv_write",
        bench="a_reset_in_any_state_starts_clean",
        case="small_compact",
    ),
    "story_not_reset": Fault(
        "rtl/sequencer.py",
        WALK_WITHOUT_RESET,
        "reset",
        bench="a_reset_in_any_state_starts_clean",
    ),
    "state_not_reset": Fault(
        "rtl/sequencer.py", WALK_WITHOUT_RESET, "unknown", bench="nothing_unknown_gets_out"
    ),
    "start_while_busy_hidden": Fault(
        "rtl/sequencer.py",
        (("status.next[START_BUSY] = True", "status.next[START_BUSY] = False"),),
        "status",
        bench="a_start_while_busy_is_told_of",
    ),
    "vector_done_early": Fault(
        "rtl/place.py",
        (("written.next = din.valid and ends", "written.next = din.valid and index == 0"),),
        "act_read_early",
        case="two_ways",
    ),
    "padding_unknown": Fault(
        "rtl/engine.py",
        (
            (
                "if capture or (acts.enable and acts.lane == 0):",
                "if capture:",
            ),
        ),
        "delta",
    ),
}
