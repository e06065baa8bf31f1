from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from crawler.export.package import attribute, escaped

TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff") | st.sampled_from("\t\r\n<>&\"']")
)


@given(text=TEXT)
def test_a_parser_reads_back_what_was_written(text):
    element = etree.fromstring(f"<x a={attribute(text)}>{escaped(text)}</x>".encode())
    assert (element.text or "", element.get("a")) == (text, text)
