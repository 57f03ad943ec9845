"""Support chats whose agent answers from the facts in the setting."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from playground.prompts.formats import AGENT, CUSTOMER, Turn, chat_prompt
from tools.demo_model.corpus import lexicon, words
from tools.demo_model.corpus.documents import Document, Split, is_held_out
from tools.demo_model.corpus.facts.policies import facts_of

_BUSINESS = words.lines("chat", "businesses")
_OPENINGS = words.lines("chat", "openings")
_MANNERS = (*words.lines("chat", "manners"), "")
# Questions about a kind of fact; the last line of a section is the answer.
QUESTIONS = {
    kind: words.lines("chat", f"ask: {kind}") for kind in words.section_names("chat", "ask")
}


@dataclass
class Scene:
    """The facts of one conversation."""

    rng: random.Random
    split: Split
    facts: dict[str, tuple[str, str]] = field(default_factory=dict)
    item: str = ""
    number: str = ""
    asked_number: bool = False

    def one(self, *options: str) -> str:
        """One of several wordings."""
        return self.rng.choice(options)


Reply = tuple[str, str, tuple[str, ...]]
"""What the customer says, what the agent answers, what the answer must contain."""

_UNKNOWN = "I am not sure about that. I will ask a colleague and write to you today."


def _greeting(scene: Scene) -> str:
    return scene.one(
        "Hello, ",
        "Hi, ",
        "Good morning, ",
        "Hi there, ",
        "",
        "",
        "Good evening, ",
        "Hey, ",
        "Dear team, ",
    )


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


_SHORT = (
    ("please", "pls"), ("you", "u"), ("thanks", "thx"), ("arrived", "arived"), ("order", "oder"),
    ("received", "recieved"), ("because", "bc"), ("tomorrow", "tmrw"), ("do not", "dont"),
    ("does not", "doesnt"), ("I am", "im"), ("has not", "hasnt"), ("cannot", "cant"),
)  # fmt: skip


def _casual(rng: random.Random, said: str) -> str:
    """A customer's sentence as many people type:

    no capitals, little punctuation, sometimes a typing error.
    """
    sort = rng.random()
    if sort < 0.72:
        return said
    text = said
    if sort > 0.9:
        for right, short in rng.sample(_SHORT, 4):
            text = re.sub(rf"\b{right}\b", short, text)
    if rng.random() < 0.8:
        text = text[0].lower() + text[1:]
        text = text.replace("I ", "i ") if rng.random() < 0.5 else text
    if rng.random() < 0.7:
        text = text.rstrip(".?!") if rng.random() < 0.7 else f"{text.rstrip('.!')} "
    if rng.random() < 0.15:
        text = f"{rng.choice(('hey', 'hi', 'hello', 'sorry', 'ok', 'one more thing:'))} {text}"
    return text.strip()


def _problem(scene: Scene) -> tuple[str, str, Callable[[Scene], tuple[str, tuple[str, ...]]]]:
    """An opening about an order: words of the customer, of the agent, and the solution."""
    thing, when = scene.item, scene.one("last week", "two weeks ago", "on Monday", "ten days ago")
    ask = "Could you give me your order number, please?"
    kind = scene.rng.choice(("late", "late", "broken", "wrong", "cancel", "address", "refund"))
    if kind == "late":
        opening = scene.one(
            f"I ordered {lexicon.with_article(thing)} {when} and it has not arrived yet.",
            f"my {thing} has not arrived yet.",
            f"where is my {thing}? I ordered it {when}.",
            f"I am still waiting for my {thing}.",
            f"I bought {lexicon.with_article(thing)} {when}, but nothing has come.",
            f"my order is late. It is {lexicon.with_article(thing)}.",
            "my order has not arrived yet.",
            "when will my order arrive?",
            f"is there any news about my {thing}?",
            f"I have been waiting for my {thing} for days.",
            f"the tracking page says nothing about my {thing}.",
            f"any news of my order? It is {lexicon.with_article(thing)}.",
            "where is my parcel?",
        )
        return opening, f"I am sorry about the delay. {ask}", _solve_late
    if kind == "broken":
        opening = scene.one(
            f"the {thing} that I bought is broken.",
            f"my {thing} arrived broken.",
            f"my new {thing} does not work.",
            f"the {thing} arrived damaged.",
            f"there is a scratch on my {thing}.",
            f"my {thing} stopped working after a day.",
            f"a part of my {thing} is missing.",
            f"the {thing} fell apart.",
            f"there is a crack in the {thing}.",
            f"I bought {lexicon.with_article(thing)} {when} and it is broken.",
        )
        return opening, f"I am sorry to hear that. {ask}", _solve_broken
    if kind == "wrong":
        other = lexicon.product(scene.rng, Split.TRAIN)
        opening = scene.one(
            f"I ordered {lexicon.with_article(thing)} but got {lexicon.with_article(other)}.",
            f"you sent me the wrong {thing}.",
            f"I received {lexicon.with_article(other)} instead of {lexicon.with_article(thing)}.",
            f"this is not the {thing} that I ordered.",
        )
        return opening, f"I am sorry about the mix-up. {ask}", _solve_wrong
    if kind == "cancel":
        opening = scene.one(
            "I would like to cancel my order.",
            f"I want to cancel the order for my {thing}.",
            "can I cancel my order?",
            f"please cancel my {thing}, I do not need it any more.",
            "I changed my mind and want to cancel.",
            f"I ordered {lexicon.with_article(thing)} by mistake. Please cancel it.",
        )
        return opening, f"Of course. {ask}", _solve_cancel
    if kind == "address":
        opening = scene.one(
            "I moved and need to change my address.",
            "can I change the delivery address?",
            "I gave you the wrong address.",
            "please send my order to another address.",
            "I have a new address.",
            f"I would like my {thing} to go to another address.",
        )
        return opening, f"No problem. {ask}", _solve_address
    opening = scene.one(
        f"I sent my {thing} back {when} and have not seen the money yet.",
        "where is my refund?",
        f"I have not got the money for my {thing} yet.",
        f"you have my {thing} back, but I have no refund.",
        f"I am waiting for the refund for my {thing}.",
        f"I returned {lexicon.with_article(thing)} {when}. When do I get my money back?",
    )
    return opening, f"I am sorry about the wait. {ask}", _solve_refund


def _solve_late(scene: Scene) -> tuple[str, tuple[str, ...]]:
    head = f"Thank you. Your order {scene.number} is on its way and"
    if "delivery" in scene.facts:
        span = scene.facts["delivery"][1]
        return f"{head} will arrive within {span}.", (scene.number, span)
    return f"{head} will arrive soon.", (scene.number, "on its way")


def _solve_broken(scene: Scene) -> tuple[str, tuple[str, ...]]:
    return (
        f"Thank you. We will send you a new {scene.item} for order {scene.number} today.",
        (scene.number, scene.item),
    )


def _solve_wrong(scene: Scene) -> tuple[str, tuple[str, ...]]:
    return (
        f"Thank you. We will send you the right {scene.item} for order {scene.number} today.",
        (scene.number, scene.item),
    )


def _solve_cancel(scene: Scene) -> tuple[str, tuple[str, ...]]:
    return f"Your order {scene.number} is cancelled.", (scene.number, "cancelled")


def _solve_address(scene: Scene) -> tuple[str, tuple[str, ...]]:
    return (
        f"Thank you. What is the new address for order {scene.number}?",
        (scene.number, "address"),
    )


def _solve_refund(scene: Scene) -> tuple[str, tuple[str, ...]]:
    if "refund" in scene.facts:
        span = scene.facts["refund"][1]
        return (
            f"Thank you. The refund for order {scene.number} will reach you within {span}.",
            (scene.number, span),
        )
    return (
        f"Thank you. The refund for order {scene.number} will reach you soon.",
        (scene.number, "refund"),
    )


def question(scene: Scene) -> Reply:
    """A question that the setting answers, or not."""
    known = list(scene.facts)
    kind = scene.rng.choice(known if known and scene.rng.random() < 0.85 else list(QUESTIONS))
    *wordings, answer = QUESTIONS[kind]
    said = scene.rng.choice(wordings).format(item=scene.item)
    if kind not in scene.facts:
        return said, _UNKNOWN, ("colleague",)
    fact = scene.facts[kind][1]
    return said, answer.removeprefix("> ").format(fact=fact), (fact,)


def _small_talk(scene: Scene, *, last: bool) -> Reply:
    if last:
        said = scene.one(
            "Thank you for your help!", "Thanks a lot.", "Great, thank you!",
            "Thank you very much.",
            "Perfect, thanks.", "That is all, thank you.", "Thanks, goodbye.", "Thank you, bye.",
        )  # fmt: skip
        return said, "You are welcome. Have a nice day!", ("welcome",)
    if scene.rng.random() < 0.6:
        said = scene.one(
            "Hello!",
            "Hi.",
            "Good morning.",
            "Hello, I need help.",
            "Hi, can you help me?",
            "Is anybody there?",
            "Hey!",
            "I have a question.",
            "Good evening!",
        )
        return said, "Hello! How can I help you?", ("help",)
    said = scene.one("Are you a robot?", "Am I talking to a human?", "Who are you?")
    return said, "I am the support agent. How can I help you?", ("agent",)


def _give_number(scene: Scene) -> str:
    number = scene.number
    said = scene.one(
        f"It is {number}.", f"{number}", f"Sure, it is {number}.", f"The number is {number}.",
        f"My order number is {number}.", f"Yes, {number}.", f"It is order {number}.",
    )  # fmt: skip
    if scene.rng.random() < 0.35:
        said += scene.one(
            " When will it arrive?", f" When will my {scene.item} arrive?", " Can you help me?",
            " What can you do?", " Thank you.", " Please hurry.",
        )  # fmt: skip
    return said


def _conversation(scene: Scene) -> list[Reply]:
    replies: list[Reply] = []
    rng = scene.rng
    if rng.random() < 0.15:
        replies.append(_small_talk(scene, last=False))
    for _ in range(rng.choice((1, 1, 2))):
        if rng.random() < 0.5:
            scene.number = str(rng.randint(10 ** rng.randint(2, 6), 10**7 - 1))[: rng.randint(3, 6)]
            opening, reaction, solve = _problem(scene)
            if rng.random() < 0.2:
                said = f"{opening} {scene.one('My order number is', 'The order is', 'It is order')}"
                answer, check = solve(scene)
                said = f"{said} {scene.number}."
                replies.append((_sentence(_greeting(scene) + said), answer, check))
            else:
                replies.append((_sentence(_greeting(scene) + opening), reaction, ("order number",)))
                answer, check = solve(scene)
                replies.append((_give_number(scene), answer, check))
                if solve is _solve_address:
                    street = f"{rng.randint(1, 99)} {rng.choice(lexicon.COMPANY_NOUNS)} Street"
                    place = f"{street}, {lexicon.city(rng, scene.split)}"
                    replies.append(
                        (
                            scene.one(f"It is {place}.", f"{place}", f"Please use {place}."),
                            f"Thank you. We will send your order to {place}.",
                            (place,),
                        )
                    )
        else:
            said, answer, check = question(scene)
            if rng.random() < 0.5:
                greeting = _greeting(scene)
                said = _sentence(greeting + said[0].lower() + said[1:]) if greeting else said
                said = said.replace(" i ", " I ").replace(", i ", ", I ")
            replies.append((said, answer, check))
    replies.extend(question(scene) for _ in range(rng.choice((0, 1, 1, 2))))
    if rng.random() < 0.4:
        replies.append(_small_talk(scene, last=True))
    return replies


def document(rng: random.Random, split: Split) -> Document:
    """A chat that ends with an answer; held-out ones have a company never seen."""
    scene = Scene(rng, split)
    facts = facts_of(rng)
    for kind in rng.sample(sorted(facts), rng.choice((1, 2, 3, 3, 4, 5, 6))):
        scene.facts[kind] = facts[kind]
    scene.item = lexicon.product(rng, split)
    name = lexicon.company(rng, split)
    parts = [
        rng.choice(_OPENINGS).format(c=name, b=rng.choice(_BUSINESS)),
        rng.choice(_MANNERS),
        *(sentence for sentence, _ in scene.facts.values()),
    ]
    setting = " ".join(part for part in parts if part)
    replies = _conversation(scene)
    if split is Split.HELD_OUT:
        replies = replies[: rng.randint(1, len(replies))]
    turns: list[Turn] = []
    spans: list[tuple[int, int]] = []
    for said, answer, _ in replies:
        turns.append(Turn(CUSTOMER, _casual(rng, said)))
        start = len(chat_prompt(setting=setting, turns=turns))
        spans.append((start, start + len(answer) + 2))
        turns.append(Turn(AGENT, answer))
    last = spans[-1][0]
    text = f"{chat_prompt(setting=setting, turns=turns[:-1])} {turns[-1].text}"
    spans[-1] = (last, len(text))
    return Document(
        task="chat",
        text=text,
        answers=tuple(spans),
        question=last,
        key=f"{name} {is_held_out(name)}",
        check=replies[-1][2],
    )
