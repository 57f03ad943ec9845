"""The history: search, comparison, export, deletion."""

import json
import re
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.history import History
from tests.browser.whole_page import assert_fits
from tests.support.stack import Stack


def make_runs(guest: Guest, *prompts: str, tokens: int = 6) -> list[str]:
    """Finished runs of the free page, oldest first."""
    workbench = guest.open("free")
    runs = []
    for prompt in prompts:
        workbench.write_prompt(prompt)
        workbench.set(max_tokens=tokens)
        runs.append(workbench.run())
        workbench.wait_final()
    workbench.page.close()
    return runs


def open_history(guest: Guest, address: str = "/history/") -> History:
    return History(guest.page(address))


def test_search_filters_and_stars_are_in_the_address(stack: Stack, guest: Guest) -> None:
    fox, owl = make_runs(guest, "The red fox said", "The old owl said", tokens=16)
    history = open_history(guest)
    history.expect_runs(owl, fox)

    history.search.fill("fox")
    history.expect_runs(fox)
    history.page.wait_for_url("**/history/?q=fox")
    history.search.fill("said ow")
    history.expect_runs(owl)
    history.search.fill("")
    history.expect_runs(owl, fox)
    history.star(fox).click()
    expect(history.star(fox)).to_have_attribute("aria-pressed", "true")
    history.filter("starred").check()
    history.expect_runs(fox)
    history.filter("template").select_option("sql")
    expect(history.page.get_by_role("heading", name="Nothing found")).to_be_visible()
    history.filter("template").select_option("free")
    history.expect_runs(fox)
    history.page.wait_for_url("**/history/?template=free&starred=1")

    history.page.reload()
    history.expect_runs(fox)
    expect(history.filter("starred")).to_be_checked()
    history.page.go_back()
    expect(history.page.get_by_role("heading", name="Nothing found")).to_be_visible()
    # A search finds outputs as well as prompts.
    word = max(re.findall(r"\w+", stack.row(owl)["text"]), key=len)
    found = open_history(guest, f"/history/?q={word}")
    expect(found.row(owl)).to_be_visible()


def test_new_rows_behave_like_the_rows_of_the_first_page(guest: Guest) -> None:
    fox, owl = make_runs(guest, "The red fox said", "The old owl said")
    history = open_history(guest)
    at_first = history.row(fox).locator("time").inner_text()
    history.search.fill("fox")
    history.expect_runs(fox)

    # Times are local, also where the server wrote its own.
    assert "UTC" not in at_first
    assert history.row(fox).locator("time").inner_text() == at_first
    menu = history.row(fox).locator("details")
    summary = menu.locator("summary")
    summary.click()
    expect(menu).to_have_attribute("open", "")
    history.page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    summary.click()
    history.page.get_by_role("heading", name="History").click()
    expect(menu).not_to_have_attribute("open", "")
    history.select(fox)
    expect(history.bar).to_contain_text("1 selected")
    history.search.fill("said")
    history.expect_runs(owl, fox)
    expect(history.bar).to_be_hidden()


def test_a_run_opens_with_its_exact_parameters(guest: Guest) -> None:
    (run,) = make_runs(guest, "A walk in the", tokens=7)
    history = open_history(guest)

    history.row(run).get_by_role("link").first.click()

    workbench = guest.workbench(history.page)
    workbench.page.wait_for_url(f"**/runs/{run}/")
    expect(workbench.parameter("max_tokens")).to_have_value("7")
    workbench.page.locator(f"#run-panel[data-run='{run}']").wait_for(state="attached")


def test_two_to_four_runs_are_compared(guest: Guest, axe_source: str) -> None:
    runs = make_runs(guest, "A red fox", "A blue fox", "A blue owl", "A red owl", "An owl")
    history = open_history(guest)
    compare = history.bar.get_by_role("button", name="Compare")
    expect(history.bar).to_be_hidden()

    history.select(runs[0])
    expect(compare).to_be_disabled()
    history.select(*runs[1:])
    expect(history.bar).to_contain_text("5 selected")
    expect(compare).to_be_disabled()
    found = violations(history.page, axe_source)
    for run in runs[2:]:
        history.row(run).get_by_role("checkbox").uncheck()
    compare.click()

    page = history.page
    page.wait_for_url(f"**/history/compare/?runs={runs[0]},{runs[1]}")
    expect(page.locator("#prompt-A mark")).to_have_text("red")
    expect(page.locator("#prompt-B mark")).to_have_text("blue")
    found += violations(page, axe_source)
    page.goto(f"{guest.url}/history/compare/?runs={','.join(runs[:4])}")
    expect(page.get_by_role("heading", level=2, name="Run D")).to_be_visible()
    expect(page.locator("#prompt-A mark")).to_have_count(0)
    expect(page.locator("#prompt-C mark")).to_have_text(["blue owl"])
    found += violations(page, axe_source)
    assert not found, "\n".join(found)


def test_shift_selects_all_between_two_boxes(guest: Guest) -> None:
    runs = make_runs(guest, "One", "Two", "Three", "Four")
    history = open_history(guest)

    history.row(runs[3]).get_by_role("checkbox").click()
    history.row(runs[1]).get_by_role("checkbox").click(modifiers=["Shift"])
    expect(history.bar).to_contain_text("3 selected")
    history.row(runs[3]).get_by_role("checkbox").focus()
    history.page.keyboard.press("Space")
    history.row(runs[0]).get_by_role("checkbox").focus()
    history.page.keyboard.press("Shift+Space")
    expect(history.bar).to_contain_text("4 selected")


def test_fifteen_runs_are_on_a_screen_under_their_day(new_guest: NewGuest, tmp_path: Path) -> None:
    guest = new_guest(viewport={"width": 1440, "height": 900})
    make_runs(guest, "The one that is copied")
    page = guest.page("/history/")
    line = json.loads(page.request.get(f"{guest.url}/history/export/?format=jsonl").text())
    file = tmp_path / "many.jsonl"
    copies = [{**line, "id": f"{n:032x}", "tree": None} for n in range(1, 30)]
    file.write_text("\n".join(json.dumps(copy) for copy in copies))
    page.get_by_text("Import", exact=True).first.click()
    page.get_by_label("Runs as JSON Lines").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    page.goto(f"{guest.url}/history/")

    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    expect(page.get_by_text("30 runs")).to_be_visible()
    inside = page.locator(".history-row").evaluate_all(
        "(rows) => rows.filter((row) => row.getBoundingClientRect().bottom <= innerHeight).length"
    )
    assert inside >= 15


def test_a_copy_of_a_run_opens_without_its_output(guest: Guest) -> None:
    (run,) = make_runs(guest, "A walk in the", tokens=7)
    history = open_history(guest)

    history.row(run).locator("details summary").click()
    history.page.get_by_role("link", name="Open a copy without the output").click()

    workbench = guest.workbench(history.page)
    workbench.expect_document_text("A walk in the")
    expect(workbench.parameter("max_tokens")).to_have_value("7")
    assert workbench.run_id is None


def test_export_wipe_import_gives_the_same(stack: Stack, guest: Guest, tmp_path: Path) -> None:
    runs = make_runs(guest, "The first one", "The second one")
    before = [stack.row(run) for run in runs]
    history = open_history(guest)
    page = history.page

    page.get_by_text("Export", exact=True).first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON Lines").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name == "runs.jsonl"
    assert [json.loads(line)["id"] for line in file.read_text().splitlines()] == runs[::-1]

    page.get_by_role("link", name="Delete all runs").click()
    page.get_by_label("Type “delete”").fill("delete")
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()

    page.get_by_text("Import", exact=True).first.click()
    page.get_by_label("Runs as JSON Lines").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("2 runs imported.")).to_be_visible()
    history.expect_runs(*runs[::-1])
    after = [stack.row(run) for run in runs]
    given_anew = ("number", "address", "worker", "attempt", "epoch")
    for row in (*before, *after):
        for name in given_anew:
            del row[name]
        # SQLite's own clock writes three digits of a second.
        for name in ("created_at", "started_at", "finished_at"):
            row[name] = datetime.fromisoformat(row[name])
    assert after == before


def test_selected_runs_are_deleted_after_confirmation(stack: Stack, guest: Guest) -> None:
    first, second, third = make_runs(guest, "One", "Two", "Three")
    history = open_history(guest)

    history.select(first, third)
    history.bar.get_by_role("button", name="Delete").click()
    expect(history.page.get_by_role("heading", name="Delete 2 runs?")).to_be_visible()
    history.page.get_by_role("button", name="Delete for good").click()

    expect(history.page.get_by_text("2 runs deleted.")).to_be_visible()
    history.expect_runs(second)
    assert not stack.query("SELECT 1 FROM runs_run WHERE id = ?", first.replace("-", ""))


def test_deleting_a_live_run_stops_it(stack: Stack, guest: Guest) -> None:
    workbench = guest.open("free", model="slow")
    run = workbench.run_long(tokens=400)
    workbench.wait_for_text(10)

    page = guest.page(f"/runs/{run}/delete/")
    with guest.complaints.allow("status of 404", "Error Code 404"):
        page.get_by_role("button", name="Delete for good").click()
        expect(page.get_by_text("1 run deleted.")).to_be_visible()
        workbench.page.close()

    # The worker's slot is free again: the next run begins at once.
    again = guest.open("free", model="slow")
    again.set(max_tokens=2)
    again.run()
    again.wait_final()


def test_older_runs_load_on_demand(stack: Stack, guest: Guest, tmp_path: Path) -> None:
    make_runs(guest, "The one that is copied")
    page = guest.page("/history/")
    lines = page.request.get(f"{guest.url}/history/export/?format=jsonl").text().splitlines()
    line = json.loads(lines[0])
    file = tmp_path / "many.jsonl"
    copies = [
        {**line, "id": f"00000000-0000-4000-8000-{number:012d}", "origin": None, "tree": None}
        for number in range(60)
    ]
    file.write_text("".join(json.dumps(copy) + "\n" for copy in copies))
    page.get_by_text("Import", exact=True).first.click()
    page.get_by_label("Runs as JSON Lines").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    history = History(page)
    expect(history.rows).to_have_count(50)

    page.get_by_role("link", name="Show older runs").click()

    expect(history.rows).to_have_count(61)
    expect(page.get_by_role("link", name="Show older runs")).to_have_count(0)
    ids = history.rows.evaluate_all("(rows) => rows.map((row) => row.id)")
    assert len(set(ids)) == 61


def test_a_wrong_import_says_where_the_error_is(guest: Guest, tmp_path: Path) -> None:
    file = tmp_path / "wrong.jsonl"
    file.write_text('{"kind": "account"}\n{"kind": "run"}\n')
    page = guest.page("/history/")

    page.get_by_text("Import", exact=True).first.click()
    page.get_by_label("Runs as JSON Lines").set_input_files(file)
    with guest.complaints.allow("status of 400"):
        page.get_by_role("button", name="Import").click()
        expect(page.get_by_text("Line 2: ")).to_be_visible()


def test_it_works_without_a_script(new_guest: NewGuest) -> None:
    guest = new_guest(java_script_enabled=False)
    workbench = guest.open("free")
    for prompt in ("A plain fox", "A plain owl"):
        workbench.page.goto(f"{guest.url}/free/?model=demo")
        workbench.page.locator("textarea[name=prompt]").fill(prompt)
        workbench.set(max_tokens=3)
        workbench.run_button.click()
        workbench.wait_final()
    history = open_history(guest)
    expect(history.rows).to_have_count(2)

    history.search.fill("fox")
    history.page.get_by_role("button", name="Show").click()
    expect(history.rows).to_have_count(1)
    history.rows.get_by_role("button", name="Star this run").click()
    expect(history.rows.get_by_role("button", name="Star this run")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert history.page.url.endswith("q=fox&template=&model=&status=&from=&to=")
    history.rows.get_by_role("checkbox").check()
    history.bar.get_by_role("button", name="Delete").click()
    history.page.get_by_role("button", name="Delete for good").click()
    expect(history.rows).to_have_count(1)


@pytest.mark.parametrize("width", [390, 360])
def test_on_a_phone_runs_are_cards(new_guest: NewGuest, width: int, axe_source: str) -> None:
    guest = new_guest(viewport={"width": width, "height": 844}, is_mobile=True, has_touch=True)
    workbench = guest.open("translation")
    workbench.page.locator("#open-parameters").click()
    workbench.set(temperature=1.2, top_p=0.9, max_tokens=8)
    workbench.page.keyboard.press("Escape")
    workbench.run()
    workbench.wait_final()
    history = open_history(guest)
    page = history.page

    assert_fits(page, width)
    first_line = [".select-run", ".history-time", ".history-facts", ".star", ".run-menu"]
    overflow = "(one) => one.scrollWidth - one.clientWidth"
    assert history.rows.locator(".history-time").evaluate(overflow) <= 0
    boxes = [history.rows.locator(part).bounding_box() for part in first_line]
    for left, right in pairwise(boxes):
        assert left is not None and right is not None
        assert left["x"] + left["width"] <= right["x"]
    history.rows.get_by_role("checkbox").check()
    history.rows.locator("summary").click()
    assert_fits(page, width)
    page.keyboard.press("Escape")
    found = violations(page, axe_source)
    assert not found, "\n".join(found)
