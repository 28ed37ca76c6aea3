"""Which language is spoken."""

import pytest

from triceptron.language import choose


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.GBK"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh_CN:en"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "fr:en"}, "en"),
        ({"LANG": "C", "LANGUAGE": "zh_CN"}, "en"),  # gettext's rule
    ],
)
def test_the_language_follows_the_environment(environment, language):
    assert choose(environment=environment) == language


def test_what_is_asked_for_wins():
    assert choose("zh", {"LANG": "en_US.UTF-8"}) == "zh"
    assert choose("en", {"LANG": "zh_CN.UTF-8"}) == "en"
    with pytest.raises(ValueError, match="lang must be en or zh, got 'fr'"):
        choose("fr")
