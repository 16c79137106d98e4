"""The edge: which network answered a visit, from where, out of which cache, and whether it is a shield.

What is known of networks is data (``networks.toml``, ``ranges.toml``, ``continents.toml``).
"""
