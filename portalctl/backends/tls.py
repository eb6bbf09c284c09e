"""Whom to believe on TLS, and why a certificate was not believed. There is no way to leave the check out."""

from __future__ import annotations

import ssl
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from portalctl.backends.trouble import Trouble, excerpt
from portalctl.errors import InvalidInput

if TYPE_CHECKING:
    from portalctl.backends.addresses import Address
    from portalctl.clock import Clock

_EXPIRED, _NOT_YET_VALID = 10, 9
"""OpenSSL's numbers for a certificate whose time is over, or has not come."""

_REVOCATIONS = b"-----BEGIN X509 CRL-----"
"""How a list of revoked certificates begins: an authority's file may hold one, and then it is asked."""

_TO_ASK = 3.0
"""Seconds to ask a server for its time."""


class Trust:
    """Which authorities vouch for a server: those of one file, else those of this machine."""

    def __init__(self, ca_file: str | None, clock: Clock, *, is_used: bool = True) -> None:
        self._ca_file = ca_file
        self._is_used = is_used
        self.clock = clock

    @property
    def origin(self) -> str:
        """Where the authorities come from, in words."""
        if not self._is_used:
            return "Without TLS: nothing leaves this machine"
        paths = ssl.get_default_verify_paths()
        return f"Certificates are checked against {self._ca_file or paths.cafile or paths.capath or _shipped()}"

    @cached_property
    def context(self) -> ssl.SSLContext:
        """TLS 1.2 or newer, names and certificates checked. Raises InvalidInput for a file that holds no authority."""
        if not self._is_used:
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # it believes nobody, and asks for nothing to be loaded
        paths = ssl.get_default_verify_paths()
        try:
            file = self._ca_file if self._ca_file or paths.cafile or paths.capath else _shipped()
            context = ssl.create_default_context(cafile=file)
        except ssl.SSLError:
            raise InvalidInput(f"{file} holds no certificate", "it must be a PEM file, see --ca-file") from None
        except OSError as error:
            raise InvalidInput(f"{file}: {error.strerror}", "see --ca-file and PORTALCTL_CA_FILE") from None
        if file is not None and _REVOCATIONS in Path(file).read_bytes():
            context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def explain(error: BaseException, address: Address, trust: Trust) -> Trouble | None:
    """What a failure of TLS means to a user, in one line; None for any other failure, such as a broken connection."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if cause is None or isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return None
    if isinstance(cause, ssl.SSLCertVerificationError):
        message = f"the certificate of {address.place} is not to be trusted: {excerpt(cause.verify_message)}"
        if cause.verify_code in (_EXPIRED, _NOT_YET_VALID):
            return Trouble(
                message + _clocks(address, trust.clock),
                "see whether this machine's clock is right; else the server needs a new certificate",
                is_lasting=True,
            )
        return Trouble(message, "an authority of your own is named with --ca-file FILE", is_lasting=True)
    reason = excerpt((cause.reason or str(cause)).replace("_", " ").lower())
    return Trouble(
        f"{address.place} does not speak TLS as it should: {reason}",
        "check the portal's URL",
        is_lasting=True,
    )


def _clocks(address: Address, clock: Clock) -> str:
    """What time it is here, and at the server if it says so."""
    here = f" (this machine's clock says {clock():%Y-%m-%d %H:%M} UTC"
    there = _server_date(address)
    return here + (f", the server's, unproved, {excerpt(there)})" if there else ")")


def _server_date(address: Address) -> str | None:
    """The `Date` that the server tells anybody: it is asked without the session, and nothing but this is believed."""
    from http.client import HTTPException, HTTPSConnection

    unproved = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unproved.check_hostname = False
    unproved.verify_mode = ssl.CERT_NONE
    connection = HTTPSConnection(address.host, address.port, timeout=_TO_ASK, context=unproved)
    try:
        connection.request("HEAD", "/healthz")
        return connection.getresponse().getheader("Date")
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def _shipped() -> str:
    """The authorities that come with httpx, for a machine that has none."""
    import certifi

    return certifi.where()
