"""Who reads scripts that the plain recogniser has no letters for: our own recogniser of them, and tesseract."""

from __future__ import annotations

from readstone.domain.picture import RgbPixels
from readstone.engines.read.alphabets import OWN
from readstone.engines.read.other_scripts import ScriptRecogniser
from readstone.engines.read.tesseract import Tesseract
from readstone.engines.read.tokens import TokenLine


class ForeignReaders:
    """Both behind one name for each: OWN, and those of tesseract's language data. Re-entrant."""

    def __init__(self, own: ScriptRecogniser, tesseract: Tesseract | None) -> None:
        self.own = own
        self.tesseract = tesseract

    @property
    def packs(self) -> frozenset[str]:
        """OWN, and the language data that tesseract has and has not failed to load."""
        return frozenset({OWN}) | (self.tesseract.packs if self.tesseract else frozenset())

    def read(self, line: RgbPixels, pack: str) -> TokenLine:
        """Read a line (RGB uint8, 48 rows, any width) with what is called `pack`; nothing where that is unusable."""
        if pack == OWN:
            return self.own.read(line)
        return self.tesseract.read(line, pack) if self.tesseract else TokenLine()
