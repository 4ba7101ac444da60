"""Fixtures for pytest, to test players with: ``coppd`` and ``copp_adapter``. They are there once this package is installed."""

from __future__ import annotations

from typing import Iterator

import pytest

from .adapter import Adapter
from .hierarchy import Hierarchy
from .testing import Coppd


@pytest.fixture(scope="session")
def copp_hierarchy() -> Iterator[Hierarchy]:
    """A test hierarchy, of which all fixtures make use: making keys takes its time."""
    with Hierarchy(name="pytest") as hierarchy:
        yield hierarchy


@pytest.fixture
def coppd(copp_hierarchy: Hierarchy) -> Iterator[Coppd]:  # pylint: disable=redefined-outer-name
    """A coppd with simulated outputs at a private socket: see copp.testing.Coppd. $COPPD names another program than the installed one."""
    with Coppd(hierarchy=copp_hierarchy) as daemon:
        yield daemon


@pytest.fixture
def copp_adapter(copp_hierarchy: Hierarchy) -> Iterator[Adapter]:  # pylint: disable=redefined-outer-name
    """A simulated adapter in this process, on which faults are injected: see copp.Adapter."""
    with Adapter(hierarchy=copp_hierarchy) as adapter:
        yield adapter
