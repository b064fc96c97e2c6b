"""What the hardware of a real session said, in a file, and the same again through the contract.

A recording is JSON lines: a header with its version, then one line for each thing that was seen, with its seconds since
the start. It knows nothing of the station that was listening.
"""
