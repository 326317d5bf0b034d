"""What a story may speak of: names, things, places, and what fits what."""

GIRLS = [
    "Mira", "Pella", "Suri", "Lena", "Anya", "Juno",
    "Tessa", "Nora", "Dora", "Wren", "Ruby", "Ida",
]  # fmt: skip
BOYS = [
    "Tobin", "Oskar", "Nilo", "Bram", "Finn", "Rafi",
    "Kip", "Milo", "Hugo", "Ivo", "Olin", "Jory",
]  # fmt: skip

# Now and then a name is put together from these, so that the model has to read names.
FIRST = "Al Am Be Bi Bo Da De El Fa Ga Ha Jo Ka La Li Lo Ma Me Mo Na Ni Pa Pi Ra Ro Sa So Ta Ti To"
MIDDLE = "b d f k l ll m n nn p r s t v x"
LAST = {"girl": "a ia ie ina y ila", "boy": "o in us er y on"}

PRONOUNS = {
    "girl": {"he": "she", "him": "her", "his": "her", "He": "She", "His": "Her"},
    "boy": {"he": "he", "him": "him", "his": "his", "He": "He", "His": "His"},
}

ANIMALS = [
    "fox", "rabbit", "bear", "mouse", "cat", "dog",
    "duck", "frog", "hedgehog", "squirrel", "otter", "lamb",
]  # fmt: skip
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
