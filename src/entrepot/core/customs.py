"""How customs name goods and countries: HS codes and ISO 3166-1.

An HS code has six digits that all countries share, chapter, heading and subheading, and up to four
more that a country adds. Chapters are 01 to 97; 77 is reserved, and 98 and 99 are each country's
own, so that they mean something only with the country's digits behind them.
"""

import re

_HS = re.compile(r"([0-9]{2})([0-9]{2})\.?[0-9]{2}((?:\.?[0-9]{2}){0,2})")
_RESERVED = 77
_LAST_SHARED, _LAST = 97, 99


def hs_code(text: str) -> bytes:
    """A code of 6, 8 or 10 digits, with or without dots, as the contract takes it: 10 bytes.

    `ValueError` where the Harmonized System can have no such code.
    """
    found = _HS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no HS code: 6, 8 or 10 digits, such as 870323 or 8703.23.19")
    chapter, heading, national = int(found[1]), int(found[2]), found[3]
    if chapter == _RESERVED or not 1 <= chapter <= _LAST:
        raise ValueError(f"{text!r} is no HS code: there is no chapter {found[1]}")
    if heading == 0:
        raise ValueError(f"{text!r} is no HS code: headings begin with {found[1]}01")
    if chapter > _LAST_SHARED and not national:
        raise ValueError(
            f"{text!r} is no HS code: chapter {found[1]} is a country's own and has 8 or 10 digits"
        )
    return text.replace(".", "").encode().ljust(10, b"\0")


def country(text: str) -> bytes:
    """A country's two letters in ASCII; `ValueError` where ISO 3166-1 has none such."""
    import pycountry

    found = pycountry.countries.get(alpha_2=text) if len(text) == 2 else None
    if found is None or found.alpha_2 != text:
        raise ValueError(f"{text!r} is no country: two capital letters of ISO 3166-1, such as FR")
    return text.encode()
