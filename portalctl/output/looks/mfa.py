"""How second factors look."""

from __future__ import annotations

from portalctl.output.columns import NAME, Column, Look

_STATE = Column("State", "state", whole=True)

LOOKS: dict[str, Look] = {
    "MfaStatus": Look(
        "second factors", (_STATE, Column("Since", "since"), Column("Recovery codes left", "recovery_codes_left"))
    ),
    "MfaSetup": Look(
        "second factors", (_STATE, Column("Secret", "secret", whole=True), Column("URI", "uri", whole=True))
    ),
    "RecoveryCodes": Look("recovery codes", (Column("Recovery codes left", "left"),)),
    "MfaReset": Look("second factors", (Column("ID", "person_id", whole=True), NAME, _STATE)),
}
