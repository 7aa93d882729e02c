"""Who said it, whether to believe it, and how it adds up.

Pure: no input or output, no clock, no randomness except where a function's name says so;
time and random bytes are arguments. `node` moves the bytes.
"""
