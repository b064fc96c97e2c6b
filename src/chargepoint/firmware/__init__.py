"""Firmware updates: their course as a table, the shell that follows it, and what installs.

Knows no OCPP version and no way to transfer files; the composition root joins it to both.
"""
