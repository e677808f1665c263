"""Azure Computer Vision v3.0-preview: Read, and everything else as v3.0 has it (contract 1)."""
