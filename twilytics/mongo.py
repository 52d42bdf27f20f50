"""The store of raw answers: MongoDB, or the embedded server of its protocol.

Three collections. `answers` holds every answer for ever, verbatim. `outbox` holds the ids of those that bronze does not
have yet: a watermark that is no time, so that nothing is skipped that lands late or beside others. `parts` holds the
payloads that are too large for one document, in slices.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import BulkWriteError, ConnectionFailure, PyMongoError

from twilytics.answers import Answer
from twilytics.errors import ServiceError
from twilytics.spending import Spending

T = TypeVar("T")
Document = dict[str, Any]

DATABASE = "twilytics"
PATIENCE_MILLISECONDS = 10_000
# A document holds 16 MiB at most. Far less than that keeps the embedded server's heap small.
PART_BYTES = 2**20
# One request or reply holds at most so many documents (mongo-java-server's limit) and, but for a single one, bytes.
BATCH_DOCUMENTS = 1000
BATCH_BYTES = 4 * 2**20
DUPLICATE_KEY = 11000


class AnswerStore:
    """All answers that were landed. Every method raises :class:`ServiceError` when the server does not answer or refuses."""

    def __init__(self, uri: str) -> None:
        """The URI may name a database; else it is `twilytics`. Nothing is asked of the server yet."""
        patience: dict[str, Any] = {} if "serverselectiontimeoutms" in uri.lower() else {"serverSelectionTimeoutMS": PATIENCE_MILLISECONDS}
        try:
            self._client: MongoClient = MongoClient(uri, appname="twilytics", **patience)
            #: For what moves all of it, whatever it is.
            self.database = self._client.get_default_database(DATABASE)
        except (PyMongoError, ValueError):
            # Not what PyMongo says of it: that can show the password.
            raise ServiceError(
                "TWILYTICS_MONGODB_URI can't be used: it has to read like mongodb://user:password@host:27017/twilytics"
            ) from None
        self._answers, self._outbox, self._parts = self.database["answers"], self.database["outbox"], self.database["parts"]
        #: What calls cost, counted where the answers are kept.
        self.spending = Spending(self.database["spending"], self.told)

    def __enter__(self) -> "AnswerStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def land(self, answers: Sequence[Answer]) -> int:
        """Keep these answers and return how many were new. To land an answer again changes nothing.

        The outbox is written first. A crash then leaves an id without an answer, which is passed over until the spool
        lands the answer again; the other order would leave an answer that bronze never hears of.
        """
        n_new = 0
        with self.told():
            for batch in _batches({answer.id: answer for answer in answers}.items(), lambda item: len(item[1].payload)):
                known = self._known([identity for identity, _ in batch])
                new = {identity: answer for identity, answer in batch if identity not in known}
                if not new:
                    continue
                for identity, answer in new.items():
                    for part in _parts(identity, answer.payload):
                        _insert(self._parts, [part])
                _insert(self._outbox, [{"_id": identity, "bytes": len(answer.payload)} for identity, answer in new.items()])
                n_new += _insert(self._answers, [_document(identity, answer) for identity, answer in new.items()])
        return n_new

    def waiting(self) -> int:
        """How many answers bronze does not have yet."""
        with self.told():
            return sum(len(self._known([identity for identity, _ in batch])) for batch in _batches(self._notes(), lambda _: 0))

    def unsnapshotted(self, limit_bytes: int) -> list[Answer]:
        """Some of what bronze does not have yet, in no order: up to so many bytes of payload, at least one while there is any."""
        taken: list[Answer] = []
        with self.told():
            for batch in _batches(self._notes(), lambda note: note[1]):
                ids = [identity for identity, _ in batch]
                for document in self._answers.find({"_id": {"$in": ids}}, batch_size=len(ids) + 1):
                    if taken and limit_bytes <= 0:
                        return taken
                    taken.append(self._answer(document))
                    limit_bytes -= len(taken[-1].payload)
        return taken

    def mark(self, ids: Sequence[str]) -> None:
        """Bronze has these answers, on disk."""
        with self.told():
            for batch in _batches(ids, len):
                self._outbox.delete_many({"_id": {"$in": batch}})

    def roles(self) -> tuple[str, ...]:
        """The names of the roles that the URI's user has; none where the server asks nobody who they are."""
        with self.told():
            found = self.database.client.admin.command("connectionStatus")["authInfo"]["authenticatedUserRoles"]
        return tuple(role["role"] for role in found)

    def get(self, id: str) -> Answer | None:  # noqa: A002 - the answer's own name for it
        with self.told():
            document = self._answers.find_one({"_id": id})
            return self._answer(document) if document else None

    def beyond(self, known: Set[str]) -> Iterator[Answer]:
        """The answers of other identities than these."""
        with self.told():
            others = [found["_id"] for found in self._answers.find({}, {"_id": 1}, batch_size=BATCH_DOCUMENTS) if found["_id"] not in known]
        for identity in others:
            answer = self.get(identity)
            if answer is not None:
                yield answer

    def offer(self, known: Set[str]) -> int:
        """Have bronze hear again of every answer but these, which it has; return of how many. Nothing it hears of already counts."""
        with self.told():
            noted = {identity for identity, _ in self._notes()}
            n_offered = 0
            for batch in _batches(self.beyond(known | noted), lambda answer: len(answer.payload)):
                n_offered += _insert(self._outbox, [{"_id": answer.id, "bytes": len(answer.payload)} for answer in batch])
        return n_offered

    def replace(self, id: str, answer: Answer | None) -> None:  # noqa: A002 - the answer's own name for it
        """Have this answer, which bronze has, in place of the one of that identity, or none. Again is harmless."""
        with self.told():
            if answer is not None and answer.id != id:
                for part in _parts(answer.id, answer.payload):
                    _insert(self._parts, [part])
                _insert(self._answers, [_document(answer.id, answer)])
            if answer is None or answer.id != id:
                old = self._answers.find_one({"_id": id}, {"parts": 1}) or {}
                for number in range(old.get("parts", 0)):
                    self._parts.delete_one({"_id": f"{id}:{number}"})
                self._answers.delete_one({"_id": id})
                self._outbox.delete_one({"_id": id})

    def close(self) -> None:
        self._client.close()

    def _known(self, ids: Sequence[str]) -> set[str]:
        return {document["_id"] for document in self._answers.find({"_id": {"$in": ids}}, {"_id": 1}, batch_size=len(ids) + 1)}

    def _notes(self) -> Iterator[tuple[str, int]]:
        return ((note["_id"], note["bytes"]) for note in self._outbox.find({}, batch_size=BATCH_DOCUMENTS))

    def _answer(self, document: Mapping[str, Any]) -> Answer:
        payload = document.get("payload")
        if payload is None:
            # One by one: together they are more than one reply may hold.
            slices = (self._parts.find_one({"_id": f"{document['_id']}:{number}"}) for number in range(document["parts"]))
            payload = b"".join(part["payload"] for part in slices if part)
        return Answer(
            source=_text(document["source"]),
            place_id=_text(document["place_id"]),
            captured_at=datetime.fromisoformat(document["captured_at"]),
            landed_at=datetime.fromisoformat(document["landed_at"]),
            payload=payload,
            fault=document.get("fault"),
            detail=_text(document["detail"]) if document.get("detail") is not None else None,
            title=_text(document["title"]) if document.get("title") is not None else None,
        )

    @contextmanager
    def told(self) -> Iterator[None]:
        """Raise what the server does not do as :class:`ServiceError`."""
        try:
            yield
        except ConnectionFailure:
            hosts = ", ".join(f"{host}:{port}" for host, port in self._client.topology_description.server_descriptions())
            raise ServiceError(
                f"MongoDB at {hosts} does not answer: is it up, and does TWILYTICS_MONGODB_URI name it rightly? "
                "An embedded one comes back with the next command"
            ) from None
        except PyMongoError as error:
            raise ServiceError(
                f"MongoDB refused ({str(error).splitlines()[0][:300]}): has TWILYTICS_MONGODB_URI a user who may read and write there?"
            ) from None


def _document(identity: str, answer: Answer) -> Document:
    """Times are text, since BSON's have milliseconds only and an answer's identity counts its microseconds."""
    n_parts = -(-len(answer.payload) // PART_BYTES) if len(answer.payload) > PART_BYTES else 0
    return {
        "_id": identity,
        "source": _storable(answer.source),
        "place_id": _storable(answer.place_id),
        "captured_at": answer.captured_at.isoformat(),
        "landed_at": answer.landed_at.isoformat(),
        **({"parts": n_parts} if n_parts else {"payload": answer.payload}),
        **({} if answer.fault is None else {"fault": answer.fault}),
        **({} if answer.detail is None else {"detail": _storable(answer.detail)}),
        **({} if answer.title is None else {"title": _storable(answer.title)}),
    }


def _parts(identity: str, payload: bytes) -> Iterator[Document]:
    """The slices of a payload that is too large for one document; none for others."""
    if len(payload) > PART_BYTES:
        for number, start in enumerate(range(0, len(payload), PART_BYTES)):
            yield {"_id": f"{identity}:{number}", "payload": payload[start : start + PART_BYTES]}


def _storable(text: str) -> str | bytes:
    """Text as it is, but bytes for what is no Unicode text: half a surrogate pair, as JSON can hold."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def _text(stored: str | bytes) -> str:
    return stored if isinstance(stored, str) else stored.decode("utf-8", "surrogatepass")


def _batches(items: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    batch: list[T] = []
    n_bytes = 0
    for item in items:
        if batch and (len(batch) == BATCH_DOCUMENTS or n_bytes + size(item) > BATCH_BYTES):
            yield batch
            batch, n_bytes = [], 0
        batch.append(item)
        n_bytes += size(item)
    if batch:
        yield batch


def _insert(collection: Collection, documents: list[Document]) -> int:
    """Return how many were not there. What another process inserted just now is the same: identities are made of content."""
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        # Counted by its errors, as mongo-java-server counts all as inserted.
        problems = error.details["writeErrors"]
        if any(problem["code"] != DUPLICATE_KEY for problem in problems) or error.details["writeConcernErrors"]:
            raise
        return len(documents) - len(problems)
    return len(documents)
