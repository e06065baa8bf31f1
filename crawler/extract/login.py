"""Tell a page that wants a login, by its address and by its form."""

from __future__ import annotations

import re

__all__ = ["login_address", "password_field"]

_WORD = r"log[-_]?[io]n|sign[-_]?[io]n|anmeld(?:en|ung)|einloggen|connexion|identifiant|accedi|acceder|entrar|inloggen"
_WHO = r"(?:(?:wp|user|member|customer|account|my)s?[-_]?)?"
# A segment of the path that is nothing but such a word: `/sign-in-the-sky` is a book.
_ADDRESS = re.compile(
    r"^[a-z]+://(?:(?:login|signin|sso|idp)\.[^/?#]+\.[^/?#]"
    rf"|[^?#]*/(?:{_WHO}(?:{_WORD})|sso|oauth2?|saml2?|openid-connect|adfs)(?:\.[a-z]{{1,5}})?(?:[/?#;]|$))",
    re.I,
)
_PASSWORD = re.compile(r"<input\b[^<>]{0,500}?\btype\s*=\s*[\"']?password\b", re.I)


def login_address(url: str) -> bool:
    """Tell whether an address is one that sites give to a login: `/login`, `/users/sign_in`, `//sso.shop.example`."""
    return _ADDRESS.search(url) is not None


def password_field(text: str) -> bool:
    """Tell whether a page asks for a password."""
    return _PASSWORD.search(text) is not None
