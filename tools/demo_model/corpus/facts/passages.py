"""Plain passages: messages to a shop, reviews, companies, titles for a blog, short stories."""

import random

from tools.demo_model.corpus import lexicon, words
from tools.demo_model.corpus.documents import Split

_SITUATIONS = {
    kind: words.lines("prose", f"situation: {kind}")
    for kind in words.section_names("prose", "situation")
}
_KIN = words.entries("prose", "kin")
_WHEN = words.entries("prose", "when")
_SEASONS = words.entries("prose", "seasons")
_PARTS = words.entries("prose", "parts")
_PLANTS = ("fern", "orchid", "cactus", "rose", "palm")
_GOODS = tuple(word for word in lexicon.PRODUCTS if word not in _PLANTS)
_LINES = {
    name: words.lines("prose", name)
    for name in (
        "firm openings", "firm facts", "firm closings", "titles for a blog", "titles before",
        "hellos", "goodbyes", "review starts good", "review good", "review ends good",
        "review starts bad", "review bad", "review ends bad", "turns",
    )
}  # fmt: skip


def plural(noun: str) -> str:
    """The plural of a thing that can be bought."""
    if noun.endswith(("s", "x", "ch", "sh", "z")):
        return f"{noun}es"
    if noun.endswith("knife"):
        return f"{noun[:-2]}ves"
    if noun.endswith("shelf"):
        return f"{noun[:-1]}ves"
    if noun == "mouse":
        return "mice"
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"


class _Facts(dict[str, str]):
    """What fills the gaps of a passage: the same thing and company all through it."""

    def __init__(self, rng: random.Random) -> None:
        word = lexicon.pick(rng, _GOODS, Split.TRAIN)
        super().__init__(
            w=word,
            a=lexicon.with_article(word),
            many=plural(word),
            c=lexicon.company(rng, Split.TRAIN),
            city=lexicon.city(rng, Split.TRAIN),
            other=lexicon.city(rng, Split.TRAIN),
            name=lexicon.first_name(rng, Split.TRAIN),
            season=rng.choice(_SEASONS),
        )
        self.rng = rng

    def fill(self, line: str) -> str:
        """A line with its gaps filled; numbers and similar values are drawn again for each line."""
        rng = self.rng
        return line.format(
            **self,
            d=rng.randint(2, 20),
            n=rng.choice(("two", "three", "four", "five", "six", "ten")),
            years=rng.choice(("two", "three", "five", "ten")),
            year=rng.randint(1890, 2020),
            price=rng.randint(4, 300),
            day=rng.choice(lexicon.DAYS),
            when=rng.choice(_WHEN),
            kin=rng.choice(_KIN),
            colour=rng.choice(lexicon.COLOURS),
            part=rng.choice(_PARTS),
        )

    def one(self, name: str) -> str:
        """A line of a section."""
        return self.fill(self.rng.choice(_LINES[name]))

    def some(self, name: str, count: int) -> list[str]:
        """Different lines of a section."""
        return [self.fill(line) for line in self.rng.sample(_LINES[name], count)]


def message(rng: random.Random) -> str:
    """A customer's message of a few sentences."""
    facts = _Facts(rng)
    lines = _SITUATIONS[rng.choice(sorted(_SITUATIONS))]
    opening = rng.choice([line for line in lines if line[0] not in "<>"])
    details = rng.sample([line[2:] for line in lines if line[0] == ">"], rng.choice((0, 1, 1, 2)))
    asked = [line[2:] for line in lines if line[0] == "<"]
    sentences = [opening, *details, *rng.sample(asked, rng.choice((1, 1, 1, 2)))]
    text = " ".join(facts.fill(line) for line in sentences)
    if rng.random() < 0.5:
        hello = facts.one("hellos")
        if hello.endswith(",") and not text.startswith(("I ", "I'")):
            text = text[0].lower() + text[1:]
        text = f"{hello} {text}"
    if rng.random() < 0.35:
        text = f"{text} {facts.one('goodbyes')}"
    return text if rng.random() < 0.9 else text.lower()


def review(rng: random.Random) -> str:
    """A customer's opinion of a thing, with reasons; sometimes good and bad together."""
    facts = _Facts(rng)
    view = rng.choice(("good", "bad"))
    parts = [facts.one(f"review starts {view}"), *facts.some(f"review {view}", rng.randint(1, 3))]
    if rng.random() < 0.25:
        turn, other = facts.one("turns"), facts.one(f"review {'bad' if view == 'good' else 'good'}")
        if not other.startswith(("I ", "I'")):
            other = other[0].lower() + other[1:]
        parts.append(f"{turn} {other}")
    if rng.random() < 0.6:
        parts.append(facts.one(f"review ends {view}"))
    return " ".join(parts)


def firm(rng: random.Random) -> str:
    """A company and its business."""
    facts = _Facts(rng)
    lines = [f"{line}." for line in facts.some("firm facts", rng.randint(2, 4))]
    return " ".join([facts.one("firm openings"), *lines, facts.one("firm closings")])


def titles(rng: random.Random) -> str:
    """A company's opening line and titles of posts that fit it."""
    facts = _Facts(rng)
    mark = rng.choice(("- ", "* ", "", "{n}. "))
    listed = facts.some("titles for a blog", rng.randint(3, 6))
    marks = [mark.format(n=index) for index in range(1, len(listed) + 1)]
    rows = [f"{one}{line[0].upper()}{line[1:]}" for one, line in zip(marks, listed, strict=True)]
    return "\n".join([facts.one("firm openings"), facts.one("titles before"), *rows])


def story(rng: random.Random) -> str:
    """Four sentences about a person, or about a company of the past."""
    split = Split.TRAIN
    name, place = lexicon.first_name(rng, split), lexicon.city(rng, split)
    job, thing = rng.choice(lexicon.JOBS), lexicon.thing(rng, split)
    friend, day = lexicon.first_name(rng, split), rng.choice(lexicon.DAYS)
    she, her = rng.choice((("She", "her"), ("He", "his")))
    a = lexicon.with_article(thing)
    return " ".join(
        (
            rng.choice((f"{name} worked as {lexicon.with_article(job)} in {place}.",
                        f"Once there was {lexicon.with_article(job)} in {place} called {name}.",
                        f"{name}, {lexicon.with_article(job)}, lived alone in {place}.")),
            rng.choice((f"One {day} {she.lower()} found {a} in front of {her} door.",
                        f"On {day} {her} friend {friend} gave {her} neighbour {a}.",
                        f"Every {day} {she.lower()} met {friend} in the park.",
                        f"In winter {she.lower()} lost {her} {thing} on the way home.")),
            rng.choice((f'"What a beautiful {thing}!" said {friend}.',
                        f"{friend} smiled and said nothing.",
                        f"{friend} asked many questions.",
                        f'"Let us have a cup of tea," said {friend}.')),
            rng.choice((f"{she} took it home and put it on the table.",
                        "They walked along the river until it was dark.",
                        f"{she} told the story to everybody in {place}.",
                        f"{she} never forgot that day.")),
        )
    )  # fmt: skip


_KINDS = (message, message, message, review, review, review, firm, titles, titles, story)


def passage(rng: random.Random) -> str:
    """A passage of one of the kinds."""
    make = rng.choice(_KINDS)
    return make(rng)
