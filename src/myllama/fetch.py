"""Download public checkpoints and their tokenizers, resumed and checked by digest."""

import errno
import hashlib
import http.client
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError

CHUNK = 1 << 16
TIMEOUT = 60  # seconds without a byte
SITES = {
    "tinyllamas": "https://huggingface.co/karpathy/tinyllamas/resolve/main/",
    "llama2.c": "https://raw.githubusercontent.com/karpathy/llama2.c/master/",
}


@dataclass(frozen=True)
class Remote:
    """A file to download: where it is, and how to know it is the one."""

    site: str
    path: str
    size: int
    sha256: str

    @property
    def name(self):
        return self.path.rpartition("/")[2]


TOKENIZER_32K = Remote(
    "llama2.c",
    "tokenizer.bin",
    433_869,
    "50a52ef822ee9e83de5ce9d0be0a025a773d019437f58b5ff9dcafb063ece361",
)
# The checkpoint first, then its tokenizer.
MODELS = {
    "stories260K": (
        Remote(
            "tinyllamas",
            "stories260K/stories260K.bin",
            1_056_540,
            "b0a507e7ad0f626624f17112325e66691f9076d622e1d3274d103d00299f2696",
        ),
        Remote(
            "tinyllamas",
            "stories260K/tok512.bin",
            6_227,
            "037cb335abb25d1fa9e8ecae30ed2a3a8ace9302862ebcdc05d51a6bbb10c312",
        ),
    ),
    "stories15M": (
        Remote(
            "tinyllamas",
            "stories15M.bin",
            60_816_028,
            "cd590644d963867a2b6e5a1107f51fad663c41d79c149fbecbbb1f95fa81f49a",
        ),
        TOKENIZER_32K,
    ),
    "stories42M": (
        Remote(
            "tinyllamas",
            "stories42M.bin",
            167_020_572,
            "9f65a1000e17d0bc167dd6332e0ce5119a0222a3d920cead5bce413bfab2ee7b",
        ),
        TOKENIZER_32K,
    ),
    "stories110M": (
        Remote(
            "tinyllamas",
            "stories110M.bin",
            438_381_596,
            "515267168726a1ed1317a64a408492e6af3b67c1f71c5bd98c01d9d721803a24",
        ),
        TOKENIZER_32K,
    ),
}


def fetch(remote, folder, progress, sites=SITES):
    """Make folder/remote.name the file that `remote` describes, and return its path.

    Bytes arrive in a .part file, which an interrupted download leaves behind and the next
    one continues. The final name appears only with the right digest.
    progress(done, total) is called as bytes arrive; sites maps each site to its address.
    """
    folder = Path(folder)
    path = folder / remote.name
    if path.is_file() and path.stat().st_size == remote.size and _digest(path) == remote.sha256:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    url = sites[remote.site] + remote.path
    resumed = _download(url, part, remote.size, progress)
    if resumed and _digest(part) != remote.sha256:
        # What was left behind may have been the wrong half: once more, from the start.
        part.unlink()
        _download(url, part, remote.size, progress)
    found = _digest(part)
    if found != remote.sha256:
        part.unlink()
        raise InputError(
            f"{url} has SHA-256 {found}, but {remote.sha256} was expected;"
            " nothing was kept, try again later or get the file elsewhere"
        )
    part.replace(path)
    return path


def _download(url, part, size, progress):
    """Complete `part` to `size` bytes; whether any of them were there before."""
    start = part.stat().st_size if part.exists() else 0
    if start > size:
        part.unlink()
        start = 0
    if start == size:
        return True
    try:
        with _open(url, start) as response:
            start = _offset(response)
            got = _receive(response, part, start, size, progress)
    except urllib.error.HTTPError as error:
        raise InputError(f"{url} cannot be downloaded: {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        if getattr(error, "errno", None) == errno.ENOSPC or getattr(error, "filename", None):
            raise  # the disk's trouble, not the network's
        reason = getattr(error, "reason", None) or error
        raise InputError(
            f"{url} cannot be downloaded: {reason}; check the network and try again"
        ) from error
    if got > size:
        part.unlink()
        raise InputError(f"{url} is longer than the {size} bytes expected; nothing was kept")
    if got < size:
        raise InputError(
            f"{url} ended after {got} of {size} bytes; run the command again to continue"
        )
    return start > 0


def _open(url, start):
    """The response to a request for the bytes from `start` on, or for all of them."""
    if start:
        headers = {"Range": f"bytes={start}-"}
        try:
            return urllib.request.urlopen(
                urllib.request.Request(url, headers=headers), None, TIMEOUT
            )
        except urllib.error.HTTPError as error:
            if error.code != 416:
                raise
            error.close()
    return urllib.request.urlopen(url, None, TIMEOUT)


def _offset(response):
    """Where in the file the answer begins: a server may ignore the range asked for."""
    if response.status != 206:
        return 0
    match = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if not match:
        raise http.client.HTTPException("the server sent a range without saying which")
    return int(match[1])


def _receive(response, part, start, size, progress):
    """Write the answer to `part` from `start` on; how long the file then is, at most size + 1."""
    with open(part, "r+b" if start else "wb") as file:
        if start > file.seek(0, 2):
            raise http.client.HTTPException("the server skipped a part of the file")
        file.truncate(start)
        done = file.seek(start)
        while done <= size:
            chunk = response.read(min(CHUNK, size + 1 - done))
            if not chunk:
                break
            file.write(chunk)
            done += len(chunk)
            progress(min(done, size), size)
    return done


def _digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
