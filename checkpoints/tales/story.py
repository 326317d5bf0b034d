"""One story in the making."""

import re

from .words import (
    ADJECTIVES,
    ANIMALS,
    BOYS,
    COLORS,
    DAYS,
    FIRST,
    GIRLS,
    HOMES,
    LAST,
    MIDDLE,
    MORALS,
    PLACES,
    PRONOUNS,
    RELATIVES,
    SAME_DAY,
)


class Story:
    """The sentences so far, and the slots that every later sentence must agree with."""

    def __init__(self, rng):
        self.rng = rng
        self.paragraphs = [[]]
        self.slots = {}
        self.slots.update(self.character("hero"))
        self.slots["adj"] = rng.choice(ADJECTIVES)
        self.slots["home"] = rng.choice(HOMES)
        self.slots["color"] = rng.choice(COLORS)
        self.slots["place"] = rng.choice(PLACES)
        self.slots["relative"] = rng.choice(RELATIVES)

    def character(self, role):
        """Name, kind and pronouns of somebody new."""
        rng = self.rng
        gender = rng.choice(["girl", "boy"])
        if rng.random() < 0.15:
            ending = rng.choice(LAST[gender].split())
            name = rng.choice(FIRST.split()) + rng.choice(MIDDLE.split()) + ending
        else:
            name = rng.choice(GIRLS if gender == "girl" else BOYS)
        kind = gender if rng.random() < 0.5 else rng.choice(ANIMALS)
        if role != "hero":
            return name, kind
        hand = "hand" if kind == gender else "paw"
        return PRONOUNS[gender] | {"hero": name, "kind": kind, "hand": hand, "hands": hand + "s"}

    def friend(self):
        """A second character, of another name than the hero."""
        name, kind = self.character("friend")
        while name == self.slots["hero"]:
            name, kind = self.character("friend")
        self.slots["friend"], self.slots["friend_kind"] = name, kind

    def choose(self, slot, options):
        """Fill a slot; what the hero is never helps the hero."""
        options = [option for option in options if option != self.slots["kind"]]
        self.slots[slot] = self.rng.choice(options)

    def say(self, *alternatives):
        """Add one of the alternatives, with the slots filled in."""
        text = self.rng.choice(alternatives).format(**self.slots)
        text = re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)
        self.paragraphs[-1].append(text)

    def maybe(self, *alternatives):
        """Say it in half of the stories."""
        if self.rng.random() < 0.5:
            self.say(*alternatives)

    def paragraph(self):
        self.paragraphs.append([])

    def open(self):
        """Who, of what kind, and where; and how the first day is called after it."""
        rng = self.rng
        self.slots["day"] = rng.choice(DAYS)
        style = rng.random()
        if style < 0.6:
            self.say(
                "Once upon a time, there was a {adj} {kind} named {hero}. {He} lived {home}.",
                "Once upon a time, there was a {adj} {kind} named {hero} who lived {home}.",
                "Once upon a time, a {adj} {kind} named {hero} lived {home}.",
                "Once upon a time, {home}, there lived a {adj} {kind} named {hero}.",
            )
        elif style < 0.72:
            self.slots["day"] = rng.choice(SAME_DAY)
            self.say(
                "One day, a {adj} {kind} named {hero} woke up early. {He} lived {home}.",
                "One day, a {adj} {kind} named {hero} looked out at the sun. {He} lived {home}.",
            )
        elif style < 0.86:
            self.say(
                "{hero} was a {adj} {kind} who lived {home}.",
                "{hero} was a {kind}. {He} was very {adj} and lived {home}.",
                "{hero} the {kind} lived {home}. {He} was {adj} and had many friends.",
            )
        else:
            self.say(
                "There was a {adj} {kind} named {hero} who lived {home}.",
                "Long ago, a {adj} {kind} named {hero} lived {home}.",
                "In a land far away, there was a {adj} {kind} named {hero}. {He} lived {home}.",
                "A {adj} {kind} named {hero} lived {home}.",
            )

    def close(self, *endings):
        self.paragraph()
        self.say(*endings)
        self.maybe(*MORALS)

    def text(self):
        return "\n".join(" ".join(sentences) for sentences in self.paragraphs)
