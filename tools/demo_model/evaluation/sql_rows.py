# ruff: noqa: S608 - tables and columns come from the generator
"""Run SQL of the corpus on rows made for it, to compare what two queries give."""

import random
import re
import sqlite3
from contextlib import closing

_TABLE = re.compile(r"^(\w+)\(([^)]*)\)$")
_ROWS = 60
# Two queries are the same if they agree on so many fillings.
_FILLINGS = 3
_TRIES = 24
# Parts of a query that must matter on the rows that it is judged by.
_WITHOUT = (
    (r" WHERE .*?(?= GROUP BY| ORDER BY| LIMIT|;)", ""),
    (r" HAVING .*?(?=;)", ""),
    (r" LEFT JOIN ", " JOIN "),
    (r" DESC", ""),
    (r" LIMIT \d+", ""),
    (r" ORDER BY \S+( DESC)?(?=;| LIMIT)", ""),
    (r"DISTINCT ", ""),
)


def read_schema(prompt: str) -> dict[str, list[str]]:
    """Tables and columns of a prompt, from the lines ``name(column, column)``."""
    tables = {}
    for line in prompt.splitlines():
        if match := _TABLE.match(line):
            tables[match[1]] = match[2].split(", ")
    return tables


def same_rows(prompt: str, wanted: str, given: str) -> bool:
    """Whether ``given`` runs and returns the rows of ``wanted`` over the prompt's tables.

    The rows contain the literals of the wanted query and neighbouring values, so that its
    conditions matter: some rows fulfil them and others do not. The order counts if the wanted
    query sorts.
    """
    tables = read_schema(prompt)
    agreed = 0
    for seed in range(_TRIES):
        with closing(sqlite3.connect(":memory:")) as database:
            _fill(database, tables, wanted, random.Random(f"{seed}:{wanted}"))
            right = database.execute(wanted).fetchall()
            last = seed >= _TRIES - _FILLINGS
            if not last and not _is_decisive(database, wanted, right):
                continue
            try:
                answer = database.execute(given).fetchall()
            except (sqlite3.Error, sqlite3.Warning):
                return False
        if "ORDER BY" not in wanted:
            right, answer = sorted(right, key=repr), sorted(answer, key=repr)
        if right != answer:
            return False
        agreed += 1
        if agreed == _FILLINGS:
            break
    return True


def _is_decisive(
    database: sqlite3.Connection, wanted: str, right: list[tuple[object, ...]]
) -> bool:
    """Whether the query finds something, and less than without its condition."""
    if not right or right in ([(0,)], [(None,)]):
        return False
    for pattern, other in _WITHOUT:
        changed = re.sub(pattern, other, wanted, count=1)
        if changed != wanted:
            rows = database.execute(changed).fetchall()
            ordered = "ORDER BY" in wanted
            if (rows == right) if ordered else (sorted(rows, key=repr) == sorted(right, key=repr)):
                return False
    return True


def _fill(
    database: sqlite3.Connection, tables: dict[str, list[str]], wanted: str, rng: random.Random
) -> None:
    texts = _texts(wanted)
    numbers = _numbers(wanted)
    nulls = re.search(r"(?<!\.id) IS (NOT )?NULL", wanted) is not None
    for name, columns in tables.items():
        database.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
        # Each column has its own few values, of which some are much more common.
        pools = {
            column: [
                *rng.sample(texts, min(len(texts), rng.randint(4, 8))),
                *(
                    f"{column} {count}"
                    for count in range(rng.randint(1, 6) + 6 * ("LIMIT" in wanted))
                ),
            ]
            for column in columns
        }
        for row in range(1, _ROWS + 1):
            values: list[object] = []
            for column in columns:
                value: object
                if column == "id":
                    value = row
                elif column.endswith("_id"):
                    # Unequal numbers of children: none for most, one, two, three and more.
                    value = int((rng.random() ** 2) * _ROWS / 4) + 1
                elif _holds_numbers(column, wanted):
                    # Around each literal, so that "over" and "at least" differ.
                    value = rng.choice(numbers) if numbers else rng.random()
                    if numbers and not _is_compared(column, wanted):
                        value = rng.random() * 1000
                elif _is_compared(column, wanted):
                    value = rng.choice(texts)
                else:
                    pool = pools[column]
                    value = pool[int(rng.random() ** 2 * len(pool))]
                if nulls and not column.endswith("id") and rng.random() < 0.25:
                    value = None
                values.append(value)
            marks = ", ".join("?" * len(columns))
            database.execute(f"INSERT INTO {name} VALUES ({marks})", values)


def _texts(wanted: str) -> list[str]:
    """Texts that fulfil the query's conditions, that nearly do and that do not."""
    texts = ["alpha", "beta", "gamma", "delta"]
    for literal in re.findall(r"'([^']*)'", wanted):
        plain = literal.strip("%")
        if day := re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", literal):
            year = int(day[1])
            texts += [literal, f"{year}-{day[2]}-29", f"{year - 1}-06-15", f"{year + 1}-06-15"]
            texts += [f"{year}-06-15", f"{year + 4}-02-03", f"{year - 9}-02-03"]
        elif "%" in literal:
            texts += [plain, f"{plain}ing", f"a{plain}", f"o{plain}u", f"{plain[:-1]}q"]
        else:
            texts += [plain, plain, f"{plain}s", f"un{plain}"]
    return texts


def _numbers(wanted: str) -> list[float]:
    """Numbers at, beside, between and far from the literals of the query's conditions."""
    found = re.findall(r"(?:[<>=]|BETWEEN|AND) (\d+)(?= AND|;| OR| GROUP| ORDER| LIMIT)", wanted)
    literals = [int(number) for number in found]
    near = [float(literal + step) for literal in literals for step in (-1, 0, 0, 1)]
    far = [literal * factor for literal in literals for factor in (0.4, 0.8, 1.3, 2.5)]
    middle = [sum(literals) / len(literals)] * 2 if literals else []
    return [*near, *far, *middle]


def _is_compared(column: str, wanted: str) -> bool:
    """Whether a condition of the query looks at a column."""
    return re.search(rf"\b{column} ([<>=]+|BETWEEN|IN|LIKE|IS) ", wanted) is not None


def _holds_numbers(column: str, wanted: str) -> bool:
    """Whether the query treats a column as a number."""
    if re.search(rf"\b{column} ([<>=]+|BETWEEN) '", wanted):
        return False
    pattern = (
        rf"\b{column} ([<>=]+|BETWEEN) \d|(AVG|SUM|MIN|MAX)\((\w+\.)?{column}\)"
        rf"|ORDER BY (\w+\.)?{column}\b"
    )
    return re.search(pattern, wanted) is not None
