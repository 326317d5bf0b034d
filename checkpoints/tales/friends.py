"""Plots about a feeling, or somebody else."""

from .words import (
    CHASED,
    FEARS,
    GUIDES,
    HELPER_ADJECTIVES,
    SHARED,
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
