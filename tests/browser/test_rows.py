"""Running a saved prompt over the rows of a table, as a person does it."""

import csv
import io
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.axe import violations
from tests.browser.conftest import NewGuest
from tests.browser.guest import Guest
from tests.browser.test_library import library_of, open_prompt
from tests.browser.test_phone import phone
from tests.browser.whole_page import assert_fits
from tests.support.stack import Stack

TABLE = "city\tname\nRome\tAnn\nOslo\tBen\nBonn\tCy\nKiel\tDi"


def save_prompt(guest: Guest, *, title: str = "Letters") -> None:
    """A short prompt with two variables, of which one has a value."""
    prompt = open_prompt(guest)
    prompt.write("{{city}} is where {{name}} lives.")
    prompt.page.get_by_label("name", exact=True).fill("Eve")
    prompt.workbench.set(max_tokens=8)
    prompt.save(title=title)


def open_rows(guest: Guest, *, title: str = "Letters") -> Page:
    page = library_of(guest).page
    page.get_by_role("link", name=f"Run over rows {title}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Run over rows")
    return page


def wait_all(page: Page, count: int) -> None:
    expect(page.locator("#rows-summary")).to_contain_text(f"{count} done")
    expect(page.locator("#rows[hx-trigger]")).to_have_count(0)


def test_a_pasted_table_runs_and_its_outputs_come_beside_the_rows(
    stack: Stack, guest: Guest, axe_source: str, tmp_path: Path
) -> None:
    save_prompt(guest)
    page = open_rows(guest)
    table = page.get_by_label("Table", exact=True)
    checked = page.locator("#rows-checked")

    table.fill("town\nRome")
    expect(checked).to_contain_text("The prompt has nothing called “town”.")
    found = violations(page, axe_source)
    table.fill(TABLE)
    expect(checked).to_contain_text("4 rows, 2 columns: city, name")
    page.get_by_role("button", name="Run 4 rows").click()
    page.wait_for_url("**/rows/*/")
    address = page.url
    # Nobody looks: rows go on without a page.
    page.goto("about:blank")
    made = address.rstrip("/").rsplit("/", 1)[1].replace("-", "")
    rows = "SELECT run.* FROM batches_batchrow row JOIN runs_run run ON run.id = row.run_id "
    rows += "WHERE row.batch_id = ? ORDER BY row.number"
    page.goto(address)
    wait_all(page, 4)

    runs = stack.query(rows, made)
    assert [run["prompt"][:4] for run in runs] == ["Rome", "Oslo", "Bonn", "Kiel"]
    outputs = page.locator(".rows-output").all_inner_texts()
    expected = [" ".join(run["text"].split()) or "(wrote nothing)" for run in runs]
    assert [" ".join(text.split()) for text in outputs] == expected
    found += violations(page, axe_source)
    assert not found, "\n".join(found)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    download.value.save_as(tmp_path / "rows.csv")
    text = (tmp_path / "rows.csv").read_text(encoding="utf-8-sig")
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert lines[0] == ["city", "name", "output", "status"]
    assert [line[:2] for line in lines[1:]] == [row.split("\t") for row in TABLE.split("\n")[1:]]
    page.get_by_role("link", name="Open the run of row 3").click()
    page.wait_for_url("**/runs/*/")
    assert runs[2]["id"] in page.url.replace("-", "")
    page.go_back()
    page.get_by_role("link", name="New table").click()
    expect(page.get_by_role("link", name="4 rows")).to_be_visible()


def test_a_file_runs_without_scripts_on_a_phone(new_guest: NewGuest) -> None:
    desk, guest = new_guest(), phone(new_guest, 390)
    save_prompt(desk)
    guest.context.add_cookies(desk.context.cookies())
    page = open_rows(guest)
    assert_fits(page, 390)
    plain = new_guest(java_script_enabled=False)
    plain.context.add_cookies(guest.context.cookies())
    page = plain.page(page.url.removeprefix(plain.url))
    lines = ["city", *(f"City {number}" for number in range(9))]
    data = "\n".join(lines).encode()

    page.get_by_label("Or a CSV file").set_input_files(
        {"name": "cities.csv", "mimeType": "text/csv", "buffer": data}
    )
    page.get_by_role("button", name="Run rows").click()
    page.wait_for_url("**/rows/*/")
    expect(page.locator("#rows tr")).to_have_count(9)
    address = page.url.removeprefix(plain.url)
    wait_all(page, 9)

    looked = guest.page(address)
    assert_fits(looked, 390)
    looked.get_by_role("link", name="Delete").click()
    looked.get_by_role("button", name="Delete for good").click()
    expect(looked.get_by_text("Table deleted.")).to_be_visible()
