"""The commands of a person at a terminal. Each loads only what it needs, prints, and returns an exit code.

0: done; 1: it did not work now; 2: the configuration or the command is wrong.
"""
