"""The edge to the CSMS: link, rpc, registration, courier and one translator per OCPP version.

Must not decide about sessions or power: it translates orders in and reports out.
"""
