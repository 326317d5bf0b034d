"""The words of a row, one after another, to its sum; a table row's elements, to transfers."""

from myhdl import always, always_comb, block, concat

from ..geometry import SHIFT_WIDTH
from ..hdl.elaborate import insts
from .stream import bits, flag, joined, word


@block
def row_sums(clk, valid, first, control, totals, entries, whole, row, geometry):
    """Sums of each way's row; with two ways, EMBED's first and last element of a transfer.

    valid, first  totals will be there in the next cycle; they are a result's first
    control     Control: in EMBED both elements come from the total of its way
    totals, entries  raw bits of each way's total and scale | shift, the first lowest
    whole       the sum of a head of several words, raw bits; None where there is none
    row         the sums and, below them, the entries

    Latency     1 cycle to whole and row
    """
    g, ways = geometry, geometry.ways
    total_width, row_width = len(totals) // ways, g.row_width
    width = max(g.acc_width, total_width) if whole is None else len(whole)
    lower, bits_of_sum = word(width), g.acc_width
    adds, opens, add_lower = flag(), flag(), flag()

    if whole is None:

        @always_comb
        def look():
            adds.next = valid and not control.attend

    else:

        @always_comb
        def look():
            adds.next = valid and not control.values
            whole.next = lower[width:]

    if ways == 1:

        @always(clk.posedge)
        def steps():
            opens.next = first
            add_lower.next = adds

        @always(clk.posedge)
        def accumulate():
            if add_lower:
                if opens:
                    lower.next = totals.signed()
                else:
                    lower.next = lower + totals.signed()

        @always_comb
        def pack():
            row.next = concat(lower[bits_of_sum:], entries)

    else:
        upper, add_upper = word(width), flag()
        term_lower, term_upper = bits(total_width), bits(total_width)
        entry_lower, entry_upper = bits(row_width), bits(row_width)

        @always(clk.posedge)
        def accumulate_lower():
            if add_lower:
                if opens:
                    lower.next = term_lower.signed()
                else:
                    lower.next = lower + term_lower.signed()

        @always(clk.posedge)
        def accumulate_upper():
            if add_upper:
                if opens:
                    upper.next = term_upper.signed()
                else:
                    upper.next = upper + term_upper.signed()

        @always(clk.posedge)
        def steps():
            opens.next = first or control.embed
            add_lower.next = adds and (first or not control.embed)
            add_upper.next = adds and not (first and control.embed)

        @always_comb
        def choose():
            term_lower.next = totals[total_width:]
            term_upper.next = totals[2 * total_width : total_width]
            entry_lower.next = entries[row_width:]
            entry_upper.next = entries[2 * row_width : row_width]
            if control.embed and control.way:
                term_lower.next = totals[2 * total_width : total_width]
                entry_lower.next = entries[2 * row_width : row_width]
            elif control.embed:
                term_upper.next = totals[total_width:]
                entry_upper.next = entries[row_width:]

        @always_comb
        def pack():
            row.next = concat(upper[bits_of_sum:], lower[bits_of_sum:], entry_upper, entry_lower)

    return insts()


@block
def row_unpack(word_in, rows, geometry):
    """A row of row_sums as the fields of a RowStream; no scale where the profile has none."""
    g, ways = geometry, geometry.ways
    row_width, data_bits, shift_bits = g.row_width, len(rows.data), len(rows.shift)
    places = [way * row_width for way in range(ways)]
    shifts = joined([word_in(at + SHIFT_WIDTH, at) for at in places])
    data_first = ways * row_width

    @always_comb
    def fields():
        rows.data.next = word_in[data_first + data_bits : data_first]
        rows.shift.next = shifts[shift_bits:]

    if g.profile.scale_width:
        scale_bits = len(rows.scale)
        scales = joined([word_in(at + row_width, at + SHIFT_WIDTH) for at in places])

        @always_comb
        def scale():
            rows.scale.next = scales[scale_bits:]

    return insts()
