"""Files over the network: fetched and brought over HTTP(S) and FTP(S), streamed, resumed, within limits.

Knows no OCPP and no station: who asks for a file, and what its arrival means, is decided elsewhere.
"""
