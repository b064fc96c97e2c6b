"""The local interface: JSON, an event stream, a web page and metrics over HTTP, on loopback unless configured.

It shows what the core knows and hands a person's orders to the core; it decides nothing about charging, and what it
is asked never ends the process.
"""
