"""Why a store or a page cannot do what is asked. Messages carry no document content and no path."""

from __future__ import annotations


class StoreUnavailableError(Exception):
    """Nothing was changed, or nobody knows: the storage does not answer. Try again later (503 outside)."""


class StoreFullError(StoreUnavailableError):
    """There is no room on the disk for what should be written; nothing of it was kept."""


class StoreUnusableError(Exception):
    """The store cannot be opened and never will until a person changes something; the message says what."""


class PageUnreadableError(Exception):
    """The page cannot be read, now or later: its operation fails at once. `str()` of it goes to the log."""


class NoRoomError(Exception):
    """There is no worker free for the page; it is tried again soon, and this does not count as an attempt."""
