"""Operations on what an image shows apart from its text, the same code for every version; see `version`."""
