"""Accessibility by axe-core, given to the page from outside so that its policy holds."""

from playwright.sync_api import Page

RUN = """
async () => {
  const { violations } = await axe.run(document, {
    resultTypes: ['violations'],
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  });
  return violations.map(({ id, help, nodes }) =>
    `${id}: ${help}\\n` + nodes.map(({ html, any }) =>
      `    ${html.slice(0, 160)}\\n      ${any.map(({ message }) => message).join('; ')}`,
    ).join('\\n'));
}
"""


def violations(page: Page, source: str) -> list[str]:
    """What axe finds on the page in each colour scheme."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if not page.evaluate("typeof axe === 'object'"):
            page.evaluate(source)
        found += [f"{scheme} {page.url} {violation}" for violation in page.evaluate(RUN)]
    return found
