"""measure(), contrasts and the command line: tables agree with the functions, and sets with each other in size."""

from __future__ import annotations

import ast
import gzip
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import modelcollapse.diversity as diversity
from modelcollapse.cli import app
from modelcollapse.diversity import contrast, contrast_tables, measure
from modelcollapse.diversity.collection import TextCollection
from modelcollapse.diversity.measure_entry import KINDS, find_measure, known_measures, module_of, names_of_kind
from modelcollapse.diversity.measure_files import measure_files, read_texts
from modelcollapse.diversity.measurement import COLUMNS, USUAL, measure_names, prepared


def texts_of(seed, count=40, kinds=300, most=40):
    random = np.random.default_rng(seed)
    return [" ".join(f"w{word}" for word in random.zipf(1.4, random.integers(8, most)) % kinds) for _ in range(count)]


def test_values_are_those_of_the_functions():
    texts = texts_of(0)
    table = measure(texts, n_tokens=300, seed=2, half_samples=20, options={"self_bleu": {"max_order": 3}})
    assert tuple(table.columns) == COLUMNS and tuple(table["measure"]) == USUAL
    value = table.set_index("measure")["value"]
    assert value["type_token_ratio"] == diversity.type_token_ratio(texts, 300, 2)
    assert value["distinct_2"] == diversity.distinct_n(texts, 2, 300, 2)
    assert value["hapax_share"] == diversity.hapax_share(texts, 300, 2)
    assert value["self_bleu"] == diversity.self_bleu(texts, 3)
    assert value["repeated_4gram_share"] == diversity.repeated_ngram_share(texts)
    assert value["self_repetition"] == diversity.self_repetition(texts)
    assert value["compression_ratio"] == diversity.compression_ratio(texts)
    assert (table["ci_low"] < table["value"]).all() and (table["value"] < table["ci_high"]).all()
    assert (table["n_texts"] == 40).all()
    by_measure = table.set_index("measure")
    assert by_measure.loc["distinct_3", "n_tokens"] == 300
    assert by_measure.loc["self_bleu", "n_tokens"] == sum(len(text.split()) for text in texts)
    assert by_measure["n_tokens"].isna()["compression_ratio"]
    assert json.loads(by_measure.loc["self_bleu", "options"]) == {"max_order": 3, "tokenizer": "words"}
    assert json.loads(by_measure.loc["distinct_2", "options"])["seed"] == 2


def test_all_lexical_measures_in_any_form_of_input():
    texts = texts_of(1)
    names = measure_names("lexical")
    assert set(names) == set(names_of_kind("lexical")) - {"unknown_word_share"}
    options = {"moving_average_type_token_ratio": {"window": 5}}
    table = measure(texts, "lexical", options=options, half_samples=5)
    assert np.isfinite(table[["value", "ci_low", "ci_high"]].to_numpy()).all()
    again = measure(pd.Series(texts), "lexical", options=options, half_samples=5)
    pd.testing.assert_frame_equal(table, again)
    as_lists = measure([text.split() for text in texts], "lexical", options=options, half_samples=5)
    np.testing.assert_allclose(as_lists["value"], table["value"])
    kept = TextCollection(texts)
    pd.testing.assert_frame_equal(table, measure(kept, "lexical", options=options, half_samples=5))


def test_every_measure_has_a_module_of_its_own_with_a_declaration():
    assert len(set(known_measures())) == len(known_measures())
    for name in known_measures():
        entry = find_measure(name)
        assert callable(entry.prepare) and entry.bounds[0] < entry.bounds[1] and entry.unit
        assert entry.more_diverse in ("higher", "lower")
        assert module_of(name).startswith(tuple(f"diversity.{kind}.measures." for kind in KINDS))
        if entry.needs is None and name in names_of_kind("lexical"):
            options = {name: {"window": 5}} if name == "moving_average_type_token_ratio" else None
            value = measure(texts_of(12), [name], half_samples=0, options=options).loc[0, "value"]
            assert entry.bounds[0] <= value <= entry.bounds[1]


def test_names_and_modules_are_found_without_numpy_and_a_measure_without_the_others():
    looked_up = (
        "import sys; from modelcollapse.diversity.measure_entry import find_measure, known_measures, module_of; "
        "[module_of(name) for name in known_measures()]; print('numpy' in sys.modules); find_measure('self_bleu'); "
        "print([name for name in sys.modules if '.measures.' in name])"
    )
    run = subprocess.run([sys.executable, "-c", looked_up], capture_output=True, text=True, check=True)
    assert run.stdout.split("\n")[:2] == ["False", "['modelcollapse.diversity.lexical.measures.self_bleu']"]


def test_the_values_of_single_texts_have_the_mean_of_all():
    collection = TextCollection(texts_of(13))
    for name in ("self_bleu", "repeated_4gram_share"):
        statistic = prepared(name, collection)
        np.testing.assert_allclose(np.mean(statistic.per_text()), statistic.value())
    short = prepared("moving_average_type_token_ratio", TextCollection(["a b a", "a"]), options={"window": 2})
    np.testing.assert_array_equal(short.per_text(), [1.0, np.nan])
    assert prepared("distinct_2", collection).per_text() is None


def test_first_tokens_of_each_text():
    table = measure(texts_of(1), ["type_token_ratio", "self_bleu"], tokens_per_text=6, half_samples=0)
    assert table["n_tokens"].tolist() == [240, 240]
    assert table["ci_low"].isna().all()


def test_lexical_measures_import_neither_torch_nor_spacy():
    code = (
        "import sys; from modelcollapse.diversity import measure, vendi_score; "
        "measure(['a b c d e', 'b c d e f', 'c a d e', 'd e a b'], 'lexical', half_samples=2, "
        "options={'moving_average_type_token_ratio': {'window': 2}}); "
        "print([name for name in ('torch', 'spacy', 'transformers', 'nltk') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ast.literal_eval(run.stdout) == []


def test_public_names_exist():
    for name in diversity.__all__:
        assert callable(getattr(diversity, name))
    assert set(diversity.__all__) <= set(dir(diversity))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = diversity.nothing


def test_contrasts_have_equal_texts_and_tokens():
    rich, poor = texts_of(2, 50, 2000), texts_of(3, 40, 12, most=80)
    table = contrast(rich, poor, half_samples=30).set_index("measure")
    assert (table["n_texts"] == 40).all()
    # cut in matched pairs, both sets have the same tokens text by text, so that all n_tokens agree
    assert table["n_tokens"].drop("compression_ratio").notna().all()
    assert (table["difference"] == table["second"] - table["first"]).all()
    for name, sign in {"type_token_ratio": -1, "distinct_2": -1, "self_bleu": 1, "compression_ratio": 1}.items():
        assert sign * table.loc[name, "difference"] > 0
        assert sign * table.loc[name, "ci_low"] > 0 and sign * table.loc[name, "ci_high"] > 0
    whole = contrast(rich, poor, "distinct_2", equal_lengths=False, half_samples=30)
    assert whole.loc[0, "n_tokens"] <= sum(len(text.split()) - 1 for text in poor)


def test_a_set_does_not_differ_from_itself():
    texts = texts_of(4)
    table = contrast(texts, texts, ["type_token_ratio", "self_bleu"], paired=True, half_samples=10)
    assert (table[["difference", "ci_low", "ci_high"]] == 0).all(axis=None)


def test_independent_sets_of_one_source_seldom_differ():
    inside = 0
    for pair in range(20):
        row = contrast(texts_of([5, pair]), texts_of([6, pair]), "type_token_ratio", 300, half_samples=40).iloc[0]
        inside += row["ci_low"] <= 0 <= row["ci_high"]
    assert inside >= 16


def test_tables_are_contrasted_at_the_same_size_only():
    first, second = (measure(texts_of(seed), ["distinct_2"], 200, half_samples=20) for seed in (7, 8))
    row = contrast_tables(first, second).iloc[0]
    assert row["difference"] == second.loc[0, "value"] - first.loc[0, "value"]
    reach = np.hypot(*(table.loc[0, "ci_high"] - table.loc[0, "value"] for table in (first, second)))
    assert row["ci_high"] - row["difference"] == pytest.approx(reach)
    with pytest.raises(ValueError, match=r"at n_tokens = 200 in the first table and 150"):
        contrast_tables(first, measure(texts_of(8), ["distinct_2"], 150, half_samples=5))
    with pytest.raises(ValueError, match="at n_texts = 40"):
        contrast_tables(first, measure(texts_of(8, 30), ["distinct_2"], 200, half_samples=5))
    with pytest.raises(ValueError, match="Measure both with the same options"):
        contrast_tables(first, measure(texts_of(8), ["distinct_2"], 200, tokens_per_text=20, half_samples=5))
    with pytest.raises(ValueError, match="no measure in common"):
        contrast_tables(first, measure(texts_of(8), ["self_bleu"], half_samples=5))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: measure([]), "no texts"),
        (lambda: measure(["one text"], "type_token_ratio"), "at least 4 texts, not 1"),
        (lambda: measure(["a", "", "", ""], "type_token_ratio"), "always 1"),
        (lambda: measure(texts_of(0), "distinct_9"), "no measure called 'distinct_9'. Choose from: compression_ratio"),
        (lambda: measure(texts_of(0), []), "No measure was named"),
        (lambda: measure(texts_of(0), "distinct_2", 10**6), "A budget of 1000000 is larger than the text"),
        (lambda: measure(texts_of(0), "self_bleu", options={"self_bleu": {"order": 3}}), "Its options are: max_order"),
        (lambda: measure(texts_of(0), "self_bleu", options={"distinct_2": {}}), "which is not measured"),
        (lambda: measure(texts_of(0), "distinct_2", options={"distinct_2": {"n": 3}}), "already fixes n"),
        (lambda: measure(texts_of(0), "unknown_word_share"), "pass vocabulary="),
        (lambda: contrast(texts_of(0), texts_of(1, 30), paired=True), "set paired=False"),
        (lambda: contrast(texts_of(0), texts_of(1, 30), n_texts=31), "at most 30"),
        (lambda: contrast(texts_of(0), texts_of(1), n_texts=0), "n_texts must be"),
        (lambda: contrast(texts_of(0), texts_of(1), n_tokens=10**6), "larger than the text"),
    ],
)
def test_impossible_calls_are_refused_in_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.fixture
def files(tmp_path):
    texts = texts_of(9, 30)
    pd.DataFrame({"text": texts, "id": range(30)}).to_parquet(tmp_path / "a.parquet")
    lines = "".join(json.dumps({"text": text, "title": "t"}) + "\n" for text in texts_of(10, 25)) + "\n"
    with gzip.open(tmp_path / "b.jsonl.gz", "wt") as file:
        file.write(lines)
    (tmp_path / "c.txt").write_text("\n\n".join(texts_of(11, 20)))
    return tmp_path


def test_files_of_every_kind(files):
    assert read_texts(files / "a.parquet") == texts_of(9, 30)
    assert read_texts(files / "b.jsonl.gz") == texts_of(10, 25)
    assert read_texts(files / "c.txt") == read_texts(files / "c.txt", unit="paragraph") == texts_of(11, 20)
    assert len(read_texts(files / "c.txt", unit="file")) == 1
    pd.DataFrame({"tokens": [["a", "b"], ["c"]]}).to_parquet(files / "tokens.parquet")
    assert read_texts(files / "tokens.parquet", "tokens") == [["a", "b"], ["c"]]


def test_several_files_are_measured_at_the_size_of_the_smallest(files):
    paths = [files / "a.parquet", files / "b.jsonl.gz", files / "c.txt"]
    table = measure_files(paths, ["distinct_2", "self_bleu"], half_samples=5)
    assert (table["n_texts"] == 20).all()
    distinct = table[table["measure"] == "distinct_2"]
    assert distinct["n_tokens"].nunique() == 1 and len(distinct) == 3
    alone = measure_files(paths[:1], ["self_bleu"], half_samples=5)
    assert alone.loc[0, "value"] == diversity.self_bleu(texts_of(9, 30)) and alone.loc[0, "n_texts"] == 30


def test_command_line_prints_and_writes_the_table(files):
    arguments = ["measure", str(files / "a.parquet"), str(files / "c.txt"), "--half-samples", "5"]
    arguments += ["--measures", "type_token_ratio,self_bleu", "--option", "self_bleu.max_order=2", "--n-tokens", "100"]
    arguments += ["--reference", str(files / "c.txt"), "--output", str(files / "table.csv")]
    run = CliRunner().invoke(app, arguments)
    assert run.exit_code == 0, run.output
    table = pd.read_csv(files / "table.csv")
    assert table["measure"].tolist() == ["type_token_ratio"] * 2 + ["self_bleu"] * 2 + ["unknown_word_share"] * 2
    assert table["value"].iloc[-1] == 0 and table["value"].iloc[-2] > 0
    assert '"max_order": 2' in table["options"].iloc[2] and "| type_token_ratio" in run.output


@pytest.mark.parametrize(
    ("name", "content", "options", "words"),
    [
        ("none.txt", None, {}, "There is no file"),
        ("empty.txt", "\n\n", {}, "has no texts"),
        ("x.txt", "a", {"unit": "word"}, "cannot be a 'word'"),
        ("x.jsonl", "{", {}, "Line 1 of .* is no JSON"),
        ("x.jsonl", '{"title": "a", "body": "b"}', {}, "has no 'text', but: title, body. Name the key"),
        ("x.jsonl", "[1]", {}, "but: list"),
    ],
)
def test_unreadable_files_are_refused_in_a_sentence(tmp_path, name, content, options, words):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=words):
        read_texts(tmp_path / name, **options)


def test_other_unreadable_files(files, tmp_path):
    (tmp_path / "latin.txt").write_bytes("é".encode("latin-1"))
    with pytest.raises(ValueError, match="no text in UTF-8"):
        read_texts(tmp_path / "latin.txt")
    with pytest.raises(ValueError, match="has no column 'story', but: text, id"):
        read_texts(files / "a.parquet", "story")
    with pytest.raises(ValueError, match=r"n_texts = 26, but .*b.jsonl.gz has 25 texts"):
        measure_files([files / "a.parquet", files / "b.jsonl.gz"], n_texts=26)
    with pytest.raises(ValueError, match="at least one file"):
        measure_files([])
    run = CliRunner().invoke(app, ["measure", str(files / "c.txt"), "--option", "max_order"])
    assert isinstance(run.exception, ValueError) and "MEASURE.OPTION=VALUE" in str(run.exception)
