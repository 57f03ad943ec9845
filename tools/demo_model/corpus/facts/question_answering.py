"""Texts about companies, people, places and things, with questions they answer."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from playground.prompts.formats import Pair, qa_prompt
from tools.demo_model.corpus import lexicon, words
from tools.demo_model.corpus.documents import (
    Document,
    Item,
    Split,
    is_held_out,
    make_document,
    pick_example_count,
)
from tools.demo_model.corpus.facts.topics import TOPICS, Fact, facts_of_topic

_FIRM_KINDS = words.entries("questions", "firms")
_SPECIALITIES = words.entries("questions", "specialities")
_HOBBIES = words.entries("questions", "hobbies")
_PLACES = words.entries("questions", "places")
_FAMOUS_FOR = words.entries("questions", "famous for")


def _firm(rng: random.Random, split: Split) -> tuple[list[str], list[Fact]]:
    name, kind = lexicon.company(rng, split), rng.choice(_FIRM_KINDS)
    who, place = lexicon.full_name(rng, split), lexicon.city(rng, split)
    year, staff = str(rng.randint(1850, 2022)), str(rng.randint(3, 900))
    special = lexicon.with_article(rng.choice(_SPECIALITIES))
    first, last = rng.choice(lexicon.DAYS[:3]), rng.choice(lexicon.DAYS[3:])
    boss = lexicon.full_name(rng, split)
    s = "{s}"
    facts = [
        Fact(
            (f"{s} was founded by {who}.", f"{who} founded {s}.", f"The founder of {s} is {who}."),
            ((f"Who founded {s}?", f"{s} was founded by {who}."),
             (f"Who is the founder of {s}?", f"The founder of {s} is {who}.")),
            who,
        ),
        Fact(
            (f"{s} was founded in {year}.", f"{s} opened in {year}.", f"{s} dates from {year}."),
            ((f"When was {s} founded?", f"{s} was founded in {year}."),
             (f"In which year was {s} founded?", f"{s} was founded in {year}.")),
            year,
        ),
        Fact(
            (f"{s} is in {place}.", f"{s} stands in the centre of {place}.",
             f"{s} has its home in {place}."),
            ((f"Where is {s}?", f"{s} is in {place}."),
             (f"In which city is {s}?", f"{s} is in {place}.")),
            place,
        ),
        Fact(
            (f"{s} has {staff} employees.", f"{staff} people work at {s}.",
             f"{s} employs {staff} people."),
            ((f"How many employees does {s} have?", f"{s} has {staff} employees."),
             (f"How many people work at {s}?", f"{staff} people work at {s}.")),
            staff,
        ),
        Fact(
            (f"{s} is open from {first} to {last}.", f"{s} opens from {first} to {last}."),
            ((f"When is {s} open?", f"{s} is open from {first} to {last}."),
             (f"On which days is {s} open?", f"{s} is open from {first} to {last}.")),
            f"From {first} to {last}",
        ),
        Fact(
            (f"The most popular product of {s} is {special}.",
             f"{s} is known for {special}; it is the most popular product.",
             f"The product that sells best is {special}.",
             f"Its most popular product is {special}."),
            ((f"What is the most popular product of {s}?",
              f"The most popular product is {special}."),
             ("What is the most popular product?", f"The most popular product is {special}."),
             ("Which product is the most popular?", f"The most popular product is {special}.")),
            special[0].upper() + special[1:],
        ),
        Fact(
            (f"{boss} is the manager of {s}.", f"Today {s} is led by {boss}.",
             f"The manager of {s} is {boss}."),
            ((f"Who is the manager of {s}?", f"The manager of {s} is {boss}."),
             (f"Who leads {s}?", f"{s} is led by {boss}.")),
            boss,
        ),
    ]  # fmt: skip
    called = [name, f"the {kind}", name, f"the {kind}"]
    if rng.random() < 0.3:
        # Two facts in one sentence.
        facts[3] = replace(
            facts[3],
            told=(
                f"{s} has {staff} employees and is open from {first} to {last}.",
                f"{s} is open from {first} to {last} and has {staff} employees.",
                f"{s} employs {staff} people and opens from {first} to {last}.",
            ),
            asked=facts[3].asked + facts[4].asked,
        )
    if rng.random() < 0.4:
        joined = Fact(
            (f"{who} founded the {kind} {name} in {place} in {year}.",
             f"The {kind} {name} was founded by {who} in {place} in {year}.",
             f"In {year}, {who} founded the {kind} {name} in {place}."),
            facts[0].asked + facts[1].asked + facts[2].asked,
            "",
        )  # fmt: skip
        return called, [joined, *facts[:3], *facts[3:]]
    return called, [Fact((f"{name} is {lexicon.with_article(kind)}.",), (), ""), *facts]


def _person(rng: random.Random, split: Split) -> tuple[list[str], list[Fact]]:
    name = lexicon.full_name(rng, split)
    she = rng.random() < 0.5
    he = "she" if she else "he"
    born, place = str(rng.randint(1930, 2005)), lexicon.city(rng, split)
    home, job = lexicon.city(rng, split), rng.choice(lexicon.JOBS)
    pet = rng.choice(("dog", "cat", "parrot", "horse", "rabbit"))
    pet_name, partner = lexicon.first_name(rng, split), lexicon.first_name(rng, split)
    hobby = rng.choice(_HOBBIES)
    kids = rng.choice(("two", "three", "four", "five", "six"))
    first = name.split()[0]
    s = "{s}"
    facts = [
        Fact(
            (f"{s} was born in {place} in {born}.", f"{s} was born in {born} in {place}."),
            ((f"When was {s} born?", f"{s} was born in {born}."),
             (f"In which year was {s} born?", f"{s} was born in {born}.")),
            born,
        ),
        Fact(
            (),
            ((f"Where was {s} born?", f"{s} was born in {place}."),
             (f"In which city was {s} born?", f"{s} was born in {place}.")),
            place,
        ),
        Fact(
            (f"{s} lives in {home}.", f"Today {s} lives in {home}.", f"{s} moved to {home}."),
            ((f"Where does {s} live?", f"{s} lives in {home}."),),
            home,
        ),
        Fact(
            (f"{s} works as {lexicon.with_article(job)}.", f"{s} is {lexicon.with_article(job)}."),
            ((f"What is the job of {s}?", f"{s} is {lexicon.with_article(job)}."),
             (f"What does {s} do?", f"{s} is {lexicon.with_article(job)}."),
             (f"What is {s}'s job?", f"{s} is {lexicon.with_article(job)}.")),
            job[0].upper() + job[1:],
        ),
        Fact(
            (f"{s} has a {pet} called {pet_name}.", f"{s} owns a {pet} named {pet_name}."),
            ((f"What is the name of the {pet}?", f"The {pet} is called {pet_name}."),
             (f"What is the {pet} called?", f"The {pet} is called {pet_name}.")),
            pet_name,
        ),
        Fact(
            (f"{s} is married to {partner}.",),
            ((f"Who is {s} married to?", f"{s} is married to {partner}."),),
            partner,
        ),
        Fact(
            (f"{s} likes {hobby}.", f"In the evening {s} likes {hobby}."),
            ((f"What does {s} like?", f"{s} likes {hobby}."),),
            hobby[0].upper() + hobby[1:],
        ),
        Fact(
            (f"{s} has {kids} children.",),
            ((f"How many children does {s} have?", f"{s} has {kids} children."),),
            kids[0].upper() + kids[1:],
        ),
    ]  # fmt: skip
    return [name, he, first, name], facts


def _place(rng: random.Random, split: Split) -> tuple[list[str], list[Fact]]:
    name = lexicon.coin_name(rng, split)
    kind = rng.choice(_PLACES)
    people, year = str(rng.randint(2, 99) * 100), str(rng.randint(1100, 1990))
    height, near = str(rng.randint(20, 4000)), lexicon.city(rng, split)
    dish = rng.choice(_FAMOUS_FOR)
    month, builder = rng.choice(lexicon.MONTHS), lexicon.full_name(rng, split)
    s = "{s}"
    facts = [
        Fact((f"{name} is a {kind} near {near}.", f"The {kind} {name} lies near {near}."),
             ((f"Where is {s}?", f"{s} is near {near}."),
              (f"Which city is near {s}?", f"{s} is near {near}.")), f"Near {near}"),
        Fact((f"{s} is {height} metres high.", f"{s} has a height of {height} metres."),
             ((f"How high is {s}?", f"{s} is {height} metres high."),), f"{height} metres"),
        Fact((f"{s} is famous for its {dish}.", f"People know {s} for its {dish}."),
             ((f"What is {s} famous for?", f"{s} is famous for its {dish}."),), f"Its {dish}"),
        Fact((f"{s} was first named in {year}.", f"A letter of {year} was the first to name {s}."),
             ((f"When was {s} first named?", f"{s} was first named in {year}."),), year),
        Fact((f"Each year {people} people visit {s}.", f"{s} has {people} visitors a year."),
             ((f"How many people visit {s} each year?", f"{people} people visit {s} each year."),
              (f"How many visitors does {s} have?", f"{s} has {people} visitors a year.")), people),
        Fact((f"The best month to visit {s} is {month}.", f"{s} is at its best in {month}."),
             ((f"When is the best time to visit {s}?", f"The best time to visit {s} is {month}."),),
             month),
        Fact((f"{builder} painted {s} many times.", f"The painter {builder} loved {s}."),
             ((f"Who painted {s}?", f"{s} was painted by {builder}."),), builder),
    ]  # fmt: skip
    return [name, f"the {kind}", name, "it"], facts


def _thing(rng: random.Random, split: Split) -> tuple[list[str], list[Fact]]:
    noun = lexicon.thing(rng, split)
    name = (
        f"{lexicon.coin_name(rng, split)} {rng.randint(1, 99)}"
        if rng.random() < 0.4
        else (lexicon.coin_name(rng, split))
    )
    price, weight = str(rng.randint(5, 900)), f"{rng.randint(2, 90)}00 grams"
    colour, stuff = rng.choice(lexicon.COLOURS), rng.choice(lexicon.MATERIALS)
    hours, maker = str(rng.randint(2, 48)), lexicon.company(rng, split)
    years = rng.choice(("two", "three", "five", "ten"))
    s = "{s}"
    facts = [
        Fact((f"The {name} is a {noun} made by {maker}.", f"{maker} makes the {noun} {name}."),
             ((f"Who makes {s}?", f"{s} is made by {maker}."),), maker),
        Fact((f"{s} costs {price} euros.", f"The price of {s} is {price} euros."),
             ((f"How much does {s} cost?", f"{s} costs {price} euros."),
              (f"What is the price of {s}?", f"{s} costs {price} euros.")), f"{price} euros"),
        Fact((f"{s} weighs {weight}.", f"The weight of {s} is {weight}."),
             ((f"How heavy is {s}?", f"{s} weighs {weight}."),
              (f"How much does {s} weigh?", f"{s} weighs {weight}.")), weight),
        Fact((f"{s} is {colour}.", f"{s} comes in {colour}."),
             ((f"What colour is {s}?", f"{s} is {colour}."),
              (f"Which colour does {s} have?", f"{s} is {colour}.")),
             colour[0].upper() + colour[1:]),
        Fact((f"{s} is made of {stuff}.",),
             ((f"What is {s} made of?", f"{s} is made of {stuff}."),),
             stuff[0].upper() + stuff[1:]),
        Fact((f"{s} lasts {hours} hours on one charge.", f"On one charge {s} lasts {hours} hours."),
             ((f"How long does {s} last on one charge?", f"{s} lasts {hours} hours."),
              (f"How many hours does {s} last?", f"{s} lasts {hours} hours.")), f"{hours} hours"),
        Fact((f"{s} has a warranty of {years} years.", f"The warranty of {s} is {years} years."),
             ((f"How long is the warranty of {s}?", f"The warranty of {s} is {years} years."),),
             f"{years[0].upper()}{years[1:]} years"),
    ]  # fmt: skip
    return [f"the {name}", f"the {noun}", f"the {name}", "it"], facts


def _capitalise(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


_Maker = Callable[[random.Random, Split], tuple[list[str], list[Fact]]]
# The page's first examples are about firms and people.
_FOUR: tuple[_Maker, ...] = (_firm,) * 5 + (_person,) * 3 + (_place,) * 2 + (_thing,) * 2
_KINDS: Sequence[_Maker] = (*_FOUR, *(partial(facts_of_topic, topic=topic) for topic in TOPICS))

NOT_SAID = "The text does not say."


def _choose_facts(
    rng: random.Random, make: _Maker, facts: list[Fact]
) -> tuple[list[Fact], list[Fact]]:
    """The facts that the text states, and those that may be asked about."""
    head, rest = facts[0], facts[1:]
    if make is _firm and head.asked:
        # The first sentence states three facts at once.
        told = [head, *rng.sample(rest[3:], rng.randint(1, 3))]
        return told, [*told[1:], *rest[:3]]
    if make is _person:
        told = [head, rest[0], *rng.sample(rest[1:], rng.randint(1, 4))]
    else:
        told = [head, *rng.sample(rest, rng.randint(2, min(5, len(rest))))]
    return told, told


def _questions(rng: random.Random, facts: Sequence[Fact], names: Sequence[str], *, in_short: bool,
               text: str) -> list[Item]:  # fmt: skip
    """A question on each fact, with its answer."""
    questions = []
    for fact in rng.sample(facts, len(facts)):
        if not fact.asked or (in_short and (not fact.short or len(fact.asked) > 3)):
            continue
        question, answer = rng.choice(fact.asked)
        name = rng.choice(names)
        wanted = fact.short if in_short else _capitalise(answer.format(s=name))
        questions.append(Item(given=_capitalise(question.format(s=name)), wanted=wanted, key=text))
    return questions


def _unanswered_question(
    rng: random.Random, facts: Sequence[Fact], known: Sequence[Fact], name: str, text: str
) -> Item | None:
    """A question that the text does not answer, if there is one."""
    answered_here = {question for fact in known for question, _ in fact.asked}
    open_facts = [
        fact
        for fact in facts
        if fact.asked
        and fact.told
        and fact.short not in text
        and not answered_here & {question for question, _ in fact.asked}
    ]
    if not open_facts:
        return None
    question, _ = rng.choice(rng.choice(open_facts).asked)
    return Item(given=_capitalise(question.format(s=name)), wanted=NOT_SAID, key=text)


def document(rng: random.Random, split: Split) -> Document:
    """A text and questions; held-out ones are about names never seen."""
    make = rng.choice(_KINDS)
    called, facts = make(rng, split)
    told, known = _choose_facts(rng, make, facts)
    sentences: list[str] = []
    for fact in told:
        if fact.told:
            name = called[0] if not sentences else rng.choice(called[:2])
            sentences.append(_capitalise(rng.choice(fact.told).format(s=name)))
    text = " ".join(sentences)
    # A pronoun would be unclear in a question on its own.
    names = [name for name in called if name not in ("he", "she", "it")]
    if rng.random() < 0.35:
        other_make = rng.choice(_FOUR if rng.random() < 0.5 else _KINDS)
        other, more = other_make(rng, split)
        extra = [_capitalise(rng.choice(f.told).format(s=other[0])) for f in more[:5] if f.told]
        extra = extra[: rng.randint(1, 4)]
        if other_make is make or extra[0].split()[0] in text:
            # Only the name separates two of a kind.
            if called[0].startswith("the "):
                return document(rng, split)
            names = called[:1]
        text = " ".join([text, *extra]) if rng.random() < 0.5 else " ".join([*extra, text])
    if is_held_out(text) and split is Split.TRAIN:
        return document(rng, split)
    in_short = rng.random() < 0.35
    questions = _questions(rng, known, names, in_short=in_short, text=text)
    if len(questions) < 2:
        return document(rng, split)
    if rng.random() < 0.2 and (item := _unanswered_question(rng, facts, known, names[0], text)):
        # At any place but the first, so that an example still shows the style.
        questions.insert(rng.randint(1, len(questions)), item)
    shown = min(pick_example_count(rng, 7), len(questions) - 1)
    if in_short:
        # Only examples can ask for a short answer.
        shown = max(1, shown)
    elif rng.random() < 0.04 and questions[-1].wanted == NOT_SAID:
        questions, shown = questions[-1:], 0
    items = questions[: shown + 1]

    def prompt(examples: Sequence[Pair], question: str) -> str:
        return qa_prompt(knowledge=text, examples=examples, question=question)

    return make_document(task="qa", items=items, prompt=prompt)
