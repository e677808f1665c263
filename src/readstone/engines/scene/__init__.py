"""Sees what is on a picture apart from its text."""
