"""Every label of the WHATWG Encoding Standard, a text for each encoding, and the four places where a label may stand.

`python -m tests.support.labels` reads a page for each label in each place and counts how they were read.
"""

from collections import Counter

from crawler.extract.charset import decode

LABELS = {
    "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "ibm866": "866 cp866 csibm866 ibm866",
    "iso-8859-2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
    "iso-8859-3": "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3",
    "iso-8859-4": "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4",
    "iso-8859-5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988",
    "iso-8859-6": """arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e
        iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987""",
    "iso-8859-7": """csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7
        iso_8859-7:1987 sun_eu_greek""",
    "iso-8859-8": """csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598
        iso_8859-8 iso_8859-8:1988 visual""",
    "iso-8859-8-i": "csiso88598i iso-8859-8-i logical",
    "iso-8859-10": "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6",
    "iso-8859-13": "iso-8859-13 iso8859-13 iso885913",
    "iso-8859-14": "iso-8859-14 iso8859-14 iso885914",
    "iso-8859-15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
    "iso-8859-16": "iso-8859-16",
    "koi8-r": "cskoi8r koi koi8 koi8-r koi8_r",
    "koi8-u": "koi8-ru koi8-u",
    "macintosh": "csmacintosh mac macintosh x-mac-roman",
    "windows-874": "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874",
    "windows-1250": "cp1250 windows-1250 x-cp1250",
    "windows-1251": "cp1251 windows-1251 x-cp1251",
    "windows-1252": """ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591
        iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252""",
    "windows-1253": "cp1253 windows-1253 x-cp1253",
    "windows-1254": """cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5
        windows-1254 x-cp1254""",
    "windows-1255": "cp1255 windows-1255 x-cp1255",
    "windows-1256": "cp1256 windows-1256 x-cp1256",
    "windows-1257": "cp1257 windows-1257 x-cp1257",
    "windows-1258": "cp1258 windows-1258 x-cp1258",
    "x-mac-cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "gbk": "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk",
    "gb18030": "gb18030",
    "big5": "big5 big5-hkscs cn-big5 csbig5 x-x-big5",
    "euc-jp": "cseucpkdfmtjapanese euc-jp x-euc-jp",
    "iso-2022-jp": "csiso2022jp iso-2022-jp",
    "shift_jis": "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis",
    "euc-kr": """cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601
        windows-949""",
    "replacement": "csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr replacement",
    "utf-16be": "unicodefffe utf-16be",
    "utf-16le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
    "x-user-defined": "x-user-defined",
}

TEXTS = {
    "utf-8": "Zażółć 话剧 Привет 한국어",
    "utf-16le": "Zażółć 话剧 Привет 한국어",
    "utf-16be": "Zażółć 话剧 Привет 한국어",
    "ibm866": "Привет, мир ░▒▓ №",
    "iso-8859-2": "Zażółć gęślą jaźń",
    "iso-8859-3": "Ĉu vi ŝatas ĝin? Ħal Għargħur",
    "iso-8859-4": "Šķūnis un ērģeles, ąžuolas",
    "iso-8859-5": "Привет, мир Ђорђе",
    "iso-8859-6": "مرحبا بالعالم",
    "iso-8859-7": "Καλημέρα κόσμε €",
    "iso-8859-8": "שלום עולם",
    "iso-8859-8-i": "שלום עולם",
    "iso-8859-10": "Sámi giella, þorn, ŋ",
    "iso-8859-13": "Ąžuolas “ir” ėglė",
    "iso-8859-14": "Dŵr, tŷ, Ẁ, ḃ",
    "iso-8859-15": "10 € et un œuf à Žilina",
    "iso-8859-16": "Ștefan și țara, 10 €",
    "koi8-r": "Привет, мир ─│",
    "koi8-u": "Київ, ґанок, їжак, Україна",
    "macintosh": "Übergröße, ∞ ≠ €",
    "windows-874": "สวัสดี “ชาวโลก” €",
    "windows-1250": "Zażółć „gęślą” – 10 €",
    "windows-1251": "Привет – «мир» № ґ",
    "windows-1252": "“smart” quotes – é €",
    "windows-1253": "Καλημέρα – ΆΈ €",
    "windows-1254": "Şişli'de – ığü €",
    "windows-1255": "שָׁלוֹם – ₪",
    "windows-1256": "سلام پارس – €",
    "windows-1257": "Ąžuolas – ėglė €",
    "windows-1258": "đươ\u0300ng phô\u0301 ₫",
    "x-mac-cyrillic": "Привет – мир €",
    "gbk": "繁體與简体 镕",
    "gb18030": "话剧 𠀀 é",
    "big5": "繁體中文，香港",
    "euc-jp": "たこ焼き仮面ｱｲ",
    "iso-2022-jp": "たこ焼き仮面",
    "shift_jis": "たこ焼き①②㈱～ｱｲ",
    "euc-kr": "한국어 뷁 사이트",
    "replacement": "plain",
    "x-user-defined": "\uf780\uf7ff",
}
"""Written in the encoding by Python, by a codec that has the same bytes for these characters."""
_PYTHON = {
    "iso-8859-8-i": "iso8859-8",
    "macintosh": "mac-roman",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac-cyrillic",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "replacement": "ascii",
}
PLACES = {
    "header": ("<p>{text}", "text/html; charset={label}"),
    "meta": ("<meta charset={label}><p>{text}", "text/html"),
    "http-equiv": ("<META content='text/html; CHARSET={label}' http-equiv=Content-Type><p>{text}", None),
    "xml": ("<?xml version='1.0' encoding='{label}'?><p>{text}</p>", "text/xml"),
}


def written(text, encoding):
    """A text as bytes of an encoding of the standard."""
    if encoding == "x-user-defined":
        return bytes(ord(char) & 0xFF for char in text)
    return text.encode(_PYTHON.get(encoding, encoding))


def outcome(label, encoding, place):
    """Return `right`, `noted` or `wrong`: how a page that names a label in a place is read."""
    form, kind = PLACES[place]
    meant = encoding
    if place != "header":  # HTML standard: in an element that is ASCII, these labels cannot be meant
        meant = {"utf-16le": "utf-8", "utf-16be": "utf-8"}.get(encoding, encoding)
    if place in {"meta", "http-equiv"} and encoding == "x-user-defined":
        meant = "windows-1252"
    page = form.format(text=TEXTS[meant], label=label)
    text, _, notes = decode(written(page, meant), kind and kind.format(label=label))
    if notes:
        return "noted"
    return "right" if text == page else "wrong"


def table():
    """Return how many labels are read how in each place."""
    return {
        place: Counter(outcome(label, encoding, place) for encoding in LABELS for label in LABELS[encoding].split())
        for place in PLACES
    }


if __name__ == "__main__":
    for place, counts in table().items():
        print(
            f"{place:11} {counts.total()} labels:",
            ", ".join(f"{counts[how]} {how}" for how in ("right", "noted", "wrong")),
        )
