"""The page is one small file that asks nobody for anything."""

import base64
import hashlib
import re

from triceptron.lesson.assembly import make_page, quote_steps


def test_it_is_at_most_700_kilobytes():
    assert len(make_page().encode()) <= 700_000


def test_its_policy_forbids_every_connection_and_every_other_script():
    page = make_page()
    policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', page)[1]
    assert policy.startswith("default-src 'none'; ")
    for kind, pattern in (
        ("script", r'<script type="module">(.*?)</script>'),
        ("style", r"<style>(.*?)</style>"),
    ):
        (content,) = re.findall(pattern, page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not re.search(r"(?:connect|worker|frame|object)-src", policy)


def test_it_names_no_address_of_elsewhere():
    addresses = set(re.findall(r"https?://[\w./-]+", make_page()))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of SVG's language, which nobody opens


def test_it_quotes_the_lessons_own_lines():
    quoted = quote_steps()
    assert list(quoted) == list(range(1, 14))
    assert quoted[7] == [{"function": "compute_gradient", "line": "dO = (P - Y) / n"}]
