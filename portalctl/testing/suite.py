"""All tests of the suite, to be imported as they are by the test module of a backend, and what they share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from portalctl.testing.account import TestAccount
from portalctl.testing.appointments import TestAppointments, TestChanges
from portalctl.testing.assignments import TestAssignments
from portalctl.testing.at_once import TestAtOnce
from portalctl.testing.audit import TestAudit
from portalctl.testing.batches import TestBatches
from portalctl.testing.booking import TestBooking, TestSeries
from portalctl.testing.callers import TestCallers
from portalctl.testing.charges import TestCharges
from portalctl.testing.clients import TestClients
from portalctl.testing.conversations import TestConversations, TestKeysOfConversations
from portalctl.testing.dashboard import TestDashboard
from portalctl.testing.devices import TestDevices
from portalctl.testing.documents import TestDocuments, TestFiling
from portalctl.testing.forms import TestForms
from portalctl.testing.hours import TestHours
from portalctl.testing.invites import TestInvites
from portalctl.testing.invoices import TestInvoices
from portalctl.testing.mfa import TestSecondFactors
from portalctl.testing.moving import TestMoving
from portalctl.testing.notes import TestNotes
from portalctl.testing.outbox import TestOutbox
from portalctl.testing.payment_methods import TestPaymentMethods
from portalctl.testing.policy import TestPolicy
from portalctl.testing.practice import TestPractice
from portalctl.testing.relationships import TestRelationships
from portalctl.testing.services import TestServices
from portalctl.testing.sessions import TestSessions, TestTooManyAttempts
from portalctl.testing.settings import TestOwnSessions, TestSettings
from portalctl.testing.slots import TestSlots
from portalctl.testing.staff import TestStaff
from portalctl.testing.studio import Studio
from portalctl.testing.tokens import TestTokens
from portalctl.testing.under_test import EmptyPortal
from portalctl.testing.uploads import TestUploads

__all__ = [
    "TestAccount",
    "TestAppointments",
    "TestAssignments",
    "TestAtOnce",
    "TestAudit",
    "TestBatches",
    "TestBooking",
    "TestCallers",
    "TestChanges",
    "TestCharges",
    "TestClients",
    "TestConversations",
    "TestDashboard",
    "TestDevices",
    "TestDocuments",
    "TestFiling",
    "TestForms",
    "TestHours",
    "TestInvites",
    "TestInvoices",
    "TestKeysOfConversations",
    "TestMoving",
    "TestNotes",
    "TestOutbox",
    "TestOwnSessions",
    "TestPaymentMethods",
    "TestPolicy",
    "TestPractice",
    "TestRelationships",
    "TestSecondFactors",
    "TestSeries",
    "TestServices",
    "TestSessions",
    "TestSettings",
    "TestSlots",
    "TestStaff",
    "TestTokens",
    "TestTooManyAttempts",
    "TestUploads",
    "studio",
]


@pytest.fixture(scope="session")
def studio(empty_portal: EmptyPortal) -> Iterator[Studio]:
    """The practice that the tests share, on the backend of their module."""
    with empty_portal() as backend:
        shared = Studio(empty_portal, backend)
        yield shared
        shared.close()
