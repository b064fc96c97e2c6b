"""The simulated world behind the mock board: wires, EVs, meter, reader, faults, HTTP control."""
