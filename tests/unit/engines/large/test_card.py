"""The licence that a model card names."""

from __future__ import annotations

from pathlib import Path

import pytest

from readstone.engines.large.card import licence_in, licence_of


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: apache-2.0\n---\n# A", "apache-2.0"),
        ("---\ntags:\n- x\nlicense: 'mit'\n---\n", "mit"),
        ("---\nlicense:\n- mit\n- cc-by-4.0\ntags:\n- vision\n---\n", "mit, cc-by-4.0"),
        ("---\nlicense: [mit, bsd-3-clause]\n---\n", "mit, bsd-3-clause"),
        (
            "---\nlicense: other\nlicense_name: own-licence\nlicense_link: LICENSE\n---\n",
            "other (own-licence, LICENSE)",
        ),
        ("\ufeff---\r\nlicense: openrail\r\n---\r\n", "openrail"),
        ("---\nmodel:\n  license: mit\n---\n", "unknown"),
        ("---\nlicense:\n---\n", "unknown"),
        ("# A model\n\nlicense: mit\n", "unknown"),
        ("", "unknown"),
    ],
)
def test_cards(card: str, licence: str) -> None:
    assert licence_in(card) == licence


def test_a_licence_file_beside_a_silent_card(tmp_path: Path) -> None:
    assert licence_of(tmp_path) == "unknown"
    (tmp_path / "LICENSE.txt").write_text("do no harm")
    assert licence_of(tmp_path) == "as stated in its file LICENSE.txt"
    (tmp_path / "README.md").write_bytes(b"---\nlicense: mit\n---\n\xff")
    assert licence_of(tmp_path) == "mit"
