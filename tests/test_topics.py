import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twilytics.topics import topic_key

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.mark.parametrize(
    "name", ["#BlackLivesMatter", "blacklivesmatter", "＃BlackLivesMatter", "  ##BLACKLIVESMATTER\n", "# BlackLivesMatter"]
)
def test_spellings_of_one_topic_have_one_key(name):
    assert topic_key(name) == "blacklivesmatter"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Player  of\tthe\u3000Match", "player of the match"),
        ("Straße", "strasse"),
        ("ＷＨＯ", "who"),
        ("#C#", "c#"),
        ("# #twice", "#twice"),
        ("ﬁnale", "finale"),
        ("İstanbul", "i\u0307stanbul"),
        ("#शिवराज_सिंह", "शिवराज_सिंह"),
        ("#", ""),
        (" \u00a0# ", ""),
        ("", ""),
    ],
)
def test_the_rule_by_hand(name, key):
    assert topic_key(name) == key


def test_joiners_survive_because_they_tell_words_apart():
    assert topic_key("می\u200cخواهم") == "می\u200cخواهم" != topic_key("میخواهم")
    assert topic_key("👩\u200d🚀") == "👩\u200d🚀"


@given(NAMES)
def test_form_and_white_space_around_and_a_sign_before_never_matter(name):
    expected = topic_key(name)
    assert topic_key(unicodedata.normalize("NFD", name)) == expected
    assert topic_key(f" {name}\u2003") == expected
    if not name.lstrip().startswith(("#", "＃", "﹟")):
        assert topic_key(f"#{name}") == expected


@given(NAMES)
def test_a_key_is_normal_folded_and_trimmed(name):
    key = topic_key(name)
    assert unicodedata.is_normalized("NFKC", key)
    assert key == key.strip()
    assert "  " not in key


@given(st.text("abcXYZäÖéΣςßﬀ０Ａ ", max_size=20))
def test_case_never_matters(name):
    assert topic_key(name) == topic_key(name.upper()) == topic_key(name.lower())
