"""Names that were encoded twice, told by decoding them again."""


def is_encoded_twice(name: str) -> bool:
    """Whether a part of the name is UTF-8 that somebody took for one byte a character.

    Each byte may have become what Windows-1252 has for it, or where that has nothing, the character of its number.
    """
    taken = [_byte(character) for character in name]
    return any(_is_character(taken[start : start + length]) for start in range(len(taken)) for length in (2, 3, 4))


def _byte(character: str) -> int | None:
    try:
        return character.encode("cp1252")[0]
    except UnicodeError:
        return ord(character) if ord(character) < 256 else None


def _is_character(taken: list[int | None]) -> bool:
    try:
        return len(bytes(byte for byte in taken if byte is not None).decode()) == 1 and None not in taken and len(taken) > 1
    except UnicodeError:
        return False
