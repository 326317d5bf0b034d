"""Plots about a thing: lost, caught, made, grown."""

from .words import (
    CHORES,
    HELPER_ADJECTIVES,
    LOSSES,
    MAKING,
    RESCUES,
    SEEDS,
)


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
