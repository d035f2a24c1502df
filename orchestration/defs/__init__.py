"""Definitions by domain: each declares, `lib` computes."""
