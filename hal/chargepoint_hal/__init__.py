"""The hardware abstraction layer: contracts, boards, readers, meters and the bench. Imports nothing of chargepoint."""
