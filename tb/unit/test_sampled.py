"""verify --sampled: texts that part, by the coin that parts them."""

import json

import pytest

from myllama import cli
from myllama.llama import Llama
from myllama.sampled import Verdict


def verify(shared, tmp_path, cases, capfd):
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": cases}))
    checkpoint = str(shared("checkpoints/stories260K.bin"))
    code = cli.main(["verify", checkpoint, "--sampled", str(path)])
    return code, capfd.readouterr()


@pytest.fixture
def cases(shared):
    return json.loads(shared("reference/llama2c_260K_sampled.json").read_text())["cases"]


def test_a_greedy_case_is_refused(shared, tmp_path, cases, capfd):
    code, (out, err) = verify(shared, tmp_path, [{**cases[0], "temperature": 0}], capfd)
    assert code == 2 and out == ""
    assert "temperature 0, which draws no coin" in err and err.count("\n") == 1


def test_what_is_no_file_of_cases_is_refused(shared, tmp_path, capfd):
    code, (out, err) = verify(shared, tmp_path, [{"prompt": "a"}], capfd)
    assert code == 2 and out == "" and "is not a file of sampled cases" in err


def test_partings_show_the_coin(shared, tmp_path, cases, capfd):
    """One is identical; two part where the coin falls next to the boundary of two tokens."""
    code, (out, _) = verify(shared, tmp_path, [cases[i] for i in (0, 29, 37)], capfd)
    assert code == 0 and "identical sampled texts 1 of 3" in out
    rows = [line.split() for line in out.splitlines() if " reference " in line or " model " in line]
    assert [row[:2] for row in rows[::2]] == [["1", "61"], ["2", "40"]]
    distances, leads = ([float(row[i]) for row in rows] for i in (-3, -2))
    assert max(distances) < 0.001
    # Both engines order the tokens alike.
    assert leads[0] < 0 and leads[1] < 0 and leads[2] > 0 and leads[3] > 0


def test_texts_that_the_hardware_tells_otherwise(monkeypatch, tmp_path, capfd):
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": []}))
    words = ["verify", "--sampled", str(path), "--engine", "rtl"]
    for unequal, code, said in (([], 0, "hardware 3 of 3"), ([0, 2], 1, "hardware 1 of 3")):
        verdict = Verdict("exact", 3, [], unequal)
        monkeypatch.setattr(Llama, "verify_sampled", lambda *args, verdict=verdict: verdict)
        assert cli.main(words) == code
        out = capfd.readouterr().out
        assert said in out and ("cases 0, 2" in out) == bool(unequal)


def test_the_hardware_has_sampled_texts_to_tell_only(capfd):
    assert cli.main(["verify", "--engine", "rtl"]) == 2
    out, err = capfd.readouterr()
    assert out == "" and "--sampled FILE only" in err and err.count("\n") == 1
