"""The command line of a Window."""


def add_window(sub, whole):
    """Add a Window's options to an argparse parser; `whole` reads a whole number."""
    sub.add_argument(
        "--pos", metavar="POS", type=whole, default=1, help="the token's position (default 1)"
    )
    sub.add_argument(
        "--layer", metavar="LAYER", type=whole, default=0, help="the layer (default 0)"
    )
    sub.add_argument(
        "--from",
        dest="first",
        metavar="CYCLE",
        type=whole,
        help="instead of the layer's attention, cycles of the position from this one (default 0)",
    )
    sub.add_argument(
        "--to",
        dest="last",
        metavar="CYCLE",
        type=whole,
        help="to this one (default: the position's end)",
    )
    sub.add_argument(
        "--whole",
        action="store_true",
        help="simulate the positions before it too; else their K and V rows are the integer"
        " model's",
    )
