"""Our tree is that of the HTML standard: the public tests of tree construction."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tests.support.sites import need_site

SECTION = re.compile(r"#(data|errors|new-errors|document|document-fragment|script-on|script-off)")


def cases() -> Iterator[tuple[str, str, str, str, bool]]:
    """Name, source, the fragment's context (`td`, `svg path`; "" for a page), expected tree, and with scripts."""
    folder = need_site("html5lib_tests")
    for path in sorted(folder.rglob("*.dat")):
        name_of_file = path.relative_to(folder).as_posix().removeprefix("tree-construction/")
        for number, text in enumerate(path.read_bytes().decode().split("#data\n")[1:]):
            parts, name = {"data": []}, "data"
            for line in text.split("\n"):
                if SECTION.fullmatch(line):
                    name = line[1:]
                    parts[name] = []
                else:
                    parts[name].append(line)
            tree = "\n".join(parts["document"]).rstrip("\n")
            context = (parts.get("document-fragment") or [""])[0]
            yield f"{name_of_file}:{number}", "\n".join(parts["data"]), context, tree, "script-on" in parts


def lines(node: LexborNode | None, depth: int) -> Iterator[str]:
    """A node and those beside it, as the tests write them."""
    start = "| " + "  " * depth
    while node is not None:
        if node.is_text_node:
            yield f'{start}"{node.text_content or ""}"'
        elif node.is_comment_node:
            yield f"{start}<!-- {(node.html or '')[4:-3]} -->"
        elif node.is_element_node:
            yield f"{start}<{node.tag}>"
            for name, value in sorted((node.attributes or {}).items()):
                yield f'{start}  {name}="{value or ""}"'
            if node.tag == "template" and (fragments := node.template_fragments()):
                yield f"{start}  content"
                for fragment in fragments:
                    yield from lines(fragment.first_child, depth + 2)
            yield from lines(node.first_child, depth + 1)
        node = node.next


def plain(tree: str) -> str:
    """The expected tree without what no selector sees: the doctype, and the name space of an element or attribute."""
    tree = "\n".join(line for line in tree.split("\n") if not line.startswith("| <!DOCTYPE"))
    tree = re.sub(r"^(\| +)<(?:svg|math) ", r"\1<", tree, flags=re.M)
    tree = re.sub(r"^(\| +)(xlink|xml|xmlns) (\w+=)", r"\1\2:\3", tree, flags=re.M)
    return re.sub(r'(?:^\| +[^<"\s][^\n]*="[^\n]*"\n?){2,}', _sorted, tree, flags=re.M)


def _sorted(attributes: re.Match[str]) -> str:
    """Attributes in the order of their names with the name space."""
    end = "\n" if attributes[0].endswith("\n") else ""
    return "\n".join(sorted(attributes[0].splitlines(), key=lambda line: line.partition("=")[0])) + end


EXCEPTIONS = {
    **dict.fromkeys(
        ("scripted/adoption01.dat:0", "scripted/ark.dat:0", "scripted/webkit01.dat:0", "scripted/webkit01.dat:1"),
        "a script of the page must run, and changes the tree",
    ),
    **dict.fromkeys(
        ("html5test-com.dat:11", "tests1.dat:39", "tests1.dat:43", "tests1.dat:46"),
        "the test makes a comment of `<?...>`, lexbor leaves it out; no selector finds comments",
    ),
}
"""Tests that we do not pass, and why not."""


def built(source: str, context: str, *, scripts: bool) -> str:
    """The tree that is built, as the tests write it."""
    space, _, tag = context.rpartition(" ")
    options = {"is_fragment": True, "fragment_tag": tag, "fragment_namespace": space or "html"} if context else {}
    first = LexborHTMLParser(source, scripting=scripts, **options).root
    while first is not None and first.prev is not None:
        first = first.prev
    return "\n".join(lines(first, 0))


def test_the_tree_is_that_of_the_standard():
    found = list(cases())
    assert len(found) == 1796
    others = {name for name, source, context, tree, on in found if built(source, context, scripts=on) != plain(tree)}
    assert others == set(EXCEPTIONS)
