"""Everything that knows a model. Engines know no JSON and no HTTP."""
