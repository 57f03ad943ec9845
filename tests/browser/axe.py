"""Accessibility by axe-core, given to the page from outside so that its policy holds."""

from playwright.sync_api import Page

RUN = """
async () => {
  // A colour that is still on its way from the other scheme is no one's contrast. What inherits
  // it sets out when it has arrived.
  const fading = () => document.getAnimations().filter((one) => one instanceof CSSTransition);
  for (let round = 0; round < 20 && fading().length > 0; round += 1) {
    for (const transition of fading()) transition.finish();
  }
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
