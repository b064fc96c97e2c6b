"""The figures of the design, measured from outside the processes and set beside what they should reach.

It asserts nothing: a figure that misses its mark is printed as such. What it knows of the station it learns from the
wires, the bench, the CSMS, the local interface and /proc; only the queue is filled through the station's own storage.
"""
