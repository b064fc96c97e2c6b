"""Monitors on the variables of the device model: which there are, when they speak, and what they say. Pure.

Decides from values and times that it is given; reads no variable, sends nothing, stores nothing, knows no OCPP message.
"""
