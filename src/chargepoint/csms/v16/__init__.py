"""The OCPP 1.6J dialect: Core profile and TriggerMessage, one module per functional block.

Translates between the wire and the neutral core and decides nothing that the core decides. Encoding is pure, so a
retry is byte-identical; handlers only answer. Knows nothing of `csms.v201`.
"""
