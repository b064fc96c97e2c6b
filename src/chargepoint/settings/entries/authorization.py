"""Who may charge: settings of authorisation, its cache, and free vending."""

from chargepoint.settings.setting import Access, ComponentVariable, Setting

AUTHORIZATION_ENABLED = Setting(
    name="authorization_enabled",
    default=True,
    summary="Nobody charges without being authorised, but where everybody may (FreeVendActive).",
    access=Access.READ_ONLY,
    variable_2_0_1=ComponentVariable("AuthCtrlr", "Enabled"),
    is_fact=True,
)
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
AUTHORIZATION_CACHE_LIFE_TIME = Setting(
    name="authorization_cache_life_time_seconds",
    default=0,
    summary="How long a verdict without an end of its own is used from the cache, since it was last heard; 0: as "
    "long as there is room.",
    minimum=0,
    maximum=31_536_000,
    unit="s",
    variable_2_0_1=ComponentVariable("AuthCacheCtrlr", "LifeTime"),
)
AUTHORIZATION_CACHE_POLICY = Setting(
    name="authorization_cache_policy",
    default="CUSTOM",
    summary="Which verdict goes first when the cache is full: the one that was heard longest ago.",
    access=Access.READ_ONLY,
    choices=("CUSTOM",),
    variable_2_0_1=ComponentVariable("AuthCacheCtrlr", "Policy"),
    is_fact=True,
)
AUTHORIZATION_CACHE_DISABLE_POST_AUTHORIZE = Setting(
    name="authorization_cache_disable_post_authorize",
    default=False,
    summary="Refuse a token that the cache does not accept without asking the CSMS, where LocalPreAuthorize is on.",
    variable_2_0_1=ComponentVariable("AuthCacheCtrlr", "DisablePostAuthorize"),
)
MASTER_PASS_GROUP_ID = Setting(
    name="master_pass_group_id",
    default="",
    summary="Tokens of this group stop every transaction and start none; empty: there is no such group.",
    maximum_length=36,
    variable_2_0_1=ComponentVariable("AuthCtrlr", "MasterPassGroupId"),
)
DISABLE_REMOTE_AUTHORIZATION = Setting(
    name="disable_remote_authorization",
    default=False,
    summary="Never ask the CSMS about a token: the local list and the cache decide alone.",
    variable_2_0_1=ComponentVariable("AuthCtrlr", "DisableRemoteAuthorization"),
)
LOCAL_AUTH_LIST_ENABLED = Setting(
    name="local_auth_list_enabled",
    default=True,
    summary="Use the local authorisation list that the CSMS has sent; while off it is kept, and says nothing.",
    key_1_6="LocalAuthListEnabled",
    variable_2_0_1=ComponentVariable("LocalAuthListCtrlr", "Enabled"),
)
LOCAL_AUTH_LIST_DISABLE_POST_AUTHORIZE = Setting(
    name="local_auth_list_disable_post_authorize",
    default=False,
    summary="Refuse a token that the list does not accept without asking the CSMS, where LocalPreAuthorize is on.",
    variable_2_0_1=ComponentVariable("LocalAuthListCtrlr", "DisablePostAuthorize"),
)
LOCAL_AUTH_LIST_MAX_LENGTH = Setting(
    name="local_auth_list_max_length",
    default=10_000,
    summary="How many entries the local authorisation list may have.",
    access=Access.READ_ONLY,
    minimum=1,
    maximum=10_000,
    key_1_6="LocalAuthListMaxLength",
)
SEND_LOCAL_LIST_MAX_LENGTH = Setting(
    name="send_local_list_max_length",
    default=1000,
    summary="How many entries one update of the local list may have; a message has at most 1 MiB.",
    access=Access.READ_ONLY,
    minimum=1,
    maximum=5000,
    key_1_6="SendLocalListMaxLength",
    variable_2_0_1=ComponentVariable("LocalAuthListCtrlr", "ItemsPerMessage"),
    mandatory_2_0_1=True,
)
SEND_LOCAL_LIST_MAX_BYTES = Setting(
    name="send_local_list_max_bytes",
    default=1_000_000,
    summary="How many bytes one update of the local list may have.",
    access=Access.READ_ONLY,
    minimum=1,
    maximum=1_000_000,
    unit="B",
    variable_2_0_1=ComponentVariable("LocalAuthListCtrlr", "BytesPerMessage"),
    mandatory_2_0_1=True,
)
RESERVATION_ENABLED = Setting(
    name="reservation_enabled",
    default=True,
    summary="Accept reservations; those that are made already stay.",
    key_1_6="ReservationEnabled",
    variable_2_0_1=ComponentVariable("ReservationCtrlr", "Enabled"),
)
RESERVE_CONNECTOR_ZERO_SUPPORTED = Setting(
    name="reserve_connector_zero_supported",
    default=True,
    summary="Accept reservations of no connector in particular: one stays free for whoever made it.",
    access=Access.READ_ONLY,
    key_1_6="ReserveConnectorZeroSupported",
    variable_2_0_1=ComponentVariable("ReservationCtrlr", "NonEvseSpecific"),
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
    summary="The token that free transactions are reported with; 2.0.1 has NoAuthorization for that.",
    minimum=1,
    maximum_length=20,
    key_1_6="FreeVendIdTag",
)
