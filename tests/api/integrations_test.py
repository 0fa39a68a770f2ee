#!/usr/bin/env python3
"""docs/integrations/ against the server: integrations_test.py SALON. Exit 1 if a test fails."""
import re
import sys

import snippets
from serving import main


def what_the_pages_show_has_still_its_shape(_):
    recorded, seen = snippets.record(), set()
    for page, name, text in snippets.in_pages():
        assert name in recorded, f"{page.name}: nothing records {name}"
        now, then = snippets.shapes(recorded[name]), snippets.shapes(text)
        assert now == then, f"{page.name}: {name} is not as the server answers; tests/api/record\n{now}\n{then}"
        seen.add(name)
    assert recorded.keys() <= seen, f"recorded, but in no page: {sorted(recorded.keys() - seen)}"


def no_page_shows_a_secret_of_a_run(_):
    for page in snippets.PAGES.glob("*.md"):
        text = page.read_text()
        assert not re.search(r"127\.0\.0\.1:\d{5}|salon_[a-z0-9]{10}_|eyJ[\w-]{30,}", text), page


def links_of_the_pages_lead_somewhere(_):
    for page in snippets.PAGES.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), (page.name, target)


if __name__ == "__main__":
    sys.exit(main([], [], [what_the_pages_show_has_still_its_shape, no_page_shows_a_secret_of_a_run,
                           links_of_the_pages_lead_somewhere]))
