"""A small grammar of children's stories: the text that tales260K was trained on.

`tell(rng)` returns one story. A story has a hero with a name, a kind and a home, one of eight
plots (a beginning, a trouble, some help, an ending), and an object, a place and a helper that
fit the plot. Whatever is chosen is kept: names, pronouns and things agree to the last sentence.

    python checkpoints/grammar.py --seed 7 --count 3
"""

import argparse
import random

from tales.friends import fear, lost_way, newcomer, quarrel
from tales.story import Story
from tales.things import lost_thing, making, rescue, seed

PLOTS = [lost_thing, rescue, making, fear, quarrel, seed, lost_way, newcomer]


# The plots in which the hero is the only one with a name.
ONE_NAME = [lost_thing, rescue, making, seed, lost_way]


def tell(rng, plots=PLOTS):
    """One story, drawn with `rng` (a random.Random)."""
    story = Story(rng)
    story.open()
    rng.choice(plots)(story)
    return story.text()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    print("\n\n".join(tell(rng) for _ in range(args.count)))


if __name__ == "__main__":
    main()
