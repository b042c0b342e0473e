"""Rows cut from token ids."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelcollapse.recursion.packing import blocks, concatenate, document_rows, read_rows, rows_from
from modelcollapse.runtime.parquet import write_parquet

DOCUMENTS = st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=9), min_size=1, max_size=9)
FACTS = {"vocabulary": 100, "begin_id": 2, "pad_id": 1}


def arrays(lists):
    return [np.array(ids, dtype=np.int32) for ids in lists]


def encoded(path, **columns):
    table = pa.table({name: pa.array(lists, pa.list_(pa.int32())) for name, lists in columns.items()})
    write_parquet(table, path, FACTS)
    return path


@given(DOCUMENTS, st.integers(1, 9))
def test_blocks_are_the_running_text_without_its_remainder(documents, row_tokens):
    running = [token for document in documents for token in document]
    count = len(running) // row_tokens
    if count == 0:
        with pytest.raises(ValueError, match=f"has {len(running)} tokens, fewer than one block of {row_tokens}"):
            blocks(arrays(documents), row_tokens)
        return
    rows = blocks(arrays(documents), row_tokens)
    assert rows.ids.dtype == np.int32
    assert rows.ids.shape == (count, row_tokens)
    assert rows.ids.ravel().tolist() == running[: count * row_tokens]
    assert (rows.lengths == row_tokens).all()
    assert (rows.prompt_lengths == 0).all()


@given(DOCUMENTS, st.integers(1, 9))
def test_a_document_is_a_row_with_its_end_cut_at_the_limit(documents, row_tokens):
    rows = document_rows(arrays(documents), row_tokens, end_id=2)
    assert [text.tolist() for text in rows.texts()] == [[*document, 2][:row_tokens] for document in documents]


def test_a_prompt_stands_before_its_document_and_does_not_count_towards_the_limit():
    rows = document_rows(arrays([[5, 6, 7], [8]]), 2, 0, arrays([[1, 2, 3], [4]]))
    assert [text.tolist() for text in rows.texts()] == [[1, 2, 3, 5, 6], [4, 8, 0]]
    assert [prompt.tolist() for prompt in rows.prompts()] == [[1, 2, 3], [4]]


def test_joined_rows_keep_their_lengths_and_prompts():
    first, second = rows_from(arrays([[1, 2, 3]])), document_rows(arrays([[9]]), 4, 2, arrays([[7, 8, 7, 8]]))
    joined = concatenate([first, second, rows_from([])])
    assert [text.tolist() for text in joined.texts()] == [[1, 2, 3], [7, 8, 7, 8, 9, 2]]
    assert joined.prompt_lengths.tolist() == [0, 4]
    assert joined.take(np.array([1])).texts()[0].tolist() == [7, 8, 7, 8, 9, 2]


def test_an_encoded_split_is_read_as_blocks_or_documents(tmp_path):
    path = encoded(tmp_path / "train.parquet", ids=[[2, 5, 6], [2, 7], [2, 8, 9, 9]])
    assert read_rows(path, "blocks", 4).ids.tolist() == [[2, 5, 6, 2], [7, 2, 8, 9]]
    assert read_rows(path, "blocks", 4, limit=1).ids.tolist() == [[2, 5, 6, 2]]
    assert [row.tolist() for row in read_rows(path, "documents", 3).texts()] == [[2, 5, 6], [2, 7, 2], [2, 8, 9]]


def test_prompts_are_read_where_the_split_has_them(tmp_path):
    path = encoded(tmp_path / "train.parquet", ids=[[5, 6], [7]], prompt_ids=[[2], [2, 3]])
    rows = read_rows(path, "documents", 8)
    assert [row.tolist() for row in rows.texts()] == [[2, 5, 6, 2], [2, 3, 7, 2]]
    assert rows.prompt_lengths.tolist() == [1, 2]


def test_a_split_that_is_too_small_is_refused(tmp_path):
    path = encoded(tmp_path / "train.parquet", ids=[[2, 5, 6], [2]])
    with pytest.raises(ValueError, match=r"train\.parquet gives 2 rows of 2 tokens, but the config asks for 3"):
        read_rows(path, "blocks", 2, limit=3)
