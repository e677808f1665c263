"""Holds a bill of materials against CycloneDX 1.6's schema: `python sbom_valid.py FILE`; fails with the first fault."""

import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(Path(sys.argv[1]).read_text("utf-8"))
sys.exit(str(fault) if fault else 0)
