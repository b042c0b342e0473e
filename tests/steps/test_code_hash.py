"""What counts as a change of code."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import modelcollapse
from modelcollapse.steps.code_hash import NOT_IN_KEY, code_hash, libraries_behind, modules_behind

SOURCE = Path(modelcollapse.__file__).parent


def hash_in(copy: Path, module: str) -> str:
    """The hash as a fresh process sees it in a copy of the package."""
    command = f"from modelcollapse.steps.code_hash import code_hash; print(code_hash({module!r}))"
    run = subprocess.run([sys.executable, "-c", command], env={"PYTHONPATH": str(copy)}, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.fixture
def package(tmp_path):
    shutil.copytree(SOURCE, tmp_path / "modelcollapse", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def edit(package: Path, module: str, old: str, new: str) -> None:
    path = package / "modelcollapse" / f"{module}.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_hash_does_not_depend_on_where_the_package_lies(package):
    assert hash_in(package, "recursion.generation") == code_hash("recursion.generation")


def test_comments_docstrings_and_touching_change_nothing(package):
    before = hash_in(package, "recursion.generation")
    path = package / "modelcollapse" / "recursion" / "train.py"
    path.write_text("# a comment\n" + path.read_text().replace('"""', '"""Explained better. ', 1))
    edit(package, "recursion/settings", '"""Hidden size."""', '"""Size of the hidden state."""')
    assert hash_in(package, "recursion.generation") == before


def test_a_change_reaches_exactly_the_steps_that_import_it(package):
    steps = ("recursion.generation", "densities.mixture.mixture_chains")
    before = {step: hash_in(package, step) for step in steps}
    with open(package / "modelcollapse" / "recursion" / "train.py", "a") as stream:
        stream.write("\nNEW_BEHAVIOUR = 1\n")
    assert hash_in(package, steps[0]) != before[steps[0]]
    assert hash_in(package, steps[1]) == before[steps[1]]


def test_presentation_is_behind_no_training_step():
    assert not [name for name in modules_behind("recursion.generation") if ".presentation" in name]
    assert "modelcollapse.recursion.train" in modules_behind("recursion.generation")


def test_imports_inside_functions_count(package):
    (package / "modelcollapse" / "lazy.py").write_text("def run():\n    from modelcollapse.runtime import seeds\n")
    before = hash_in(package, "lazy")
    edit(package, "runtime/seeds", "digest_size=8", "digest_size=16")
    assert hash_in(package, "lazy") != before


def test_an_unknown_module_is_named():
    with pytest.raises(ValueError, match=r"no module modelcollapse\.recursion\.trainn"):
        code_hash("recursion.trainn")


def test_fields_and_validators_of_settings_do_not_count_but_their_methods_do(package):
    before = hash_in(package, "densities.mixture.mixture_chains")
    edit(
        package,
        "densities/mixture/settings",
        "class MixtureSettings(Settings):",
        "class MixtureSettings(Settings):\n    new: int = 3\n",
    )
    assert hash_in(package, "densities.mixture.mixture_chains") == before
    with open(package / "modelcollapse" / "densities" / "mixture" / "settings.py", "a") as stream:
        stream.write("\n    def doubled(self) -> int:\n        return 2 * self.samples\n")
    assert hash_in(package, "densities.mixture.mixture_chains") != before


def test_packages_above_count(package):
    before = hash_in(package, "recursion.generation")
    with open(package / "modelcollapse" / "recursion" / "__init__.py", "a") as stream:
        stream.write("\nimport os\nos.environ['SEED'] = '1'\n")
    assert hash_in(package, "recursion.generation") != before


def test_imports_for_type_checkers_do_not_count():
    assert "modelcollapse.recursion.settings" not in modules_behind("recursion.registry")


def test_every_module_left_out_of_keys_exists():
    assert [
        name
        for name in NOT_IN_KEY
        if not (SOURCE / name.replace(".", "/")).with_suffix(".py").exists()
        and not (SOURCE / name.replace(".", "/")).is_dir()
    ] == []


def test_libraries_are_those_that_the_code_mentions():
    assert "torch" in libraries_behind("recursion.generation")
    assert set(libraries_behind("densities.discrete")) <= {"numpy", "scipy"}
