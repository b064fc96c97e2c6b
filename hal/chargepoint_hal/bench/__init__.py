"""The bench: the simulated world behind the mock board, for development and tests.

`world.py` and all it is made of are pure (time is an argument); `process.py` and the servers are thin shells over it.
Nothing here knows the station: it meets it at the wires, the meter's Modbus registers and the reader's socket.
"""
