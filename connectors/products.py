"""Products of one kind, shipped or from packages of others, found by name and loaded when they are first asked for.

Terms
    shipped       part of CareSync
    entry point   what a package says that it provides (``importlib.metadata``), by group and name

Promise: a package that cannot be used disturbs nobody who does not use its product; whoever does learns which package
it is, what is wrong with it, and what to do. So does whoever meets a mistake that its code makes later on
(:mod:`connectors.package_guard`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from connectors.errors import BrokenPackage, ConnectorError
from connectors.package_guard import guarded
from connectors.protocols import Bookkeeping, Environment, Helpdesk, TimeTracker

Connector_co = TypeVar("Connector_co", bound=Helpdesk | TimeTracker | Bookkeeping, covariant=True)


@dataclass(frozen=True, slots=True)
class Product(Generic[Connector_co]):
    """``settings``: the pydantic class of its section. ``connect``: makes its connector from an instance of it.

    Making a connector asks the product nothing.
    """

    settings: type[BaseModel]
    connect: Callable[[Any, Environment], Connector_co]


class Products(Mapping[str, Product[Connector_co]]):
    """Products of one kind by name: those of ``shipped``, and those of the entry points in ``group``.

    ``protocol`` is what connectors of this kind keep, ``settings`` the class from which their settings derive. Looking
    a product up raises :class:`BrokenPackage` when the package that provides it cannot be used.
    """

    def __init__(
        self,
        group: str,
        shipped: Mapping[str, Product[Connector_co]],
        protocol: type,
        settings: type[BaseModel] = BaseModel,
    ) -> None:
        self.group = group
        self.shipped = dict(shipped)
        self._protocol = protocol
        self._settings = settings
        self._loaded: dict[str, Product[Connector_co]] = {}

    def __getitem__(self, name: str) -> Product[Connector_co]:
        provided = self._provided.get(name, [])
        if name in self.shipped:
            if provided:
                raise _broken(provided[0], "CareSync itself has a product of that name")
            return self.shipped[name]
        if not provided:
            raise KeyError(name)
        if len(provided) > 1:
            raise _broken(provided[0], f"{_package(provided[1])} provides a product of that name too")
        if name not in self._loaded:
            self._loaded[name] = self._load(provided[0])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self.shipped, *self._provided}))

    def __len__(self) -> int:
        return len({*self.shipped, *self._provided})

    @cached_property
    def _provided(self) -> dict[str, list[EntryPoint]]:
        provided: dict[str, list[EntryPoint]] = {}
        for entry_point in entry_points(group=self.group):
            provided.setdefault(entry_point.name, []).append(entry_point)
        return provided

    def _load(self, provided: EntryPoint) -> Product[Connector_co]:
        try:
            product = provided.load()
        except Exception as error:
            raise _broken(provided, _in_words(error)) from error
        if not isinstance(product, Product):
            raise _broken(provided, f"{provided.value} is not a connectors.products.Product")
        if not (isinstance(product.settings, type) and issubclass(product.settings, self._settings)):
            raise _broken(provided, f"its settings do not derive from {self._settings.__name__}")
        made: Callable[[Any, Environment], Connector_co] = product.connect

        def connect(settings: Any, environment: Environment) -> Connector_co:
            try:
                connector = made(settings, environment)
                lacking = [name for name in vars(self._protocol) if name[0] != "_" and not hasattr(connector, name)]
            except ConnectorError:
                raise
            except Exception as error:
                raise _broken(provided, f"its connector cannot be made: {_in_words(error)}") from error
            if lacking:
                raise _broken(provided, f"its connector has no {', '.join(lacking)}")
            return guarded(connector, partial(_mistaken, provided), provided.module)

        return replace(product, connect=connect)


class SettingsClasses(Mapping[str, type[BaseModel]]):
    """The settings class of each product, by its name; a product is loaded when its class is asked for."""

    def __init__(self, products: Products[Connector_co]) -> None:
        self._products = products

    def __getitem__(self, name: str) -> type[BaseModel]:
        return self._products[name].settings

    def __iter__(self) -> Iterator[str]:
        return iter(self._products)

    def __len__(self) -> int:
        return len(self._products)


def _broken(provided: EntryPoint, problem: str) -> BrokenPackage:
    return BrokenPackage(
        provided.name,
        f"{_package(provided)}, which provides it, cannot be used: {problem}",
        remedy="Reinstall that package, ask its makers, or remove it.",
    )


def _mistaken(provided: EntryPoint, mistake: str) -> BrokenPackage:
    return BrokenPackage(
        provided.name,
        f"{_package(provided)}, which provides it, made a mistake: {mistake}",
        uncertain=True,
        remedy="Tell its makers. CareSync's --verbose shows it in full.",
    )


def _package(provided: EntryPoint) -> str:
    if provided.dist is None:
        return f"the package of {provided.value}"
    return f"the package {provided.dist.name} {provided.dist.version}"


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
