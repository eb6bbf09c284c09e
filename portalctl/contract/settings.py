"""What a portal can do with what people set for themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.settings import (
    ChangeEmail,
    ConfirmEmail,
    EmailChange,
    Notifications,
    Profile,
    SetNotifications,
    SetProfile,
    Settings,
)


class OwnSettings(ABC):
    """The settings of whoever calls: of clients, staff and related people alike."""

    @operation("GET", "/settings")
    @abstractmethod
    def show(self) -> Settings:
        """Everything at a glance."""

    @operation("PATCH", "/settings/profile")
    @abstractmethod
    def set_profile(self, request: SetProfile) -> Profile:
        """Change one's own profile. Raises InvalidInput, ChangedMeanwhile."""

    @operation("POST", "/settings/email")
    @abstractmethod
    def change_email(self, request: ChangeEmail) -> EmailChange:
        """Have a code mailed to the address that is to be one's own; an earlier code is worthless.

        The answer is the same where the address is somebody else's. Raises BadCredentials, TooManyAttempts.
        """

    @operation("POST", "/settings/email/confirm")
    @abstractmethod
    def confirm_email(self, request: ConfirmEmail) -> Profile:
        """Sign in with the new address from now on; the old one is told. Works once. Raises LinkNotValid,
        TooManyAttempts.
        """

    @operation("PATCH", "/settings/notifications")
    @abstractmethod
    def set_notifications(self, request: SetNotifications) -> Notifications:
        """Choose which notices come by e-mail, and when reminders do: also those of what is already booked.

        Raises InvalidInput, ChangedMeanwhile.
        """
