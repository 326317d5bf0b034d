"""A small grammar of children's stories: the text that tales260K was trained on.

`tell(rng)` returns one story. A story has a hero with a name, a kind and a home, one of eight
plots (a beginning, a trouble, some help, an ending), and an object, a place and a helper that
fit the plot. Whatever is chosen is kept: names, pronouns and things agree to the last sentence.

    python checkpoints/grammar.py --seed 7 --count 3
"""

import argparse
import random
import re

GIRLS = [
    "Mira",
    "Pella",
    "Suri",
    "Lena",
    "Anya",
    "Juno",
    "Tessa",
    "Nora",
    "Dora",
    "Wren",
    "Ruby",
    "Ida",
]
BOYS = [
    "Tobin",
    "Oskar",
    "Nilo",
    "Bram",
    "Finn",
    "Rafi",
    "Kip",
    "Milo",
    "Hugo",
    "Ivo",
    "Olin",
    "Jory",
]

# Now and then a name is put together from these, so that the model has to read names.
FIRST = "Al Am Be Bi Bo Da De El Fa Ga Ha Jo Ka La Li Lo Ma Me Mo Na Ni Pa Pi Ra Ro Sa So Ta Ti To"
MIDDLE = "b d f k l ll m n nn p r s t v x"
LAST = {"girl": "a ia ie ina y ila", "boy": "o in us er y on"}

PRONOUNS = {
    "girl": {"he": "she", "him": "her", "his": "her", "He": "She", "His": "Her"},
    "boy": {"he": "he", "him": "him", "his": "his", "He": "He", "His": "His"},
}

ANIMALS = [
    "fox",
    "rabbit",
    "bear",
    "mouse",
    "cat",
    "dog",
    "duck",
    "frog",
    "hedgehog",
    "squirrel",
    "otter",
    "lamb",
]
ADJECTIVES = [
    "little",
    "small",
    "kind",
    "brave",
    "clever",
    "curious",
    "happy",
    "quiet",
    "cheerful",
    "gentle",
    "young",
]
HELPER_ADJECTIVES = [
    "big",
    "old",
    "wise",
    "friendly",
    "kind",
    "gentle",
    "clever",
    "gray",
    "brown",
    "small",
]
COLORS = ["red", "blue", "green", "yellow", "white", "silver", "golden", "orange", "purple", "pink"]
RELATIVES = ["mother", "father", "grandmother", "grandfather", "aunt", "uncle", "sister", "brother"]
HOMES = [
    "in a small house by the sea",
    "in a warm house near the forest",
    "in a cottage on a green hill",
    "in a village near the mountains",
    "by a wide river",
    "at the edge of a quiet wood",
    "under an old oak tree",
    "on a farm with many flowers",
    "near a deep blue lake",
    "in a town with a tall tower",
    "behind a big garden",
    "in a valley full of apple trees",
]
PLACES = ["park", "garden", "meadow", "forest", "field", "market", "yard", "orchard"]
DAYS = [
    "One day",
    "One morning",
    "One sunny day",
    "One windy day",
    "One afternoon",
    "One spring day",
    "One summer morning",
    "One bright day",
]
SAME_DAY = ["That day", "That morning", "After breakfast", "After lunch", "A little later"]

# How a thing can be lost: what gets lost that way, who can bring it back.
LOSSES = {
    "tree": {
        "things": ["kite", "hat", "scarf", "ribbon", "balloon", "flag"],
        "helpers": ["squirrel", "bird", "crow", "monkey"],
        "lost": [
            "A strong wind came and blew the {thing} up into a tall tree.",
            "The wind took the {thing} and carried it to the top of a tree.",
            "All at once, the {thing} flew away and got stuck in a high tree.",
        ],
        "tried": [
            "{He} jumped and jumped, but {he} could not reach it.",
            "{He} tried to climb up, but the tree was too tall.",
            "{He} shook the tree, but the {thing} did not come down.",
        ],
        "told": [
            '"My {thing} is up in the tree, and I cannot reach it," said {hero}.',
            '"The wind blew my {thing} into the tree," said {hero}.',
        ],
        "found": [
            "The {helper} went up the tree and pulled the {thing} from the branch.",
            "Up and up went the {helper}, and soon the {thing} fell down softly.",
            "The {helper} climbed to the top and came back with the {thing}.",
        ],
    },
    "hole": {
        "things": ["ball", "button", "marble", "coin", "bead", "ring"],
        "helpers": ["mouse", "mole", "rabbit", "ant"],
        "lost": [
            "The {thing} rolled down the path and fell into a deep hole.",
            "But the {thing} slipped away and rolled into a dark hole.",
            "All at once, the {thing} fell and went down a hole in the ground.",
        ],
        "tried": [
            "{He} put {his} {hand} into the hole, but it was too deep.",
            "{He} tried to dig, but the ground was too hard.",
            "{He} looked into the hole, but it was too dark to see.",
        ],
        "told": [
            '"My {thing} fell into the hole, and I cannot get it," said {hero}.',
            '"The hole is too deep, and my {thing} is down there," said {hero}.',
        ],
        "found": [
            "The {helper} went down into the hole and came back with the {thing}.",
            "The {helper} crept into the dark hole and pushed the {thing} out.",
            "Down went the {helper}, and soon the {thing} was out of the hole.",
        ],
    },
    "water": {
        "things": ["boat", "hat", "ball", "bottle", "basket", "doll"],
        "helpers": ["duck", "frog", "otter", "swan"],
        "lost": [
            "But the {thing} fell into the water and floated away.",
            "The {thing} slipped from {his} {hands} and fell into the pond.",
            "All at once, the {thing} rolled into the river and began to float away.",
        ],
        "tried": [
            "{He} used a long stick, but the {thing} was too far away.",
            "{He} ran along the water, but the {thing} was too fast.",
            "{He} wanted to go after it, but the water was too cold.",
        ],
        "told": [
            '"My {thing} is in the water, and I cannot swim so far," said {hero}.',
            '"The water took my {thing} away," said {hero}.',
        ],
        "found": [
            "The {helper} jumped into the water and came back with the {thing}.",
            "The {helper} swam very fast and pushed the {thing} back to the land.",
            "With a big splash, the {helper} swam out and got the {thing}.",
        ],
    },
    "grass": {
        "things": ["bell", "drum", "book", "flute", "lamp", "cup"],
        "helpers": ["dog", "fox", "cat", "bee"],
        "lost": [
            "But on the way, {he} dropped the {thing} in the tall grass.",
            "{He} put the {thing} down to play, and then {he} could not find it.",
            "{He} ran and ran, and the {thing} fell out of {his} bag.",
        ],
        "tried": [
            "{He} looked under the leaves and behind the rocks, but it was not there.",
            "{He} looked here and there, but the {thing} was gone.",
            "{He} walked back the same way, but {he} did not see it.",
        ],
        "told": [
            '"I lost my {thing}, and I do not know where it is," said {hero}.',
            '"I looked for my {thing}, but I cannot find it," said {hero}.',
        ],
        "found": [
            "The {helper} looked in the grass and found the {thing} under a leaf.",
            "The {helper} ran around the bushes and came back with the {thing}.",
            "Soon the {helper} saw something {color} in the grass, and it was the {thing}.",
        ],
    },
}

# Who can be in trouble, what happened, and the tool that helps.
RESCUES = [
    ("kitten", "stuck high up in a tree", "ladder", "{He} put the ladder against the tree"),
    (
        "bird",
        "caught in a bush with many thorns",
        "stick",
        "{He} pushed the branches with the stick",
    ),
    ("turtle", "lying on its back", "board", "{He} put the board under the turtle"),
    ("puppy", "sitting in deep mud", "rope", "{He} tied the rope to a tree and pulled"),
    ("lamb", "stuck behind a broken gate", "hammer", "{He} opened the gate with the hammer"),
    ("bee", "trapped in a glass jar", "leaf", "{He} put the leaf into the jar like a bridge"),
    ("hen", "locked in an old shed", "key", "{He} opened the shed with the key"),
    ("chick", "lost in the tall corn", "basket", "{He} put the chick into the basket"),
]

# What can be made, and the one thing that is missing.
MAKING = [
    ("a", "cake", "eggs", "hen"),
    ("some", "soup", "carrots", "rabbit"),
    ("a", "pie", "apples", "farmer"),
    ("some", "bread", "flour", "miller"),
    ("a", "kite", "string", "spider"),
    ("a", "card", "paper", "teacher"),
    ("a", "blanket", "wool", "sheep"),
    ("some", "tea", "honey", "bee"),
    ("a", "crown", "flowers", "gardener"),
    ("a", "lantern", "glass", "baker"),
]
CHORES = [
    "sweep the floor",
    "carry the wood",
    "pick the berries",
    "clean the window",
    "fix the fence",
]

FEARS = [
    ("the dark", "walk through the dark cave", "lamp", "The light made the cave warm and bright."),
    ("deep water", "swim across the pond", "board", "The board held {him} up in the water."),
    (
        "high places",
        "climb to the top of the hill",
        "rope",
        "The rope felt strong in {his} {hands}.",
    ),
    (
        "the thunder",
        "sit by the window in the storm",
        "blanket",
        "The blanket was soft, and the storm felt far away.",
    ),
    ("the old bridge", "walk over the old bridge", "flag", "The flag made {him} feel very brave."),
    ("the snow", "slide down the white hill", "sled", "The sled went fast, and the snow was soft."),
]

SEEDS = [
    ("apple tree", "apples"),
    ("pear tree", "pears"),
    ("pumpkin", "pumpkin soup"),
    ("sunflower", "seeds"),
    ("rose", "roses"),
    ("berry bush", "berries"),
    ("bean plant", "beans"),
]

CHASED = ["butterfly", "bird", "ladybug", "dragonfly", "snowflake", "feather"]
GUIDES = {
    "firefly": "made a small light",
    "owl": "flew from tree to tree",
    "deer": "walked slowly ahead",
    "wolf": "knew every path",
    "bat": "heard the way in the dark",
    "badger": "held up a little lamp",
}

SHARED = {
    "kite": "string",
    "wagon": "nails",
    "doll": "thread",
    "drum": "glue",
    "book": "tape",
    "toy train": "glue",
    "toy horse": "wood",
    "tent": "thread",
    "puppet": "thread",
}

MORALS = [
    "{hero} learned that it is good to ask for help.",
    "{hero} knew that a good friend is the best gift of all.",
    "And {hero} was happy all day long.",
    "{hero} went to bed with a big smile.",
    "That night, {hero} had a sweet dream.",
    "And they all lived happily ever after.",
    "{hero} told the story to everyone at home.",
    "{hero} never forgot that day.",
]


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


def lost_thing(story):
    loss = LOSSES[story.rng.choice(sorted(LOSSES))]
    story.choose("thing", loss["things"])
    story.choose("helper", loss["helpers"])
    story.choose("helper_adj", HELPER_ADJECTIVES)
    story.say(
        "{hero} had a {color} {thing} that {he} loved very much.",
        "{His} favorite thing was a {color} {thing}.",
        "{He} had a {color} {thing} and took it everywhere.",
    )
    story.maybe(
        "It was a gift from {his} {relative}.",
        "{His} {relative} had given it to {him}.",
    )
    story.paragraph()
    story.say(
        "{day}, {hero} took the {thing} to the {place} to play.",
        "{day}, {hero} went to the {place} with the {color} {thing}.",
        "{day}, {he} played with the {thing} in the {place}.",
    )
    story.say(*loss["lost"])
    story.maybe(*loss["tried"])
    story.maybe(
        "{hero} felt very sad.",
        "{hero} sat down and began to cry.",
        '"Oh no, my {thing}!" cried {hero}.',
    )
    story.paragraph()
    story.say(
        "Just then, a {helper_adj} {helper} came by.",
        "Soon, a {helper_adj} {helper} came down the path.",
        "Then {hero} saw a {helper_adj} {helper}.",
    )
    story.say('"Why are you so sad?" asked the {helper}.', '"What is wrong?" asked the {helper}.')
    story.say(*loss["told"])
    story.say(
        '"Do not worry," said the {helper}. "I will help you."',
        '"I know what to do," said the {helper}. "Wait here."',
        '"Do not cry," said the {helper}. "I can get it for you."',
    )
    story.say(*loss["found"])
    story.maybe(
        "{hero} jumped with joy and hugged the {color} {thing}.",
        "{hero} was so happy to have the {thing} again.",
        "{hero} laughed and held the {thing} close.",
    )
    story.maybe(
        '"Thank you, kind {helper}!" said {hero}.',
        '"Thank you so much!" {he} said to the {helper}.',
    )
    story.close(
        "From that day on, {hero} and the {helper} were good friends.",
        "After that, the {helper} and {hero} played with the {thing} every day.",
        "Then they went home together, and {hero} gave the {helper} some cake.",
    )


def rescue(story):
    options = [entry for entry in RESCUES if entry[0] != story.slots["kind"]]
    small, trouble, tool, action = story.rng.choice(options)
    story.slots.update(small=small, trouble=trouble, tool=tool)
    story.maybe(
        "{He} liked to help other people.",
        "{hero} liked to walk in the {place} and look at the flowers.",
        "Every day, {hero} went out to see the {place}.",
    )
    story.paragraph()
    story.say(
        "{day}, {hero} was in the {place} when {he} heard a soft cry.",
        "{day}, {he} went to the {place} and heard a small voice.",
        "{day}, {hero} heard a strange sound in the {place}.",
    )
    story.say(
        "It was a young {small}, {trouble}.",
        "{He} saw a little {small}. It was {trouble}.",
        "There was a tiny {small}, {trouble}.",
    )
    story.say(
        '"Please help me," said the {small}. "I am so afraid."',
        '"I cannot get out," cried the {small}.',
        '"Can you help me?" asked the {small}.',
    )
    story.say(
        '"I will help you," said {hero}. "But I need a {tool}."',
        '"Do not be afraid," said {hero}. "I will get a {tool}."',
        '"Wait here," said {hero}. "I have a {tool} at home."',
    )
    story.paragraph()
    story.say(
        "Then {hero} ran home as fast as {he} could and came back with the {tool}.",
        "Soon, {hero} came back from {his} {relative} with a good {tool}.",
        "Then {he} ran to {his} {relative} and asked for the {tool}.",
    )
    story.maybe(
        "It was heavy, but {he} did not stop.",
        "{hero} was a little afraid too, but {he} was brave.",
    )
    story.say(action + ", and {he} counted to three.", action + ". It was hard work.")
    story.say(
        "At last, the {small} was free!",
        "Slowly, slowly, the {small} came out.",
        "Little by little, the {small} came free.",
    )
    story.maybe(
        '"Thank you, {hero}!" said the {small}. "You saved me."',
        "The {small} was so happy that it danced around {hero}.",
        '"You are so kind, {hero}," said the {small}.',
    )
    story.maybe(
        "It gave {him} a {color} stone as a gift.",
        "{hero} gave the {small} some water and a piece of bread.",
        "The {small} and {hero} sat down and shared an apple.",
    )
    story.close(
        "From that day on, the {small} came to visit {hero} every week.",
        "After that, {hero} and the {small} were best friends.",
        "Then {hero} took the {small} home to its mother, who was very glad.",
    )


def making(story):
    options = [entry for entry in MAKING if entry[3] != story.slots["kind"]]
    some, made, missing, owner = story.rng.choice(options)
    chore = story.rng.choice(CHORES)
    story.slots.update(some=some, made=made, missing=missing, owner=owner, chore=chore)
    story.maybe(
        "{He} loved to make things for other people.",
        "{hero} was always busy and liked to make new things.",
        "{He} loved {his} {relative} very much.",
    )
    story.paragraph()
    story.say(
        "{day}, {hero} wanted to make {some} {made} for {his} {relative}.",
        "{day} was the birthday of {his} {relative}, so {hero} wanted to make {some} {made}.",
        "{day}, {his} {relative} was sick in bed, so {hero} wanted to make {some} {made}.",
    )
    story.say(
        "{He} looked in the kitchen, but could not find any {missing}.",
        "But {he} had no {missing}.",
        "But {he} needed some {missing} first.",
    )
    story.maybe(
        '"What can I do now?" thought {hero}.',
        '"I cannot make the {made} without {missing}," said {hero}.',
        "{hero} sat down on a chair and thought for a long time.",
    )
    story.paragraph()
    story.say(
        "Then {he} went to the {owner} and knocked on the door.",
        "Soon, {hero} had an idea. {He} went to see the {owner}.",
        "Then {hero} walked down the road to the house of the {owner}.",
    )
    story.say(
        '"Do you have some {missing} for me?" {he} asked.',
        '"Please, may I have some {missing}?" asked {hero}.',
        '"I want to make {some} {made}, and I need {missing}," said {hero}.',
    )
    story.say(
        '"Yes," said the {owner}, "but first you must help me to {chore}."',
        '"I will give you some," said the {owner}, "if you {chore} for me."',
        '"Of course," said the {owner}. "Can you help me to {chore}?"',
    )
    story.maybe(
        "So {hero} worked hard until it was done.",
        "{hero} was glad to help, and they sang a song as they worked.",
        "So they did it together, and it was fun.",
    )
    story.say(
        "The {owner} smiled and gave {him} the {missing}.",
        '"Here you are," said the {owner}, and gave {him} a bag with {missing}.',
        'Then the {owner} said, "Thank you, {hero}. Take the {missing}."',
    )
    story.say(
        "{hero} ran home and made the best {made} in the world.",
        "At home, {hero} made the {made} with great care.",
        "{He} went home and worked on the {made} until night.",
    )
    story.close(
        'When {his} {relative} saw the {made}, {he} got a big hug. "I love it, {hero}!"',
        '"This is the best {made} of all!" said {his} {relative}. "Thank you, {hero}."',
        "At last, {hero} gave the {made} to {his} {relative}, and they were both very happy.",
    )


def fear(story):
    fear_of, deed, aid, effect = story.rng.choice(FEARS)
    story.slots.update(fear=fear_of, deed=deed, aid=aid)
    story.friend()
    story.say(
        "{hero} liked to play, but {he} was afraid of {fear}.",
        "But {hero} had a secret. {He} was afraid of {fear}.",
        "{He} was not afraid of anything but {fear}.",
    )
    story.paragraph()
    story.say(
        "{day}, {his} friend {friend}, a young {friend_kind}, came to visit.",
        "{day}, {hero} met a {friend_kind} named {friend}.",
        "{day}, a {friend_kind} named {friend} came to play.",
    )
    story.say(
        '"Let us {deed}!" said {friend}.',
        '"Do you want to {deed} with me?" asked {friend}.',
        '"Come, {hero}! Today we will {deed}," said {friend}.',
    )
    story.maybe(
        "{hero} shook {his} head and looked at the ground.",
        "{hero} did not know what to say.",
        "{His} legs felt weak, and {he} wanted to go home.",
    )
    story.say(
        '"I cannot do it," {he} said. "I am afraid of {fear}."',
        '"I am too afraid," said {hero} in a small voice.',
        '"No," said {hero}. "I am afraid."',
    )
    story.paragraph()
    story.say(
        "Then {friend} took {his} {hand} and did not laugh.",
        "Then {friend} smiled and sat down next to {him}.",
    )
    story.say(
        '"I was afraid once, too," said {friend}. "I have a {aid} for you."',
        '"It is fine to be afraid," said {friend}. "We can take a {aid}."',
        '"We will go slowly," said {friend}. "This {aid} will help us."',
    )
    story.say(
        "So {hero} took a deep breath and tried to {deed}.",
        "{hero} closed {his} eyes and thought about it. Then {he} said yes.",
        "First {hero} took one small step. Then {he} took one more.",
    )
    story.say(effect, effect + " {friend} stayed close to {him}.")
    story.maybe(
        '"Look at me! I did it!" cried {hero}.',
        '"I did it, {friend}!" said {hero}.',
        "{hero} laughed, because it was not so bad at all.",
    )
    story.maybe(
        '"You are very brave, {hero}," said {friend}.',
        '"I knew you could do it," said {friend}.',
        "{friend} clapped and danced with joy.",
    )
    story.close(
        "From that day on, {hero} was not afraid of {fear} any more.",
        "After that, {hero} and {friend} did it again every day.",
        "When {hero} came home, {his} {relative} was very proud of {him}.",
    )


def quarrel(story):
    story.choose("thing", sorted(SHARED))
    story.slots["mend"] = SHARED[story.slots["thing"]]
    story.friend()
    story.say(
        "{His} best friend was a {friend_kind} named {friend}.",
        "{He} had a friend named {friend}, who was a {friend_kind}.",
        "{hero} often played with a {friend_kind} named {friend}.",
    )
    story.paragraph()
    story.say(
        "{day}, the two friends found a {color} {thing} in the {place}.",
        "{day}, {hero} and {friend} saw a {color} {thing} in the {place}.",
        "{day}, {his} {relative} gave them a {color} {thing}.",
    )
    story.say(
        '"It is mine!" said {hero}. "No, it is mine!" said {friend}.',
        '"I want to play with it first," said {friend}. "No, me first!" said {hero}.',
        "{hero} wanted the {thing}, and {friend} wanted it too.",
    )
    story.say(
        "{hero} pulled and {friend} pulled, and the {thing} broke.",
        "They both pulled hard. Crack! The {thing} broke in two.",
        "They pulled and pulled until the {thing} fell down and broke.",
    )
    story.maybe(
        "Now nobody could play, and they were both sad.",
        "{friend} began to cry, and {hero} felt very bad.",
        "{hero} was angry and went home alone.",
    )
    story.paragraph()
    story.say(
        'Then {his} {relative} said, "You can fix it with some {mend}."',
        'Soon, {his} {relative} came and said, "What you need is some {mend}."',
        "Then {hero} had an idea. At home, there was some {mend}.",
    )
    story.say(
        '{hero} went to {friend} and said, "I am sorry. Let us fix it together."',
        '"I am sorry, {friend}," said {hero}. "Will you help me fix the {thing}?"',
        '"Please do not be sad, {friend}," said {hero}. "We can fix the {thing}."',
    )
    story.maybe(
        '"I am sorry, too," said {friend}. "Yes, let us try."',
        "{friend} smiled and said yes.",
        '"That is a good idea, {hero}," said {friend}.',
    )
    story.maybe(
        "They took the {mend} and worked all afternoon.",
        "{hero} held the {thing}, and {friend} used the {mend}.",
        "They worked side by side with the {mend}, and nobody was angry.",
    )
    story.say(
        "At last, the {color} {thing} was as good as new.",
        "When they were done, the {thing} looked even better than before.",
        "Soon the {thing} was not broken any more.",
    )
    story.maybe(
        '"You can have it first," said {hero}. "No, you first," said {friend}, and they laughed.',
        "First {hero} played with it, and then it was the turn of {friend}.",
        '"We can share it," said {friend}.',
    )
    story.close(
        "From that day on, {hero} and {friend} shared all their toys.",
        "After that, the two friends were never angry for long.",
        "Then they played with the {thing} until the sun went down.",
    )


def seed(story):
    plant, gift = story.rng.choice(SEEDS)
    story.slots.update(plant=plant, gift=gift)
    story.choose("helper", ["snail", "worm", "bee", "toad", "gardener", "farmer"])
    story.choose("helper_adj", HELPER_ADJECTIVES)
    story.maybe(
        "{He} loved all green things.",
        "{hero} liked to dig in the ground and play in the sun.",
        "{He} wanted to have a garden of {his} own.",
    )
    story.paragraph()
    story.say(
        "{day}, {his} {relative} gave {him} a small {color} seed.",
        "{day}, {hero} found a little {color} seed in the {place}.",
        "{day}, the wind brought a tiny {color} seed to {hero}.",
    )
    story.maybe(
        '"This will be a {plant}," said {hero}.',
        '"I will grow a {plant}," {he} said.',
        "It was the seed of a {plant}.",
    )
    story.say(
        "{He} put it in the ground and gave it some water.",
        "{hero} made a hole in the ground and put the seed in it.",
    )
    story.say(
        "The next day, {he} ran to look, but nothing was there.",
        "{He} waited one day, two days, and three days, but nothing came up.",
        "Every morning {he} looked at the ground, but there was no {plant}.",
    )
    story.maybe(
        '"My seed does not like me," said {hero} and began to cry.',
        "{hero} was sad and wanted to give up.",
        '"Why does it not grow?" {he} asked.',
    )
    story.paragraph()
    story.say(
        "Just then, a {helper_adj} {helper} came by and saw {hero}.",
        "Soon, a {helper_adj} {helper} came to the garden.",
        "Then a {helper_adj} {helper} looked over the wall.",
    )
    story.say(
        '"You must wait," said the {helper}. "Good things take time."',
        '"A seed is slow like me," said the {helper}. "Give it water and wait."',
        '"Do not give up," said the {helper}. "It is only sleeping."',
    )
    story.maybe(
        "So {hero} gave it water every day and sang to it.",
        "So {hero} waited. There was rain, and there was sun.",
        "{hero} said thank you and took good care of the seed.",
    )
    story.say(
        "Then, one warm morning, there was a small green leaf!",
        "After many days, a tiny leaf came out of the ground.",
        "At last, {he} saw something green and jumped with joy.",
    )
    story.say(
        "It grew and grew until it was a beautiful {plant}.",
        "The leaf grew bigger and bigger, and soon it was a tall {plant}.",
        "By the end of summer, it was the best {plant} in the {place}.",
    )
    story.maybe(
        '"You were right!" said {hero} to the {helper}.',
        '"Look what we made!" {he} told the {helper}.',
        "The {helper} came to see it and was very proud of {hero}.",
    )
    story.close(
        "From that day on, {hero} shared the {gift} with all {his} friends.",
        "After that, {hero} gave some {gift} to the {helper} and to {his} {relative}.",
        "When {his} {relative} came home, they had a party with {gift}.",
    )


def lost_way(story):
    story.choose("chased", CHASED)
    story.choose("guide", sorted(GUIDES))
    story.choose("helper_adj", HELPER_ADJECTIVES)
    story.slots["skill"] = GUIDES[story.slots["guide"]]
    story.maybe(
        "{hero} always wanted to see new things.",
        "{He} loved to run and play outside.",
        '{His} {relative} always said, "Do not go too far, {hero}."',
    )
    story.paragraph()
    story.say(
        "{day}, {hero} saw a {color} {chased} and ran after it.",
        "{day}, a {color} {chased} flew by, and {he} wanted to catch it.",
        "{day}, {hero} was in the {place} when {he} saw a {color} {chased}.",
    )
    story.maybe(
        "The {chased} went over the hill and into the woods, and {hero} went too.",
        "{He} went past the {place}, over a stream, and into the deep woods.",
        "{hero} followed the {chased} for a long, long time.",
    )
    story.say(
        "Then the {chased} was gone, and {he} was all alone.",
        "When {hero} looked around, {he} did not know where {he} was.",
        "But soon all the trees looked the same, and {hero} was lost.",
    )
    story.maybe(
        "The sun went down, and it was dark and cold.",
        "Night came, and the stars came out one by one.",
        "It began to rain, and the wind was loud.",
    )
    story.maybe(
        '"I want to go home," cried {hero}.',
        "{hero} sat down under a tree and felt very small.",
        '"Is anybody there?" called {hero}.',
    )
    story.paragraph()
    story.say(
        "Just then, {he} heard a voice. It was a {helper_adj} {guide}.",
        "Soon, a {helper_adj} {guide} came out of the trees.",
        "Then a {helper_adj} {guide} came close and looked at {him}.",
    )
    story.say(
        '"Are you lost?" asked the {guide}.',
        '"Why are you here so late?" asked the {guide}.',
        '"Do not be afraid," said the {guide}. "Where do you live?"',
    )
    story.say(
        '"Yes, I ran after a {chased}," said {hero}. "Now I cannot find my house."',
        '"I live {home}," said {hero}. "But I do not know the way."',
        '"I do not know how to get home," said {hero}.',
    )
    story.say(
        '"I can show you the way," said the {guide}. "Stay close to me."',
        '"Then come with me," said the {guide}. "It is not far."',
    )
    story.say(
        "The {guide} {skill}, and {hero} walked behind.",
        "The {guide} {skill}, so {hero} was not afraid any more.",
    )
    story.maybe(
        "They walked and talked until {he} saw a light in the window.",
        "After a while, {hero} could see {his} own door.",
        "At last, they came to the place that {hero} knew so well.",
    )
    story.close(
        "When {his} {relative} saw {him}, they hugged for a long time.",
        '"There you are!" cried {his} {relative} and gave {him} warm soup.',
        "From that day on, {hero} never went so far alone, but {he} often met the {guide}.",
    )


def newcomer(story):
    story.friend()
    story.choose("gift", ["cake", "basket", "flower", "song", "lantern", "blanket", "pie", "hat"])
    story.choose("game", ["hide and seek", "catch", "ball", "music", "a new game"])
    story.maybe(
        "{hero} had many friends and played with them in the {place}.",
        "{He} was good at games and loved to play {game}.",
        "{hero} knew everyone who lived there.",
    )
    story.paragraph()
    story.say(
        "{day}, a {friend_kind} named {friend} came to live there.",
        "{day}, somebody new came. It was a {friend_kind} named {friend}.",
        "{day}, {hero} saw a {friend_kind} who was all alone. It was {friend}.",
    )
    story.say(
        "Nobody played with {friend}, because nobody knew what to say.",
        "{friend} sat by the wall and looked at the others.",
        "All the others played {game}, but {friend} only watched.",
    )
    story.maybe(
        "{hero} saw it and felt sad.",
        '"That is not right," thought {hero}.',
        '"It is hard to be new," said {hero} to {his} {relative}.',
    )
    story.maybe(
        '"Maybe you can bring a {gift}," said {his} {relative}.',
        "{He} thought about it all night. Then {he} had an idea.",
        '{His} {relative} said, "A kind word can help."',
    )
    story.paragraph()
    story.say(
        "Then {hero} took a {color} {gift} and went to the new house.",
        "The next day, {hero} made a {color} {gift} and took it to {friend}.",
        "Soon, {hero} knocked on the door with a {color} {gift}.",
    )
    story.say(
        '"Hello, {friend}," said {hero}. "This {gift} is for you."',
        '"Welcome!" said {hero}. "I have a {gift} for you, {friend}."',
        '"My name is {hero}," {he} said. "I want to be your friend."',
    )
    story.say(
        "{friend} looked at the {gift} and smiled for the first time.",
        '"For me?" asked {friend}. "It is so beautiful!"',
        '"Thank you," said {friend}. "I was so lonely."',
    )
    story.say(
        '"Do you want to play {game}?" asked {hero}.',
        '"Come and play {game} with us," said {hero}.',
        '"Let us go to the {place} and play," said {hero}.',
    )
    story.maybe(
        "They ran out, and soon all the others came, too.",
        "{friend} was very good at it, and everyone was amazed.",
        "At first {friend} was shy, but then they laughed and laughed.",
    )
    story.maybe(
        "They played until it was time to go home.",
        '"I am glad that you came to live here," said {hero}.',
        "Now {friend} was not alone any more.",
    )
    story.close(
        "From that day on, {hero} and {friend} were best friends.",
        "After that, {friend} had as many friends as {hero}.",
        'When {hero} went home, {friend} called, "Come back soon!"',
    )


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
