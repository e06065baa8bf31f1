from datetime import date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from crawler.model import Ask, Money, Note
from crawler.store.records import dump_ask, dump_notes, dump_values, load_ask, load_notes, load_values

texts = st.text(st.characters(exclude_categories=["Cs"]))
decimals = st.decimals(allow_nan=False, allow_infinity=False)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    texts,
    decimals,
    st.builds(Money, decimals, texts),
    st.dates(),
    st.datetimes(),
    st.lists(texts).map(tuple),
)


@given(st.dictionaries(texts, values))
def test_values_come_back_as_they_were(record):
    back = load_values(dump_values(record))
    assert back == record
    assert list(back) == list(record)
    assert [type(value) for value in back.values()] == [type(value) for value in record.values()]


@given(st.dictionaries(texts, values), st.booleans())
def test_what_a_page_is_asked_for_with_comes_back_as_it_was(handed, plain):
    ask = Ask(handed, plain)
    back = load_ask(dump_ask(ask)) or Ask()
    assert back == ask
    assert [type(back.given[name]) for name in handed] == [type(value) for value in handed.values()]


@given(values, values)
def test_only_the_same_value_is_asked_for_in_the_same_words(one, other):
    same = type(one) is type(other) and repr(one) == repr(other)
    assert (dump_ask(Ask({"v": one})) == dump_ask(Ask({"v": other}))) == same


def test_digits_are_kept():
    assert str(load_values(dump_values({"price": Decimal("51.70")}))["price"]) == "51.70"


def test_a_datetime_is_no_date():
    record = {"a": datetime(2026, 1, 2, 3, 4), "b": date(2026, 1, 2)}
    assert load_values(dump_values(record)) == record


def test_notes_come_back():
    notes = (Note("price", "not-a-number", "call us"), Note("", "x"))
    assert load_notes(dump_notes(notes)) == notes
    assert dump_notes(()) is None
    assert load_notes(None) == ()
