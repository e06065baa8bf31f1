import subprocess
import sys
import time
from decimal import Decimal

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ExtractError
from crawler.extract.paths import check_path, compile_path

OAK = {"name": "Oak", "street-name": "Hill", "price": Decimal("5.1"), "tags": ["x", "y"], "open": True}
ELM = {"name": "Elm", "price": Decimal("7.5"), "tags": [], "open": False}
DATA = {
    "stores": [OAK, ELM, None, {"name": None, "price": 3}],
    "address": {"line1": "Hill 1", "line2": None, "city": "Ulm"},
    "keyed": {"a": {"v": 1}, "b": {"v": 2}, "c": None},
    "grid": [[1, 2], [3]],
    "title": "a text",
    "@type": "Store",
    "$ref": "r",
    "größe": 4,
    "दुकान": 5,
    "two words": {"a.b": 6},
    "2024": 7,
    "none": None,
    "empty": [],
}


@pytest.mark.parametrize(
    ("path", "values", "many"),
    [
        ("title", ["a text"], False),
        ("address.city", ["Ulm"], False),
        ("address.line2", [], False),
        ("address.nowhere", [], False),
        ("nowhere.at.all", [], False),
        ("title.length", [], False),
        ("stores[0].name", ["Oak"], False),
        ("stores[-1].price", [3], False),
        ("stores[4]", [], False),
        ("stores[-5]", [], False),
        ("address[0]", [], False),
        ("stores[0].street-name", ["Hill"], False),
        ("stores.name", [], False),
        ("stores[].name", ["Oak", "Elm"], True),
        ("stores[*].name", ["Oak", "Elm"], True),
        ("stores[].tags", [["x", "y"], []], True),
        ("stores[].tags[]", ["x", "y"], True),
        ("stores[].tags[-1]", ["y"], True),
        ("stores[]", [OAK, ELM, {"name": None, "price": 3}], True),
        ("grid", [[[1, 2], [3]]], False),
        ("grid[]", [[1, 2], [3]], True),
        ("grid[][]", [1, 2, 3], True),
        ("grid.*", [[1, 2], [3]], True),
        ("keyed.*", [{"v": 1}, {"v": 2}], True),
        ("keyed.*.v", [1, 2], True),
        ("keyed[].v", [], True),
        ("@type", ["Store"], False),
        ("$ref", ["r"], False),
        ("größe", [4], False),
        ("दुकान", [5], False),
        ('"two words"."a.b"', [6], False),
        ("2024", [7], False),
        ("@", [DATA], False),
        ("", [DATA], False),
        ("@.address.city", ["Ulm"], False),
        ("none", [], False),
        ("empty", [[]], False),
        ("empty[]", [], True),
        # JMESPath
        ("stores[?open].name", ["Oak"], True),
        ("stores[?price > `5`].name", ["Oak", "Elm"], True),
        ("stores[?price == `5.1`].name", ["Oak"], True),
        ("stores[?name=='Elm'].price | [0]", [Decimal("7.5")], False),
        ("stores[1:3].name", ["Elm"], True),
        ("stores[?price].price | sum(@)", [Decimal("15.6")], False),
        ("max(stores[?price].price)", [Decimal("7.5")], False),
        ("sort_by(stores[?name], &price)", [[OAK, ELM]], False),
        ("max_by(stores[?price], &price).name", ["Elm"], False),
        ("to_number('5.5')", [Decimal("5.5")], False),
        ("to_string(stores[0].price)", ["5.1"], False),
        ("contains(stores[?price].price, `5.1`)", [True], False),
        ("map(&price, stores[?name])", [[Decimal("5.1"), Decimal("7.5")]], False),
        ("stores[0].[name, price]", [["Oak", Decimal("5.1")]], False),
        ("stores[0].{n: name}", [{"n": "Oak"}], False),
        ("length(title) && address.city", ["Ulm"], False),
        ("length(none)", [], False),
        ("nowhere || title", ["a text"], False),
    ],
)
def test_find(path, values, many):
    compiled = compile_path(path)
    assert compiled.find(DATA) == values
    assert (compiled.many, compiled.text) == (many, path)
    assert bool(compiled.why(DATA)) == (not values)
    assert not any(isinstance(value, float) for value in compiled.find(DATA))


@pytest.mark.parametrize(
    ("path", "keyed"),
    [
        ("keyed.*", [("a", {"v": 1}), ("b", {"v": 2})]),
        ("grid[]", [(1, [1, 2]), (2, [3])]),
        ("grid", [(1, [1, 2]), (2, [3])]),
        ("grid[][]", [(1, 1), (2, 2), (3, 3)]),
        ("stores[].price", [(1, Decimal("5.1")), (2, Decimal("7.5")), (3, 3)]),
        ("stores", [(1, OAK), (2, ELM), (4, {"name": None, "price": 3})]),
        ("stores.*", [(1, OAK), (2, ELM), (4, {"name": None, "price": 3})]),
        ("address", [(1, DATA["address"])]),
        ("stores[?price > `6`]", [(1, ELM)]),
        ("nowhere", []),
        ("title[]", []),
    ],
)
def test_keyed(path, keyed):
    assert list(compile_path(path).keyed(DATA)) == keyed


SCHEMA = {
    "@Type": "Store",
    "Address": [{"streetAddress": "Hill 1"}, {"STREETADDRESS": "Hill 2"}],
    "offers": {"price": 5, "Price": 6},
    "sameAs": "https://oak.example/",
}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("@type", ["Store"]),
        ("address.streetAddress", ["Hill 1", "Hill 2"]),
        ("address", [SCHEMA["Address"]]),
        ("address[].streetaddress", ["Hill 1", "Hill 2"]),
        ("address[1].streetAddress", ["Hill 2"]),
        ("offers[].price", [5]),
        ("offers[0].price", [5]),
        ("offers.PRICE", [5]),
        ("sameAs[]", ["https://oak.example/"]),
        ("offers.*", [5, 6]),
        ("nowhere", []),
    ],
)
def test_folded_paths_of_schema_org(path, values):
    assert compile_path(path, fold=True).find(SCHEMA) == values


def test_folded_steps_take_lists_in_lists_and_the_list_of_a_page():
    assert compile_path("a.b", fold=True).find([[{"a": [[{"b": 1}], {"B": 2}]}], {"A": {"b": [3, 4]}}]) == [
        1,
        2,
        [3, 4],
    ]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("stores.name", "'stores' is a list; write stores[] for each item"),
        ("address.adress", "there is no 'adress' in address; it has: line1, line2, city"),
        ("title.a", "'title' is a text"),
        ("größe.a", "'größe' is a number"),
        ("none", "'none' is null"),
        ("none.a", "'none' is null"),
        ("stores[9]", "'stores' has 4 items"),
        ("empty[]", "'empty' is an empty list"),
        ("empty.a", "'empty' is an empty list"),
        ("keyed[]", "'keyed' is an object; write keyed.* for each value"),
        ("[0]", "it is an object"),
        ("[].name", "it is an object; write * for each value"),
        ("stores[].colour", "there is no 'colour' in stores[]; it has: name, street-name, price, tags, open"),
        ("nowhere", "there is no 'nowhere'; it has: stores, address, keyed, grid, title, @type, $ref, größe, ..."),
        ("stores[?price > `100`]", "nothing in it fits"),
        ('length("größe")', "In function length(), invalid type for value: 4"),
    ],
)
def test_why_a_path_finds_nothing(path, why):
    assert why in compile_path(path).why(DATA)


def test_why_of_a_list_and_of_nothing():
    assert compile_path("name").why([OAK]) == "it is a list; write [] for each item"
    assert compile_path("@").why(None) == "the value is null"


@pytest.mark.parametrize(
    ("path", "what", "offset"),
    [
        ("a..b", "between two dots", 2),
        ("a.", "behind the last dot", 1),
        (".a", "not with a dot", 0),
        ("a.[]", "no dot stands in front of [", 1),
        ("a[x]", "the number of an item", 1),
        ("a[0", "the bracket [ is not closed", 1),
        ("a]", "a dot is missing before ']'", 1),
        ("a b", "with a space in it stands in double quotes", 1),
        ("a/b", "joined by dots", 1),
        ('a."b', "the double quote is not closed", 2),
        ("$.stores[*]", "not with $", 0),
        ("a[?b = 1]", "equal is written ==", 5),
        ("a[?b == 1]", "a number stands in backquotes: `1`", 8),
        ("a[?b == 'x]", "the quote ' is not closed", 8),
        ('a[?b == "x"]', "single quotes", 8),
        ("a[?b", "ends too early", 4),
        ("a | ", "ends too early", 4),
        ("a-b[?c]", "stands in double quotes", 1),
        ("a[?größe]", "stands in double quotes", 5),
        ("nope(a)", "there is no function nope()", 0),
        ("a[].length()", "length() takes 1 value(s), not 0", 4),
        ("join(a)", "join() takes 2 value(s), not 1", 0),
        ("a[?b]]", "unexpected ']'", 5),
        ("!" + "(" * 100_000, "no JMESPath", None),
    ],
)
def test_check_path_says_what_is_wrong_and_where(path, what, offset):
    found = check_path(path)
    assert found is not None
    assert what in found[0]
    assert found[1] == offset
    with pytest.raises(ExtractError) as caught:
        compile_path(path)
    assert caught.value.code == "path"
    assert found[0] in caught.value.detail


def test_right_paths_have_no_complaint():
    for path in ("", "@", "a.b[0].c[].*", '"a b".c', "*", "[]", "[0]", "a[?b=='x']", "not_null(a, b, c)"):
        assert check_path(path) is None


@given(st.text("ab.[]*@$\"'-0?|`(){}&, é", max_size=12))
def test_every_text_is_a_path_or_has_a_complaint_within_it(text):
    found = check_path(text)
    if found is None:
        compile_path(text).find({"a": [{"b": 1}], "b": None})
    else:
        assert found[0]
        assert found[1] is None or 0 <= found[1] <= len(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
STEPS = st.lists(st.sampled_from(["a", "b", "c", "[0]", "[-1]", "[*]"]), min_size=1, max_size=4)


@given(JSON, STEPS)
def test_plain_paths_find_what_jmespath_finds(value, steps):
    text = "".join(step if step[0] == "[" else f".{step}" for step in steps).removeprefix(".")
    expected = jmespath.search(text, value)
    if steps.count("[*]") > 1:
        return  # one list in another there
    found = expected if "[*]" in steps else [expected]
    assert compile_path(text).find(value) == [part for part in found or [] if part is not None]


@given(JSON, st.sampled_from(["a", "a.b", "[]", "*", "a[].b[]", "*.a", "a.*", "[].a"]), st.booleans())
def test_keyed_gives_the_values_of_find_or_their_items(value, text, fold):
    path = compile_path(text, fold=fold)
    found = path.find(value)
    if text[-1] not in "]*":
        found = [part for one in found for part in (one if isinstance(one, list) else [one]) if part is not None]
    assert [part for _, part in path.keyed(value)] == found


def test_the_library_is_imported_only_for_paths_that_need_it():
    code = "import sys; from crawler.extract.paths import compile_path, check_path; compile_path('a[].b').find({}); "
    code += "check_path('a..b'); print('jmespath' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


@pytest.mark.parametrize(
    "path", ["a" * 250_000, "a." * 75_000 + "?", '"' * 25_001, '"' + "\\" * 250_000, "[" * 25_000, "@" * 25_000]
)
def test_long_paths_take_linear_time(path):
    began = time.process_time()
    check_path(path)
    assert time.process_time() - began < 4  # a fifth of it; much more where it is quadratic


def test_deep_and_wide_data_is_walked_without_recursion():
    value = 1
    for _ in range(5000):
        value = [{"a": value}]
    assert compile_path("a" + ".a" * 4999, fold=True).find(value) == [1]
    nested = 1
    for _ in range(100_000):
        nested = [nested]
    assert compile_path("a", fold=True).find(nested) == []
