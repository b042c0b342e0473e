"""What enters a key: values beyond first defaults, so that growth changes no key and a changed default does."""

from __future__ import annotations

import json

import pytest

from modelcollapse.configuration.schema import Config
from modelcollapse.runtime.settings import Settings
from modelcollapse.steps import key
from modelcollapse.steps.key import new_first_defaults, parameters_of, settings_classes


class InnerSettings(Settings):
    width: int = 8


class OuterSettings(Settings):
    corpus: str
    epochs: int = 5
    label: str = ""
    inner: InnerSettings = InnerSettings()
    extra: InnerSettings | None = None


@pytest.fixture(autouse=True)
def first_defaults(tmp_path, monkeypatch):
    table = tmp_path / "first_defaults.json"
    table.write_text(json.dumps({"OuterSettings.epochs": 5, "InnerSettings.width": 8}))
    monkeypatch.setattr(key, "FIRST_DEFAULTS", table)
    key._first_defaults.cache_clear()
    yield
    key._first_defaults.cache_clear()


def test_first_defaults_and_bookkeeping_stay_out():
    assert parameters_of(OuterSettings(corpus="a", label="shown")) == {"corpus": "a"}
    assert parameters_of(OuterSettings(corpus="a", epochs=3)) == {"corpus": "a", "epochs": 3}
    assert parameters_of(OuterSettings(corpus="a", inner=InnerSettings(width=4))) == {
        "corpus": "a",
        "inner": {"width": 4},
    }
    assert parameters_of(OuterSettings(corpus="a", epochs=3), exclude=("epochs",)) == {"corpus": "a"}


def test_a_group_that_was_given_differs_from_none_even_if_it_holds_defaults_only():
    assert parameters_of(OuterSettings(corpus="a", extra=InnerSettings())) == {"corpus": "a", "extra": {}}


def test_a_new_field_changes_no_key_and_its_other_values_do():
    class OuterSettings(Settings):
        corpus: str
        epochs: int = 5
        dropout: float = 0.1

    assert parameters_of(OuterSettings(corpus="a")) == {"corpus": "a"}
    assert parameters_of(OuterSettings(corpus="a", dropout=0.2)) == {"corpus": "a", "dropout": 0.2}


def test_a_changed_default_changes_the_key():
    class OuterSettings(Settings):
        corpus: str
        epochs: int = 7

    assert parameters_of(OuterSettings(corpus="a")) == {"corpus": "a", "epochs": 7}
    assert parameters_of(OuterSettings(corpus="a", epochs=5)) == {"corpus": "a"}


def test_two_settings_classes_of_one_name_are_refused():
    first = InnerSettings

    class Other:
        class InnerSettings(Settings):
            pass

    class RootSettings(Settings):
        one: first
        two: Other.InnerSettings

    with pytest.raises(ValueError, match="two settings classes InnerSettings"):
        settings_classes(RootSettings)


def test_the_first_defaults_of_all_keys_are_recorded(monkeypatch):
    monkeypatch.undo()
    key._first_defaults.cache_clear()
    missing = sorted(new_first_defaults(Config))
    assert not missing, f"Record them: modelcollapse document-config. Missing: {', '.join(missing)}"
