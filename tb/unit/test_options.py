"""What the options of the command line take, and what they refuse."""

import pytest

from myllama import cli, options


@pytest.mark.parametrize("lanes", [2, 16, 32, 64, 128, 256])
def test_lanes(lanes):
    assert options.lanes(str(lanes)) == lanes


@pytest.mark.parametrize(
    "words, named",
    [
        ([], "COMMAND"),
        (["sing"], "sing"),
        (["run", "-n", "many"], "'many'"),
        (["run", "-t", "warm"], "'warm'"),
        (["run", "-t", "nan"], "'nan'"),
        (["run", "-s", "1.5"], "'1.5'"),
        (["run", "-i"], "-i"),
        *((["run", "--lanes", n], f"lanes is {n}, but") for n in ("0", "1", "63", "-64", "512")),
        (["convert", "--lanes", str(1 << 40)], "a power of two from 2 to 256"),
        (["run", "--engine", "steam"], "steam"),
        (["run", "--simulator", "vcs"], "vcs"),
        (["convert", "--profile", "wide"], "wide"),
        (["fpga", "--baud", "0"], "0 is not above 0"),
        (["fpga", "--clock", "-25"], "-25 is not above 0"),
        (["fetch", "stories1T"], "stories1T"),
        (["fetch"], "model"),
    ],
)
def test_bad_values_are_refused_in_one_line(words, named, capfd):
    with pytest.raises(SystemExit) as end:
        cli.main(words)
    out, err = capfd.readouterr()
    assert end.value.code == 2
    assert out == "" and err.count("\n") == 1 and named in err
