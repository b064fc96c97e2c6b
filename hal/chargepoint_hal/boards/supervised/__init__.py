"""Boards whose pilot and contactor belong to a controller of their own: OpenEVSE, EVSE-DIN, Phoenix Contact EV-CC.

A thread talks to the controller (`supervision`), the parts of the board (`board`) only read and write memory.
"""
