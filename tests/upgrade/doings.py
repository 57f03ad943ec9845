"""What people have done in the place: runs of every kind, prompts, links, drafts, deletions."""

import json
from dataclasses import dataclass, field

from tests.support.stack import Stack
from tests.upgrade.browser import Browser

PEOPLE = ("ada", "ben", "guest", "night")
SLUGS = ("free", "chat", "qa", "translation", "table", "sql", "code")
# Likelier each time it was written, a word comes again and again: the run has its whole length.
LONG = {"temperature": "0", "frequency_penalty": "-2", "stop": ""}
SHORT = {"max_tokens": "8"}
EVERY_PARAMETER = {
    "temperature": "0.85",
    "top_p": "0.9",
    "top_k": "40",
    "min_p": "0.02",
    "max_tokens": "12",
    "repetition_penalty": "1.1",
    "frequency_penalty": "0.25",
    "presence_penalty": "-0.5",
    "stop": "###\nProduct:",
    "seed": "20260314",
    "logprobs": "5",
}
VARIABLES: dict[str, str | list[str]] = {
    "prompt": "Dear {{name}}, the {{n}} letters of {{city}} are here.\n{{shots}}Letter:",
    "variables": ["name", "n", "city", "shots"],
    "var.name.kind": "text",
    "var.name": "Anna",
    "var.name.default": "friend",
    "var.n.kind": "number",
    "var.n": "3",
    "var.n.min": "1",
    "var.n.max": "9",
    "var.city.kind": "choice",
    "var.city.options": "Rome\nParis",
    "var.city": "Paris",
    "var.city.help": "Where the letters come from",
    "var.shots.kind": "examples",
    "var.shots.columns": "question, answer",
    "var.shots.format": r"Q: {question}\nA: {answer}\n\n",
    "var.shots.width": "2",
    "var.shots.cell": ["Who writes?", "The keeper.", "How often?", "Once a week."],
}
LETTER = "Dear Anna, the lamp has burned every night since"


@dataclass
class Place:
    """What there is: runs, prompts, drafts and links, by a name for each."""

    runs: dict[str, str] = field(default_factory=dict)
    # Whose each run is.
    owners: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    prompts: dict[str, str] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


class Doings:
    """Four people: ada and ben, who were guests first, and two guests. The night's guest is the
    last one up: what nobody else sees is still streaming when everything dies."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.place = Place()
        self.people = {name: Browser(stack.visitor()) for name in PEOPLE}

    def make_all(self) -> Place:
        self.templates()
        self.parameters()
        self.trees()
        self.endings()
        self.saved_prompts()
        self.links()
        self.others()
        self.drafts()
        self.imports()
        self.deletions()
        return self.place

    # --- Runs ---------------------------------------------------------------------

    def templates(self) -> None:
        """The example of each template; ada signs up in the middle and keeps what she has."""
        for slug in SLUGS[:3]:
            self.run(f"example-{slug}", "ada", f"/{slug}/", slug, max_tokens="24")
        self.people["ada"].sign_up("ada")
        for slug in SLUGS[3:]:
            self.run(f"example-{slug}", "ada", f"/{slug}/", slug, max_tokens="32")
        chat = self.run("chat-2", "ada", self.page("example-chat"), "chat", message="Thank you!")
        self.run("chat-3", "ada", f"/runs/{chat}/", "chat", message="One more: can I return it?")
        rows: dict[str, str | list[str]] = {
            "columns": "Place, Height",
            "examples_given": ["Ben Nevis is 1345 m high.", "K2 has 8611 m.", ""],
            "examples_wanted": ["| Ben Nevis | 1345 |", "| K2 | 8611 |", ""],
            "text": "Snowdon has 1085 m, and Scafell Pike 978 m.",
        }
        self.run("table-rows", "ada", "/table/", "table", max_tokens="32", **rows)
        raw = "English: The lamp is lit.\nFrench: La lampe est allumée.\n\nEnglish: Good night.\n"
        self.run("raw", "ada", "/translation/", "translation", detached="1", prompt=f"{raw}French:")
        self.run("raw-chat", "ada", "/chat/", "chat", detached="1", prompt="Agent:", **SHORT)
        self.run("variables", "ada", "/free/", "free", **VARIABLES, **SHORT)
        self.run(
            "fields-variables", "ada", "/qa/", "qa", question="Who owns {{shop}}?", max_tokens="16",
            variables=["shop"], **{"var.shop.kind": "text", "var.shop": "Golden Crust"},
        )  # fmt: skip
        self.run(
            "injected", "ada", "/free/", "free", prompt="A list of lamps:", **SHORT,
            inject_start=r"\n1.", inject_restart=r"\n2.",
        )  # fmt: skip
        self.run(
            "from-cursor", "ada", "/free/", "free", prompt=LETTER, **SHORT,
            behind="\nYours, the keeper", made="[[5, 9], [11, 20]]",
        )  # fmt: skip

    def parameters(self) -> None:
        self.run("every-parameter", "ada", "/free/", "free", **EVERY_PARAMETER)
        self.run("probabilities", "ada", "/free/", "free", logprobs="5", temperature="0", **SHORT)
        self.run("stopped-by-stop", "ada", "/free/", "free", temperature="0", stop=" ")
        self.run("pinned-twin", "ada", "/free/", "free", seed="7", temperature="1.5", **SHORT)
        self.run("pinned", "ben", "/free/", "free", seed="7", temperature="1.5", **SHORT)
        umlauts = "Größe, naïveté, Ελλάδα, 日本, \U0001f3ee and <b>tags</b> & {braces}:"
        self.run("every-letter", "ben", "/free/", "free", prompt=umlauts, **SHORT)

    def trees(self) -> None:
        """Siblings, branches of them, and a branch of a branch."""
        first = self.run("root", "ada", "/free/", "free", prompt=LETTER, max_tokens="12")
        second = self.retry("sibling-2", "ada", first)
        self.retry("sibling-3", "ada", first)
        more = f"{LETTER} the storm"
        branch = self.run("branch", "ada", f"/runs/{second}/", "free", prompt=more, **SHORT)
        self.retry("branch-sibling", "ada", branch)
        deep = self.run("deep", "ada", f"/runs/{branch}/", "free", prompt=f"{more}, and", **SHORT)
        gone = self.run("middle", "ada", f"/runs/{deep}/", "free", prompt=f"{more} gone", **SHORT)
        self.run("orphan", "ada", f"/runs/{gone}/", "free", prompt=f"{more} went on", **SHORT)
        for name in ("sibling-2", "deep", "example-table"):
            self.people["ada"].star(self.place.runs[name])

    def endings(self) -> None:
        """Cancelled in mid-stream and in the queue, failed with its worker, and still queued."""
        cancelled = self.start("cancelled", "ada", model="slow", max_tokens="200", **LONG)
        with self.people["ada"].visitor.follow(cancelled) as viewer:
            viewer.until_tokens(6)
            self.people["ada"].visitor.stop(cancelled)
            viewer.until_final()
        self.stack.wait_final(cancelled)
        queued = self.start("cancelled-in-queue", "ada", model="spare", **SHORT)
        self.people["ada"].visitor.stop(queued)
        self.stack.wait_final(queued)
        failed = self.start("failed", "ben", model="slow", max_tokens="200", **LONG)
        with self.people["ben"].visitor.follow(failed) as viewer:
            viewer.until_tokens(6)
        self.stack.kill("slow")
        self.stack.wait_row(failed, status="failed", timeout=30)
        self.stack.start_worker("slow")
        self.start("queued", "ada", model="spare", prompt="Nobody serves this yet:", **SHORT)

    # --- Prompts ------------------------------------------------------------------

    def saved_prompts(self) -> None:
        ada = self.people["ada"]
        lamp = self.save(
            "lighthouse", "ada", "/free/", "free", prompt=LETTER, max_tokens="12",
            save_title="A letter from the lighthouse", save_tags="stories, sea",
            save_description="The keeper writes home once a week.", save_message="First words",
        )  # fmt: skip
        self.run("of-version-1", "ada", f"/prompts/{lamp}/", "free")
        ada.save_version(lamp, prompt=f"{LETTER} the storm, and", save_message="More of the storm")
        of_two = self.run("of-version-2", "ada", f"/prompts/{lamp}/", "free")
        self.run("of-version-2-branch", "ada", f"/runs/{of_two}/", "free", prompt=f"{LETTER} then")
        ada.save_version(
            lamp, prompt=f"{LETTER} the great storm,\nand", temperature="0.4", logprobs="5"
        )
        ada.send(f"/prompts/{lamp}/star/", {"starred": "1"})
        road = self.save(
            "phrases", "ada", "/translation/", "translation", save_title="Phrases for the road",
            save_tags="travel",
        )  # fmt: skip
        ada.save_version(road, sentence="Where is the lighthouse?", save_message="Another phrase")
        ada.send(f"/prompts/{road}/v/1/restore/", {})
        self.save(
            "orders", "ada", "/sql/", "sql", save_title="Orders over a hundred",
            save_tags="work, sql", save_description="Only what is not paid yet.",
        )  # fmt: skip
        self.save("open-letter", "ada", "/free/", "free", save_title="An open letter", **VARIABLES)
        self.save("raw-chat", "ada", "/chat/", "chat", save_title="A raw chat", detached="1",
                  prompt="Customer: Hello?\nAgent:")  # fmt: skip
        archived = self.save("archived", "ada", "/code/", "code", save_title="Put away")
        ada.send(f"/prompts/{archived}/archive/", {})
        bens = self.save("bens", "ben", "/qa/", "qa", save_title="What the bakery sells")
        self.run("of-bens", "ben", f"/prompts/{bens}/", "qa", max_tokens="16")

    def links(self) -> None:
        """Of the newest version, pinned, until a day, expired, revoked; and the gallery."""
        ada, lamp = self.people["ada"], self.place.prompts["lighthouse"]
        runs, links = self.place.runs, self.place.links
        chosen: dict[str, str | list[str]] = {
            "share_run": [runs["of-version-1"], runs["of-version-2"]],
            "share_branches": "1",
        }
        links["newest"] = ada.make_link(lamp, **chosen)
        links["pinned"] = ada.make_link(lamp, share_version="2", **chosen)
        links["until-2099"] = ada.make_link(
            lamp, share_version="1", share_expires="date", share_until="2099-12-31"
        )
        links["expired"] = ada.make_link(lamp, share_expires="week")
        links["revoked"] = ada.make_link(lamp)
        (revoked,) = self.stack.query(
            "SELECT id FROM prompts_share WHERE token = ?", links["revoked"].split("/")[2]
        )
        ada.send(f"/prompts/{lamp}/share/{_with_dashes(revoked['id'])}/revoke/", {})
        # A pinned link keeps its old title.
        details = {"save_title": "A letter from the old lighthouse", "save_tags": "stories, sea"}
        ada.send(f"/prompts/{lamp}/edit/", {**details, "save_description": "Renamed since."})
        ada.send(f"/prompts/{lamp}/publish/", {"share_run": runs["of-version-2"]})
        orders = self.place.prompts["orders"]
        links["orders"] = ada.make_link(orders)
        ada.send(f"/prompts/{self.place.prompts['open-letter']}/publish/", {})

    def others(self) -> None:
        """Ben signs up, forks and publishes; the guest forks from the gallery and runs."""
        ben, guest, links = self.people["ben"], self.people["guest"], self.place.links
        ben.sign_up("ben")
        prompts = self.place.prompts
        ben.send(f"/prompts/{prompts['bens']}/publish/", {"share_run": self.place.runs["of-bens"]})
        prompts["fork-of-link"] = ben.fork(links["pinned"])
        ben.save_version(prompts["fork-of-link"], prompt="Dear Ada, your lamp", max_tokens="10")
        self.run("of-fork", "ben", f"/prompts/{prompts['fork-of-link']}/", "free")
        prompts["fork-of-gallery"] = guest.fork(f"/gallery/{prompts['open-letter']}/")
        prompts["fork-of-deleted"] = guest.fork(links["orders"])
        for slug in ("translation", "sql"):
            self.run(f"guest-{slug}", "guest", f"/{slug}/", slug, max_tokens="16")
        self.run("guest-chat", "guest", "/chat/", "chat", message="Do you sell moss?", **SHORT)
        self.run("guest-free", "guest", "/free/", "free", prompt="The moss grows", **SHORT)

    def drafts(self) -> None:
        """Of templates, of a saved prompt, a copy that a second tab left, and one put aside."""
        ada, drafts = self.people["ada"], self.place.drafts
        lamp = self.place.prompts["lighthouse"]
        drafts["translation"] = ada.draft(
            "/translation/", "translation", writer="tab1", sentence="The draft is not saved."
        )
        drafts["lighthouse"] = ada.draft(
            f"/prompts/{lamp}/", "free", writer="tab1", prompt="A draft of the letter", seed="5"
        )
        drafts["copy"] = ada.draft(
            f"/prompts/{lamp}/v/3/", "free", writer="tab2", prompt="Another tab wrote this"
        )
        drafts["variables"] = ada.draft("/free/", "free", writer="tab1", **VARIABLES)
        drafts["discarded"] = ada.draft("/code/", "code", writer="tab1", code="def gone(): ...")
        ada.send(f"/drafts/{drafts['discarded']}/discard/", {})
        drafts["guest"] = self.people["guest"].draft(
            "/chat/", "chat", writer="tab1", message="I have not sent this"
        )

    def imports(self) -> None:
        """Ben's runs come to ada too, beside a line that only a file can have."""
        lines = self.people["ben"].open("/history/export/?format=jsonl")
        odd = {
            **json.loads(lines.splitlines()[0]),
            "id": "00000000-0000-4000-8000-000000000001",
            "origin": None, "parent": None, "tree": None, "prompt_version": None,
            "created_at": "2025-01-02T03:04:05.678901+00:00", "model": "a-model-of-old",
            "template": "of-a-later-version", "fields": {"unknown": [1, "two"]},
            "prompt": "An imported prompt", "text": " and what came of it", "tokens": [],
            "status": "failed", "error": "The model was switched off.", "error_code": "old",
        }  # fmt: skip
        file = f"{lines.strip()}\n{json.dumps(odd)}\n"
        ada = self.people["ada"].visitor
        before = self._run_ids()
        if (answer := ada.upload("/history/import/", file.encode())).status != 303:
            raise AssertionError(f"the import was answered {answer.status}: {answer.text[:2000]}")
        for number, run in enumerate(sorted(self._run_ids() - before)):
            self._keep(f"imported-{number}", "ada", run)
        # Ben's own import broke off.
        self.stack.query(
            "INSERT INTO runs_import (person_id, token, runs, saved, is_over, beat_at)"
            " SELECT person_id, person_id, 9, 4, 1, '2099-06-01 12:00:00'"
            " FROM runs_run WHERE id = ?",
            self.place.runs["pinned"].replace("-", ""),
        )

    def deletions(self) -> None:
        """A run in the middle of a tree, two at once, a prompt with its links."""
        ada, runs = self.people["ada"], self.place.runs
        ada.send(f"/runs/{runs['middle']}/delete/", {})
        both = [runs["pinned-twin"], runs["raw-chat"]]
        ada.send("/history/delete/", {"run": both})
        for name in ("middle", "pinned-twin", "raw-chat"):
            self.place.deleted.append(runs.pop(name))
            del self.place.owners[self.place.deleted[-1]]
        orders = self.place.prompts.pop("orders")
        ada.send(f"/prompts/{orders}/archive/", {})
        ada.send(f"/prompts/{orders}/delete/", {})

    # --- The last one -------------------------------------------------------------

    def break_off(self, tokens: int = 20) -> str:
        """A run in mid-stream with another one behind it, when everything dies but Valkey."""
        night = self.people["night"]
        long = {**LONG, "max_tokens": "90", "logprobs": "2"}
        run = self.start("mid-stream", "night", model="slow", prompt=LETTER, **long)
        self.start("behind-it", "night", model="slow", prompt="And then", **SHORT)
        with night.visitor.follow(run) as viewer:
            viewer.until_tokens(tokens)
        for part in ("demo", "web", "slow"):
            self.stack.kill(part)
        return run

    # --- Steps --------------------------------------------------------------------

    def page(self, run: str) -> str:
        return f"/runs/{self.place.runs[run]}/"

    def run(self, name: str, who: str, path: str, slug: str, /, **changes: str | list[str]) -> str:
        """A run that ends."""
        run = self._keep(name, who, self.people[who].run(path, slug, **changes))
        self.stack.wait_final(run, timeout=60)
        return run

    def start(self, name: str, who: str, /, **changes: str | list[str]) -> str:
        """A run that is not waited for."""
        return self._keep(name, who, self.people[who].run("/free/", "free", **changes))

    def retry(self, name: str, who: str, run: str) -> str:
        sibling = self._keep(name, who, self.people[who].retry(run))
        self.stack.wait_final(sibling, timeout=60)
        return sibling

    def save(self, name: str, who: str, path: str, slug: str, /, **changes: str | list[str]) -> str:
        prompt = self.people[who].save_new(path, slug, **changes)
        self.place.prompts[name] = prompt
        return prompt

    def _keep(self, name: str, who: str, run: str) -> str:
        self.place.runs[name] = run
        self.place.owners[run] = who
        return run

    def _run_ids(self) -> set[str]:
        rows = self.stack.query("SELECT id FROM runs_run")
        return {_with_dashes(row["id"]) for row in rows}


def _with_dashes(raw: str) -> str:
    return "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))
