"""Boards: each opens with every contactor open."""
