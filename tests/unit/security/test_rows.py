"""Every row of OCPP's security requirements that is a 1.6 station's has a test with the row's number in its name.

S: profiles and TLS; C: certificates; N: raising the profile; E: events and log; F: signed firmware. What the
whitepaper itself asks of a charge point, requirement by requirement, is in `test_whitepaper`.
"""

import re
from collections.abc import Mapping
from pathlib import Path

TESTS = Path(__file__).parents[2]
ROWS: Mapping[str, str] = {
    "s01": "one profile at a time, chosen before OCPP starts (A00.FR.001, .004)",
    "s02": "no connection with another profile (A00.FR.003)",
    "s03": "Basic authentication in every request (A00.FR.202 to .204, .301 to .303)",
    "s05": "the key of 16 to 20 bytes, shown decoded (A00.FR.205, .304)",
    "s07": "the key is write-only (7.2)",
    "s08": "a new key is used, a refused one gives way to the old (A01.FR.02 to .04)",
    "s09": "the key is in no log (A01.FR.10 to .12)",
    "s10": "TLS 1.2 or newer only (A00.FR.312, .416)",
    "s11": "older TLS is an event, told once (A00.FR.315, .419)",
    "s12": "the required cipher suites (A00.FR.318, .422)",
    "s13": "no allowed suite is an event (A00.FR.322, .426)",
    "s14": "no compression, no weak suite (A00.FR.319, .320, .423, .424)",
    "s15": "the CSMS's certificate is verified (A00.FR.307 to .310, .411 to .414)",
    "s18": "a certificate and a serial number for each station (A00.FR.427, .429)",
    "s17": "an expired certificate of the station's own is shown all the same",
    "c01": "strength of keys and hashes (A00.FR.501 to .508)",
    "c02": "subject of the certificates (A00.FR.509 to .511)",
    "c03": "a firmware's certificate has no intermediates (L01)",
    "c04": "the factory's credentials open the door and give way to new ones (A00.FR.801 to .806)",
    "c05": "a trigger makes a new key and a request (A02.FR.02, .03, .13)",
    "c06": "the private key stays (A02.FR.05)",
    "c07": "renewal within a month of the end (A03.FR.02)",
    "c08": "bad chains are rejected, and an event (A02.FR.06, .07)",
    "c09": "a certificate that begins later waits for its day (A02.FR.08)",
    "c10": "the new certificate is used, and the old one dropped once it works (A02.FR.09, .10)",
    "c11": "longest chain (7.3)",
    "c12": "no second request where the certificate does not come (A02, error handling)",
    "c13": "no second request after a rejection",
    "c14": "roots are installed (M05.FR.01 to .06)",
    "c15": "the additional root check (M05.FR.08 to .13)",
    "c16": "the key AdditionalRootCertificateCheck (7.1)",
    "c17": "hash data (M03.FR.01 to .04)",
    "c18": "roots are deleted, but for the one in use (M04.FR.01 to .06)",
    "n01": "no lower and no equal profile (A05.FR.01)",
    "n02": "what a higher profile needs (A05.FR.02 to .04)",
    "n03": "a raised profile is tried, and falls back (A05.FR.05 to .08)",
    "e01": "critical events are told in order, all are logged (A04.FR.01 to .04)",
    "e02": "names and criticality of the events (8)",
    "f01": "the signing certificate is judged before the answer (L01.FR.02, .23 to .25)",
    "f02": "the signature over the whole file (L01.FR.03, .04, .12)",
    "f03": "dates to come, also over a restart (L01.FR.13, .16)",
    "f04": "transactions end first (L01.FR.06, .07)",
    "f06": "InstallRebooting before, Installed by the new firmware (L01.FR.15)",
    "f07": "Installed is a security event (8)",
    "f08": "a newer request (L01.FR.26, .27)",
    "f09": "the status on a trigger (L01.FR.28, .29)",
    "f10": "the plain request (L01.FR.20)",
    "f11": "the longest fields (6.7)",
}
ELSEWHERE: Mapping[str, str] = {
    "s04": "2.0.1 only",
    "s06": "2.0.1 only",
    "s16": "2.0.1 only",
    "s19": "2.0.1 only",
    "f05": "2.0.1 only",
}
NAME = re.compile(r"def test_((?:[scnef]\d\d_(?!fr_))+)")
"""What begins as `n01_fr_03` is named after a requirement, not after a row."""


def rows_with_a_test() -> set[str]:
    names = [found for path in TESTS.rglob("test_*.py") for found in NAME.findall(path.read_text(encoding="utf-8"))]
    return {row for name in names for row in name.rstrip("_").split("_")}


def test_every_row_has_a_test_and_every_test_a_row() -> None:
    found = rows_with_a_test()
    assert sorted(ROWS.keys() - found) == []
    assert sorted(found - ROWS.keys()) == []
    assert not ROWS.keys() & ELSEWHERE.keys()
