"""The answers, document by document as they are: with the marks of what bronze lacks, the slices of large ones, and what calls cost.

Slices go first and answers after their marks, as they are landed, so that an interrupted move leaves nothing that a cycle on the
target would pass over. Documents never change, so the ones that are there already are compared, and passed over.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import bson
from pymongo.collection import Collection

from twilytics.errors import ServiceError
from twilytics.mongo import BATCH_DOCUMENTS, DATABASE, AnswerStore
from twilytics.moving.part import Held, Note, Progress, Sum, as_option, heed, note_of, option, same
from twilytics.observatory import Observatory

#: What calls cost comes last: it is counted without the lake's lock.
COLLECTIONS = ("parts", "outbox", "answers", "spending")
#: Those in which the target may not have more than the source: what was landed there alone would be lost.
KEPT = ("parts", "answers")
NOTES = "moving"
#: Of a mebibyte at most each: what a request holds, and the embedded store's heap.
DOCUMENTS_AT_ONCE = 16
CHECKSUM_BYTES = 16
Document = dict[str, Any]


class Answers:
    """See :class:`twilytics.moving.part.Part`."""

    setting = "mongodb_uri"

    def __init__(self, source: Observatory, target: Observatory) -> None:
        self._observatory, self._moved = source, target
        told = source.settings.mongodb_uri
        self.source = plain(told.get_secret_value()) if told else f"the embedded store of {source.settings.home}"
        self.target = plain(target.settings.mongodb_uri.get_secret_value() if target.settings.mongodb_uri else "")

    @contextmanager
    def opened(self) -> Iterator[None]:
        with self._to():
            self._there: AnswerStore = self._moved.store
        self._here: AnswerStore = self._observatory.store
        mark = {"_id": secrets.token_hex(16)}
        with self._to(), self._there.told():
            self._there.database[NOTES].insert_one(dict(mark))
        try:
            with self._here.told():
                is_same = self._here.database[NOTES].find_one(mark) is not None
        finally:
            with self._to(), self._there.told():
                self._there.database[NOTES].delete_one(mark)
        if is_same:
            raise same(self.setting, self.target)
        yield

    def is_empty(self) -> bool:
        with self._to(), self._there.told():
            return all(self._there.database[name].find_one({}, {"_id": 1}) is None for name in COLLECTIONS)

    def note(self) -> Note | None:
        with self._to(), self._there.told():
            found = self._there.database[NOTES].find_one({"_id": "note"})
        return note_of(found["text"]) if found else None

    def save(self, note: Note) -> None:
        with self._to(), self._there.told():
            self._there.database[NOTES].replace_one({"_id": "note"}, {"_id": "note", "text": note.text()}, upsert=True)

    def copy(self, progress: Progress) -> None:
        for name in COLLECTIONS:
            with self._here.told():
                total = self._here.database[name].estimated_document_count()
            for number, documents in enumerate(self._documents(self._here, name)):
                heed()
                with self._to(), self._there.told():
                    _put(self._there.database[name], documents)
                progress(f"{name} of MongoDB", number * DOCUMENTS_AT_ONCE + len(documents), total)
            self._take_out(name)

    def here(self) -> Held:
        return {name: _sum(self._documents(self._here, name)) for name in COLLECTIONS}

    def there(self) -> Held:
        with self._to():
            return {name: _sum(self._documents(self._there, name)) for name in COLLECTIONS}

    def _take_out(self, name: str) -> None:
        """What the source has no more. Raise :class:`ServiceError` where that are answers."""
        with self._to(), self._there.told():
            ids = list(_ids(self._there.database[name]))
        for batch in _batches(ids, BATCH_DOCUMENTS):
            with self._here.told():
                known = {found["_id"] for found in _found(self._here.database[name], batch, {"_id": 1})}
            others = [identity for identity in batch if identity not in known]
            if others and name in KEPT:
                raise ServiceError(
                    f"{option(self.setting)}: {self.target} has {name} that {self.source} has not: landed there, or erased in the source "
                    "since the move began. Empty the target and move again"
                )
            if others:
                with self._to(), self._there.told():
                    self._there.database[name].delete_many({"_id": {"$in": others}})

    def _documents(self, store: AnswerStore, name: str) -> Iterator[list[Document]]:
        collection = store.database[name]
        with store.told():
            # By their identities: a server that is asked for all at once may hold all at once.
            for ids in _batches(_ids(collection), DOCUMENTS_AT_ONCE):
                yield _found(collection, ids)

    @contextmanager
    def _to(self) -> Iterator[None]:
        with as_option(self.setting):
            yield


def plain(uri: str) -> str:
    """The URI without user, password and options, with the database that it names or that goes without saying."""
    scheme, is_uri, rest = uri.partition("://")
    if not is_uri:
        return "the MongoDB"
    hosts, _, database = rest.rpartition("@")[2].partition("?")[0].partition("/")
    return f"{scheme}://{hosts}/{database or DATABASE}"


def _put(collection: Collection, documents: Sequence[Document]) -> None:
    """Have these documents, whatever there is of them."""
    there = {found["_id"]: found for found in _found(collection, [document["_id"] for document in documents])}
    new = [document for document in documents if document["_id"] not in there]
    if new:
        collection.insert_many(new)
    for document in documents:
        if there.get(document["_id"], document) != document:
            collection.replace_one({"_id": document["_id"]}, document)


def _sum(batches: Iterable[Sequence[Document]]) -> Sum:
    """In whatever order they come."""
    n, total = 0, 0
    for documents in batches:
        n += len(documents)
        for document in documents:
            content = bson.encode(dict(sorted(document.items())))
            total += int.from_bytes(hashlib.sha256(content).digest()[:CHECKSUM_BYTES])
    return Sum(n, f"{total % (1 << 8 * CHECKSUM_BYTES):0{2 * CHECKSUM_BYTES}x}")


def _ids(collection: Collection) -> Iterator[Any]:
    return (found["_id"] for found in collection.find({}, {"_id": 1}, batch_size=BATCH_DOCUMENTS))


def _found(collection: Collection, ids: Sequence[Any], columns: Mapping[str, int] | None = None) -> list[Document]:
    return list(collection.find({"_id": {"$in": list(ids)}}, columns, batch_size=len(ids) + 1))


def _batches(items: Iterable[Any], n: int) -> Iterator[list[Any]]:
    left = iter(items)
    while batch := list(islice(left, n)):
        yield batch
