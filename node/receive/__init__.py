"""Receiving: verify, store, add up, answer. `intake` decides with the store; `loop` moves bytes."""
