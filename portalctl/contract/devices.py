"""What a portal can do with device sign-in (RFC 8628)."""

from __future__ import annotations

from abc import ABC, abstractmethod

from portalctl.contract.operation import operation
from portalctl.models.devices import Device, DeviceCode, DeviceReference, PollDevice, StartDevice
from portalctl.models.sessions import SignedIn


class Devices(ABC):
    """Programs that ask to be signed in by a person who decides elsewhere."""

    @operation("POST", "/device-sign-ins")
    @abstractmethod
    def start(self, request: StartDevice) -> DeviceCode:
        """Begin a device sign-in. Raises TooManyAttempts, Unsupported where the portal has no web pages."""

    @operation("POST", "/device-sign-ins/poll")
    @abstractmethod
    def poll(self, request: PollDevice) -> SignedIn:
        """Ask for the session; it is answered once.

        Raises AuthorizationPending, SlowDown, AccessDenied, ExpiredToken, TooManyAttempts.
        """

    @operation("GET", "/device-sign-ins/{user_code}")
    @abstractmethod
    def show(self, request: DeviceReference) -> Device:
        """What is asking. Raises NotFound, TooManyAttempts."""

    @operation("POST", "/device-sign-ins/{user_code}/allow", repeatable=True)
    @abstractmethod
    def allow(self, request: DeviceReference) -> Device:
        """Let it act as the caller; harmless to repeat. Raises NotFound, NotChangeable, TooManyAttempts."""

    @operation("POST", "/device-sign-ins/{user_code}/refuse", repeatable=True)
    @abstractmethod
    def refuse(self, request: DeviceReference) -> Device:
        """Turn it away; harmless to repeat. Raises NotFound, NotChangeable, TooManyAttempts."""
