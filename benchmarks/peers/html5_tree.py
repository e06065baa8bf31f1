"""No peer but the judge: the fields of each page in the tree that the HTML standard describes, as html5lib builds it.

Reads {address: [file, charset]} as JSON from stdin; prints {address: {field: texts}}. Where an element holds a script
or the like there are two texts, with it and without: whether a text is all that stands in an element, or what a reader
sees of it, is no question of trees.
"""

import json
import re
import sys

import html5lib
from fields import SITES

UNSEEN = ("script", "style", "template", "noscript")


def path(css):
    """A selector as ElementTree has it; only `name` and `name[attribute=value]` are needed."""
    return ".//" + re.sub(r"\[(\w+)=(\w+)\]", r"[@\1='\2']", css)


def texts(file, charset):
    with open(file, "rb") as page:
        tree = html5lib.parse(page, transport_encoding=charset or None, namespaceHTMLElements=False)
    fields = SITES["pages"].fields
    return {name: text_or_texts(tree.find(path(css)), attribute) for name, (css, attribute) in fields.items()}


def text_or_texts(element, attribute):
    if element is None:
        return [""]
    if attribute:
        return [element.get(attribute, "")]
    return ["".join(pieces(element, ())), "".join(pieces(element, UNSEEN))]


def pieces(element, unseen):
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str) and child.tag not in unseen:  # the tag of a comment is no text
            yield from pieces(child, unseen)
        yield child.tail or ""


pages = json.load(sys.stdin)
json.dump({address: texts(*page) for address, page in pages.items()}, sys.stdout)
