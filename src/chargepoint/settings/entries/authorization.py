"""Who may charge: settings of authorisation, its cache, and free vending."""

from chargepoint.settings.setting import Access, ComponentVariable, Setting

LOCAL_PRE_AUTHORIZE = Setting(
    name="local_pre_authorize",
    default=False,
    summary="Online, start at once for a token that the list or the cache accepts, without asking the CSMS.",
    key_1_6="LocalPreAuthorize",
    variable_2_0_1=ComponentVariable("AuthCtrlr", "LocalPreAuthorize"),
    mandatory_2_0_1=True,
)
LOCAL_AUTHORIZE_OFFLINE = Setting(
    name="local_authorize_offline",
    default=True,
    summary="Offline, start for a token that the list or the cache accepts.",
    key_1_6="LocalAuthorizeOffline",
    variable_2_0_1=ComponentVariable("AuthCtrlr", "LocalAuthorizeOffline"),
    mandatory_2_0_1=True,
)
ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID = Setting(
    name="allow_offline_tx_for_unknown_id",
    default=False,
    summary="Offline, start even for a token that nobody knows; the CSMS judges it later.",
    key_1_6="AllowOfflineTxForUnknownId",
    variable_2_0_1=ComponentVariable("AuthCtrlr", "OfflineTxForUnknownIdEnabled"),
)
AUTHORIZE_REMOTE_TX_REQUESTS = Setting(
    name="authorize_remote_tx_requests",
    default=False,
    summary="Authorise the token of a remote start as if it had been presented at the station.",
    key_1_6="AuthorizeRemoteTxRequests",
    variable_2_0_1=ComponentVariable("AuthCtrlr", "AuthorizeRemoteStart"),
    mandatory_2_0_1=True,
)
AUTHORIZATION_CACHE_ENABLED = Setting(
    name="authorization_cache_enabled",
    default=True,
    summary="Remember the CSMS's verdicts about tokens and use them.",
    key_1_6="AuthorizationCacheEnabled",
    variable_2_0_1=ComponentVariable("AuthCacheCtrlr", "Enabled"),
)
AUTHORIZATION_CACHE_AVAILABLE = Setting(
    name="authorization_cache_available",
    default=True,
    summary="There is an authorisation cache.",
    access=Access.READ_ONLY,
    variable_2_0_1=ComponentVariable("AuthCacheCtrlr", "Available"),
    is_fact=True,
)
LOCAL_AUTH_LIST_ENABLED = Setting(
    name="local_auth_list_enabled",
    default=False,
    summary="Use the local authorisation list. It wears no OCPP name, and so is not advertised, until there is a list.",
    access=Access.READ_ONLY,
    is_fact=True,
)
AUTHORIZATION_TIMEOUT = Setting(
    name="authorization_timeout_seconds",
    default=10,
    summary="How long a person at the reader waits for the CSMS's word before the offline rules decide.",
    minimum=1,
    maximum=120,
    unit="s",
    key_1_6="AuthorizationTimeout",
    variable_2_0_1=ComponentVariable("AuthCtrlr", "AuthorizationTimeout"),
)
FREE_VEND_ACTIVE = Setting(
    name="free_vend_active",
    default=False,
    summary="Start for whoever plugs in, without a card.",
    key_1_6="FreeVendActive",
    variable_2_0_1=ComponentVariable("AuthCtrlr", "FreeVendActive"),
)
FREE_VEND_TOKEN = Setting(
    name="free_vend_token",
    default="FREEVEND",
    summary="The token that free transactions are reported with.",
    minimum=1,
    maximum_length=20,
    key_1_6="FreeVendIdTag",
    variable_2_0_1=ComponentVariable("AuthCtrlr", "FreeVendIdToken"),
)
