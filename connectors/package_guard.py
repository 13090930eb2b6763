"""A guard around a connector of another package, so that its mistakes disturb nobody else.

Terms
    guarded   a stand-in for a connector of another package, which does what that one does
    mistake   an error that is no :class:`connectors.errors.ConnectorError`

Promise: a mistake comes out as :class:`connectors.errors.BrokenPackage`, which names its kind and the line of the
package that made it. Its text and its traceback may hold a secret: they go to the log alone, which takes secrets out.
As nobody knows what had been done by then, the error is ``uncertain``: what was to be written is looked for first.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

from connectors.errors import BrokenPackage, ConnectorError

Connector = TypeVar("Connector")
logger = logging.getLogger(__name__)


def guarded(connector: Connector, blame: Callable[[str], BrokenPackage], module: str) -> Connector:
    """Stand in for ``connector``, whose code is in ``module`` or below; ``blame`` makes the error for a mistake."""
    names = [name for name in dir(connector) if not name.startswith("_")]
    # Its names stand in a class, for that is where the protocols look for them.
    stand_in = type("Guarded", (_Guarded,), {name: _forwarded(name) for name in names})
    return cast(Connector, stand_in(connector, blame, module))


class _Guarded:
    def __init__(self, connector: Any, blame: Callable[[str], BrokenPackage], module: str) -> None:
        self._connector = connector
        self._blame = blame
        self._module = module

    def _do(self, act: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        try:
            result = act(*arguments, **named)
        except ConnectorError:
            raise
        except Exception as error:
            raise self._mistake(error) from error
        return self._read(result) if isinstance(result, Iterator) else result

    def _read(self, pages: Iterator[Any]) -> Iterator[Any]:
        try:
            yield from pages
        except ConnectorError:
            raise
        except Exception as error:
            raise self._mistake(error) from error

    def _mistake(self, error: Exception) -> BrokenPackage:
        logger.info("a mistake in %s", self._module, exc_info=error)
        return self._blame(f"{type(error).__name__} in {_place(error, self._module)}")


def _forwarded(name: str) -> property:
    def get(self: _Guarded) -> Any:
        value = self._do(lambda: getattr(self._connector, name))
        return (lambda *arguments, **named: self._do(value, *arguments, **named)) if callable(value) else value

    return property(get)


def _place(error: Exception, module: str) -> str:
    """The innermost line of the package, as ``care_csv.py:57``."""
    frames = list(traceback.walk_tb(error.__traceback__))
    package = module.partition(".")[0]
    own = [(frame, line) for frame, line in frames if str(frame.f_globals.get("__name__")).partition(".")[0] == package]
    frame, line = (own or frames)[-1]
    return f"{Path(frame.f_code.co_filename).name}:{line}"
