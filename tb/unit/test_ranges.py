"""The range pass: the same on every machine, however many threads its BLAS has."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from myllama.checkpoint import random_checkpoint
from myllama.config import ModelConfig
from myllama.ranges import measure

# Large enough for BLAS to share a product among threads.
CONFIG = ModelConfig(128, 344, 1, 4, 4, 64, 32, False)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_of_blas_change_no_bit(threads):
    checkpoint, found = random_checkpoint(CONFIG, seed=3), []
    for count in (1, threads):
        with threadpool_limits(count, user_api="blas"):
            found.append(measure(checkpoint))
    one, more = found
    for name, values in one.items():
        assert np.array_equal(values, more[name]), name
