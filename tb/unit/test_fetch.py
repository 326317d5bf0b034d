"""Downloads from a small server on this machine that can misbehave in every way we handle."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from myllama import cli, fetch
from myllama.errors import InputError

CONTENT = bytes(range(256)) * 1024
HALF = len(CONTENT) // 2
REMOTE = fetch.Remote("here", "folder/x.bin", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


class Server:
    """What to serve, how, and what was asked (the Range of each request, or None)."""

    def __init__(self):
        self.content = CONTENT
        self.ranges = True  # whether a Range is honoured
        self.cut = None  # bytes after which an answer breaks off
        self.status = 200
        self.shift = 0  # how much later than asked a range begins
        self.asked = []

    def answer(self, request):
        wanted = request.headers.get("Range")
        self.asked.append(wanted)
        start = int(wanted[len("bytes=") : -1]) if wanted and self.ranges else 0
        if self.status != 200:
            request.send_error(self.status)
            return
        if start and start >= len(self.content):
            request.send_error(416)
            return
        start += self.shift if start else 0
        body = self.content[start:]
        request.send_response(206 if start else 200)
        if start:
            last = len(self.content) - 1
            request.send_header("Content-Range", f"bytes {start}-{last}/{last + 1}")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[: self.cut])


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            assert self.path == "/folder/x.bin"
            state.answer(self)

        def log_message(self, *args):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.sites = {"here": f"http://127.0.0.1:{http.server_port}/"}
    yield state
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def place(tmp_path):
    """Where things are: folder, the final file and the partial one."""
    folder = tmp_path / "new"
    return SimpleNamespace(folder=folder, final=folder / "x.bin", part=folder / "x.bin.part")


def get(server, place, progress=lambda done, total: None):
    return fetch.fetch(REMOTE, place.folder, progress, server.sites)


def leave(place, content):
    place.folder.mkdir()
    place.part.write_bytes(content)


def names(place):
    return sorted(path.name for path in place.folder.iterdir())


def test_download(server, place):
    seen = []
    assert get(server, place, lambda *state: seen.append(state)) == place.final
    assert place.final.read_bytes() == CONTENT
    assert names(place) == ["x.bin"]
    assert seen == sorted(seen) and seen[-1] == (len(CONTENT), len(CONTENT))


def test_nothing_to_do(server, place):
    get(server, place)
    server.asked.clear()
    get(server, place)
    assert server.asked == []


def test_a_wrong_file_is_replaced(server, place):
    place.folder.mkdir()
    place.final.write_bytes(CONTENT[::-1])
    get(server, place)
    assert place.final.read_bytes() == CONTENT


@pytest.mark.parametrize("ranges", [True, False])
def test_continues_a_partial_file(server, place, ranges):
    """A server that knows no ranges sends all of it again."""
    leave(place, CONTENT[:HALF])
    server.ranges = ranges
    get(server, place)
    assert server.asked == [f"bytes={HALF}-"]
    assert place.final.read_bytes() == CONTENT and names(place) == ["x.bin"]


def test_a_complete_part_needs_no_server(server, place):
    leave(place, CONTENT)
    get(server, place)
    assert server.asked == [] and names(place) == ["x.bin"]


@pytest.mark.parametrize("left", [b"?" * HALF, b"?" * len(CONTENT), b"?" * (len(CONTENT) + 1)])
def test_a_wrong_part_is_started_again(server, place, left):
    leave(place, left)
    get(server, place)
    assert server.asked[-1] is None
    assert place.final.read_bytes() == CONTENT and names(place) == ["x.bin"]


def test_truncated_answer_is_continued_next_time(server, place):
    server.cut = HALF
    with pytest.raises(InputError, match=f"ended after {HALF} of {len(CONTENT)}"):
        get(server, place)
    assert names(place) == ["x.bin.part"]
    server.cut = None
    get(server, place)
    assert server.asked == [None, f"bytes={HALF}-"]
    assert place.final.read_bytes() == CONTENT


@pytest.mark.parametrize("before", [None, b"mine"])
def test_wrong_content_is_refused(server, place, before):
    """What had the final name keeps it."""
    place.folder.mkdir()
    if before:
        place.final.write_bytes(before)
    server.content = CONTENT[::-1]
    with pytest.raises(InputError, match="SHA-256"):
        get(server, place)
    assert names(place) == (["x.bin"] if before else [])
    assert not before or place.final.read_bytes() == before


def test_longer_content_is_refused(server, place):
    server.content = CONTENT + b"!"
    with pytest.raises(InputError, match="longer"):
        get(server, place)
    assert names(place) == []


def test_shorter_content_on_the_server(server, place):
    """The server has no byte where the part ends: 416, then all of it, which is too short."""
    leave(place, CONTENT[:HALF])
    server.content = CONTENT[:HALF]
    with pytest.raises(InputError, match="ended after"):
        get(server, place)
    assert server.asked == [f"bytes={HALF}-", None]


def test_a_range_that_skips_bytes(server, place):
    leave(place, CONTENT[:HALF])
    server.shift = 10
    with pytest.raises(InputError, match="skipped"):
        get(server, place)
    assert place.part.read_bytes() == CONTENT[:HALF]


@pytest.mark.parametrize("status", [403, 404, 500])
def test_http_error(server, place, status):
    leave(place, CONTENT[:HALF])
    server.status = status
    with pytest.raises(InputError, match=f"{status}"):
        get(server, place)
    assert place.part.read_bytes() == CONTENT[:HALF]


def test_no_server(server, place):
    server.sites = {"here": "http://127.0.0.1:1/"}
    with pytest.raises(InputError, match="check the network"):
        get(server, place)
    assert names(place) == []


def test_every_model_brings_a_tokenizer():
    assert list(fetch.MODELS) == ["stories260K", "stories15M", "stories42M", "stories110M"]
    for name, (checkpoint, tokenizer) in fetch.MODELS.items():
        assert checkpoint.name == f"{name}.bin"
        assert tokenizer.name == ("tok512.bin" if name == "stories260K" else "tokenizer.bin")
        for remote in (checkpoint, tokenizer):
            assert remote.site in fetch.SITES and len(bytes.fromhex(remote.sha256)) == 32


@pytest.mark.parametrize("name", ["stories260K.bin", "tok512.bin", "tokenizer.bin"])
def test_pinned_digests(name, shared):
    """The files that lie here are those the pins describe: so fetch leaves them alone."""
    remotes = {remote.name: remote for files in fetch.MODELS.values() for remote in files}
    path = shared(f"checkpoints/{name}")
    assert fetch.fetch(remotes[name], path.parent, None, sites={}) == path


def test_command(server, place, monkeypatch, capfd):
    monkeypatch.setitem(fetch.MODELS, "stories15M", (REMOTE,))
    monkeypatch.setitem(fetch.SITES, "here", server.sites["here"])
    assert cli.main(["fetch", "stories15M", "-o", str(place.folder)]) == 0
    out, err = capfd.readouterr()
    assert out == f"{place.final}\n"
    assert err == "myllama: x.bin 0.3 of 0.3 MB\n"
