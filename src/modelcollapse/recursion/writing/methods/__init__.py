"""Decoding methods, one module each. ``modelcollapse.recursion.registry`` finds them by name.

Each has ``write(model, prompts, decoding, forbidden, end_id, uniform)``: token ids [rows, n] of the prompts and uniform
random numbers [new_tokens, rows] in, one array of int32 token ids and one of float32 log q (nats) per row out.
"""
