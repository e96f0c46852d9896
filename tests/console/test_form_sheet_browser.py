"""A printed sheet of the manual form is one page of A4, whatever the site has to be ticked (requirement C2)."""

import re
from dataclasses import replace

import pytest
from console_browser import browser
from form_story import policy

from console.forms.printing import to_page
from console.forms.site import form_site

pytestmark = pytest.mark.browser


def test_a_sheet_is_one_page_of_a4() -> None:
    pages: dict[tuple[str, int], int] = {}
    with browser() as chromium:
        for language in ("zh-CN", "en"):
            for regions in (0, 9):
                names = tuple((f"region-{number}", f"Old town {number}") for number in range(regions))
                site = replace(form_site(policy(), language), regions=names, scopes=("power", "water", "gas"))
                page = chromium.new_page()
                page.set_content(to_page(site, ["K7M2QX", "ABCDEF"]))
                made = page.pdf(prefer_css_page_size=True)
                pages[language, regions] = len(re.findall(rb"/Type\s*/Page\b", made))
    assert pages == dict.fromkeys(pages, 2)
