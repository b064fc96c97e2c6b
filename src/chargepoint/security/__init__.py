"""TLS contexts and credentials for the security profiles of OCPP.

Reads files and decides what is shown to a CSMS; opens no connection and knows no OCPP message.
"""
