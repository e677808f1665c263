from __future__ import annotations

import tempfile
from array import array
from typing import NoReturn

import pytest

from readstone.engines.read.language import _identifier, _on_disk, language_of, most_likely

TEXTS = {
    "en": "All human beings are born free and equal in dignity and rights.",
    "de": "Alle Menschen sind frei und gleich an Würde und Rechten geboren.",
    "fr": "Tous les êtres humains naissent libres et égaux en dignité et en droits.",
    "es": "Todos los seres humanos nacen libres e iguales en dignidad y derechos.",
    "it": "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti.",
    "pt": "Todos os seres humanos nascem livres e iguais em dignidade e em direitos.",
    "nl": "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren.",
    "sv": "Alla människor är födda fria och lika i värde och rättigheter.",
    "da": "Alle mennesker er født frie og lige i værdighed og rettigheder. De er udstyret med fornuft.",
    "nb": "Alle mennesker er født frie og med samme menneskeverd. De er utstyrt med fornuft og samvittighet.",
    "fi": "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan.",
    "cs": "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv.",
    "sk": "Všetci ľudia sa rodia slobodní a rovní v dôstojnosti i právach.",
    "pl": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw.",
    "hu": "Minden emberi lény szabadon születik és egyenlő méltósága és joga van.",
    "ro": "Toate ființele umane se nasc libere și egale în demnitate și în drepturi.",
    "tr": "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar.",
    "sr-Latn": "Sva ljudska bića rađaju se slobodna i jednaka u dostojanstvu i pravima.",
    "sr-Cyrl": "Сва људска бића рађају се слободна и једнака у достојанству и правима.",
    "ru": "Все люди рождаются свободными и равными в своем достоинстве и правах.",
    "el": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια.",
    "ar": "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق",
    "ko": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다",
    "ja": "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。",
    "zh-Hans": "人人生而自由，在尊严和权利上一律平等。",
    "zh-Hant": "人人生而自由，在尊嚴和權利上一律平等。",
}


@pytest.mark.parametrize("code", TEXTS)
def test_a_sentence_tells_its_language(code: str) -> None:
    assert language_of(TEXTS[code]) == code


@pytest.mark.parametrize("text", ["OK", "EXIT 12", "1234", "12:30", "Log in", "A"])
def test_short_and_doubtful_is_english(text: str) -> None:
    assert language_of(text) == "en"


def test_no_text_has_no_language() -> None:
    assert language_of("") is None
    assert language_of(" \n") is None


def test_a_script_without_a_code_has_none() -> None:
    assert language_of("मानव अधिकार") is None


def test_a_brand_name_does_not_make_japanese_english() -> None:
    assert language_of("このページは Microsoft Azure について") == "ja"


def test_who_tells_all_languages_apart_shares_the_tables_of_who_tells_ours() -> None:
    assert language_of(TEXTS["de"]) == "de"
    assert most_likely("Tất cả mọi người sinh ra đều được tự do và bình đẳng.", ("vi",), 0.9) == "vi"
    ours, every = _identifier(), _identifier(every=True)
    assert ours.tk_nextmove is every.tk_nextmove


def test_the_largest_table_is_read_from_a_file() -> None:
    numbers = array("I", [7, 0, 4_000_000_000, 3])
    assert list(_on_disk(numbers)) == [7, 0, 4_000_000_000, 3]
    assert isinstance(_identifier().tk_nextmove, memoryview)


def test_where_nothing_can_be_written_it_stays_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> NoReturn:
        raise OSError("No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    numbers = array("I", [7, 0])
    assert _on_disk(numbers) is numbers
