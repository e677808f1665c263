"""What the training lines say: the same kinds of text for both classes, so that content tells nothing."""

from __future__ import annotations

import functools
import re
from pydoc_data.topics import topics  # English prose that comes with every Python

import numpy as np

Random = np.random.Generator

# Words with marks, from letters and papers in the languages that the reader knows; Latin-1 only.
_FOREIGN = """
été où naître égalité conscience après déjà façon garçon très élève même être dû sœur tâche français lettre monsieur
für über Straße größer schön wäre müssen Übung Österreich Fräulein heißt natürlich Brüder Grüße Kälte gewährt Städte
año mañana señor corazón país días también español niño árbol canción está razón último según habitación después
não são coração pão à irmã vocês também você água órgão ação é três já só mês até país público difícil
på år når være gøre børn først også måde København sæde når blå været således måske få når hånd frø rødgrød fløde
för är så från många något även bättre människa skön frihet värld därför åt två själ rättigheter ålder
è perché più città così già però libertà dignità uguale può né farà sarà là virtù sé tè
hyvä päivä että myös ihminen vapaa mitä tämä yhtä äiti pöytä työ käsi lähde pää
člověk není příliš že také byl jsou všech svoboda obec kde proto podle ministerstvo policejní
"""
_MONTHS = """
January February March April May June July August September October November December Jan Feb Mar Apr
""".split()
_ITEMS = """
TOTAL SUBTOTAL CASH CHANGE TAX GST VAT ITEM QTY AMOUNT PRICE NO DATE TIME TEL FAX INVOICE RECEIPT TABLE ROUND
""".split()
_LABELS = """
Name Address City State Phone Date Signature Age Job Email Company Title Account Notes Order Street
""".split()
_NAMES = """
John Mary Smith Anna Miller Charles Jordan Lee Wong Garcia Peter Brown Emma Lopez Ivan Olga Kim Tan Rose
""".split()


@functools.cache
def _words() -> tuple[str, ...]:
    prose = " ".join(text for _, text in sorted(topics.items()))
    return tuple(re.findall(r"\b[A-Za-z][a-z]*[,.;:]?(?=\s)", prose))


@functools.cache
def _marked() -> tuple[str, ...]:
    return tuple(word for word in _FOREIGN.split() if all(ord(letter) < 0x100 for letter in word))


def text_for(rng: Random, letters: str) -> str:
    """A line in Latin, or in words made of `letters`."""
    return _made_of(rng, letters) if letters else _latin(rng)


def _made_of(rng: Random, letters: str) -> str:
    count = int(rng.integers(2, 18))
    picked = "".join(letters[i] for i in rng.integers(len(letters), size=count))
    if rng.random() < 0.2:
        picked += str(rng.integers(10**4))
    if ord(letters[0]) > 0x2E00 and rng.random() < 0.7:
        return picked
    cuts = sorted(rng.integers(1, count + 1, size=count // 6))
    return " ".join(filter(None, (picked[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True))))


def _latin(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.55:
        words = _words()
        start, count = int(rng.integers(len(words) - 20)), int(rng.choice([1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 13]))
        text = " ".join(words[start : start + count])
        if rng.random() < 0.1:
            text += "."
    elif kind < 0.67:
        text = " ".join(rng.choice(_marked(), size=int(rng.integers(1, 8))))
    elif kind < 0.74:
        text = " ".join(rng.choice(_NAMES, size=int(rng.integers(1, 4))))
    else:
        text = _figures(rng)
    case = rng.random()
    if case < 0.16:
        return text.upper()
    return text.title() if case < 0.24 else text[:1].upper() + text[1:] if case < 0.5 else text


def _figures(rng: Random) -> str:
    """Dates, prices, numbers, the lines of a till and of a form."""
    n = rng.integers(1, 10 ** rng.integers(1, 7), size=4)
    day, year = rng.integers(1, 29), rng.integers(1880, 2030)
    month, item, label = rng.choice(_MONTHS), rng.choice(_ITEMS), rng.choice(_LABELS)
    return str(
        rng.choice(
            [
                f"{month} {day}, {year}",
                f"{day}/{n[0] % 12 + 1}/{year}",
                f"{year}-{n[0] % 12 + 1:02}-{day:02} {n[1] % 24:02}:{n[2] % 60:02}",
                f"{n[0] / 100:.2f}",
                f"$ {n[0] / 100:,.2f}",
                f"{n[0]}",
                f"{n[0]} {n[1]} {n[2]}",
                f"{item}: {n[0] / 100:.2f}",
                f"{item} {n[0] % 100} x {n[1] / 100:.2f} {n[2] / 100:.2f}",
                f"{item} {rng.choice(_ITEMS)} :",
                f"Tel. ({n[0] % 1000:03}) {n[1] % 1000:03}-{n[2] % 10000:04}",
                f"{label}:",
                f"{label} {rng.choice(_NAMES)}",
                f"{n[0] % 300} {rng.choice(_NAMES)} Street, {rng.choice(_NAMES)} {n[1]}",
                f"No. {n[0]}-{n[1] % 100}",
                f"({n[0]}) {rng.choice(_NAMES)} & Co.",
                f"{n[0] % 100}%",
                f"{rng.choice(_NAMES)}@{rng.choice(_NAMES)}.com".lower(),
                f"{n[0] % 20}. {rng.choice(_marked())} {rng.choice(_marked())}",
            ]
        )
    )
