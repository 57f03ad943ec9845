"""The three datasets: support messages by topic, sentiment of reviews, blog ideas.

Their labels and forms are none of the demo model's own, so that a fine-tune has
something to teach it.
"""

import random
import re
from collections.abc import Callable, Iterator

from tools.example_datasets.grammar import Speaker, capital, end_sentence, sections

SEPARATOR = "<|endoftext|>"
# Of two examples: the words that both have, over all that either has.
LIKENESS = 0.7

TOPICS = {
    "parcel": 82,
    "billing": 78,
    "fault": 77,
    "sizing": 76,
    "login": 74,
    "cancel": 73,
    "stock": 71,
    "praise": 69,
}
SENTIMENTS = {"positive": 214, "negative": 209, "mixed": 177}
BLOGS = 400


def support_topics() -> list[str]:
    """600 messages to a shop, each with its topic."""
    words, rng = sections("support"), random.Random("support-topics")
    made = [
        f"Email: {text} Topic: {topic}{SEPARATOR}"
        for topic, text in _by_label(TOPICS, lambda topic: make_message(rng, words, topic))
    ]
    rng.shuffle(made)
    return made


def review_sentiment() -> list[str]:
    """600 reviews of things, each with its sentiment."""
    words, rng = sections("reviews"), random.Random("review-sentiment")
    made = [
        f"Opinion: {text} Sentiment: {label}{SEPARATOR}"
        for label, text in _by_label(SENTIMENTS, lambda label: make_review(rng, words, label))
    ]
    rng.shuffle(made)
    return made


def blog_ideas() -> list[str]:
    """400 firms with their products, each with three ideas for their blog."""
    words, rng = sections("blogs"), random.Random("blog-ideas")
    firms = [f"{first} {second}" for first in words["first"] for second in words["second"]]
    rng.shuffle(firms)
    made: list[str] = []
    seen: list[frozenset[str]] = []
    while len(made) < BLOGS:
        example = make_blog(rng, words, firms[len(made) % len(firms)])
        if _is_new(example, seen):
            made.append(f"{example}{SEPARATOR}")
    return made


DATASETS: dict[str, Callable[[], list[str]]] = {
    "support-topics.txt": support_topics,
    "review-sentiment.txt": review_sentiment,
    "blog-ideas.txt": blog_ideas,
}


def tokens(text: str) -> frozenset[str]:
    """The words of a text, small letters, without its punctuation."""
    return frozenset(re.findall(r"[\w']+", text.lower()))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Shared words over all words (Jaccard)."""
    return len(one & other) / len(one | other)


def _is_new(text: str, seen: list[frozenset[str]]) -> bool:
    """Whether ``text`` is like none of ``seen``, which then has it too."""
    words = tokens(text)
    if any(likeness(words, other) >= LIKENESS for other in seen):
        return False
    seen.append(words)
    return True


def _by_label(labels: dict[str, int], make: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    seen: list[frozenset[str]] = []
    for label, count in labels.items():
        left = count
        while left:
            text = make(label)
            if _is_new(text, seen):
                left -= 1
                yield label, text


def make_message(rng: random.Random, words: dict[str, list[str]], topic: str) -> str:
    """A message to a shop's support that is about a topic."""
    speaker = Speaker(rng, words)
    # Two faults at once would be of two things.
    count = 1 if topic == "fault" else rng.choice((1, 1, 1, 2))
    cores = [end_sentence(text) for text in speaker.several(topic, count)]
    parts = [" ".join(cores)]
    if rng.random() < 0.65:
        parts.insert(0, speaker.one("opening"))
        if parts[0][-1] == ",":
            parts[1] = _small(parts[1])
    parts += speaker.several(f"detail {topic}", rng.choice((0, 1, 1, 2)))
    if rng.random() < 0.6:
        parts.append(speaker.one("closing"))
    text = " ".join(parts)
    if rng.random() < 0.1:
        text = text.lower().rstrip(".")
    return _mistype(rng, text) if rng.random() < 0.05 else text


def make_review(rng: random.Random, words: dict[str, list[str]], label: str) -> str:
    """A review of a thing, with a sentiment."""
    kind = rng.choice(("plain", "plain", "powered"))
    own = {"thing": words[f"{kind} thing"]}
    for side in ("good", "bad"):
        more = words[f"{side} powered"] if kind == "powered" else []
        own[side] = [*words[side], *more, *more]
    speaker = Speaker(rng, {**words, **own})
    parts = [speaker.one("beginning")] if rng.random() < 0.8 else []
    if label == "mixed":
        sides = ["good", "bad"]
        rng.shuffle(sides)
        turn = speaker.one(f"turn {sides[1]}")
        second = speaker.one(sides[1])
        joint = second if turn.endswith(":") else _small(second)
        parts += [end_sentence(speaker.one(sides[0])), end_sentence(f"{turn} {joint}")]
    else:
        side = "good" if label == "positive" else "bad"
        # The same line may be in a section twice: the likelier ones are.
        reasons = dict.fromkeys(speaker.several(side, rng.choice((1, 2, 2, 3))))
        parts += [end_sentence(reason) for reason in reasons]
    if rng.random() < 0.7 or len(parts) < 2:
        parts.append(speaker.one(f"end {label}"))
    text = " ".join(parts)
    if rng.random() < 0.08:
        text = text.lower().rstrip(".")
    return _mistype(rng, text) if rng.random() < 0.04 else text


def make_blog(rng: random.Random, words: dict[str, list[str]], firm: str) -> str:
    """A firm, what it sells, and three ideas for its blog."""
    trade = rng.choice(words["trades"])
    own = {name: words[f"{trade} {name}"] for name in ("things", "people", "woes")}
    sells = rng.choice(words[f"{trade} sells"])
    frames = rng.sample(words["idea"], 3)
    # Each idea speaks for itself, so that three do not share one word.
    ideas = [Speaker(rng, {**words, **own}).fill(frame) for frame in frames]
    listed = "; ".join(f"{number}) {idea}" for number, idea in enumerate(ideas, start=1))
    return f"Company: {firm}. Product: {sells}. Blog ideas: {listed}"


def _small(text: str) -> str:
    """``text`` with a small first letter, unless its first word is always large."""
    first = text.split(" ")[0]
    return (
        text
        if first in ("I", "Customs") or first[1:] != first[1:].lower()
        else (text[:1].lower() + text[1:])
    )


def _mistype(rng: random.Random, text: str) -> str:
    """``text`` with two letters of a longer word the wrong way round."""
    spots = [match.start() for match in re.finditer(r"\b[a-z]{6,}\b", text)]
    if not spots:
        return text
    place = rng.choice(spots) + rng.randint(1, 3)
    return capital(text[:place] + text[place + 1] + text[place] + text[place + 2 :])
