"""The judge of SQL: right queries pass, wrong ones do not."""

import random
import re
from collections import defaultdict

from tools.demo_model.corpus.documents import Document, Split
from tools.demo_model.corpus.sql import requests
from tools.demo_model.corpus.stream import held_out_document
from tools.demo_model.evaluation.sql_rows import read_schema, same_rows


def test_every_query_runs_on_its_schema() -> None:
    for index in range(400):
        document = held_out_document("sql", index)

        assert same_rows(document.prompt, document.wanted, document.wanted), document.text


def test_a_query_with_another_condition_gives_other_rows() -> None:
    prompt = "Tables:\nfilms(id, title, year)\n\nRequest: Films after 2000.\nSQL:"
    wanted = "SELECT title FROM films WHERE year > 2000;"

    assert same_rows(prompt, wanted, "SELECT films.title FROM films WHERE 2000 < year")
    assert not same_rows(prompt, wanted, "SELECT title FROM films WHERE year >= 2000;")
    assert not same_rows(prompt, wanted, "SELECT title FROM films;")
    assert not same_rows(prompt, wanted, "SELECT nothing FROM films;")


def test_the_order_counts_only_where_it_is_asked_for() -> None:
    prompt = "Tables:\nfilms(id, title, year)\n\nRequest: ...\nSQL:"

    assert same_rows(prompt, "SELECT * FROM films;", "SELECT * FROM films ORDER BY id DESC;")
    assert not same_rows(
        prompt, "SELECT * FROM films ORDER BY year;", "SELECT * FROM films ORDER BY year DESC;"
    )


# A query's construct, by its contents; the first match names it.
CONSTRUCTS = (
    "LEFT JOIN", "HAVING", "JOIN", "ORDER BY COUNT", "GROUP BY", "COUNT(DISTINCT", "DISTINCT",
    "BETWEEN", " IN (", "LIKE", "IS NULL", "IS NOT NULL", "<>", ">=", "<=", " > ", " < ", "LIMIT",
    "ORDER BY", "COUNT(*)", "AVG", "SUM", "MAX", "MIN", " = ", "SELECT *", "SELECT",
)  # fmt: skip


def construct_of(query: str) -> str:
    return next(word for word in CONSTRUCTS if word in query)


def mutations(rng: random.Random, document: Document) -> list[str]:
    """Queries similar to the right one that mean something else."""
    query = document.wanted.strip()
    columns = sorted({c for names in read_schema(document.prompt).values() for c in names})
    changed = []
    for pattern, new in (
        (r" WHERE .*?(?= GROUP BY| ORDER BY| LIMIT|;)", ""),
        (r" HAVING .*?(?=;)", ""),
        (" LEFT JOIN ", " JOIN "),
        (" DESC", ""),
        (r"(ORDER BY \S+[^ ;])(?! DESC)(?=;| LIMIT)", r"\1 DESC"),
        (r"DISTINCT ", ""),
        (r"LIMIT (\d+)", r"LIMIT 1\1"),
        (r"(?<= )>(?= )", ">="), (r"(?<= )>=(?= )", ">"), (r"(?<= )<(?= )", "<="),
        (r"(?<= )<=(?= )", "<"), (r"(?<= )=(?= ['\d])", "<>"), (r"<>", "="),
        (" AND ", " OR "), (r"(?<!BETWEEN \d) OR ", " AND "),
        ("IS NULL", "IS NOT NULL"), ("IS NOT NULL", "IS NULL"),
        (r"LIKE '(\w+)%'", r"LIKE '%\1'"), (r"LIKE '%(\w+)%'", r"LIKE '\1%'"),
        (r"LIKE '%(\w+)'", r"LIKE '\1%'"),
        (r"BETWEEN (\S+) AND (\S+?)(?=;| )", r"> \1"), (r"IN \('([^']*)'", r"IN ('none'"),
        ("AVG", "SUM"), ("SUM", "MAX"), ("MAX", "MIN"), ("MIN", "AVG"),
        (r"(?<=')([^'%]+)(?=')", r"\1x"), (r"([<>=] \d+)", r"\g<1>5"),
    ):  # fmt: skip
        other = re.sub(pattern, new, query, count=1)
        if other != query and not (" BETWEEN " in query and pattern == " AND "):
            changed.append(other)
    used = [c for c in columns if re.search(rf"\b{c}\b", query) and c != "id"]
    for column in used:
        if not column.endswith("_id"):
            other = rng.choice([c for c in columns if c != column])
            changed.append(re.sub(rf"\b{column}\b", other, query))
    return changed


def test_the_judge_rejects_mutated_queries_of_each_construct() -> None:
    rng = random.Random(3)
    told: defaultdict[str, int] = defaultdict(int)
    asked: defaultdict[str, int] = defaultdict(int)
    for _ in range(400):
        document = requests.document(rng, Split.TRAIN)
        name = construct_of(document.wanted)
        for given in mutations(rng, document):
            asked[name] += 1
            told[name] += not same_rows(document.prompt, document.wanted, given)

    assert set(asked) >= {name for name in CONSTRUCTS if name not in ("SELECT *", "IS NOT NULL")}
    for name, count in asked.items():
        # A construct that occurs seldom may lose two by chance.
        assert told[name] >= min(0.85 * count, count - 2), (name, told[name], count)
