"""Sensors: what a LoRaWAN network hands in becomes readings, and these publications.

`uplink`, `devices`, `convert` and `rows` decide, without I/O, clock or randomness; `service` moves.
"""
