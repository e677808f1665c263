"""Readstone's reader: detect, recognise, words, angle, layout, language."""
