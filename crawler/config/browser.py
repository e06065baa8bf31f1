"""The keys for pages that a browser renders: `browser:` of the job, and `pages.KIND.browser`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.config import validators
from crawler.config.schema import BOOL, SELECTOR, TEXT, InvalidValue, Key, Section, duration, optional, whole

if TYPE_CHECKING:
    from crawler.fetch.browser import BrowserOptions, BrowserRule

__all__ = ["BrowserSpec", "RenderSpec"]


class BrowserSpec(Section):
    """How the browser runs that renders pages with `browser:`; see docs/browser.md."""

    path = Key(
        optional(TEXT),
        None,
        "The executable of Chromium. Default: `chromium`, `chromium-browser` or `google-chrome` of this system, or the "
        "one that `playwright install chromium` has downloaded.",
    )
    pages = Key(whole(1, 100), 2, "Maximum number of pages that are rendered at the same time.")
    timeout = Key(
        duration(0, 86400, above=True),
        60.0,
        "Maximum time for one page in all: loading, waiting, clicking and scrolling. `fetch.timeout` does not apply.",
    )
    sandbox = Key(
        BOOL, True, "Run the browser in its sandbox. Some containers have none; root never has one, whatever this says."
    )

    def options(self) -> BrowserOptions:
        """The same for the browser."""
        from crawler.fetch.browser import BrowserOptions  # late: few jobs need one

        return BrowserOptions(self.path or "", self.pages, self.timeout, self.sandbox)


class RenderSpec(Section):
    """What is done with a page in the browser before it is read. `browser: true` is the section with its defaults."""

    wait = Key(
        SELECTOR,
        "",
        "CSS selector of an element that must be there before the page is read. Default: until the page has loaded and "
        "asks for nothing more.",
    )
    click = Key(SELECTOR, "", "CSS selector of a button that is clicked for as long as it is there.")
    scroll = Key(BOOL, False, "Scroll down until nothing more comes.")
    max_clicks = Key(whole(1, 10_000), 100, "Maximum number of clicks and scrolls together; then the page is read.")

    def check(self) -> None:
        for name in ("wait", "click"):
            value = getattr(self, name)
            if ":-soup-" in value:
                what = "this selector is for the browser, which does not know :-soup-contains"
                raise InvalidValue(what, "select by class, id or attribute", key=name)
            if value and (wrong := validators.selector(value)):
                raise InvalidValue(*wrong, key=name)
        if "max_clicks" in self.given and not (self.click or self.scroll):
            raise InvalidValue("there is nothing to click or to scroll", "add click: or scroll:", key="max_clicks")

    def rule(self) -> BrowserRule:
        """The same for the browser."""
        from crawler.fetch.browser import BrowserRule  # late, as above

        return BrowserRule(self.wait, self.click, self.scroll, self.max_clicks)
