"""Whose page is next: each owner's pages in order of acceptance, the owners by turns.

Start-time fair queueing (Goyal, Vin, Cheng, "Start-time Fair Queueing", SIGCOMM 1996): a page's tag is one more than
that of its owner's page before, and never less than the tag served last; the lowest is read first. So a document of
2,000 pages does not keep another key's single page waiting, and a key that comes back has saved up nothing.
"""

from __future__ import annotations

import sqlite3

LAST_TAG_BESIDE = (
    "SELECT max(served, coalesce("
    "(SELECT max(last) FROM line WHERE owner NOT IN (SELECT value FROM json_each(:beside))), 0)) FROM turn"
)
"""No page of another owner than these (a JSON array) has a tag above it: pages handed out before and offered again have
one served already."""


def line_up(connection: sqlite3.Connection, owner: str, pages: int) -> int:
    """The tag of the first of `pages` pages that `owner` has accepted; the others follow it."""
    (tag,) = connection.execute(
        "SELECT max(served, coalesce((SELECT last + 1 FROM line WHERE owner = ?), 0)) FROM turn", (owner,)
    ).fetchone()
    connection.execute(
        "INSERT INTO line VALUES (?, ?) ON CONFLICT (owner) DO UPDATE SET last = excluded.last",
        (owner, tag + pages - 1),
    )
    return int(tag)


def served(connection: sqlite3.Connection, tag: int) -> None:
    """A page with that tag was handed out. One that had paused, or was left behind, turns nothing back."""
    connection.execute("UPDATE turn SET served = ? WHERE served < ?", (tag, tag))


def close_up(connection: sqlite3.Connection, sequence: int) -> None:
    """An operation ends before its time: what its owner has waiting behind it moves up, as nothing of it is read."""
    (unread,) = connection.execute("SELECT count(*) FROM task WHERE sequence = ? AND fence = 0", (sequence,)).fetchone()
    if not unread:
        return
    (owner,) = connection.execute("SELECT owner FROM operation WHERE sequence = ?", (sequence,)).fetchone()
    connection.execute("UPDATE line SET last = last - ? WHERE owner = ?", (unread, owner))
    behind = connection.execute(
        "SELECT DISTINCT t.sequence FROM task t JOIN operation o ON o.sequence = t.sequence "
        "WHERE t.sequence > ? AND o.owner = ?",
        (sequence, owner),
    ).fetchall()
    connection.executemany("UPDATE task SET tag = tag - ? WHERE sequence = ?", ((unread, row[0]) for row in behind))


def forget(connection: sqlite3.Connection) -> None:
    """Owners whose pages have all had their turn are as good as new."""
    connection.execute("DELETE FROM line WHERE last < (SELECT served FROM turn)")
