"""What of ISO 15118 is switched on. Only reads settings."""

from chargepoint.settings import catalogue
from chargepoint.settings.setting import Setting, SettingsView


class ContractRules:
    """1.6 has one switch for everything (ISO15118PnCEnabled); 2.0.1 has one for each use case."""

    def __init__(self, settings: SettingsView) -> None:
        self._settings = settings

    @property
    def accepts_contracts(self) -> bool:
        """C07."""
        return self._is_on(catalogue.ISO15118_PNC_ENABLED)

    @property
    def gives_contracts(self) -> bool:
        """M01, M02: to EVs."""
        return self._is_on(catalogue.CONTRACT_CERTIFICATE_INSTALLATION_ENABLED)

    @property
    def takes_own_certificate(self) -> bool:
        """A02, A03: the station's towards EVs."""
        return self._is_on(catalogue.V2G_CERTIFICATE_INSTALLATION_ENABLED)

    @property
    def asks_for_revocation(self) -> bool:
        """M06."""
        return self._is_on(catalogue.ISO15118_ENABLED)

    @property
    def asks_nobody(self) -> bool:
        """2.0.1's AuthCtrlr.DisableRemoteAuthorization."""
        return self._settings.get(catalogue.DISABLE_REMOTE_AUTHORIZATION)

    def _is_on(self, setting: Setting[bool]) -> bool:
        get = self._settings.get
        if get(catalogue.RULES_OF_1_6) and not get(catalogue.ISO15118_PNC_ENABLED):
            return False
        return get(catalogue.ISO15118_ENABLED) and get(setting)
