"""Accessibility by axe-core, injected from outside, so that the page's policy still applies."""

from typing import Literal

from playwright.sync_api import Page

from tests.browser.whole_page import evaluate

RUN = """
async (rules) => {
  // A colour that is still on its way from the other scheme is no one's contrast. What inherits
  // it sets out when it has arrived.
  const fading = () => document.getAnimations().filter((one) => one instanceof CSSTransition);
  for (let round = 0; round < 20 && fading().length > 0; round += 1) {
    for (const transition of fading()) transition.finish();
  }
  const { violations } = await axe.run(document, {
    resultTypes: ['violations'],
    runOnly: rules,
  });
  return violations.map(({ id, help, nodes }) =>
    `${id}: ${help}\\n` + nodes.map(({ html, any }) =>
      `    ${html.slice(0, 160)}\\n      ${any.map(({ message }) => message).join('; ')}`,
    ).join('\\n'));
}
"""


ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Rules that depend on a colour; everything else is the same in both schemes.
COLOURS = ["color-contrast", "link-in-text-block"]


def violations(page: Page, source: str) -> list[str]:
    """The violations that axe finds on the page in each colour scheme."""
    found = []
    schemes: tuple[tuple[Literal["light", "dark"], list[str]], ...] = (
        ("light", ALL),
        ("dark", COLOURS),
    )
    for scheme, rules in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        if not evaluate(page, "typeof axe === 'object'"):
            page.evaluate(source)
        found += [f"{scheme} {page.url} {violation}" for violation in page.evaluate(RUN, rules)]
    return found
