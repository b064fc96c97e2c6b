"""The security profiles (1.6 security whitepaper 2.3, 2.0.1 A00): what each demands of the url and the files."""

from enum import IntEnum

from chargepoint.model.errors import ConfigurationError


class SecurityProfile(IntEnum):
    UNSECURED = 0
    """No TLS, no password: for development and closed networks."""
    BASIC_AUTH = 1
    TLS_BASIC_AUTH = 2
    TLS_CLIENT_CERTIFICATE = 3

    @property
    def uses_tls(self) -> bool:
        return self >= SecurityProfile.TLS_BASIC_AUTH

    @property
    def uses_password(self) -> bool:
        return self in (SecurityProfile.BASIC_AUTH, SecurityProfile.TLS_BASIC_AUTH)


def check_url(profile: SecurityProfile, url: str) -> None:
    """ConfigurationError when the url's scheme and the profile contradict each other; nothing is ever downgraded."""
    is_secure = url.lower().startswith("wss://")
    if profile.uses_tls and not is_secure:
        raise ConfigurationError(f"security profile {profile:d} needs a wss:// url, not {url!r}: correct one of them")
    if not profile.uses_tls and is_secure:
        raise ConfigurationError(f"a wss:// url needs security profile 2 or 3, not {profile:d}: correct one of them")
