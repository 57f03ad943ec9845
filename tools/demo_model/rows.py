# ruff: noqa: S608 - tables and columns come from the generator
"""Run SQL of the corpus on rows made for it, to compare what two queries give."""

import random
import re
import sqlite3
from contextlib import closing

_TABLE = re.compile(r"^(\w+)\(([^)]*)\)$")
_ROWS = 40


def schema_of(prompt: str) -> dict[str, list[str]]:
    """Tables and columns of a prompt, from the lines ``name(column, column)``."""
    tables = {}
    for line in prompt.splitlines():
        if match := _TABLE.match(line):
            tables[match[1]] = match[2].split(", ")
    return tables


def same_rows(prompt: str, wanted: str, given: str) -> bool:
    """Whether ``given`` runs and gives the rows of ``wanted`` over the prompt's tables.

    The rows hold the literals of the wanted query, so that its conditions bite.
    The order counts where the wanted query asks for one.
    """
    with closing(sqlite3.connect(":memory:")) as database:
        _fill(database, schema_of(prompt), wanted)
        right = database.execute(wanted).fetchall()
        try:
            answer = database.execute(given).fetchall()
        except (sqlite3.Error, sqlite3.Warning):
            return False
    if "ORDER BY" not in wanted:
        right, answer = sorted(right, key=repr), sorted(answer, key=repr)
    return right == answer


def _fill(database: sqlite3.Connection, tables: dict[str, list[str]], wanted: str) -> None:
    rng = random.Random(wanted)
    texts = [*re.findall(r"'([^']*)'", wanted), "alpha", "beta"]
    numbers = [int(number) for number in re.findall(r"(?<![\w'-])\d+(?![\w'-])", wanted)]
    for name, columns in tables.items():
        database.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
        for row in range(1, _ROWS + 1):
            values: list[object] = []
            for column in columns:
                if column == "id":
                    values.append(row)
                elif column.endswith("_id"):
                    values.append(rng.randint(1, _ROWS // 4))
                elif f"{column} = '" in wanted or not _counts(column, wanted):
                    values.append(rng.choice(texts))
                else:
                    # Around each literal, so that "over" and "at least" differ; else distinct.
                    near = rng.choice(numbers) + rng.choice((-1, 0, 0, 1)) if numbers else 0
                    literal = re.search(rf"\b{column} [<>=]+ \d", wanted)
                    values.append(near if literal else rng.random())
            marks = ", ".join("?" * len(columns))
            database.execute(f"INSERT INTO {name} VALUES ({marks})", values)


def _counts(column: str, wanted: str) -> bool:
    """Whether the query treats a column as a number."""
    pattern = rf"\b{column} [<>=]+ \d|\((\w+\.)?{column}\)|ORDER BY {column}"
    return re.search(pattern, wanted) is not None
