from crawler.config.reference import schema
from tests.docs.config_md import COMMAND, PATH, text


def properties(node):
    """Every key that a config may have, from the JSON Schema that editors use."""
    if isinstance(node, list):
        for item in node:
            yield from properties(item)
    elif isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield from node["properties"]
        for item in node.values():
            yield from properties(item)


def test_the_reference_is_up_to_date():
    assert PATH.read_text(encoding="utf-8") == text(), f"regenerate it: {COMMAND}"


def test_every_key_of_the_schema_is_in_the_reference():
    written = text()
    start = {"url", "file", "kind"}  # keys of a mapping under `start`; shown there as a whole
    missing = [key for key in set(properties(schema())) - start if f"{key}`" not in written]
    assert not missing
    assert all(f"{key}:" in written for key in start)
