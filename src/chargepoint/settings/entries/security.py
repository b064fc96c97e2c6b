"""Passwords and certificates as 1.6 names them. Their values live in the key store, not here."""

from chargepoint.settings.setting import Access, ComponentVariable, Setting

LONGEST_CHAIN = 10_000

AUTHORIZATION_KEY = Setting(
    name="authorization_key",
    default="",
    summary="The password of the link, up to 40 hexadecimal digits; kept in the key store and never told.",
    access=Access.WRITE_ONLY,
    maximum_length=40,
    key_1_6="AuthorizationKey",
    is_secret=True,
    is_fact=True,
    has_keeper=True,
)
BASIC_AUTH_PASSWORD = Setting(
    name="basic_auth_password",
    default="",
    summary="The password of the link as 2.0.1 sets it, 16 to 40 characters; kept in the key store and never told.",
    access=Access.WRITE_ONLY,
    maximum_length=40,
    variable_2_0_1=ComponentVariable("SecurityCtrlr", "BasicAuthPassword"),
    is_secret=True,
    is_fact=True,
    has_keeper=True,
)
ALLOW_CSMS_TLS_WILDCARDS = Setting(
    name="allow_csms_tls_wildcards",
    default=False,
    summary="Accept a CSMS whose certificate has a wildcard for its name; where 1.6 is preferred that is always so.",
    variable_2_0_1=ComponentVariable("SecurityCtrlr", "AllowCSMSTLSWildcards"),
)
ADDITIONAL_ROOT_CERTIFICATE_CHECK = Setting(
    name="additional_root_certificate_check",
    default=True,
    summary="One root certificate of the CSMS, which only one that it has signed can replace.",
    access=Access.READ_ONLY,
    key_1_6="AdditionalRootCertificateCheck",
    variable_2_0_1=ComponentVariable("SecurityCtrlr", "AdditionalRootCertificateCheck"),
)
CERTIFICATE_SIGNED_MAX_CHAIN_SIZE = Setting(
    name="certificate_signed_max_chain_size",
    default=LONGEST_CHAIN,
    summary="Most characters of a signed certificate chain.",
    access=Access.READ_ONLY,
    minimum=1,
    maximum=LONGEST_CHAIN,
    key_1_6="CertificateSignedMaxChainSize",
    variable_2_0_1=ComponentVariable("SecurityCtrlr", "MaxCertificateChainSize"),
)
CERTIFICATE_STORE_MAX_LENGTH = Setting(
    name="certificate_store_max_length",
    default=10,
    summary="Most root certificates that can be installed.",
    access=Access.READ_ONLY,
    minimum=1,
    maximum=100,
    key_1_6="CertificateStoreMaxLength",
)
