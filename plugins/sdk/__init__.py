"""Everything a plugin may know of the product. `hooks.py` is the whole contract."""
