"""The template pages: what each asks for, begins with, and how its prompt is built.

Data only, and no Django: a new template is a new entry here. The default
examples are ones the demo model answers rightly.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from playground.prompts import formats
from playground.prompts.fields import (
    AnyField,
    ColumnsField,
    ExamplesField,
    TextField,
    TurnsField,
    Values,
    columns_of,
)
from playground.prompts.formats import AGENT, CUSTOMER, Pair, Turn


@dataclass(frozen=True, kw_only=True)
class Template:
    """One template page.

    slug: in addresses and rows. name: in menus. title: the page's heading.
    fields: in the order of the page. example: a value for every field.
    parameters: what differs from the general defaults, without the stops.
    labels: words that begin a line of the prompt and are drawn faint.
    output_label: what the completion is called on the page.
    """

    slug: str
    name: str
    title: str
    description: str
    icon: str
    fields: tuple[AnyField, ...]
    example: Values
    parameters: Mapping[str, Any]
    build: Callable[[Values], str]
    labels: tuple[str, ...] = ()
    output_label: str = "Completion"
    # How the finished completion is drawn: text, bubble, table or sql.
    output: str = "text"
    # What ends the example and is no end of other texts.
    example_stop: tuple[str, ...] = ()

    @property
    def stop(self) -> tuple[str, ...]:
        """What ends the completion."""
        return (*formats.STOPS[self.slug], *self.example_stop)

    @property
    def is_free(self) -> bool:
        """The page that has the raw prompt as its only field."""
        return not self.fields


def _complete(pairs: list[Pair]) -> list[Pair]:
    return [pair for pair in pairs if pair.given.strip() and pair.wanted.strip()]


def _build_chat(values: Values) -> str:
    return formats.chat_prompt(setting=values["setting"], turns=open_turns(values))


def open_turns(values: Values) -> list[Turn]:
    """The turns that the agent is to answer: they end with the customer's.

    Without a new message the conversation is shown as it was asked, that is
    without the agent's last word.
    """
    turns = [turn for turn in values["turns"] if turn.text.strip()]
    if values["message"].strip():
        return [*turns, Turn(CUSTOMER, values["message"])]
    while turns and turns[-1].speaker == AGENT:
        turns.pop()
    return turns


def _build_qa(values: Values) -> str:
    return formats.qa_prompt(
        knowledge=values["knowledge"],
        examples=_complete(values["examples"]),
        question=values["question"],
    )


def _build_translation(values: Values) -> str:
    return formats.translation_prompt(
        examples=_complete(values["examples"]), sentence=values["sentence"]
    )


def _build_table(values: Values) -> str:
    return formats.table_prompt(
        columns=columns_of(values["columns"]),
        examples=_complete(values["examples"]),
        text=values["text"],
    )


def _build_sql(values: Values) -> str:
    return formats.sql_prompt(
        schema=values["schema"], examples=_complete(values["examples"]), request=values["request"]
    )


def _build_code(values: Values) -> str:
    return formats.code_prompt(examples=_complete(values["examples"]), code=values["code"])


FREE_EXAMPLE = """\
Product: Alba travel mug
Features: keeps drinks hot for six hours, leak-proof lid, fits every cup holder
Description: The Alba travel mug goes wherever you go. It keeps drinks hot for six hours, \
has a leak-proof lid and fits every cup holder. A small companion for long days on the road.

Product: Solvik desk lamp
Features: warm light, folding arm, USB port
Description:"""

_ALL = (
    Template(
        slug="free",
        name="Free text",
        title="Free text",
        description="Any text at all. The model continues it.",
        icon="free",
        fields=(),
        example={"prompt": FREE_EXAMPLE},
        parameters={"temperature": 0.7, "max_tokens": 96},
        example_stop=("\n\nProduct:",),
        build=lambda values: f"{values['prompt']}{values.get('inject_start', '')}",
        labels=("Product", "Features", "Description"),
    ),
    Template(
        slug="chat",
        name="Chat",
        title="Talk to a support agent",
        description="Describe the agent, then write as the customer. "
        "The whole conversation is the prompt.",
        icon="chat",
        fields=(
            TextField(
                name="setting",
                label="Setting",
                help="Who the agent is and what it knows. It stays at the top of the prompt.",
                rows=3,
                missing="Describe the agent and what it knows.",
            ),
            TurnsField(name="turns", label="Conversation"),
            TextField(name="message", label="Your message", rows=2),
        ),
        example={
            "setting": "This is a conversation between a customer and a support agent of "
            "Fernwood, an online shop for house plants. The agent is friendly and brief. "
            "Orders arrive within 3 to 5 days. Returns are free within 30 days.",
            "turns": [
                Turn(CUSTOMER, "Hello, I ordered a fern last week and it has not arrived yet."),
                Turn(
                    AGENT,
                    "I am sorry about the delay. Could you give me your order number, please?",
                ),
            ],
            "message": "It is 48213. When will my fern arrive?",
        },
        parameters={"temperature": 0.2, "max_tokens": 80},
        build=_build_chat,
        labels=(CUSTOMER, AGENT),
        output_label=AGENT,
        output="bubble",
    ),
    Template(
        slug="qa",
        name="Q&A",
        title="Answer from a text",
        description="Give a text and a question. The answer should come from the text alone.",
        icon="qa",
        fields=(
            TextField(
                name="knowledge",
                label="Text",
                help="What the answer may draw on.",
                rows=5,
                missing="Give the text that the answer should come from.",
            ),
            ExamplesField(
                name="examples",
                label="Examples",
                help="Questions on the same text, with answers in the form you want.",
                given_label="Question",
                wanted_label="Answer",
            ),
            TextField(name="question", label="Question", rows=1, missing="Ask a question."),
        ),
        example={
            "knowledge": "Lena Hoffmann founded the bakery Golden Crust in Bristol in 1998. "
            "The bakery has 12 employees and is open from Tuesday to Sunday. "
            "Its most popular product is a rye bread with walnuts.",
            "examples": [
                Pair("Who founded Golden Crust?", "Golden Crust was founded by Lena Hoffmann."),
                Pair("How many employees does the bakery have?", "The bakery has 12 employees."),
            ],
            "question": "What is the most popular product of the bakery?",
        },
        parameters={"temperature": 0.0, "max_tokens": 64},
        build=_build_qa,
        labels=("Text", "Question", "Answer"),
        output_label="Answer",
    ),
    Template(
        slug="translation",
        name="Translation",
        title="Translate to French",
        description="Show a few pairs, then your sentence. The model continues the pattern.",
        icon="translation",
        fields=(
            ExamplesField(
                name="examples",
                label="Examples",
                help="Pairs close to your sentence in tone and subject help most.",
                given_label="English",
                wanted_label="French",
            ),
            TextField(
                name="sentence", label="English", rows=2, missing="Write a sentence to translate."
            ),
        ),
        example={
            "examples": [
                Pair("Where is the station?", "Où est la gare ?"),
                Pair(
                    "We would like two coffees, please.",
                    "Nous voudrions deux cafés, s'il vous plaît.",
                ),
                Pair(
                    "The little girl is reading a book in the garden.",
                    "La petite fille lit un livre dans le jardin.",
                ),
            ],
            "sentence": "My brother lives in a small house near the sea.",
        },
        parameters={"temperature": 0.0, "max_tokens": 64},
        build=_build_translation,
        labels=("English", "French"),
        output_label="French",
    ),
    Template(
        slug="table",
        name="Table",
        title="Turn text into a table",
        description="Name the columns and show an example. Each fact in your text becomes a cell.",
        icon="table",
        fields=(
            ColumnsField(
                name="columns",
                label="Columns",
                help="Separate with commas.",
                rows=1,
                missing="Name at least one column.",
            ),
            ExamplesField(
                name="examples",
                label="Examples",
                help="A text, and its rows with bars between the cells, a line each.",
                given_label="Text",
                wanted_label="Rows",
                given_rows=2,
                wanted_rows=2,
                mono_wanted=True,
            ),
            TextField(name="text", label="Text", rows=3, missing="Give a text to read."),
        ),
        example={
            "columns": "Name, Age, Job, City",
            "examples": [
                Pair("Anna is a 34-year-old nurse from Leeds.", "| Anna | 34 | nurse | Leeds |"),
                Pair(
                    "Tom Baker is 52 and works as a carpenter in York. His daughter Lucy, "
                    "a photographer of 25, lives in Bath.",
                    "| Tom Baker | 52 | carpenter | York |\n| Lucy | 25 | photographer | Bath |",
                ),
            ],
            "text": "Maria Lopez, 41, is a teacher in Madrid. Her brother Daniel is a "
            "38-year-old engineer from Dublin.",
        },
        parameters={"temperature": 0.0, "max_tokens": 128},
        build=_build_table,
        labels=("Text", "Table"),
        output_label="Table",
        output="table",
    ),
    Template(
        slug="sql",
        name="SQL",
        title="Write a query",
        description="Describe your tables, then say what you want to know.",
        icon="sql",
        fields=(
            TextField(
                name="schema",
                label="Tables",
                help="A line each: name(column, column, …).",
                rows=3,
                mono=True,
                missing="Describe at least one table.",
            ),
            ExamplesField(
                name="examples",
                label="Examples",
                help="Requests and queries on these tables, each query on one line.",
                given_label="Request",
                wanted_label="SQL",
                mono_wanted=True,
            ),
            TextField(name="request", label="Request", rows=2, missing="Say what to query."),
        ),
        example={
            "schema": "customers(id, name, city)\n"
            "orders(id, customer_id, product, price, ordered_on)",
            "examples": [
                Pair(
                    "How many customers live in Paris?",
                    "SELECT COUNT(*) FROM customers WHERE city = 'Paris';",
                ),
                Pair(
                    "Show the five most expensive orders.",
                    "SELECT * FROM orders ORDER BY price DESC LIMIT 5;",
                ),
            ],
            "request": "Show the name of each customer and the total price of their orders.",
        },
        parameters={"temperature": 0.0, "max_tokens": 96},
        build=_build_sql,
        labels=("Tables", "Request", "SQL"),
        output_label="SQL",
        output="sql",
    ),
    Template(
        slug="code",
        name="Explain code",
        title="Explain Python in words",
        description="Paste a function. The model says what it does.",
        icon="code",
        fields=(
            ExamplesField(
                name="examples",
                label="Examples",
                help="Short functions, each with the explanation you would like to read.",
                given_label="Python",
                wanted_label="Explanation",
                given_rows=4,
                wanted_rows=2,
                mono_given=True,
            ),
            TextField(
                name="code", label="Python", rows=7, mono=True, missing="Paste some Python code."
            ),
        ),
        example={
            "examples": [
                Pair(
                    "def add_all(numbers):\n    total = 0\n    for number in numbers:\n"
                    "        total += number\n    return total",
                    "The function takes a list of numbers and returns their sum.",
                ),
                Pair(
                    "def initials(names):\n    return [name[0] for name in names]",
                    "The function takes a list of names and returns a list of the first letter "
                    "of each name.",
                ),
            ],
            "code": "def count_long_words(words, limit):\n    count = 0\n"
            "    for word in words:\n        if len(word) > limit:\n"
            "            count += 1\n    return count",
        },
        parameters={"temperature": 0.0, "max_tokens": 96},
        build=_build_code,
        labels=("Python", "Explanation"),
        output_label="Explanation",
    ),
)

TEMPLATES: dict[str, Template] = {template.slug: template for template in _ALL}
# Shows what any other page has made, too.
FREE = next(template for template in _ALL if template.is_free)
