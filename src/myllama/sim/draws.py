"""What a running decoder chooses its tokens with."""

from ..errors import InputError

GREEDY = 0, 0, 0  # temperature, topp and seed of a start that takes the largest logits


class Draws:
    """Draws of the hardware, whose one generator goes on from run to run.

    temperature, topp, seed  as sampling.Sampling.words gives them
    begun  tokens were drawn, so that the seed has been used
    """

    def __init__(self, temperature, topp, seed):
        self.temperature, self.topp, self.seed = temperature, topp, seed
        self.begun = False

    def words(self, going_on):
        """temperature, topp and seed of a start.

        going_on  the generator is where these draws left it; InputError if it had to be
        """
        if self.begun and not going_on:
            raise InputError(
                "these draws cannot go on: other draws, or a run that was broken off, took the"
                " decoder's generator; begin anew with a sampler of your own"
            )
        return self.temperature, self.topp, 0 if self.begun else self.seed
