"""The wire: routes parse, codecs translate, nothing else knows JSON shapes."""
