"""Requests in words over a given schema, and the SQL that answers them."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playground.prompts.formats import Pair, sql_prompt
from tools.demo_model import lexicon
from tools.demo_model.documents import Document, Item, Split, answered, draw, part, some

# Columns by what they hold: words for their values, and how people speak of them.
_TEXT_COLUMNS = (
    "name city country title status category colour brand genre language type region department "
    "email role level state street author artist size material product subject team position "
    "format topic section group_name"
).split()
_NUMBER_COLUMNS = (
    "price age salary quantity year stock weight rating pages points capacity score amount cost "
    "height length distance duration budget population speed discount balance area seats volume "
    "temperature calories power hours rank floor rent"
).split()
_DATE_COLUMNS = (
    "ordered_on created_on joined_on born_on due_on started_on sent_on paid_on opened_on hired_on"
).split()
# One and many of what a table holds.
_TABLES = """
customer/customers order/orders product/products employee/employees book/books author/authors
student/students teacher/teachers course/courses movie/movies actor/actors song/songs album/albums
artist/artists car/cars flight/flights hotel/hotels room/rooms guest/guests patient/patients
doctor/doctors team/teams player/players match/matches school/schools store/stores supplier/suppliers
invoice/invoices payment/payments project/projects task/tasks user/users post/posts comment/comments
event/events ticket/tickets city/cities country/countries river/rivers museum/museums painting/paintings
recipe/recipes ingredient/ingredients restaurant/restaurants meal/meals device/devices house/houses
owner/owners pet/pets plant/plants garden/gardens member/members club/clubs loan/loans machine/machines
train/trains station/stations ship/ships sailor/sailors bridge/bridges farm/farms animal/animals
game/games server/servers package/packages driver/drivers trip/trips sensor/sensors lesson/lessons
""".split()
_VALUES: dict[str, list[str]] = {
    "city": lexicon.CITIES,
    "name": lexicon.FIRST_NAMES,
    "author": lexicon.SURNAMES,
    "artist": lexicon.SURNAMES,
    "colour": lexicon.COLOURS,
    "material": lexicon.MATERIALS,
    "product": lexicon.PRODUCTS,
    "country": "France Spain Italy Germany Japan Brazil Canada Kenya India Norway Peru Egypt".split(),
    "status": "open closed paid sent new active pending done".split(),
    "size": "small medium large tiny".split(),
    "language": "English French German Spanish Italian Greek".split(),
    "role": "admin editor guest manager clerk".split(),
    "level": "easy hard beginner expert".split(),
    "department": "sales finance support research design".split(),
    "genre": "jazz rock drama comedy crime fantasy".split(),
}
_WORDS_FOR_NUMBERS = "two three four five six seven eight nine ten twelve twenty".split()
_SMALL = dict(zip(_WORDS_FOR_NUMBERS, (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 20), strict=True))


@dataclass(frozen=True)
class Table:
    """A table: its words, and its columns by what they hold."""

    one: str
    many: str
    texts: tuple[str, ...]
    numbers: tuple[str, ...]
    dates: tuple[str, ...]
    parent: str = ""
    """The table that ``<one>_id`` points to, if any."""

    @property
    def columns(self) -> list[str]:
        """Columns in the order of the schema."""
        link = [f"{self.parent}_id"] if self.parent else []
        return ["id", *link, *self.texts, *self.numbers, *self.dates]

    @property
    def line(self) -> str:
        """The table as the prompt shows it."""
        return f"{self.many}({', '.join(self.columns)})"


def _table(rng: random.Random, split: Split, taken: Sequence[str], parent: str = "") -> Table:
    if rng.random() < 0.15:
        one = lexicon.coined(rng, split).lower()
        many = f"{one}s"
    else:
        pairs = [pair for pair in part(_TABLES, split) if pair.split("/")[1] not in taken]
        one, many = rng.choice(pairs or ["thing/things"]).split("/")
    texts = tuple(rng.sample(_TEXT_COLUMNS, rng.choice((1, 1, 2, 2, 3))))
    if not parent and rng.random() < 0.6 and "name" not in texts:
        texts = ("name", *texts[1:])
    return Table(
        one=one,
        many=many,
        texts=texts,
        numbers=tuple(rng.sample(_NUMBER_COLUMNS, rng.choice((1, 1, 2)))),
        dates=tuple(rng.sample(_DATE_COLUMNS, rng.choice((0, 0, 1)))),
        parent=parent,
    )


def schema(rng: random.Random, split: Split) -> list[Table]:
    """One or two tables; of two, the second points to the first."""
    first = _table(rng, split, ())
    if rng.random() < 0.4:
        return [first]
    return [first, _table(rng, split, (first.many,), parent=first.one)]


def _value(rng: random.Random, column: str) -> str:
    if column in _VALUES and rng.random() < 0.75:
        return rng.choice(_VALUES[column])
    return lexicon.coined(rng, Split.TRAIN)


def _spoken(column: str) -> str:
    return column.replace("_", " ")


_PLURALS = {"city": "cities", "country": "countries", "category": "categories", "salary": "salaries",
            "capacity": "capacities", "status": "statuses", "pages": "pages", "points": "points",
            "calories": "calories", "seats": "seats", "hours": "hours"}  # fmt: skip


def _several(column: str) -> str:
    word = _spoken(column)
    return _PLURALS.get(column, f"{word}s")


def _condition(rng: random.Random, table: Table, prefix: str = "") -> tuple[str, str]:
    """Words that follow the table's plural, and the SQL condition."""
    kind = rng.random()
    if kind < 0.5:
        column = rng.choice(table.texts)
        value = _value(rng, column)
        sql = f"{prefix}{column} = '{value}'"
        words = {
            "city": (f"in {value}", f"from {value}", f"with the city {value}", f"whose city is {value}"),
            "country": (f"in {value}", f"from {value}", f"whose country is {value}"),
            "name": (f"named {value}", f"with the name {value}", f"called {value}"),
            "author": (f"by {value}", f"with the author {value}"),
            "artist": (f"by {value}", f"with the artist {value}"),
        }.get(column, ())
        spoken = _spoken(column)
        return rng.choice(
            (*words, *words, f"whose {spoken} is {value}", f"with the {spoken} {value}",
             f"where the {spoken} is {value}")
        ), sql  # fmt: skip
    if kind < 0.9 or not table.dates:
        column = rng.choice(table.numbers)
        spoken, value = _spoken(column), str(lexicon.number(rng))
        sign, words = rng.choice(
            (
                (">", f"with a {spoken} over {value}"),
                (">", f"with a {spoken} above {value}"),
                (">", f"whose {spoken} is greater than {value}"),
                (">", f"with more than {value} {spoken}" if spoken.endswith("s") else
                 f"with a {spoken} of more than {value}"),
                ("<", f"with a {spoken} below {value}"),
                ("<", f"with a {spoken} under {value}"),
                ("<", f"whose {spoken} is less than {value}"),
                ("<", f"with a {spoken} of less than {value}"),
                (">=", f"with a {spoken} of at least {value}"),
                ("<=", f"with a {spoken} of at most {value}"),
                ("=", f"with a {spoken} of {value}"),
                ("=", f"whose {spoken} is {value}"),
            )
        )  # fmt: skip
        return words, f"{prefix}{column} {sign} {value}"
    column = rng.choice(table.dates)
    verb, year = column.split("_")[0], str(rng.randint(1990, 2024))
    sign, words = rng.choice(
        (
            (">=", f"{verb} since {year}-01-01"),
            ("<", f"{verb} before {year}-01-01"),
            (">", f"{verb} after {year}-12-31"),
        )
    )
    return words, f"{prefix}{column} {sign} '{words.split()[-1]}'"


def _show(rng: random.Random, what: str) -> str:
    opening = rng.choice(("Show", "List", "Give me", "Find", "Show me", "Get", "Display"))
    return f"{opening} {what}."


def _plain(rng: random.Random, t: Table) -> tuple[str, str]:
    """Rows and columns, with and without a condition."""
    words, condition = _condition(rng, t)
    column = rng.choice([*t.texts, *t.numbers])
    columns = _several(column)
    if rng.random() < 0.3:
        return rng.choice(
            (
                (_show(rng, f"all {t.many}"), f"SELECT * FROM {t.many};"),
                (_show(rng, f"the {columns} of all {t.many}"), f"SELECT {column} FROM {t.many};"),
                (_show(rng, f"the {_spoken(column)} of every {t.one}"),
                 f"SELECT {column} FROM {t.many};"),
                (_show(rng, f"the different {columns} of the {t.many}"),
                 f"SELECT DISTINCT {column} FROM {t.many};"),
                (f"Which different {columns} do the {t.many} have?",
                 f"SELECT DISTINCT {column} FROM {t.many};"),
            )
        )  # fmt: skip
    if rng.random() < 0.25:
        more, second = _condition(rng, t)
        if second.split()[0] != condition.split()[0]:
            word = rng.choice(("and", "and", "or"))
            words, condition = f"{words} {word} {more}", f"{condition} {word.upper()} {second}"
    return rng.choice(
        (
            (_show(rng, f"all {t.many} {words}"), f"SELECT * FROM {t.many} WHERE {condition};"),
            (_show(rng, f"the {t.many} {words}"), f"SELECT * FROM {t.many} WHERE {condition};"),
            (_show(rng, f"the {columns} of the {t.many} {words}"),
             f"SELECT {column} FROM {t.many} WHERE {condition};"),
            (f"What are the {columns} of the {t.many} {words}?",
             f"SELECT {column} FROM {t.many} WHERE {condition};"),
        )
    )  # fmt: skip


def _counted(rng: random.Random, t: Table) -> tuple[str, str]:
    """Counts and other aggregates, with and without a condition."""
    words, condition = _condition(rng, t)
    tail, where = rng.choice((("", ""), (f" {words}", f" WHERE {condition}")))
    if rng.random() < 0.5:
        sql = f"SELECT COUNT(*) FROM {t.many}{where};"
        return rng.choice(
            (
                (f"How many {t.many} {'are there' if not tail else 'are there' + tail}?", sql),
                (f"Count the {t.many}{tail}.", sql),
                (f"What is the number of {t.many}{tail}?", sql),
                (f"How many {t.many}{tail} do we have?", sql),
                (f"How many {t.many} live{tail}?" if tail.startswith(" in ") else
                 f"How many {t.many}{tail} are there?", sql),
            )
        )  # fmt: skip
    column = rng.choice(t.numbers)
    spoken = _spoken(column)
    function, adjective = rng.choice(
        (("AVG", "average"), ("AVG", "mean"), ("SUM", "total"), ("SUM", "sum of the"),
         ("MAX", "highest"), ("MAX", "largest"), ("MAX", "maximum"), ("MIN", "lowest"),
         ("MIN", "smallest"), ("MIN", "minimum"))
    )  # fmt: skip
    sql = f"SELECT {function}({column}) FROM {t.many}{where};"
    spoken = _several(column) if adjective.startswith("sum") else spoken
    return rng.choice(
        (
            (f"What is the {adjective} {spoken} of the {t.many}{tail}?", sql),
            (f"What is the {adjective} {spoken} of all {t.many}{tail}?", sql),
            (_show(rng, f"the {adjective} {spoken} of the {t.many}{tail}"), sql),
            (_show(rng, f"the {adjective} {spoken} of all {t.many}{tail}"), sql),
        )
    )


_SUPERLATIVES = {
    "price": ("most expensive", "cheapest"), "cost": ("most expensive", "cheapest"),
    "age": ("oldest", "youngest"), "year": ("newest", "oldest"), "weight": ("heaviest", "lightest"),
    "height": ("tallest", "shortest"), "length": ("longest", "shortest"),
    "duration": ("longest", "shortest"), "speed": ("fastest", "slowest"),
    "salary": ("best paid", "worst paid"), "rating": ("best rated", "worst rated"),
    "area": ("largest", "smallest"), "population": ("most populated", "least populated"),
}  # fmt: skip


def _ordered(rng: random.Random, t: Table) -> tuple[str, str]:
    """Sorted rows, and the first of them."""
    column = rng.choice(t.numbers)
    spoken = _spoken(column)
    down = rng.random() < 0.6
    sense = " DESC" if down else ""
    word = rng.choice(_WORDS_FOR_NUMBERS)
    limit = str(_SMALL[word])
    said = word if rng.random() < 0.6 else limit
    which = ("highest" if down else "lowest") if rng.random() < 0.7 else (
        "largest" if down else "smallest"
    )
    top = f"SELECT * FROM {t.many} ORDER BY {column}{sense} LIMIT {limit};"
    options = [
        (_show(rng, f"the {said} {t.many} with the {which} {spoken}"), top),
        (_show(rng, f"the {t.one} with the {which} {spoken}"),
         f"SELECT * FROM {t.many} ORDER BY {column}{sense} LIMIT 1;"),
        (f"Which {t.one} has the {which} {spoken}?",
         f"SELECT * FROM {t.many} ORDER BY {column}{sense} LIMIT 1;"),
        (_show(rng, f"all {t.many} sorted by {spoken}"
               + (rng.choice((" in descending order", ", highest first")) if down else "")),
         f"SELECT * FROM {t.many} ORDER BY {column}{sense};"),
        (_show(rng, f"the {_several(t.texts[0])} of the {said} {t.many} with the {which} {spoken}"),
         f"SELECT {t.texts[0]} FROM {t.many} ORDER BY {column}{sense} LIMIT {limit};"),
    ]  # fmt: skip
    if column in _SUPERLATIVES:
        most = _SUPERLATIVES[column][0 if down else 1]
        options += [
            (_show(rng, f"the {said} {most} {t.many}"), top),
            (_show(rng, f"the {said} {most} {t.many}"), top),
            (_show(rng, f"the {most} {t.one}"),
             f"SELECT * FROM {t.many} ORDER BY {column}{sense} LIMIT 1;"),
            (f"Which {t.one} is the {most}?",
             f"SELECT * FROM {t.many} ORDER BY {column}{sense} LIMIT 1;"),
        ]  # fmt: skip
    return rng.choice(options)


def _grouped(rng: random.Random, t: Table) -> tuple[str, str]:
    """A count or aggregate for each value of a column."""
    by, column = rng.choice(t.texts), rng.choice(t.numbers)
    spoken, each = _spoken(column), rng.choice(("for each", "per", "by", "for every"))
    group = f"FROM {t.many} GROUP BY {by}"
    count = rng.randint(2, 20)
    function, word = rng.choice(
        (("AVG", "average"), ("SUM", "total"), ("MAX", "highest"), ("MIN", "lowest"))
    )
    return rng.choice(
        (
            (f"How many {t.many} are there {each} {_spoken(by)}?",
             f"SELECT {by}, COUNT(*) {group};"),
            (_show(rng, f"the number of {t.many} {each} {_spoken(by)}"),
             f"SELECT {by}, COUNT(*) {group};"),
            (f"Count the {t.many} {each} {_spoken(by)}.", f"SELECT {by}, COUNT(*) {group};"),
            (_show(rng, f"the {word} {spoken} of the {t.many} {each} {_spoken(by)}"),
             f"SELECT {by}, {function}({column}) {group};"),
            (f"What is the {word} {spoken} {each} {_spoken(by)} of the {t.many}?",
             f"SELECT {by}, {function}({column}) {group};"),
            (f"Which {_several(by)} have more than {count} {t.many}?",
             f"SELECT {by} {group} HAVING COUNT(*) > {count};"),
        )
    )  # fmt: skip


def _joined(rng: random.Random, parent: Table, child: Table) -> tuple[str, str]:
    """Two tables brought together."""
    link = f"JOIN {child.many} ON {child.many}.{parent.one}_id = {parent.many}.id"
    p, c = rng.choice(parent.texts), rng.choice([*child.texts, *child.numbers])
    amount = rng.choice(child.numbers)
    group = f"GROUP BY {parent.many}.id"
    shown, each = _spoken(p), f"each {parent.one}"
    function, word = rng.choice(
        (("SUM", "total"), ("SUM", "total"), ("AVG", "average"), ("MAX", "highest"),
         ("MIN", "lowest"))
    )  # fmt: skip
    count_sql = f"SELECT {parent.many}.{p}, COUNT(*) FROM {parent.many} {link} {group};"
    number_sql = (
        f"SELECT {parent.many}.{p}, {function}({child.many}.{amount}) FROM {parent.many} {link} "
        f"{group};"
    )
    words, condition = _condition(rng, parent, prefix=f"{parent.many}.")
    words2, condition2 = _condition(rng, child, prefix=f"{child.many}.")
    both = f"SELECT {parent.many}.{p}, {child.many}.{c} FROM {parent.many} {link};"
    return rng.choice(
        (
            (_show(rng, f"the {shown} of {each} and the {word} {_spoken(amount)} of their "
                        f"{child.many}"), number_sql),
            (f"What is the {word} {_spoken(amount)} of the {child.many} of {each}? Show the {shown}.",
             number_sql),
            (_show(rng, f"the {word} {_spoken(amount)} of the {child.many} of {each}, with the "
                        f"{shown}"), number_sql),
            (_show(rng, f"the {shown} of {each} and the number of their {child.many}"), count_sql),
            (f"How many {child.many} does {each} have? Show the {shown}.", count_sql),
            (_show(rng, f"the {shown} of {each} and the {_spoken(c)} of their {child.many}"), both),
            (_show(rng, f"all {child.many} of the {parent.many} {words}"),
             f"SELECT {child.many}.* FROM {parent.many} {link} WHERE {condition};"),
            (f"How many {child.many} do the {parent.many} {words} have?",
             f"SELECT COUNT(*) FROM {parent.many} {link} WHERE {condition};"),
            (_show(rng, f"the {_several(p)} of the {parent.many} that have {child.many} {words2}"),
             f"SELECT DISTINCT {parent.many}.{p} FROM {parent.many} {link} WHERE {condition2};"),
        )
    )  # fmt: skip


_OneTable = Callable[[random.Random, Table], tuple[str, str]]
_ONE_TABLE: Sequence[_OneTable] = (_plain, _plain, _counted, _counted, _ordered, _grouped)


def request(rng: random.Random, tables: Sequence[Table]) -> tuple[str, str]:
    """A request over the tables and its query."""
    if len(tables) == 2 and rng.random() < 0.45:
        return _joined(rng, tables[0], tables[1])
    return rng.choice(_ONE_TABLE)(rng, rng.choice(tables))


def document(rng: random.Random, split: Split, *, unseen_tables: bool = False) -> Document:
    """A schema with requests.

    Held-out ones are requests never seen; ``unseen_tables`` takes the tables'
    names from those that training never shows.
    """
    tables = schema(rng, Split.HELD_OUT if unseen_tables else Split.TRAIN)

    def one() -> Item:
        given, wanted = request(rng, tables)
        return Item(given=given, wanted=wanted, key=given)

    items = [*(draw(one, Split.TRAIN) for _ in range(some(rng, 4))), draw(one, split)]

    def prompt(examples: Sequence[Pair], asked: str) -> str:
        return sql_prompt(
            schema="\n".join(table.line for table in tables), examples=examples, request=asked
        )

    return answered(task="sql", items=items, prompt=prompt)
