"""Traceable re-expressions of the model: what the graphs compute, and nothing else.

Parameters keep the names of the -hf checkpoint layout. Where several checkpoint matrices become one graph
matrix (`qkv_proj`, `gate_up_proj`), or a matrix is stored transposed, `graphs.parameters` says so.
"""
