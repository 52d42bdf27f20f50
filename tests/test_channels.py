import logging

import pytest
from pydantic import SecretStr

from tests.receiving import receiving
from twilytics import channels
from twilytics.errors import SettingError
from twilytics.settings import Settings, load

SECRET = "unmistakable-t0ken"


@pytest.mark.parametrize("between", [",", " ", ", ", "\n", " , "])
def test_channels_are_listed_with_commas_or_blanks(between: str):
    listed = channels.listed(f"json://127.0.0.1/a,b?x=1,2{between}ntfy://topic")
    assert [channel.url for channel in listed] == ["json://127.0.0.1/a,b?x=1,2", "ntfy://topic"]
    assert [channel.name for channel in listed] == ["json:// (number 1)", "ntfy:// (number 2)"]


@pytest.mark.parametrize(
    "setting", [f"nonsense-{SECRET}", f"json://127.0.0.1 slack://{SECRET}", f"https://hooks.example/{SECRET}", ",", f"://{SECRET}"]
)
def test_what_apprise_cannot_use_is_an_error_that_shows_no_secret(setting: str, monkeypatch, caplog):
    monkeypatch.setenv("TWILYTICS_ALERTS", setting)
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SettingError, match=r"^TWILYTICS_ALERTS: .* such as ntfy://topic") as error:
        load()
    assert SECRET not in f"{error.value} {error.value.__cause__} {error.value.__context__} {caplog.text}"
    with pytest.raises(SettingError, match=r"^TWILYTICS_ALERTS: "):
        channels.opened(SecretStr(setting))


def test_a_block_of_prefects_is_looked_into_later(monkeypatch):
    monkeypatch.setenv("TWILYTICS_ALERTS", "prefect:alerts")
    assert load().alerts is not None


def test_no_channel_is_named_in_what_is_shown_of_settings():
    settings = Settings(alerts=f"json://127.0.0.1/{SECRET}", _env_file=None)
    assert SECRET not in f"{settings!r} {channels.opened(settings.alerts)!r}"


def test_a_message_arrives_as_it_is_but_for_what_channels_act_on():
    with receiving() as receiver:
        (channel,) = channels.listed(receiver.url)
        assert channel.takes("Twilytics: 1 new", "- @everyone <!channel> [here](http://evil) `x` *b* &amp; ä")
    assert receiver.messages[0]["title"] == "Twilytics: 1 new"
    assert receiver.last == "- ＠everyone ＜!channel> ［here](http://evil) ｀x｀ *b* &amp; ä"


def test_neither_refusal_nor_silence_raises_or_is_logged_with_the_address(caplog):
    caplog.set_level(logging.DEBUG)
    with receiving(SECRET) as receiver:
        receiver.status = 500
        (channel,) = channels.listed(receiver.url)
        assert not channel.takes("title", "body")
        assert receiver.n_asked == 1
    assert not channel.takes("title", "nobody is there any more")
    assert SECRET not in caplog.text
    assert not logging.getLogger("urllib3.connectionpool").disabled
