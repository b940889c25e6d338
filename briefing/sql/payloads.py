"""What statements read of a step's payload, in SQL. One that cannot be read has nothing: no claim fails of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement


class chunk_key(FunctionElement[str]):  # noqa: N801  reads as an SQL function
    """The key of a payload's chunk; null where it has none."""

    type = String()
    inherit_cache = True


@compiles(chunk_key, "sqlite")
def _sqlite_key(element: chunk_key, compiler: Any, **how: Any) -> str:  # noqa: ANN401  the compiler's
    return f"json_extract({compiler.process(element.clauses, **how)}, '$.chunk.key')"


@compiles(chunk_key, "postgresql")
def _postgresql_key(element: chunk_key, compiler: Any, **how: Any) -> str:  # noqa: ANN401  the compiler's
    # Not by its operators for JSON, which fail of a NUL or half a surrogate pair anywhere in it: one such step would
    # keep all workers from claiming. Inside a string a quotation mark has a backslash before it.
    payload = compiler.process(element.clauses, **how)
    return f"""substring({payload}::text from '"chunk": {{"key": "([^"]*)"')"""
