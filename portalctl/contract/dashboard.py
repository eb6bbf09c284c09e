"""What a portal can do with the dashboard."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.dashboard import Dashboard, LookAtDashboard, ShowDashboard


class Dashboards(ABC):
    """The client's history with the practice."""

    @operation("GET", "/dashboard")
    @abstractmethod
    def show(self, request: ShowDashboard) -> Dashboard:
        """The caller's own history; nothing about others, and nothing is marked as seen. Raises NotPermitted."""

    @operation("POST", "/dashboard/look", repeatable=True)
    @abstractmethod
    def look(self, request: LookAtDashboard) -> None:
        """Write down when the caller last looked; an earlier moment, or one to come, changes nothing.

        It is harmless to repeat. Raises NotPermitted.
        """
